import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kubernetes.values import UNKNOWN, Manifest, Secret, decoded, encoded, has_unknown

LEAVES = st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=10
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_sent_to_the_engine_comes_back_the_same(manifest: Manifest) -> None:
    assert decoded(encoded(manifest)) == manifest


def test_whole_numbers_are_integers_again() -> None:
    struct = struct_pb2.Struct()
    struct.update({"replicas": 3.0, "cpu": 0.5})
    assert {key: type(value) for key, value in decoded(struct).items()} == {"replicas": int, "cpu": float}


def test_unknowns_and_secrets_are_understood_both_ways() -> None:
    manifest = {"known": ["a"], "unknown": {"deep": [UNKNOWN]}, "secret": Secret({"password": "x"})}
    struct = encoded(manifest)
    assert struct.fields["secret"].struct_value.fields["value"].struct_value.fields["password"].string_value == "x"
    back = decoded(struct)
    assert back == {"known": ["a"], "unknown": {"deep": [UNKNOWN]}, "secret": {"password": "x"}}
    assert has_unknown(back)
    assert not has_unknown(back["known"])


def test_nulls_are_left_out() -> None:
    struct = struct_pb2.Struct()
    struct.update({"metadata": {"name": None, "labels": {"a": "b"}}, "spec": None})
    assert decoded(struct) == {"metadata": {"labels": {"a": "b"}}}


def test_fields_that_sdks_cannot_spell_get_their_dashes() -> None:
    struct = struct_pb2.Struct()
    struct.update({"schema": {"x_kubernetes_list_map_keys": ["name"]}})
    manifest = decoded(struct)
    assert manifest == {"schema": {"x-kubernetes-list-map-keys": ["name"]}}
    assert encoded(manifest) == struct


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Secret("hunter2"))


def test_what_no_property_can_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encoded({"a": b""})
