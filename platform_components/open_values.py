"""Values that are not known yet: the engine's Outputs, and the stand-ins of a rendering, which runs no engine.

What builds manifests and texts out of such values does it here, so that it is the same code for both. Pulumi is loaded
only where there are Outputs already.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeGuard, cast


class StandIn(str):
    """What stands where a value will be that exists only once something was created, such as `<dns.default#main.host>`.

    A text made of others with a stand-in in it is a stand-in, and secret if any of them is.
    """

    secret: bool

    def __new__(cls, text: str, *, secret: bool = False) -> "StandIn":
        made = super().__new__(cls, text)
        made.secret = secret
        return made


def is_output(value: Any) -> TypeGuard[Any]:
    """Whether the engine will know the value; without Pulumi there is none such."""
    pulumi = sys.modules.get("pulumi")
    return pulumi is not None and isinstance(value, pulumi.Output)


def is_open(value: Any) -> bool:
    """Whether the value is not known yet."""
    return isinstance(value, StandIn) or is_output(value)


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """What `function` makes of the value, now or when it is known; of a stand-in, a stand-in."""
    if isinstance(value, StandIn):
        return StandIn(str(function(str(value))), secret=value.secret)
    return value.apply(function) if is_output(value) else function(value)


def concatenated(*parts: Any) -> Any:
    """The parts as one text, now or when they are known."""
    if any(is_output(part) for part in parts):
        return cast(Any, sys.modules["pulumi"]).Output.concat(*parts)
    text = "".join(str(part) for part in parts)
    open_parts = [part for part in parts if isinstance(part, StandIn)]
    return StandIn(text, secret=any(part.secret for part in open_parts)) if open_parts else text
