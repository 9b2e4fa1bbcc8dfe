"""What differs between the state and the program, as the official provider sees it.

The state's live object is cut down to the shape of the inputs that made it, and compared with the new inputs.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from sandbox.kubernetes import paths
from sandbox.kubernetes.paths import Path
from sandbox.kubernetes.values import UNKNOWN, Manifest


class Change(Enum):
    """What happened to one property."""

    ADDED = "added"
    DELETED = "deleted"
    UPDATED = "updated"


@dataclass(frozen=True)
class Difference:
    """One property that differs, with its old and new values (None where there is none)."""

    path: Path
    change: Change
    old: Any
    new: Any

    def touches(self, path: Path) -> bool:
        """Whether the property at `path` is changed by this: above, at or below it."""
        if paths.starts_with(self.path, path):
            return True
        above = all(expected in (paths.ANY, step) for step, expected in zip(self.path, path, strict=False))
        rest = path[len(self.path) :]
        return above and (paths.reaches(self.new, rest) or paths.reaches(self.old, rest))


def differences(old: Manifest, new: Manifest, ignored: Sequence[str] = ()) -> list[Difference]:
    """Every property in which `new` differs from `old`, except those at or below an ignored path."""
    left_out = [paths.parsed(path) for path in ignored]
    return [
        difference
        for difference in _compared((), old, new)
        if not any(paths.starts_with(difference.path, path) for path in left_out)
    ]


def projected(live: Manifest, inputs: Manifest, before: Manifest | None = None) -> Manifest:
    """The live object in the shape of `inputs`: what the API server added is left out, what it changed shows.

    Where the API server only wrote the same value in another way, the way of `inputs` is kept. With `before`, an
    earlier live object, what the API server did not take even then is no change either.
    """
    if inputs.get("kind") == "Secret" and isinstance(inputs.get("stringData"), dict):
        live = _with_string_data(live, inputs["stringData"])
        before = before and _with_string_data(before, inputs["stringData"])
    result = _projected(live, inputs, before, quantities=False)
    return result if isinstance(result, dict) else {}


def _compared(path: Path, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            here = (*path, key)
            if key not in new:
                yield Difference(here, Change.DELETED, old[key], None)
            elif key not in old:
                yield Difference(here, Change.ADDED, None, new[key])
            else:
                yield from _compared(here, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            position = (*path, index)
            if index >= len(new):
                yield Difference(position, Change.DELETED, old[index], None)
            elif index >= len(old):
                yield Difference(position, Change.ADDED, None, new[index])
            else:
                yield from _compared(position, old[index], new[index])
    elif new is UNKNOWN or not _equal(old, new):
        yield Difference(path, Change.UPDATED, old, new)


def _equal(old: Any, new: Any) -> bool:
    # To Python True equals 1; to Kubernetes it does not.
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


_ABSENT: Final = object()

# Maps whose values are quantities: the API server writes 1000m as 1 and 0.5 as 500m.
_QUANTITIES: Final = frozenset(
    {"averageValue", "capacity", "default", "defaultRequest", "divisor", "hard", "limits", "max", "min", "overhead"}
    | {"requests", "sizeLimit"}
)
_QUANTITY: Final = re.compile(r"(?P<number>[+-]?(\d+\.?\d*|\.\d+))(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_UNITS: Final = {
    **{unit: Decimal(10) ** power for unit, power in {"n": -9, "u": -6, "m": -3, "": 0, "k": 3}.items()},
    **{unit: Decimal(10) ** power for unit, power in {"M": 6, "G": 9, "T": 12, "P": 15, "E": 18}.items()},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}


def _projected(live: Any, shape: Any, before: Any, *, quantities: bool) -> Any:
    if isinstance(shape, dict) and isinstance(live, dict):
        earlier = before if isinstance(before, dict) else {}
        result = {}
        for key, value in shape.items():
            if key in live:
                quantity = quantities or key in _QUANTITIES
                result[key] = _projected(live[key], value, earlier.get(key), quantities=quantity)
            elif _is_empty(value) or (isinstance(before, dict) and key not in before):
                # The API server leaves out what is empty or false, and fields that it does not know.
                result[key] = value
        return result
    if isinstance(shape, list) and isinstance(live, list):
        found = _aligned(live, shape)
        earlier_items = _aligned(before, shape) if isinstance(before, list) else [_ABSENT] * len(shape)
        return [
            _projected(item, wanted, earlier, quantities=quantities)
            for item, wanted, earlier in zip(found, shape, earlier_items, strict=True)
            if item is not _ABSENT
        ]
    if _equal(live, shape) or (quantities and _same_quantity(live, shape)):
        return shape
    return live


def _aligned(live: list[Any], shape: list[Any]) -> list[Any]:
    """For each wanted item its live one or `_ABSENT`: by name where every item has one, else by position."""
    names = [item.get("name") for item in live if isinstance(item, dict)]
    wanted = [item.get("name") for item in shape if isinstance(item, dict)]
    if len(wanted) == len(shape) and None not in wanted and len(set(wanted)) == len(wanted) and len(names) == len(live):
        by_name = dict(zip(names, live, strict=True))
        return [by_name.get(name, _ABSENT) for name in wanted]
    return [live[index] if index < len(live) else _ABSENT for index in range(len(shape))]


def _is_empty(value: Any) -> bool:
    return value in ("", 0, False, [], {})


def _same_quantity(one: Any, other: Any) -> bool:
    first, second = _quantity(one), _quantity(other)
    return first is not None and first == second


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    unit = match["unit"] or ""
    if unit not in _UNITS:
        return Decimal(match["number"]) * Decimal(10) ** int(unit[1:])
    return Decimal(match["number"]) * _UNITS[unit]


def _with_string_data(live: Manifest, string_data: Manifest) -> Manifest:
    """The live Secret as if the API server kept `stringData`, which it turns into `data`."""
    data = live.get("data") or {}
    known: Manifest = {}
    for key in string_data:
        if key in data:
            try:
                known[key] = base64.b64decode(data[key]).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                known[key] = data[key]
    return {**live, "stringData": known}
