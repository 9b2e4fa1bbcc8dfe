"""A lock that keeps people and other tools from deleting what a component made.

Pulumi's own `protect` guards against this program; the lock guards against everything else.
"""

from collections.abc import Sequence

import pulumi

from platform_components.azure.retries import azure_child


def lock_against_deletion(
    component: pulumi.ComponentResource, name: str, scope: pulumi.Input[str], *, below: Sequence[pulumi.Resource]
) -> None:
    """A CanNotDelete lock on `scope`.

    A lock holds for everything `below` its scope, too: it is made after all of it, so that a destroy removes it first.
    """
    from pulumi_azure_native import authorization

    authorization.ManagementLockByScope(
        name,
        scope=scope,
        lock_name="delete-protection",
        level="CanNotDelete",
        notes="Holds data or serves others; remove it with the Pulumi stack that made it.",
        opts=azure_child(component, depends_on=below),
    )
