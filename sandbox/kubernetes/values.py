"""Pulumi's property values as plain Python: protobuf structs to dictionaries and back.

Knows the engine's conventions (unknowns, secrets, numbers as doubles); of Kubernetes it knows seven field names.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2

Manifest: TypeAlias = dict[str, Any]
"""A Kubernetes object, or a part of one, as JSON would hold it; only the API server knows its schema."""

# Signatures of the engine: pulumi/sdk/go/common/resource/sig/sig.go and resource/plugin/rpc.go.
_SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

# The SDKs cannot spell these fields of a CustomResourceDefinition with dashes; the official provider renames them too.
_DASHED: Final = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        "embedded_resource",
        "int_or_string",
        "list_map_keys",
        "list_type",
        "map_type",
        "preserve_unknown_fields",
        "validations",
    )
}
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


class Unknown:
    """A value that only the update will know."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown()


class Secret:
    """A value to hand to the engine as a secret."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<secret>"


def decoded(struct: struct_pb2.Struct) -> Manifest:
    """The struct as a dictionary: secrets unwrapped, unknowns as `UNKNOWN`, nulls left out, whole numbers as int."""
    # Protobuf gives the fields in another order each time; messages and tests want one.
    return {
        _DASHED.get(key, key): _decoded_value(struct.fields[key])
        for key in sorted(struct.fields)
        if struct.fields[key].WhichOneof("kind") != "null_value"
    }


def encoded(manifest: Mapping[str, Any]) -> struct_pb2.Struct:
    """The dictionary as a struct; `UNKNOWN` and `Secret` become the engine's signatures."""
    struct = struct_pb2.Struct()
    _encode_fields(manifest, struct)
    return struct


def has_unknown(value: Any) -> bool:
    """Whether anything in `value` is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return False


def _decoded_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            fields = value.struct_value.fields
            secret = _SIGNATURE_KEY in fields and fields[_SIGNATURE_KEY].string_value == _SECRET_SIGNATURE
            result: Any = _decoded_value(fields["value"]) if secret else decoded(value.struct_value)
        case "list_value":
            result = [_decoded_value(item) for item in value.list_value.values]
        case "number_value":
            # A struct knows only doubles, and the API server refuses 3.0 where it wants an integer.
            number = value.number_value
            result = int(number) if number.is_integer() else number
        case "string_value":
            result = UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "bool_value":
            result = value.bool_value
        case _:
            result = None
    return result


def _encode_fields(manifest: Mapping[str, Any], struct: struct_pb2.Struct) -> None:
    for key, value in manifest.items():
        if value is not None:
            _encode_value(value, struct.fields[_UNDERSCORED.get(key, key)])


def _encode_value(value: Any, target: struct_pb2.Value) -> None:
    if value is UNKNOWN:
        target.string_value = _UNKNOWN
    elif isinstance(value, Secret):
        target.struct_value.fields[_SIGNATURE_KEY].string_value = _SECRET_SIGNATURE
        _encode_value(value.value, target.struct_value.fields["value"])
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        _encode_fields(value, target.struct_value)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _encode_value(item, target.list_value.values.add())
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    else:
        raise TypeError(f"a property cannot hold a {type(value).__name__}")
