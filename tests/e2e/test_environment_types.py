"""Every environment type's whole set on the sandbox, bodies held to Azure's own types: `make test-azure`.

Both foundations are behind one API server here and a gateway's namespace has one name, so they take turns.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict

from sandbox.azure.store import Store
from sandbox.proof import use_database
from tests.conftest import Sandbox, started
from tests.e2e.conftest import APP, EXAMPLES, Pave

pytestmark = [pytest.mark.e2e, pytest.mark.azure]

FOUNDATIONS = {
    "foundation-nonproduction": ("ephemeral", "development"),
    "foundation-production": ("staging", "production"),
}
MIGRATION = """\
id: postgres-migrated
type: postgres
driver: postgres/database
criteria: [{env_type: ephemeral, res_id: web.db}]
uses:
  server: {type: postgres-server, class: shared, id: main}
inputs: {server: "${uses.server}", on_destroy: drop, extensions: [pgcrypto]}
also:
  - {type: k8s-job, class: migration, awaited: true}
---
id: migration
type: k8s-job
driver: kubernetes/job
criteria: [{class: migration}]
uses:
  db: {type: postgres}
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
inputs:
  cluster: ${uses.cluster}
  namespace: ${uses.namespace}
  command: [migrate, up]
  variables: {DATABASE_URL: "postgresql://${uses.db.username}:${uses.db.password}@${uses.db.host}/${uses.db.name}"}
"""
"""A Job for one database of a branch, as docs/platform.md has it; the others are as they ship."""
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
        (platform / "definitions" / "migration.yaml").write_text(MIGRATION)
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
    if "ephemeral" in types:
        _rotate(world.pave)
    if "staging" in types:
        _pause(world.pave)
    for type_ in reversed(types):
        down(world.pave, type_)
    assert world.ids() == []
    print(json.dumps({"foundation": foundation, "types": types, "resources": len(made)}))


def _pause(pave: Pave) -> None:
    """A server of its own is stopped and started with its environment, and goes when that goes while it is stopped."""
    place, show = ("--env", "whole-staging"), ("az", "postgres", "flexible-server", "show", "--query", "state")

    def states() -> set[str]:
        servers = pave.execute("az", "resource", "list", "--tag", "platform-stack=whole-staging", "--output", "json")
        ids = [one["id"] for one in json.loads(servers.stdout) if one["type"].endswith("/flexibleServers")]
        return {json.loads(pave.execute(*show, "--ids", one).stdout) for one in ids}

    paused = pave.json("pause", *place, "--yes")
    assert (paused["still_running"], states()) == ([], {"Stopped"})
    assert any("storage and backups" in cost for cost in paused["still_costs"])
    started = paused["stopped_servers"][0]
    ids = [row["id"] for row in json.loads(pave.execute("az", "resource", "list", "-o", "json").stdout)]
    pave.execute(
        "az", "postgres", "flexible-server", "start", "--ids", next(one for one in ids if one.endswith(started))
    )
    assert states() == ({"Ready", "Stopped"} if len(paused["stopped_servers"]) > 1 else {"Ready"})
    assert [task["kind"] for task in pave.json("sweep", "--yes")["tasks"]] == ["server"]
    assert states() == {"Stopped"}
    pave.run(*up(pave, "staging"))
    assert states() == {"Ready"}
    assert pave.json(*up(pave, "staging"))["changes"] == {}
    pave.run("pause", *place, "--yes")


def _rotate(pave: Pave) -> None:
    """Another password version is another password, in the container and on the server, and nothing else is new."""
    stack = pave.json("show", "--app", APP, "--branch", "whole-set")
    before = _connection(pave, stack["namespace"])
    pave.pulumi(
        "config", "set", "--stack", stack["stack"], "--path", "platform:settings.postgres.password_version", "2"
    )
    changes = pave.json(*up(pave, "ephemeral"))["changes"]
    after = _connection(pave, stack["namespace"])
    assert use_database(after).startswith("1")
    assert conninfo_to_dict(before)["password"] != conninfo_to_dict(after)["password"]
    with pytest.raises(OperationalError, match="password authentication failed"):
        use_database(before)
    assert "delete" not in changes


def _connection(pave: Pave, namespace: str) -> str:
    found = pave.cluster.container_environment("python-service", "python-service", namespace)
    return found["CONNECTION_STRING"]
