"""Values that are not known yet: the engine's Outputs, and the stand-ins of a rendering, which runs no engine.

What builds manifests and texts out of such values does it here, so that it is the same code for both. Pulumi is loaded
only where there are Outputs already.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard


class StandIn(str):
    """What stands where a value will be that exists only once something was created, such as `<dns.default#main.host>`.

    A text made of others with a stand-in in it is a stand-in, and secret if any of them is.
    """

    secret: bool

    def __new__(cls, text: str, *, secret: bool = False) -> "StandIn":
        made = super().__new__(cls, text)
        made.secret = secret
        return made

    def inside(self, keys: Sequence[str]) -> "StandIn":
        """What stands for a value inside of this one."""
        way = "".join(f".{key}" for key in keys)
        return StandIn(f"{self[:-1]}{way}>" if self.endswith(">") else f"{self}{way}", secret=self.secret)


def is_output(value: Any) -> TypeGuard[Any]:
    """Whether the engine will know the value; without Pulumi there is none such."""
    pulumi = sys.modules.get("pulumi")
    return pulumi is not None and isinstance(value, pulumi.Output)


def is_open(value: Any) -> bool:
    """Whether the value is not known yet."""
    return isinstance(value, StandIn) or is_output(value)


def combined(function: Callable[..., Any], *values: Any) -> Any:
    """What `function` makes of the values, now or when all are known; of a stand-in among them, a stand-in."""
    if any(is_output(value) for value in values):
        outputs: Any = sys.modules["pulumi"]
        return outputs.Output.all(*values).apply(lambda known: function(*known))
    made = function(*values)
    stand_ins = [value for value in values if isinstance(value, StandIn)]
    return StandIn(str(made), secret=any(value.secret for value in stand_ins)) if stand_ins else made


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """What `function` makes of the value, now or when it is known."""
    return value.apply(function) if is_output(value) else combined(function, value)


def concatenated(*parts: Any) -> Any:
    """The parts as one text, now or when they are known."""
    if any(is_output(part) for part in parts):
        outputs: Any = sys.modules["pulumi"]
        return outputs.Output.concat(*parts)
    return combined(lambda *known: "".join(str(part) for part in known), *parts)
