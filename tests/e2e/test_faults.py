"""What Azure's failures come to: the environment that was wanted, or clear errors and a next run that ends well.

Every kind of resource fails once, as often as it takes. Two faults on a branch are part of all tests; `make test-azure`
takes all of them, on a foundation and a branch from nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from sandbox.azure.kinds import KINDS
from sandbox.azure.store import Store
from tests.conftest import Sandbox, started
from tests.e2e.conftest import APP, EXAMPLES, Deployed, Pave
from tests.e2e.test_killed_runs import contents

pytestmark = pytest.mark.e2e

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "another operation": {"code": "AnotherOperationInProgress"},
    "throttled": {"code": "TooManyRequests"},
    "internal error": {"code": "InternalServerError"},
    "server busy": {"code": "ServerBusy"},
    "unknown principal": {"code": "PrincipalNotFound", "first_seconds": 2},
    "unavailable": {"code": "ServiceUnavailable"},
    "answer lost": {"code": "Timeout", "when": "lost"},
    "failed although made": {"code": "GatewayTimeout", "when": "after"},
}
PASSING = {"another operation", "throttled", "server busy", "unknown principal", "unavailable"}
"""They pass by themselves, so the first run ends well."""
SAMPLE = ("throttled", "answer lost")
MOST_RUNS = 15
"""So many kinds of a foundation stand one behind the other at most."""
BRANCH = ("--app", APP, "--branch", "faulty")
FOUNDATION = ("--env", "foundation-nonproduction")


def strike(sandbox: Sandbox, fault: Mapping[str, Any] | None) -> None:
    """Let every kind of resource fail so when it is made or changed; None: nothing fails any more."""
    path = sandbox.state.azure / "faults.yaml"
    path.unlink(missing_ok=True)
    with Store(sandbox.state).writing() as transaction:
        transaction.forget_faults()
    if fault is not None:
        entries = [{**fault, "kind": token, "operation": ["create", "update"]} for token in sorted(KINDS)]
        path.write_text(yaml.safe_dump({"faults": entries}))


def struck(sandbox: Sandbox) -> int:
    """How many calls have failed."""
    from sandbox.azure.faults import Faults

    return sum(count for _, _, count in Faults.of(sandbox.state, Store(sandbox.state), {}).counted())


def up(pave: Pave, name: str, *arguments: str) -> None:
    """Run `pave up` until it ends well; each run that does not says what Azure said, and nothing of this program."""
    fault, said = FAULTS[name], []
    while (answer := pave.execute("pave", "up", *arguments, "--yes")).returncode != 0:
        told = f"{answer.stdout}\n{answer.stderr}"
        said.append(told)
        assert answer.returncode == 4, told
        assert "Traceback" not in told
        assert ("timed out" if fault["code"] == "Timeout" else str(fault["code"])) in answer.stderr, told
        assert len(said) < MOST_RUNS, "\n".join(said)
    assert name not in PASSING or said == [], "\n".join(said)
    assert struck(pave.sandbox) > 0, answer.stdout
    assert pave.json("up", *arguments, "--yes")["changes"] == {}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_branch_gets_what_it_should_although_every_kind_of_resource_fails_once(
    branches: tuple[Deployed, Deployed], name: str
) -> None:
    pave = branches[0].pave
    undisturbed = contents(pave, branches[0].stack, branches[0].namespace)
    try:
        strike(pave.sandbox, FAULTS[name])
        up(pave, name, *EXAMPLES, *BRANCH)
        shown = pave.json("show", *BRANCH)
        assert contents(pave, shown["stack"], shown["namespace"]) == undisturbed
    finally:
        strike(pave.sandbox, None)
    assert pave.json("destroy", *BRANCH, "--yes")["survivors"] == []


@pytest.fixture(scope="module")
def own(platform: Any) -> Iterator[Pave]:
    """A sandbox with nothing in it."""
    with started("faults") as sandbox:
        yield Pave(sandbox, platform)


@pytest.mark.azure
@pytest.mark.parametrize("name", FAULTS)
def test_a_foundation_and_a_branch_from_nothing_although_every_kind_of_resource_fails_once(
    own: Pave, name: str
) -> None:
    strike(own.sandbox, FAULTS[name])
    up(own, name, *FOUNDATION)
    strike(own.sandbox, FAULTS[name])
    up(own, name, *EXAMPLES, *BRANCH)
    strike(own.sandbox, None)

    assert own.json("destroy", *BRANCH, "--yes")["survivors"] == []
    assert own.json("destroy", *FOUNDATION, "--yes")["survivors"] == []
    assert [each.id for each in Store(own.sandbox.state).list()] == []
