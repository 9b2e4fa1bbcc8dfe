"""A lock that keeps people and other tools from deleting what a component made.

Pulumi's own `protect` guards against this program; the lock guards against everything else.
"""

import pulumi

from platform_components.azure.retries import azure_child


def lock_against_deletion(component: pulumi.ComponentResource, name: str, scope: pulumi.Input[str]) -> pulumi.Resource:
    """A CanNotDelete lock on `scope`; a destroy by Pulumi removes it first."""
    from pulumi_azure_native import authorization

    return authorization.ManagementLockByScope(
        name,
        scope=scope,
        lock_name="delete-protection",
        level="CanNotDelete",
        notes="Holds data or serves others; remove it with the Pulumi stack that made it.",
        opts=azure_child(component),
    )
