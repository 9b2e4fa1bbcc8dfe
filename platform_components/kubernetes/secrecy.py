"""Keeps secrets out of plain fields: plain values are checked when they are known, secret ones are sealed.

A person's mistake upstream (a secret value declared as plain) stops the deployment instead of showing the secret.
"""

import sys
from dataclasses import dataclass, field
from typing import Any

from platform_components.errors import InputError
from platform_components.open_values import StandIn, is_output


@dataclass(frozen=True)
class Sealed:
    """A value in the `data` of a Secret's manifest; how it is written is for whoever makes the object."""

    value: Any = field(repr=False)
    encoded: bool = False
    """Whether it is base64 already."""


def plain(value: Any, where: str, *, fix: str = "give it as a secret variable, or mark the file as secret") -> Any:
    """`value`, which must not be secret: an open one that turns out to be is an error at `where`."""
    refusal = InputError("a secret value would be written in the clear", where=where, fix=fix)
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
