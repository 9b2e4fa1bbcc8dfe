"""Environment variables arrive in the container as they were given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.kubernetes.variables import environment, literal, variable_key


def expanded_by_the_kubelet(text: str) -> str:
    """Written after the rules of https://kubernetes.io/docs/tasks/inject-data-application/, variables all undefined.

    `$$` is a `$`; `$(NAME)` is a reference, which stays as it is only if there is no such variable, and here has a
    value so that it shows.
    """
    result, position = "", 0
    while position < len(text):
        rest = text[position:]
        if rest.startswith("$$"):
            result, position = result + "$", position + 2
        elif rest.startswith("$(") and ")" in rest:
            result, position = result + "EXPANDED", position + rest.index(")") + 1
        else:
            result, position = result + text[position], position + 1
    return result


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("$HOME", "$HOME"),
        ("cost: 5$", "cost: 5$"),
        ("$(DATE)", "$$(DATE)"),
        ("pa$$word", "pa$$$$word"),
        ("$$(DATE)", "$$$$(DATE)"),
        ("$(", "$$("),
    ],
)
def test_only_what_the_kubelet_would_change_is_escaped(text: str, written: str) -> None:
    assert literal(text) == written


@given(st.text(alphabet="$()Aa ", max_size=12))
def test_the_kubelet_gives_the_container_what_was_meant(text: str) -> None:
    assert expanded_by_the_kubelet(literal(text)) == text


def test_variables_come_in_the_order_of_their_names_secret_ones_by_reference() -> None:
    assert environment("web", {"B": "2", "C": "$(B)"}, {"A": "secret"}, "web-secret-1a2b") == [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "web-secret-1a2b", "key": "web.A"}}},
        {"name": "B", "value": "2"},
        {"name": "C", "value": "$$(B)"},
    ]


def test_a_secrets_key_is_legal_whatever_the_variable_is_called() -> None:
    assert variable_key("web", "CONNECTION_STRING") == "web.CONNECTION_STRING"
    odd = variable_key("web", "spring.datasource[0] url")
    assert odd.startswith("web.variable-")
    assert odd != variable_key("web", "spring.datasource[1] url")
