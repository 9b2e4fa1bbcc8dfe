"""After a destroy every place is asked directly; what is still there is named with its place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from platform_components import azure_cli
from platform_components.errors import OutsideError
from platform_components.lifecycle import cluster
from platform_components.lifecycle.survivors import Look, foundation_places, looks
from platform_components.lifecycle.wanted import Wanted, prepare
from platform_components.plan import Plan
from platform_components.postgres import connection as connections
from platform_components.postgres.connection import Server
from platform_components.repository import deployed
from tests.drivers.world import CHECKOUT, kubeconfig_at_hand
from tests.lifecycle.backend import Stored
from tests.lifecycle.conftest import MakeBackend

STACK = "shop-main-abc123"
OUTPUTS: Mapping[str, Any] = {
    "k8s-cluster.default/main/kubeconfig": "kind: Config",
    "postgres-server.shared/main/host": "db.example.com",
    "postgres-server.shared/main/port": 5433.0,
    "postgres-server.shared/main/administrator": "platform-team",
    "dns-zone.default/main/name": "dev.example.com",
    "dns-zone.default/main/resource_group": "rg-foundation",
}


def plan_of(platform: Path, **config: Any) -> Plan:
    wanted = Wanted(app="shop", branch="main", scores=(platform / "examples/web",))
    return prepare(platform, wanted, config, stack=STACK).matched.plan


class FakeServer:
    """A PostgreSQL server with these databases and roles."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked: list[Server] = []

    @contextmanager
    def connect(self, server: Server, _database: str) -> Iterator["FakeServer"]:
        self.asked.append(server)
        yield self

    def execute(self, _query: str, wanted: tuple[str, str]) -> "FakeServer":
        self._rows = [(f"{kind} {name}",) for kind, name in zip(("database", "role"), wanted, strict=True)]
        return self

    def fetchall(self) -> list[tuple[str]]:
        return [row for row in self._rows if row[0] in self.names]


World = Callable[..., FakeServer]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """What is still there: namespaces, records and resources as `az` prints them, databases and roles."""

    def make(namespaces: tuple[str, ...] = (), az: str = "[]", postgres: tuple[str, ...] = ()) -> FakeServer:
        programs = tmp_path / "bin"
        programs.mkdir(exist_ok=True)
        program = programs / "az"
        program.write_text(f"#!/bin/sh\n{az if az.startswith('case') else f'echo {az!r}'}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        server = FakeServer(*postgres)
        monkeypatch.setattr(connections, "connect", server.connect)
        monkeypatch.setattr(cluster, "namespaces_of", lambda _kubeconfig, _stack: list(namespaces))
        return server

    return make


def found(made: list[Look]) -> dict[str, tuple[str, ...]]:
    return {look.place: look.survivors for look in made if look.survivors}


def test_where_nothing_is_left_every_place_says_so(world: World, platform: Path) -> None:
    server = world()
    made = list(looks(STACK, plan_of(platform), OUTPUTS))

    assert [look.place.split()[0] for look in made] == ["Kubernetes", "PostgreSQL", "DNS", "Azure"]
    assert found(made) == {}
    assert server.asked == [Server(host="db.example.com", port=5433, administrator="platform-team")]


def test_a_namespace_that_hangs_is_named(world: World, platform: Path) -> None:
    world(namespaces=("shop-main-abc123",))

    assert found(list(looks(STACK, plan_of(platform), OUTPUTS))) == {"Kubernetes namespaces": ("shop-main-abc123",)}


def test_a_database_and_a_role_are_looked_for_by_the_plans_names(world: World, platform: Path) -> None:
    plan = plan_of(platform)
    names = plan.resource("postgres.default#web.db").names
    world(postgres=(f"database {names['database']}", f"role {names['role']}"))

    assert found(list(looks(STACK, plan, OUTPUTS))) == {
        "PostgreSQL db.example.com": (f"database {names['database']}", f"role {names['role']}")
    }


def test_a_database_that_is_meant_to_stay_is_no_survivor(world: World, platform: Path) -> None:
    kept = plan_of(platform, settings={"postgres": {"on_destroy": "keep"}})
    server = world()

    assert "PostgreSQL" not in " ".join(look.place for look in looks(STACK, kept, OUTPUTS))
    assert server.asked == []


def test_a_dns_record_is_named_with_its_zone_and_others_in_the_zone_are_not(world: World, platform: Path) -> None:
    plan = plan_of(platform)
    label = plan.resource("dns.default#web.dns").names["record"]
    kind = "Microsoft.Network/dnszones/A"
    records = f'[{{"name": "{label}", "type": "{kind}"}}, {{"name": "other", "type": "{kind}"}}]'
    world(az=f"case \"$*\" in *record-set*) echo '{records}';; *) echo '[]';; esac")

    assert found(list(looks(STACK, plan, OUTPUTS))) == {f"DNS {label}.dev.example.com": (f"{label} (A)",)}


def test_an_azure_resource_is_named_once_by_its_id(world: World, platform: Path) -> None:
    world(az='case "$*" in *list*--tag*) echo \'[{"id": "/subscriptions/s/one"}]\';; *) echo "[]";; esac')

    assert found(list(looks(STACK, plan_of(platform), OUTPUTS))) == {"Azure resources": ("/subscriptions/s/one",)}


def test_a_place_that_cannot_be_looked_at_is_an_error_and_no_proof(world: World, platform: Path) -> None:
    world(az="case x in *) echo 'ERROR: Please run az login' >&2; exit 1;; esac")

    with pytest.raises(OutsideError) as error:
        list(looks(STACK, plan_of(platform), OUTPUTS))
    assert "Please run az login" in str(error.value)


def test_without_the_azure_cli_nothing_is_called_proved(
    world: World, platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world()
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="'az' is not on PATH"):
        list(looks(STACK, plan_of(platform), OUTPUTS))


def test_an_azure_cli_that_hangs_is_given_up(world: World, platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world(az="case x in *) exec sleep 60;; esac")
    monkeypatch.setattr(azure_cli, "TIMEOUT_SECONDS", 0.2)

    with pytest.raises(OutsideError, match="did not answer"):
        list(looks(STACK, plan_of(platform), OUTPUTS))


def test_what_a_half_made_environment_stands_on_is_asked_of_its_foundation(backend: MakeBackend) -> None:
    engine = backend(foundation_nonproduction=Stored(outputs={"dns-zone.default/main/name": "dev.example.com"}))

    assert foundation_places(engine, plan_of(engine.platform)) == {"dns-zone.default/main/name": "dev.example.com"}
    assert [call for call in engine.calls if "output" in call] == ["stack output --json -s foundation-nonproduction"]


def test_a_foundation_that_is_gone_leaves_no_place_to_look_at(backend: MakeBackend) -> None:
    engine = backend()

    assert foundation_places(engine, plan_of(engine.platform)) == {}


def test_nobody_asks_azure_for_an_environment_on_a_laptop(world: World) -> None:
    world(az="case x in x) exit 1;; esac")
    config = {"type": "local", "app": "shop", "workloads": ["examples/web/score.yaml"]}

    with kubeconfig_at_hand():
        made = list(looks("laptop", deployed(CHECKOUT, config, "laptop").plan, {}))
    assert [look.place for look in made] == ["Kubernetes namespaces"]


@pytest.mark.parametrize("said", ["", "echo not logged in"])
def test_an_azure_cli_that_gives_no_answer_has_found_nothing_out(world: World, platform: Path, said: str) -> None:
    world(az=f"case x in *) {said or 'true'};; esac")

    with pytest.raises(OutsideError, match="gave no answer"):
        list(looks(STACK, plan_of(platform), OUTPUTS))
