"""`${...}` in texts: found, resolved and escaped exactly as the Score reference implementation does it (score-go).

A `Template` is a text taken apart, so that any layer can put it together with what it has: plain strings, values not
known yet, or an engine's outputs. Which references are secret is known elsewhere; `Text` carries it along.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from platform_components.errors import InputError

T = TypeVar("T")

ROOTS = ("metadata", "resources")


class PlaceholderError(InputError):
    """Placeholders that do not resolve: all of one text, or of one tree of texts."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


@dataclass(frozen=True)
class Reference:
    """One `${...}`: the first part of its path, the other parts, and where it stands in the text."""

    root: str
    keys: tuple[str, ...]
    start: int
    end: int
    text: str
    """What stands between the braces, as it was written."""


@dataclass(frozen=True)
class Text:
    """A resolved text: None while it is not known, and whether it has to be kept secret."""

    value: str | None
    secret: bool = False

    def __repr__(self) -> str:
        value = "<secret>" if self.secret else repr(self.value)
        return f"Text({value})"


@dataclass(frozen=True)
class Template:
    """A text taken apart: literal parts (escapes already undone) and references, in their order."""

    parts: tuple[str | Reference, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Take a text apart. Every text is a template: what is no placeholder is literal."""
        return cls(tuple(_parts(text, lambda escaped: escaped[1:])))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references in the text."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def is_literal(self) -> bool:
        """Whether the text holds no reference."""
        return not self.references

    @property
    def literal(self) -> str:
        """The text of a template without references."""
        return self.render(_refuse)

    def render(self, lookup: Callable[[Reference], str]) -> str:
        """The text with every reference resolved. Raises PlaceholderError with the errors of all references."""
        return "".join(self.map(lookup))

    def map(self, lookup: Callable[[Reference], T]) -> "list[str | T]":
        """The parts with every reference resolved. Raises PlaceholderError with the errors of all references."""
        resolved: list[str | T] = []
        messages: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                resolved.append(part)
                continue
            try:
                resolved.append(lookup(part))
            except PlaceholderError as error:
                messages.extend(error.messages)
        if messages:
            raise PlaceholderError(messages)
        return resolved

    def resolve(self, lookup: Callable[[Reference], Text]) -> Text:
        """The text, not known if any part of it is not, secret if any part of it is."""
        parts = [Text(part) if isinstance(part, str) else part for part in self.map(lookup)]
        values = [part.value for part in parts]
        known = [value for value in values if value is not None]
        return Text("".join(known) if len(known) == len(values) else None, any(part.secret for part in parts))


def references(text: str) -> tuple[Reference, ...]:
    """The references in a text."""
    return tuple(parse_references(text))


def parse_references(text: str) -> Iterator[Reference]:
    """The references in a text, one after the other."""
    return (part for part in _parts(text, lambda escaped: escaped[1:]) if isinstance(part, Reference))


def substitute(
    text: str,
    lookup: Callable[[Reference], str],
    *,
    unescape: Callable[[str], str] = lambda escaped: escaped[1:],
) -> str:
    """The text with every reference resolved; `unescape` says what `$$` and `$${...}` become."""
    return Template(tuple(_parts(text, unescape))).render(lookup)


def resolve_tree(value: Any, lookup: Callable[[Reference], str]) -> Any:
    """A tree of maps and lists with the references of all its texts resolved; keys and other values stay as they are.

    Raises PlaceholderError with every error, each after its path: `a: 0: b: invalid ref …`.
    """
    messages: list[str] = []
    resolved = _resolve_tree(value, lookup, "", messages)
    if messages:
        raise PlaceholderError(messages)
    return resolved


def lookup_in(metadata: Mapping[str, Any], resources: Mapping[str, Callable[..., Any]]) -> Callable[[Reference], str]:
    """A lookup over known values: a workload's metadata, and a function of the keys for each resource."""

    def look_up(reference: Reference) -> str:
        if reference.root not in ROOTS:
            raise invalid(reference, "unknown reference root, use $$ to escape the substitution")
        if not reference.keys:
            needed = "metadata key" if reference.root == "metadata" else "resource name"
            raise invalid(reference, f"requires at least a {needed} to lookup")
        try:
            if reference.root == "metadata":
                return render_value(value_at(metadata, reference.keys))
            name, *keys = reference.keys
            if name not in resources:
                raise KeyError(f"no known resource '{name}'")
            return render_value(resources[name](*keys))
        except LookupError as error:
            raise invalid(reference, error.args[0]) from None

    return look_up


def value_at(value: Any, keys: Sequence[str]) -> Any:
    """The value that nested maps hold at the keys. Raises LookupError that says which key is missing."""
    for key in keys:
        if not isinstance(value, Mapping):
            raise KeyError(f"cannot lookup key '{key}', context is not a map")
        if key not in value:
            raise KeyError(f"key '{key}' not found")
        value = value[key]
    return value


def invalid(reference: Reference, why: str) -> PlaceholderError:
    """The error for one reference."""
    return PlaceholderError([f"invalid ref '{reference.text}': {why}"])


def render_value(value: Any) -> str:
    """How a value reads inside a text: a string as it is, anything else as compact JSON, as Go writes it."""
    return value if isinstance(value, str) else _go_json(value)


def _parts(text: str, unescape: Callable[[str], str]) -> Iterator[str | Reference]:
    """The regular expression `\\$((?:\\$?{([^}]*)})|\\$)` of score-go, without its quadratic search for the brace."""
    literal: list[str] = []
    position = 0
    last_brace = text.rfind("}")
    while (dollar := text.find("$", position)) >= 0:
        literal.append(text[position:dollar])
        escaped = text.startswith("$", dollar + 1)
        opening = dollar + (2 if escaped else 1)
        position = opening
        if text.startswith("{", opening) and opening < last_brace:
            position = text.index("}", opening) + 1
            if escaped:
                literal.append(unescape(text[dollar:position]))
            else:
                if before := "".join(literal):
                    yield before
                literal.clear()
                yield _reference(text[opening + 1 : position - 1], dollar, position)
        else:
            literal.append(unescape("$$") if escaped else "$")
    literal.append(text[position:])
    if after := "".join(literal):
        yield after


def _reference(inner: str, start: int, end: int) -> Reference:
    root, *keys = (part.replace("\0", ".") for part in inner.replace(r"\.", "\0").split("."))
    return Reference(root, tuple(keys), start, end, inner)


def _refuse(reference: Reference) -> str:
    raise invalid(reference, "a plain text is needed here")


def _resolve_tree(value: Any, lookup: Callable[[Reference], str], prefix: str, messages: list[str]) -> Any:
    if isinstance(value, str):
        try:
            return Template.parse(value).render(lookup)
        except PlaceholderError as error:
            messages.extend(f"{prefix}{message}" for message in error.messages)
            return value
    if isinstance(value, Mapping):
        return {key: _resolve_tree(item, lookup, f"{prefix}{key}: ", messages) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolve_tree(item, lookup, f"{prefix}{index}: ", messages) for index, item in enumerate(value)]
    return value


# encoding/json of Go escapes these, so that its output may stand inside HTML and JavaScript.
_GO_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def _go_json(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_go_json(key)}:{_go_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_go_json(item) for item in value) + "]"
    if isinstance(value, float):
        return _go_float(value)
    return json.dumps(value, ensure_ascii=False).translate(_GO_ESCAPES)


def _go_float(value: float) -> str:
    """Like encoding/json: digits alone between 1e-6 and 1e21, an exponent without padding elsewhere."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    shortest = repr(value)
    if 1e-6 <= abs(value) < 1e21:
        if "e" in shortest:
            from decimal import Decimal

            shortest = format(Decimal(shortest), "f")
        return shortest.removesuffix(".0")
    return re.sub(r"e([-+])0", r"e\1", shortest).replace(".0e", "e")
