"""Property values as the engine sends them: unknown in a preview, secret, or plain.

This provider accepts secrets (wrapped), unlike the official one, because only so does it know which values must never
reach its store; it hands the same values back wrapped, so the engine keeps them secret.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

# pulumi/sdk/python: runtime/rpc.py
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
FINGERPRINT = "$fingerprint"

# A shorter secret would mark half of everything.
_SHORTEST_TEXT = 4

Properties = dict[str, Any]


class _Unknown:
    """A value that is only known after something has been created."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN = _Unknown()


@dataclass(frozen=True, repr=False)
class Secret:
    """A value the engine keeps encrypted; its text never shows in a representation."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """What a message holds; nulls are left out, integral numbers become int, as ARM's JSON has them."""
    return {name: _from_value(value) for name, value in struct.fields.items() if not value.HasField("null_value")}


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The message for properties."""
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        if value is not None:
            struct.fields[name].CopyFrom(_to_value(value))
    return struct


def plain(value: Any) -> Any:
    """The value with secrets opened; unknowns stay."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether anything inside is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(has_unknown(each) for each in value)
    return False


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no map or list, with its path; secrets are leaves."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]")
    else:
        yield path, value


def redacted(value: Any, key: bytes) -> Any:
    """The value as it may be stored: each secret is replaced by a keyed fingerprint, enough to see that it changed."""
    if isinstance(value, Secret):
        text = json.dumps(plain(value), sort_keys=True).encode()
        return {FINGERPRINT: hmac.new(key, text, hashlib.sha256).hexdigest()}
    if isinstance(value, dict):
        return {name: redacted(each, key) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each, key) for each in value]
    return value


def without_fingerprints(value: Any) -> Any:
    """The value without what was secret in it."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not (isinstance(each, dict) and FINGERPRINT in each)}
        return {name: without_fingerprints(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [without_fingerprints(each) for each in value]
    return value


def restored(stored: Any, known: Any) -> Any:
    """Stored values with the secrets taken from what the engine still knows; a secret it does not know is left out."""
    if isinstance(stored, dict):
        if FINGERPRINT in stored:
            return known
        other = known if isinstance(known, dict) else {}
        values = {name: restored(each, other.get(name)) for name, each in stored.items()}
        return {name: value for name, value in values.items() if value is not None}
    if isinstance(stored, list):
        others = known if isinstance(known, list) else []
        return [restored(each, others[i] if i < len(others) else None) for i, each in enumerate(stored)]
    return stored


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Properties:
    """Both maps, deeply; where they differ `over` wins."""
    result = dict(base)
    for name, value in over.items():
        present = result.get(name)
        both = isinstance(present, dict) and isinstance(value, dict)
        result[name] = merged(present or {}, value) if both else value
    return result


def sealed(properties: Properties, paths: Sequence[str]) -> Properties:
    """The properties with the values at these paths marked secret, where they are not yet."""
    result = properties
    for path in paths:
        value = look_up(result, path)
        if value is not None and not isinstance(value, Secret):
            change: Any = Secret(value)
            for name in reversed(path.split(".")):
                change = {name: change}
            result = merged(result, change)
    return result


def marked_like(computed: Any, given: Any) -> Any:
    """Computed values, secret where the given ones are, or where a given secret's text went into them."""
    texts = [text for text in _secret_texts(given) if len(text) >= _SHORTEST_TEXT]

    def mark(value: Any, original: Any) -> Any:
        if isinstance(original, Secret):
            return value if isinstance(value, Secret) else Secret(value)
        if isinstance(value, dict):
            others = original if isinstance(original, dict) else {}
            return {name: mark(each, others.get(name)) for name, each in value.items()}
        if isinstance(value, list):
            items = original if isinstance(original, list) else []
            return [mark(each, items[index] if index < len(items) else None) for index, each in enumerate(value)]
        tainted = isinstance(value, str) and any(text in value for text in texts)
        return Secret(value) if tainted else value

    return mark(computed, given)


def look_up(properties: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    found = properties
    for name in path.split("."):
        if isinstance(found, Secret):
            found = found.value
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _secret_texts(value: Any) -> Iterator[str]:
    for _, leaf in leaves(value):
        if isinstance(leaf, Secret):
            yield from (text for _, text in leaves(plain(leaf)) if isinstance(text, str))


def _from_value(value: struct_pb2.Value) -> Any:
    which = value.WhichOneof("kind")
    result: Any = None
    if which == "string_value":
        result = UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    elif which == "number_value":
        result = int(value.number_value) if value.number_value.is_integer() else value.number_value
    elif which == "bool_value":
        result = value.bool_value
    elif which == "list_value":
        result = [_from_value(each) for each in value.list_value.values]
    elif which == "struct_value":
        fields = value.struct_value.fields
        secret = SIGNATURE_KEY in fields and fields[SIGNATURE_KEY].string_value == SECRET_SIGNATURE
        result = Secret(_from_value(fields["value"])) if secret else from_struct(value.struct_value)
    return result


def _to_value(value: Any) -> struct_pb2.Value:
    message = struct_pb2.Value(null_value=struct_pb2.NullValue.NULL_VALUE)
    if value is UNKNOWN:
        message = struct_pb2.Value(string_value=UNKNOWN_TEXT)
    elif isinstance(value, Secret):
        wrapped = {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value}
        message = struct_pb2.Value(struct_value=to_struct(wrapped))
    elif isinstance(value, bool):
        message = struct_pb2.Value(bool_value=value)
    elif isinstance(value, int | float):
        message = struct_pb2.Value(number_value=value)
    elif isinstance(value, str):
        message = struct_pb2.Value(string_value=value)
    elif isinstance(value, dict):
        message = struct_pb2.Value(struct_value=to_struct(value))
    elif isinstance(value, list | tuple):
        message = struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_to_value(each) for each in value]))
    return message
