"""Tables A, B and the structures of table C of the specification's reference implementation, and what `Text` adds."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.score.placeholders import (
    PlaceholderError,
    Reference,
    Template,
    Text,
    lookup_in,
    references,
    render_value,
    resolve_tree,
    substitute,
)

METADATA: Mapping[str, Any] = {
    "name": "test-name",
    "other": {"key": "value"},
    "annotations": {"key.com/foo-bar": "thing"},
}


def env(*keys: str) -> str:
    return f"${{{keys[0]}}}" if keys else "env"


def db(*keys: str) -> str:
    return "${DB_" + "_".join(key.upper() for key in keys) + "?required}" if keys else "db"


def static(*keys: str) -> str:
    if not keys:
        return "static"
    if keys != ("x",):
        raise KeyError(f"key '{keys[0]}' not found")
    return "a"


RESOURCES: Mapping[str, Callable[..., Any]] = {"env": env, "db": db, "static": static}
LOOKUP = lookup_in(METADATA, RESOURCES)
UNKNOWN_ROOT = "unknown reference root, use $$ to escape the substitution"

TABLE_A = {
    "metadata.name": "test-name",
    "metadata.other": '{"key":"value"}',
    "metadata.other.key": "value",
    "metadata.annotations.key\\.com/foo-bar": "thing",
    "resources.env": "env",
    "resources.env.DEBUG": "${DEBUG}",
    "resources.db": "db",
    "resources.db.host": "${DB_HOST?required}",
    "resources.db.port": "${DB_PORT?required}",
    "resources.db.name": "${DB_NAME?required}",
    "resources.db.name.user": "${DB_NAME_USER?required}",
    "resources.static": "static",
    "resources.static.x": "a",
}
TABLE_A_ERRORS = {
    "missing": UNKNOWN_ROOT,
    "metadata": "requires at least a metadata key to lookup",
    "metadata.missing": "key 'missing' not found",
    "metadata.name.foo": "cannot lookup key 'foo', context is not a map",
    "resources": "requires at least a resource name to lookup",
    "resources.missing": "no known resource 'missing'",
    "resources.static.y": "key 'y' not found",
}


@pytest.mark.parametrize(("reference", "result"), TABLE_A.items(), ids=list(TABLE_A))
def test_table_a_a_reference_resolves(reference: str, result: str) -> None:
    assert substitute(f"${{{reference}}}", LOOKUP) == result


@pytest.mark.parametrize(("reference", "why"), TABLE_A_ERRORS.items(), ids=list(TABLE_A_ERRORS))
def test_table_a_a_wrong_reference_says_why(reference: str, why: str) -> None:
    with pytest.raises(PlaceholderError) as caught:
        substitute(f"${{{reference}}}", LOOKUP)
    assert caught.value.messages == (f"invalid ref '{reference}': {why}",)


TABLE_B = {
    "": "",
    "abc": "abc",
    "$abc": "$abc",
    "abc $$ abc": "abc $ abc",
    "$${abc}": "${abc}",
    "$$$${abc}": "$${abc}",
    "$${abc .4t3298y *(^&(*}": "${abc .4t3298y *(^&(*}",
    "my name is ${metadata.name}": "my name is test-name",
    "postgresql://${resources.db.user}:${resources.db.password}@${resources.db.host}:${resources.db.port}/"
    "${resources.db.name}": "postgresql://${DB_USER?required}:${DB_PASSWORD?required}@${DB_HOST?required}:"
    "${DB_PORT?required}/${DB_NAME?required}",
    # left as they are: no placeholder
    "$": "$",
    "a$": "a$",
    "${unclosed": "${unclosed",
    "$${unclosed": "${unclosed",
    "$ {metadata.name}": "$ {metadata.name}",
    "}${": "}${",
}
TABLE_B_ERRORS = {
    "$$${abc}": [f"invalid ref 'abc': {UNKNOWN_ROOT}"],
    "$$$$${abc}": [f"invalid ref 'abc': {UNKNOWN_ROOT}"],
    "my name is ${metadata.thing\\.two}": ["invalid ref 'metadata.thing\\.two': key 'thing.two' not found"],
    "my name is ${}": [f"invalid ref '': {UNKNOWN_ROOT}"],
    "${a} ${metadata.name} ${b}": [f"invalid ref 'a': {UNKNOWN_ROOT}", f"invalid ref 'b': {UNKNOWN_ROOT}"],
}


@pytest.mark.parametrize(("text", "result"), TABLE_B.items())
def test_table_b_a_text_resolves(text: str, result: str) -> None:
    assert substitute(text, LOOKUP) == result


@pytest.mark.parametrize(("text", "messages"), TABLE_B_ERRORS.items())
def test_table_b_a_text_tells_all_its_errors(text: str, messages: list[str]) -> None:
    with pytest.raises(PlaceholderError) as caught:
        substitute(text, LOOKUP)
    assert list(caught.value.messages) == messages


def test_table_b_a_text_without_placeholders_needs_no_lookup() -> None:
    # score-go's "replacer function is nil" cannot be written here: the types do not allow it.
    assert Template.parse("$$ fizz").literal == "$ fizz"
    with pytest.raises(PlaceholderError, match="a plain text is needed here"):
        _ = Template.parse("${fizz}").literal


def test_table_c_a_tree_keeps_its_shape_and_the_input_is_untouched() -> None:
    tree = {
        "a": "1",
        "b": "${metadata.name}",
        "c": ["1", "${metadata.name}", {"d": "${metadata.name}"}],
        "d": {"e": "1", "f": "${metadata.name}", "${metadata.name}": 3, "g": None, "h": True},
    }
    before = repr(tree)
    assert resolve_tree(tree, LOOKUP) == {
        "a": "1",
        "b": "test-name",
        "c": ["1", "test-name", {"d": "test-name"}],
        "d": {"e": "1", "f": "test-name", "${metadata.name}": 3, "g": None, "h": True},
    }
    assert repr(tree) == before


def test_table_c_an_error_in_a_tree_says_where() -> None:
    with pytest.raises(PlaceholderError) as caught:
        resolve_tree({"a": [{"b": "${metadata.unknown}"}], "c": "${x}"}, LOOKUP)
    assert caught.value.messages == (
        "a: 0: b: invalid ref 'metadata.unknown': key 'unknown' not found",
        f"c: invalid ref 'x': {UNKNOWN_ROOT}",
    )


def test_table_c_escapes_may_be_undone_in_another_way() -> None:
    assert substitute("$$ $${thing}", LOOKUP, unescape=lambda escaped: escaped * 2) == "$$$$ $${thing}$${thing}"


def test_a_reference_knows_its_parts_and_place() -> None:
    text = "a ${resources.db.key\\.com/x.y} $${no}"
    assert references(text) == (Reference("resources", ("db", "key.com/x", "y"), 2, 30, "resources.db.key\\.com/x.y"),)
    assert text[2:30] == "${resources.db.key\\.com/x.y}"


def test_the_parts_of_a_template_make_up_its_text() -> None:
    template = Template.parse("$${a}${b}c$$${d}")
    assert [part if isinstance(part, str) else part.text for part in template.parts] == ["${a}", "b", "c$", "d"]
    assert not template.is_literal
    assert template.map(lambda reference: len(reference.text)) == ["${a}", 1, "c$", 1]


# score-go, framework/substitution.go
REGULAR_EXPRESSION = re.compile(r"\$((?:\$?{([^}]*)})|\$)")


@given(st.text(alphabet="${}a.\\\n", max_size=60))
def test_texts_are_taken_apart_as_the_reference_implementation_does(text: str) -> None:
    def replaced(match: re.Match[str]) -> str:
        return match[0][1:] if match[1].startswith("$") else f"<{match[2]}>"

    assert substitute(text, lambda reference: f"<{reference.text}>") == REGULAR_EXPRESSION.sub(replaced, text)
    assert [part.start for part in references(text)] == [
        match.start() for match in REGULAR_EXPRESSION.finditer(text) if not match[1].startswith("$")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text <&>", "text <&>"),
        (None, "null"),
        (True, "true"),
        (8080, "8080"),
        (2**70, str(2**70)),
        (1.0, "1"),
        (-0.0, "-0"),
        (1.5, "1.5"),
        (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-10, "1.25e-10"),
        ({"b": [1, None], "a": {"c": "é"}}, '{"a":{"c":"é"},"b":[1,null]}'),
        (["<b> & \u2028"], '["\\u003cb\\u003e \\u0026 \\u2028"]'),
        (('\b\f\n\t\x00\x7f"\\/',), '["\\b\\f\\n\\t\\u0000\x7f\\"\\\\/"]'),
        ({}, "{}"),
    ],
)
def test_values_render_as_go_writes_json(value: object, text: str) -> None:
    assert render_value(value) == text


def test_a_text_is_unknown_and_secret_as_its_parts_are() -> None:
    values = {"host": Text("h"), "password": Text("p", secret=True), "port": Text(None)}
    template = Template.parse("${resources.db.host}:${resources.db.password}")

    def look_up(reference: Reference) -> Text:
        return values[reference.keys[1]]

    assert template.resolve(look_up) == Text("h:p", secret=True)
    assert Template.parse("a ${resources.db.host}").resolve(look_up) == Text("a h")
    assert Template.parse("${resources.db.port}${resources.db.password}").resolve(look_up) == Text(None, secret=True)
    assert Template.parse("plain $$").resolve(look_up) == Text("plain $")


def test_a_secret_text_is_not_shown() -> None:
    assert "hunter2" not in repr(Text("hunter2", secret=True))
    assert repr(Text("h")) == "Text('h')"
