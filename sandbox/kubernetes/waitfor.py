"""The annotation `pulumi.com/waitFor`: conditions and JSONPath expressions that a program wants to see met."""

import json
import re
from typing import Any, Final

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import WAIT_FOR, dig
from sandbox.kubernetes.values import Manifest

_STEP: Final = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]")


def unmet_conditions(live: Manifest, annotation: str) -> list[str]:
    """Those of the annotation's expressions that the object does not meet; an error for what cannot be read."""
    return [expression for expression in _expressions(annotation) if not _met(live, expression)]


def _expressions(annotation: str) -> list[str]:
    """One expression, or a JSON list of them."""
    try:
        values = json.loads(annotation)
    except ValueError:
        return [annotation]
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise ProviderError(f"{WAIT_FOR}: at least one condition must be specified, as a string or a list of strings")
    return values


def _met(live: Manifest, expression: str) -> bool:
    kind, _, rest = expression.partition("=")
    if kind == "condition":
        name, _, wanted = rest.partition("=")
        found = dig(live, "status", "conditions") or []
        return any(
            entry.get("type", "").lower() == name.lower()
            and str(entry.get("status")).lower() == (wanted or "true").lower()
            for entry in found
        )
    if kind == "jsonpath":
        path, brace, wanted = rest.partition("}")
        if not path.startswith("{") or not brace:
            raise ProviderError(
                f'{WAIT_FOR}: expected "jsonpath={{.path}}" or "jsonpath={{.path}}=value", got {rest!r}'
            )
        found_values = _value_at(live, path.removeprefix("{").removeprefix("$"))
        if not wanted:
            return found_values is not None
        return _written(found_values) == wanted.removeprefix("=")
    raise ProviderError(f'{WAIT_FOR}: expected a "jsonpath=" or "condition=" prefix, got {expression!r}')


def _value_at(live: Any, path: str) -> Any:
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ProviderError(f"{WAIT_FOR}: the sandbox reads only plain JSONPath steps, not {path[position:]!r}")
        key, index, quoted = match.groups()
        if index is not None:
            live = live[int(index)] if isinstance(live, list) and int(index) < len(live) else None
        else:
            live = dig(live, key or quoted)
        position = match.end()
    return live


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
