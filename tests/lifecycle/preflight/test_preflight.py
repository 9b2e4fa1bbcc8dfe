"""All checks of one environment, and how they end."""

import pytest

from platform_components.errors import OutsideError
from platform_components.exports import CONTRACT, CONTRACT_OUTPUT
from platform_components.lifecycle import preflight
from platform_components.lifecycle.preflight.findings import Check, Finding, State, answers, exit_code
from tests.lifecycle.conftest import MakeBackend, Stored, backend
from tests.lifecycle.preflight.conftest import Prepare, Subscription

__all__ = ["backend"]  # a fixture


def finding(state: State) -> Finding:
    return Finding("a", "b", state, "c")


@pytest.mark.parametrize(
    ("states", "code"),
    [((), 0), (("ok", "warning"), 0), (("ok", "unknown"), 4), (("unknown", "problem"), 1), (("problem",), 1)],
)
def test_a_problem_ends_with_1_and_what_could_not_be_asked_with_4(states: tuple[State, ...], code: int) -> None:
    assert exit_code(list(map(finding, states))) == code


def test_one_question_that_fails_does_not_stop_the_others() -> None:
    def failing() -> list[Finding]:
        raise OutsideError("nobody answers", details=["at all"], fix="look at the network")

    found = answers([Check("x", "y", failing), Check("a", "b", lambda: [finding("ok")])])

    assert [one.state for one in found] == ["unknown", "ok"]
    assert found[0].what == "could not ask: nobody answers; at all"
    assert found[0].fix == "look at the network"


def test_without_a_foundation_that_is_the_problem(
    backend: MakeBackend, subscription: Subscription, prepared: Prepare
) -> None:
    looked = preflight.looked(backend(), prepared("ephemeral"))

    first = looked.findings[0]
    assert (first.check, first.state) == ("foundation", "problem")
    assert "pave up --env foundation-nonproduction" in first.fix
    assert looked.new


def test_a_foundation_of_another_contract_is_the_problem(
    backend: MakeBackend, subscription: Subscription, prepared: Prepare
) -> None:
    engine = backend(foundation_nonproduction=Stored(outputs={CONTRACT_OUTPUT: CONTRACT + 1}))

    assert "speaks contract" in preflight.looked(engine, prepared("ephemeral")).findings[0].what


def test_what_is_deployed_is_not_asked_for_its_own_names(
    backend: MakeBackend, subscription: Subscription, prepared: Prepare
) -> None:
    engine = backend(foundation_nonproduction=Stored(outputs={CONTRACT_OUTPUT: CONTRACT}), ephemeral=Stored())

    looked = preflight.looked(engine, prepared("ephemeral"))

    assert not looked.new
    assert "name" not in {one.check for one in looked.findings}
    assert {one.state for one in looked.findings} == {"ok"}
    document = looked.as_json()
    assert document["findings"][0] == {
        "check": "foundation",
        "subject": "foundation-nonproduction",
        "state": "ok",
        "what": "is deployed, and of a fitting contract",
        "fix": None,
    }
