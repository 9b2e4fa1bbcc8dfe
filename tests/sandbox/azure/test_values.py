"""Property values: what the engine sends comes back the same, and nothing secret is ever stored."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.azure.values import (
    UNKNOWN,
    Secret,
    from_struct,
    has_unknown,
    look_up,
    marked_like,
    merged,
    plain,
    redacted,
    restored,
    sealed,
    to_struct,
)

KEY = b"k" * 32
_leaves = st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8)
_values = st.recursive(
    _leaves | _leaves.map(Secret) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)
_properties = st.dictionaries(st.text(min_size=1, max_size=5), _values, max_size=4)


@given(_properties)
def test_values_survive_the_protocol(properties: dict[str, Any]) -> None:
    assert from_struct(to_struct(properties)) == properties


@given(_properties)
def test_known_secrets_come_back_from_the_store(properties: dict[str, Any]) -> None:
    assert restored(redacted(properties, KEY), properties) == properties


def test_a_secret_is_stored_as_a_fingerprint_alone() -> None:
    stored = redacted({"a": {"b": Secret("hunter2-hunter2")}, "c": [Secret("hunter2-hunter2"), "open"]}, KEY)
    assert "hunter2" not in json.dumps(stored)
    assert stored["c"][1] == "open"
    assert stored["a"]["b"] == stored["c"][0]
    assert redacted({"a": Secret("another")}, KEY)["a"] != stored["a"]["b"]


def test_a_secret_the_engine_does_not_know_is_left_out() -> None:
    stored = redacted({"password": Secret("x"), "name": "n"}, KEY)
    assert restored(stored, {}) == {"name": "n"}


def test_a_secret_never_shows_in_a_representation() -> None:
    assert "hunter2" not in repr({"a": [Secret("hunter2")]})


def test_integral_numbers_are_integers_as_in_json() -> None:
    value = from_struct(to_struct({"ttl": 300, "price": 0.5}))
    assert isinstance(value["ttl"], int)
    assert value["price"] == 0.5


def test_unknown_values_are_found_inside_secrets() -> None:
    assert has_unknown({"a": [Secret({"b": UNKNOWN})]})
    assert not has_unknown({"a": [Secret({"b": 1})]})


def test_values_are_sealed_where_a_kind_says_so() -> None:
    sealed_value = sealed({"a": {"password": "x", "name": "n"}}, ["a.password", "b.absent"])
    assert sealed_value == {"a": {"password": Secret("x"), "name": "n"}}
    assert plain(sealed_value) == {"a": {"password": "x", "name": "n"}}


def test_what_is_made_of_a_secret_is_secret() -> None:
    given = {"prefix": Secret("hunter2"), "pools": [{"tag": Secret("x"), "size": "s"}], "short": Secret("a")}
    computed = {"host": "hunter2.example", "pools": [{"tag": "x", "size": "s"}], "plain": "a"}
    assert marked_like(computed, given) == {
        "host": Secret("hunter2.example"),
        "pools": [{"tag": Secret("x"), "size": "s"}],
        "plain": "a",
    }


def test_maps_are_merged_deeply() -> None:
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}, "d": 4}) == {"a": {"b": 1, "c": 3}, "d": 4}
    assert look_up({"a": Secret({"b": 1})}, "a.b") == 1
    assert look_up({"a": 1}, "a.b") is None
