"""A small JSON Schema checker for what people write in YAML: params of resources, and whatever else is declared so.

Not all of draft 2020-12: the words in `WORDS`, and annotations. A full validator costs 0.2 s of every start; `pave` has
that for everything.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from platform_components.score.positions import DocumentPath
from platform_components.score.problems import did_you_mean

CHOICES = ("allOf", "anyOf", "oneOf")
NESTED = ("items", "additionalProperties", "propertyNames", "not", "if", "then")
WORDS = frozenset(
    (
        *CHOICES,
        *NESTED,
        *("$ref", "type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern"),
        *("minItems", "maxItems", "required", "properties", "minProperties", "maxProperties"),
    )
)
ANNOTATIONS = frozenset(
    (
        *("$schema", "$id", "$defs", "title", "description", "default", "examples", "deprecated"),
        *("readOnly", "writeOnly", "format"),
    )
)

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: float.is_integer(value) if isinstance(value, float) else type(value) is int,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, Mapping),
}
_NAMES = {
    "integer": "a whole number",
    "array": "a list",
    "object": "a map",
    "null": "empty",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Violation:
    """One way in which a value is not what its schema says."""

    path: DocumentPath
    message: str
    hint: str = ""
    about_key: bool = False


def violations(value: Any, schema: Any, *, is_open: Callable[[Any], bool] = lambda _: False) -> Iterator[Violation]:
    """What is wrong with a value; `is_open` says of a value that it is not known yet, so any schema may hold."""
    return _Checker(schema, is_open).check(value, schema, ())


def unknown_words(schema: Any) -> tuple[str, ...]:
    """Words of a schema that this checker does not know: a schema that uses one would promise more than is checked."""
    found: set[str] = set()
    pending = [schema]
    while pending:
        one = pending.pop()
        if not isinstance(one, Mapping):
            continue
        found |= set(one) - WORDS - ANNOTATIONS
        for word, inner in one.items():
            if word in ("properties", "$defs"):
                pending.extend(inner.values())
            elif word in CHOICES:
                pending.extend(inner)
            elif word in NESTED:
                pending.append(inner)
    return tuple(sorted(found))


def describe(value: Any) -> str:
    """What a value is, for `must be …, not …`."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return f"the number {text if len(text) <= 30 else text[:27] + '…'}"
    if isinstance(value, str):
        return _quoted(value) if value else "an empty text"
    return "a map" if isinstance(value, Mapping) else "a list"


class _Checker:
    def __init__(self, root: Any, is_open: Callable[[Any], bool]) -> None:
        self._root = root
        self._is_open = is_open

    def check(self, value: Any, schema: Any, path: DocumentPath) -> Iterator[Violation]:
        if schema is True or self._is_open(value):
            return
        if schema is False:
            yield Violation(path, "is not allowed here")
            return
        if "$ref" in schema:
            yield from self.check(value, self._resolve(schema["$ref"]), path)
        wrong = next(_wrong_type(value, schema), None)
        if wrong is not None:
            yield Violation(path, wrong)
            return
        yield from self._choices(value, schema, path)
        if isinstance(value, str):
            yield from (Violation(path, message) for message in _text(value, schema))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from (Violation(path, message) for message in _number(value, schema))
        elif isinstance(value, (list, tuple)):
            yield from self._list(value, schema, path)
        elif isinstance(value, Mapping):
            yield from self._map(value, schema, path)

    def _choices(self, value: Any, schema: Mapping[str, Any], path: DocumentPath) -> Iterator[Violation]:
        if "const" in schema and not _same(value, schema["const"]):
            yield Violation(path, f"must be {_quoted(schema['const'])}, not {describe(value)}")
        if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
            texts = [one for one in schema["enum"] if isinstance(one, str)]
            hint = did_you_mean(value, texts, of="one of") if isinstance(value, str) else ""
            yield Violation(path, f"must be one of {', '.join(map(str, schema['enum']))}, not {describe(value)}", hint)
        for inner in schema.get("allOf", ()):
            yield from self.check(value, inner, path)
        if "not" in schema and not any(self.check(value, schema["not"], path)):
            yield Violation(path, "is what its schema excludes")
        if "if" in schema and "then" in schema and not any(self.check(value, schema["if"], path)):
            yield from self.check(value, schema["then"], path)
        for word in ("anyOf", "oneOf"):
            if word not in schema:
                continue
            tried = [list(self.check(value, inner, path)) for inner in schema[word]]
            fitting = sum(not found for found in tried)
            if fitting == 0:
                yield from min(tried, key=len)
            elif word == "oneOf" and fitting > 1:
                yield Violation(path, "fits more than one of the forms that exclude each other")

    def _list(self, value: Any, schema: Mapping[str, Any], path: DocumentPath) -> Iterator[Violation]:
        if len(value) < schema.get("minItems", 0):
            yield Violation(path, f"must hold at least {schema['minItems']} item(s)")
        if len(value) > schema.get("maxItems", len(value)):
            yield Violation(path, f"must hold at most {schema['maxItems']} item(s)")
        if "items" in schema:
            for index, item in enumerate(value):
                yield from self.check(item, schema["items"], (*path, index))

    def _map(self, value: Mapping[str, Any], schema: Mapping[str, Any], path: DocumentPath) -> Iterator[Violation]:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield Violation((*path, name), "is required")
        if len(value) < schema.get("minProperties", 0):
            yield Violation(path, f"must hold at least {schema['minProperties']} key(s)")
        if len(value) > schema.get("maxProperties", len(value)):
            yield Violation(path, f"must hold at most {schema['maxProperties']} key(s)")
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            inside = (*path, name)
            if "propertyNames" in schema:
                for found in self.check(name, schema["propertyNames"], inside):
                    yield Violation(inside, f"the name {found.message}", found.hint, about_key=True)
            if name in properties:
                yield from self.check(item, properties[name], inside)
            elif others is False:
                yield Violation(inside, "is not known here", did_you_mean(name, properties), about_key=True)
            else:
                yield from self.check(item, others, inside)

    def _resolve(self, reference: str) -> Any:
        schema = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            schema = schema[step.replace("~1", "/").replace("~0", "~")]
        return schema


def _wrong_type(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if not any(_TYPES[name](value) for name in names):
            yield f"must be {' or '.join(_NAMES.get(name, f'a {name}') for name in names)}, not {describe(value)}"


def _text(value: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"must have at least {schema['minLength']} character(s)"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"must have at most {schema['maxLength']} characters, not {len(value)}"
    if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        yield f"must match {schema['pattern']}, not be {_quoted(value)}"


def _number(value: float, schema: Mapping[str, Any]) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"must be at least {schema['minimum']}, not {value}"
    if value > schema.get("maximum", value):
        yield f"must be at most {schema['maximum']}, not {value}"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # ECMA 262, which JSON Schema means: `$` is the end and nothing before it, `\d` and `\w` are ASCII.
    strict = re.sub(r"\\.|\$(?=[|)]|\Z)", lambda match: r"\Z" if match[0] == "$" else match[0], pattern)
    return re.compile(strict, re.ASCII)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: Python's 1 == True and "a" == "a" differ there."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _quoted(value: Any) -> str:
    text = str(value)
    return f"'{text if len(text) <= 40 else text[:37] + '…'}'"
