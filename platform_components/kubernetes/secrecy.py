"""Keeps secrets out of plain fields: plain values are checked when they are known, secret ones are wrapped.

A person's mistake upstream (a secret value declared as plain) stops the deployment instead of showing the secret.
"""

import base64
import sys
from typing import Any

from platform_components.errors import InputError
from platform_components.open_values import StandIn, is_output, mapped


def plain(value: Any, where: str) -> Any:
    """`value`, which must not be secret: an open one that turns out to be is an error at `where`."""
    refusal = InputError(
        "a secret value would be written in the clear",
        where=where,
        fix="give it as a secret variable, or mark the file as secret",
    )
    if isinstance(value, StandIn) and value.secret:
        raise refusal
    if not is_output(value):
        return value
    pulumi: Any = sys.modules["pulumi"]

    def checked(secret: bool) -> Any:
        if secret:
            # Reaches the user as its message alone, although it is raised while the engine works.
            raise pulumi.RunError(str(refusal))
        return value

    return pulumi.Output.from_input(value.is_secret()).apply(checked)


def sealed(value: Any, *, encoded: bool = False) -> Any:
    """`value` as a Secret's `data` holds it: base64 (as it is when `encoded`), and known to the engine as secret. A
    stand-in, which holds no secret, stays readable.
    """
    if isinstance(value, StandIn):
        return value
    # `data` and not `stringData`: the API server never returns the latter, so a refresh would see a difference.
    pulumi: Any = sys.modules.get("pulumi")
    text = pulumi.Output.secret(value) if pulumi else value
    return text if encoded else mapped(text, lambda known: base64.b64encode(known.encode()).decode())
