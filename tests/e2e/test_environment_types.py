"""Every environment type's whole set on the sandbox, bodies held to Azure's own types: `make test-azure`.

Both foundations are behind one API server here and a gateway's namespace has one name, so they take turns.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.azure.store import Store
from tests.conftest import Sandbox, started
from tests.e2e.conftest import APP, EXAMPLES, Pave

pytestmark = [pytest.mark.e2e, pytest.mark.azure]

FOUNDATIONS = {
    "foundation-nonproduction": ("ephemeral", "development"),
    "foundation-production": ("staging", "production"),
}
ENTRA = """\
apiVersion: score.dev/v1b1
metadata: {name: reports}
containers:
  reports:
    image: python
    variables: {DATABASE: "postgresql://${resources.db.user}@${resources.db.host}:${resources.db.port}/${resources.db.name}"}
resources:
  db: {type: postgres-entra}
"""


@dataclass(frozen=True)
class World:
    """A sandbox of this module's own, and `pave` on it."""

    sandbox: Sandbox
    pave: Pave

    def ids(self) -> list[str]:
        """Everything that is in the simulated subscription."""
        return [each.id for each in Store(self.sandbox.state).list()]


@pytest.fixture(scope="module")
def world(platform: Path) -> Iterator[World]:
    with started("environment-types") as sandbox:
        (platform / "reports.yaml").write_text(ENTRA)
        yield World(sandbox, Pave(sandbox, platform))


def up(pave: Pave, type_: str) -> list[str]:
    """The arguments that deploy an environment of a type, with everything that a Score file can ask for."""
    if type_.startswith("foundation"):
        return ["up", "--env", type_, "--yes"]
    place = ["--branch", "whole-set"] if type_ == "ephemeral" else ["--env", f"whole-{type_}", "--env-type", type_]
    return ["up", *EXAMPLES, "reports.yaml", "--app", APP, *place, "--yes"]


def down(pave: Pave, type_: str) -> None:
    place = ["--branch", "whole-set"] if type_ == "ephemeral" else ["--env", f"whole-{type_}"]
    arguments = ["--env", type_] if type_.startswith("foundation") else ["--app", APP, *place]
    stack = pave.json("show", *arguments)["stack"]
    pave.pulumi("state", "unprotect", "--all", "--yes", "--stack", stack)
    proof = pave.json("destroy", *arguments, "--yes")
    assert proof["survivors"] == []


@pytest.mark.parametrize("foundation", FOUNDATIONS)
def test_a_foundation_and_all_that_stands_on_it(world: World, foundation: str) -> None:
    """No body that Azure would not take, nothing to do the second time, nothing left in the end."""
    types = [foundation, *FOUNDATIONS[foundation]]
    assert world.ids() == []
    for type_ in types:
        world.pave.run(*up(world.pave, type_))
        again = world.pave.json(*up(world.pave, type_))
        assert again["changes"] == {}, type_
    made = world.ids()
    for type_ in reversed(types):
        down(world.pave, type_)
    assert world.ids() == []
    print(json.dumps({"foundation": foundation, "types": types, "resources": len(made)}))
