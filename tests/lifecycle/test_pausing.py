"""What can be paused and resumed, what is stopped with it, and what goes on costing money."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from platform_components.cli.live import Silent
from platform_components.errors import InputError
from platform_components.lifecycle import cluster, deployment, pausing, servers, stack_file
from platform_components.lifecycle.deployment import Result
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

SERVER = "/subscriptions/x/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-one"
NEEDS = {"ephemeral": {"app": "shop", "branch": "main"}, "staging": {"app": "shop", "env_type": "staging"}}


def made(engine: Backend, env_type: str, **outputs: Any) -> Prepared:
    """An environment `one`, deployed, with these outputs beside its plan."""
    choice: dict[str, Any] = NEEDS[env_type]
    wanted = Wanted(**choice, scores=(engine.platform / "examples/web",))
    prepared = prepare(engine.platform, wanted, {}, stack="one")
    config = {key: value for key, value in prepared.config.items() if value is not None}
    document = prepared.matched.plan.to_document(places=False)
    marks = Marks(app="shop", branch=choice.get("branch", ""), env_type=env_type)
    engine.stacks["one"] = Stored(marks.tags(), {"platform/plan": document, **outputs}, config=config)
    return prepared


@pytest.fixture
def engine(backend: MakeBackend) -> Any:
    made = backend()
    yield made
    stack_file.path_of(made.platform, "one").unlink(missing_ok=True)


def test_pausing_changes_nothing_but_that_nothing_runs(engine: Backend) -> None:
    before = made(engine, "ephemeral")

    prepared = pausing.prepared_for(engine, "one", paused=True)

    assert prepared.matched.environment.paused
    assert prepared.matched.plan.to_document(places=False) == before.matched.plan.to_document(places=False)
    assert {**prepared.config, "paused": None} == before.config


def test_what_is_paused_is_resumed_and_what_is_not_is_not(engine: Backend) -> None:
    made(engine, "ephemeral")
    with pytest.raises(InputError, match="'one' is not paused"):
        pausing.prepared_for(engine, "one", paused=False)

    made(engine, "ephemeral", **{"platform/paused": True})
    assert not pausing.prepared_for(engine, "one", paused=False).matched.environment.paused


def test_what_is_not_there_or_anothers_or_half_made_is_not_paused(engine: Backend) -> None:
    with pytest.raises(InputError, match="no environment 'one'"):
        pausing.prepared_for(engine, "one", paused=True)
    engine.stacks["one"] = Stored(Marks(app="shop", branch="main").tags())
    engine.forget()
    with pytest.raises(InputError, match="no deployment of 'one' has ended yet"):
        pausing.prepared_for(engine, "one", paused=True)
    with pytest.raises(InputError, match="belongs to 'main'"):
        pausing.prepared_for(engine, "one", paused=True, branch="other")


def test_a_foundation_is_not_paused() -> None:
    from platform_components.environment import EnvironmentType, environment_from_config

    types = {"base": EnvironmentType(name="base", kind="foundation")}

    with pytest.raises(InputError, match="runs no workloads that could be paused"):
        environment_from_config({"type": "base", "paused": "true"}, stack="base", types=types)


class Azure:
    """Flexible servers, by id, with their states."""

    def __init__(self, **states: str) -> None:
        self.states = {SERVER.replace("one", name): state for name, state in states.items()}
        self.told: list[str] = []

    def az(self, *arguments: str, seconds: float = 0) -> Any:
        _, _, verb, _, identity = arguments
        if verb == "show":
            return {"state": self.states[identity]}
        self.told.append(f"{verb} {identity.rpartition('/')[2]}")
        self.states[identity] = "Stopped" if verb == "stop" else "Ready"
        return []


def test_only_servers_that_run_are_stopped_and_only_stopped_ones_started(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure(one="Ready", two="Stopped", three="Updating")
    monkeypatch.setattr(servers, "az", azure.az)
    monkeypatch.setattr(servers, "az_do", azure.az)
    ids = list(azure.states)

    assert servers.stop(ids, Silent()) == (SERVER,)
    assert servers.start(ids, Silent()) == (SERVER, SERVER.replace("one", "two"))
    assert azure.told == ["stop psql-one", "start psql-one", "start psql-two"]


def test_a_server_of_its_own_is_stopped_after_all_else_and_a_shared_one_never(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Sequence[str]] = []

    def deploy(_: object, prepared: Prepared, __: object) -> Result:
        return Result(prepared, engine.stacks["one"].outputs, {"updated": 1})

    def at_work(kubeconfig: str, namespace: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return ("CronJob backup",), ("PersistentVolumeClaim data",)

    monkeypatch.setattr(deployment, "deploy", deploy)
    monkeypatch.setattr(servers, "stop", lambda ids, listener: stopped.append(ids))
    monkeypatch.setattr(cluster, "at_work", at_work)
    places: Mapping[str, Any] = {"k8s-cluster.default/main/kubeconfig": "{}", "namespace": "one"}

    made(engine, "staging", **{"postgres-server.dedicated/main/id": SERVER, **places})
    own = pausing.pause(engine, pausing.prepared_for(engine, "one", paused=True), Silent())
    engine.forget()
    stack_file.path_of(engine.platform, "one").unlink()
    made(engine, "ephemeral", **{"postgres-server.shared/main/id": SERVER, **places})
    shared = pausing.pause(engine, pausing.prepared_for(engine, "one", paused=True), Silent())

    assert stopped == [(SERVER,), ()]
    assert (own.stopped, own.running) == (("psql-one",), ("CronJob backup",))
    assert [cost.partition(" ")[0] for cost in own.costs] == [
        "postgres-server.dedicated#main",
        "s3.default#web.storage",
        "the",
    ]
    assert [cost.partition(" ")[0] for cost in shared.costs] == ["s3.default#web.storage", "the"]
    assert own.as_json()["stopped_servers"] == ["psql-one"]
