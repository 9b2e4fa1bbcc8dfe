"""Rendered YAML is read back as what was written, by whatever parser."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_components.rendering.yaml_text import yaml_text

ODD = [
    *("", " ", "y", "No", "~", "null", "1e3", "0x1", "0o7", "1_000", "1:30", "2026-01-01", ".5", "50m", "10.0.0.0/8"),
    *(
        "a: b",
        "a #b",
        "- a",
        "---",
        "a:",
        ":a",
        "a:b",
        "{a}",
        "[a]",
        "a,b",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "=",
        "<<",
    ),
    *(
        "a\n",
        "\na",
        "a\n\nb\n\n",
        "a \nb",
        "a\tb",
        " a\nb",
        "\n",
        "a\n\tb",
        "a\r\nb",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *("'", '"', "'\"", "\\", "<a.b#c d>", "x<a.b#c>y"),
]
texts = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(ODD)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False, width=32) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value


@given(values)
def test_one_value_is_one_text(value: Any) -> None:
    assert yaml_text(value) == yaml_text(json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    "text", ["y", "N", "on", "Off", "yes", "NO", "~", "0777", "0o17", "1e3", "1_0", "12:30", "0x1F"]
)
def test_what_another_parser_reads_as_something_else_is_quoted(text: str) -> None:
    assert yaml_text({"key": text}) == f'key: "{text}"\n'


def test_it_reads_as_kubectl_prints_it() -> None:
    value = {
        "image": "registry.example:5000/a/b:1",
        "args": ["-x", "a b", ""],
        "rules": [{"host": "web.<zone.default#main.name>", "paths": [{"path": "/"}]}, {}],
        "script": "one\ntwo\n",
        "limits": {"cpu": "50m", "memory": "1.5Gi", "count": 3, "on": True, "none": None},
    }

    assert yaml_text(value) == (
        "image: registry.example:5000/a/b:1\n"
        'args:\n- "-x"\n- "a b"\n- ""\n'
        "rules:\n- host: web.<zone.default#main.name>\n  paths:\n  - path: /\n- {}\n"
        "script: |\n  one\n  two\n"
        'limits:\n  cpu: 50m\n  memory: "1.5Gi"\n  count: 3\n  "on": true\n  none: null\n'
    )


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no plain data"):
        yaml_text({"key": object()})
