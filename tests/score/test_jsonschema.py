"""The small JSON Schema checker: each word it knows, both ways, and that it says which words it does not know."""

from typing import Any

import pytest

from platform_components.score.jsonschema import describe, unknown_words, violations

CASES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "string"}, ["", "a"], [1, None, [], {}, True]),
    ({"type": "integer"}, [0, -1, 2**70, 1.0], [1.5, True, "1", None, float("inf")]),
    ({"type": "number"}, [0, 1.5], [True, "1"]),
    ({"type": "boolean"}, [True, False], [0, 1, "true"]),
    ({"type": "null"}, [None], [0, "", False]),
    ({"type": "array"}, [[], [1]], [{}, "a"]),
    ({"type": "object"}, [{}, {"a": 1}], [[], None]),
    ({"type": ["string", "null"]}, ["a", None], [1]),
    ({"enum": ["a", 1, None]}, ["a", 1, None], ["b", True, 1.5]),
    ({"const": 1}, [1, 1.0], [True, "1"]),
    ({"minimum": 1, "maximum": 3}, [1, 2.5, 3, "x", True], [0, 3.1]),
    ({"minLength": 2, "maxLength": 3}, ["ab", "éüö", 5], ["a", "abcd"]),
    ({"pattern": "^a$"}, ["a", 5], ["a\n", "ab", ""]),
    ({"pattern": "^\\d$"}, ["1"], ["٣"]),
    ({"pattern": "^[$]$|\\$x"}, ["$", "a$xb"], ["$a"]),
    ({"pattern": "b"}, ["abc"], ["xyz"]),
    ({"items": {"type": "string"}, "minItems": 1, "maxItems": 2}, [["a"], "x"], [[], ["a", "b", "c"], [1]]),
    (
        {"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
        [{"a": "b"}, 5],
        [{}, {"a": 1}, {"a": "b", "c": 1}],
    ),
    ({"additionalProperties": {"type": "string"}}, [{"a": "b"}], [{"a": 1}]),
    ({"propertyNames": {"pattern": "^[a-z]+$"}}, [{"a": 1}], [{"A": 1}]),
    ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
    ({"allOf": [{"minLength": 1}, {"maxLength": 1}]}, ["a"], ["", "ab"]),
    ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, ["a", 5], [4]),
    ({"oneOf": [{"type": "string"}, {"maxLength": 1}]}, ["ab", 5], ["a"]),
    ({"not": {"type": "string"}}, [1], ["a"]),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}]),
    ({"$defs": {"x/y": {"type": "string"}}, "$ref": "#/$defs/x~1y"}, ["a"], [1]),
    ({"properties": {"a": True, "b": False}}, [{"a": 1}], [{"b": 1}]),
]


@pytest.mark.parametrize(("schema", "right", "wrong"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_a_word_is_checked(schema: dict[str, Any], right: list[Any], wrong: list[Any]) -> None:
    assert [value for value in right if any(violations(value, schema))] == []
    assert [value for value in wrong if not any(violations(value, schema))] == []
    assert unknown_words(schema) == ()


def test_words_that_are_not_checked_are_known_as_such() -> None:
    schema = {
        "properties": {"a": {"multipleOf": 2, "description": "even"}},
        "anyOf": [{"items": {"uniqueItems": True}}, True],
        "$defs": {"x": {"dependentSchemas": {}}},
    }
    assert unknown_words(schema) == ("dependentSchemas", "multipleOf", "uniqueItems")


def test_what_is_wrong_is_told_with_its_path_and_a_hint() -> None:
    schema = {
        "type": "object",
        "properties": {"size": {"enum": ["small", "large"]}, "ports": {"items": {"type": "integer"}}},
        "required": ["name"],
        "additionalProperties": False,
    }
    found = list(violations({"size": "smal", "ports": [80, "x"], "sise": 1}, schema))
    assert [(one.path, one.message) for one in found] == [
        (("name",), "is required"),
        (("size",), "must be one of small, large, not 'smal'"),
        (("ports", 1), "must be a whole number, not 'x'"),
        (("sise",), "is not known here"),
    ]
    assert [one.hint.splitlines()[0] for one in found if one.hint] == ["did you mean `small`?", "did you mean `size`?"]


def test_what_is_not_known_yet_fits_everywhere() -> None:
    schema = {"properties": {"port": {"type": "integer"}}}
    assert not list(violations({"port": "${x}"}, schema, is_open=lambda value: value == "${x}"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "empty"),
        (True, "true"),
        (5, "the number 5"),
        ("a", "'a'"),
        ("", "an empty text"),
        ([], "a list"),
        ({}, "a map"),
        ("x" * 50, f"'{'x' * 37}…'"),
        (10**60, f"the number {'1' + '0' * 26}…"),
    ],
)
def test_a_value_is_described(value: Any, text: str) -> None:
    assert describe(value) == text
