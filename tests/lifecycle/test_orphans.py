"""What a sweep takes for an orphan, and what never."""

from collections.abc import Mapping
from typing import Any

import pytest

from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle import cluster, orphans
from platform_components.lifecycle.cluster import Owned
from platform_components.lifecycle.orphans import Orphan, Place
from platform_components.postgres import inventory
from platform_components.postgres.inventory import Marked
from platform_components.postgres.ownership import Mark
from tests.lifecycle.backend import Stored
from tests.lifecycle.conftest import MakeBackend

BASE = "foundation-nonproduction"
SUBSCRIPTION = "/subscriptions/5a4d0b0c-0000-4000-8000-00005a4db0c5"
OUTPUTS = {
    "k8s-cluster.default/main/kubeconfig": "{}",
    "k8s-cluster.default/main/id": f"{SUBSCRIPTION}/resourceGroups/rg-base/providers/x/aks",
    "postgres-server.shared/main/host": "db.example.com",
    "postgres-server.shared/main/administrator": "team",
    "dns-zone.default/main/name": "dev.example.com",
    "dns-zone.default/main/resource_group": "rg-base",
}
GONE, LIVING = "shop-gone-abc123", "shop-living-abc123"


def tags(stack: str, foundation: str = BASE, temporary: str = "true") -> dict[str, str]:
    found = {"platform-stack": stack, "platform-app": "shop", "platform-foundation": foundation}
    return {**found, "platform-temporary": temporary} if temporary else found


def in_azure(kind: str, name: str, marks: Mapping[str, str], subscription: str = SUBSCRIPTION) -> dict[str, Any]:
    group = f"{subscription}/resourceGroups/{name.partition('/')[0]}"
    if kind == "group":
        return {"id": group, "name": name, "tags": dict(marks), "type": "Microsoft.Resources/resourceGroups"}
    identity = f"{group}/providers/Microsoft.Storage/storageAccounts/{name.partition('/')[2]}"
    return {
        "id": identity,
        "name": name.partition("/")[2],
        "tags": dict(marks),
        "type": "Microsoft.Storage/storageAccounts",
    }


class World:
    """What every place answers."""

    def __init__(self) -> None:
        self.namespaces: list[Owned] = []
        self.databases: list[Marked] = []
        self.azure: dict[str, list[dict[str, Any]]] = {"group": [], "resource": [], "network": []}
        self.deleted: list[str] = []

    def az(self, *arguments: str, seconds: float = 0) -> Any:
        if "delete" in arguments:
            self.deleted.append(" ".join(arguments))
            return []
        found = self.azure[arguments[0]]
        if "-g" in arguments and arguments[0] == "resource":
            return [one for one in found if f"/resourceGroups/{arguments[-1]}/" in one["id"]]
        return found


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(cluster, "temporary_namespaces", lambda kubeconfig, foundation: world.namespaces)
    monkeypatch.setattr(inventory, "marked", lambda server: world.databases)
    monkeypatch.setattr(orphans, "az", world.az)
    monkeypatch.setattr(orphans, "az_do", world.az)
    return world


def looked(backend: MakeBackend) -> orphans.Looked:
    engine = backend(**{BASE.replace("-", "_"): Stored(outputs=OUTPUTS), LIVING.replace("-", "_"): Stored()})
    return orphans.look(engine, list(orphans.places(engine, [BASE])))


def test_what_belongs_to_a_stack_that_is_gone_is_found_in_every_place(world: World, backend: MakeBackend) -> None:
    world.namespaces = [Owned("gone", GONE, "shop"), Owned("living", LIVING, "shop")]
    world.databases = [Marked("gone_db", "gone", Mark(tags(GONE)), False), Marked("", "alone", Mark(tags(GONE)), False)]
    world.azure["group"] = [in_azure("group", "rg-gone", tags(GONE)), in_azure("group", "rg-living", tags(LIVING))]
    world.azure["resource"] = [
        in_azure("resource", "rg-gone/a", tags(GONE)),
        in_azure("resource", "rg-base/b", tags(GONE)),
    ]
    world.azure["network"] = [{"id": "id", "name": "gone", "metadata": tags(GONE)}, {"id": "id", "name": "www"}]

    found = looked(backend)

    assert found.unknown == ()
    assert [str(one) for one in found.orphans] == [
        "namespace gone",
        "database gone_db",
        "role alone",
        "record gone.dev.example.com",
        "resource group rg-gone",
        "resource storageAccounts/b",  # what is in the group goes with it
    ]
    assert {(one.stack, one.app) for one in found.orphans} == {(GONE, "shop")}


@pytest.mark.parametrize(
    "group",
    [
        in_azure("group", "rg", tags(GONE, foundation="foundation-elsewhere")),
        in_azure("group", "rg", tags(GONE, temporary="")),
        in_azure("group", "rg", tags("")),
        in_azure("group", "rg", tags(GONE), subscription="/subscriptions/another"),
        in_azure("group", "rg", {"team": "x"}),
    ],
    ids=["another platform's", "a fixed environment's", "nobody's", "in another subscription", "unmarked"],
)
def test_what_this_platform_does_not_own_is_no_orphan(world: World, backend: MakeBackend, group: Any) -> None:
    world.azure["group"] = [group]

    assert looked(backend).orphans == ()


def test_data_that_were_kept_on_purpose_are_no_orphans(world: World, backend: MakeBackend) -> None:
    world.databases = [Marked("kept", "kept", Mark(tags(GONE)), True)]

    assert looked(backend).orphans == ()


def test_a_database_of_a_fixed_environment_is_no_orphan(world: World, backend: MakeBackend) -> None:
    world.databases = [Marked("development", "development", Mark(tags("development", temporary="")), False)]

    assert looked(backend).orphans == ()


def test_a_place_that_does_not_answer_is_named_and_the_others_are_looked_at(
    world: World, backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: str) -> Any:
        raise OutsideError("the cluster does not answer")

    monkeypatch.setattr(cluster, "temporary_namespaces", down)
    world.databases = [Marked("gone_db", "gone", Mark(tags(GONE)), False)]

    found = looked(backend)

    assert found.unknown == (f"cluster of {BASE}: the cluster does not answer",)
    assert [one.name for one in found.orphans] == ["gone_db"]


def test_a_foundation_that_does_not_say_where_its_things_are_is_named(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = backend(**{BASE.replace("-", "_"): Stored()})

    def locked(_: str) -> Any:
        raise InputError("the passphrase does not open this stack's secrets")

    monkeypatch.setattr(engine, "outputs", locked)

    found = orphans.look(engine, list(orphans.places(engine, [BASE])))

    assert found.unknown == (f"everything on {BASE}: the passphrase does not open this stack's secrets",)


def test_a_stack_that_is_made_while_the_places_are_looked_at_is_known(backend: MakeBackend) -> None:
    """Its namespace is found before the backend is asked for its stacks, which it was in by then."""
    engine = backend(**{BASE.replace("-", "_"): Stored()})
    assert engine.has_stack(BASE)

    def marked() -> list[Orphan]:
        engine.stacks["shop-new-abc123"] = Stored()
        return [Orphan("namespace", "new", "cluster", "shop-new-abc123", "shop", lambda: None)]

    assert orphans.look(engine, [Place("cluster", marked)]).orphans == ()


def test_a_group_that_holds_anything_else_is_not_deleted(world: World, backend: MakeBackend) -> None:
    world.azure["group"] = [in_azure("group", "rg-gone", tags(GONE))]
    world.azure["resource"] = [
        in_azure("resource", "rg-gone/ours", tags(GONE)),
        in_azure("resource", "rg-gone/byhand", {}),
    ]
    (orphan,) = looked(backend).orphans

    with pytest.raises(InputError, match="holds what is not of"):
        orphan.remove()
    assert world.deleted == []

    world.azure["resource"].pop()
    orphan.remove()
    assert world.deleted == ["group delete --name rg-gone --yes"]
