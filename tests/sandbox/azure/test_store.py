"""The simulated subscription's file: shared by many processes, found by id in any spelling."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.azure import locks
from sandbox.azure.store import Deleted, Resource, Store
from sandbox.state import CHECKOUT, State

GROUP = "/subscriptions/s/resourceGroups/g"


def zone(name: str, **tags: str) -> Resource:
    resource_id = f"{GROUP}/providers/Microsoft.Network/dnsZones/{name}"
    return Resource(
        resource_id, "azure-native:dns:Zone", "2023-07-01-preview", {"tags": tags, "location": "global"}, {}
    )


def test_a_resource_is_found_in_any_spelling_and_below_its_group(state: State) -> None:
    store = Store(state)
    with store.writing() as transaction:
        transaction.put(zone("a.example", env="x"))
        transaction.put(zone("b.example", env="y"))
    found = store.get(zone("a.example").id.upper())
    assert found is not None
    assert (found.name, found.type, found.location) == ("a.example", "Microsoft.Network/dnsZones", "global")
    assert [each.name for each in store.list(tag={"env": "y"})] == ["b.example"]
    assert len(store.list(under=GROUP)) == 2
    assert store.list(under=GROUP + "roup") == []
    assert store.list(tokens=["azure-native:dns:RecordSet"]) == []


def test_a_failed_change_leaves_nothing(state: State) -> None:
    store = Store(state)

    def fail() -> None:
        with store.writing() as transaction:
            transaction.put(zone("a.example"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.list() == []


def test_creation_time_stays_and_change_time_moves(state: State) -> None:
    store = Store(state)
    with store.writing() as transaction:
        first = transaction.put(zone("a.example"))
    with store.writing() as transaction:
        second = transaction.put(first)
    assert first.created == second.created <= second.changed


def test_addresses_are_given_once_and_given_back(state: State) -> None:
    with Store(state).writing() as transaction:
        candidates = ["127.1.1.10", "127.1.1.11"]
        assert transaction.address_of("a", candidates) == "127.1.1.10"
        assert transaction.address_of("a", candidates) == "127.1.1.10"
        assert transaction.address_of("b", candidates) == "127.1.1.11"
        assert transaction.address_of("c", candidates) is None
        transaction.release_address("a")
        assert transaction.address_of("c", candidates) == "127.1.1.10"


def test_a_soft_deleted_name_is_taken_until_it_is_purged(state: State) -> None:
    with Store(state).writing() as transaction:
        transaction.soft_delete("vault", Deleted("Shop", "/id", "westeurope", "2999-01-01T00:00:00"))
        transaction.soft_delete("vault", Deleted("old", "/id", "westeurope", "2001-01-01T00:00:00"))
        assert transaction.soft_deleted("vault", "sHOP") is not None
        assert transaction.soft_deleted("vault", "old") is None
        transaction.forget_deleted("vault", "shop")
        assert transaction.soft_deleted("vault", "shop") is None


def test_processes_that_open_a_new_store_at_once_lose_nothing(state: State) -> None:
    program = (
        "import sys, pathlib; from sandbox.azure.store import *; from sandbox.state import State\n"
        "store = Store(State(pathlib.Path(sys.argv[1])))\n"
        "for i in range(20):\n"
        "    with store.writing() as t:\n"
        "        t.put(Resource(f'/subscriptions/s/resourceGroups/{sys.argv[2]}-{i}', 'k', 'v', {}, {}))\n"
    )

    def run(number: int) -> int:
        command = [sys.executable, "-c", program, str(state.root), str(number)]
        return subprocess.run(command, cwd=CHECKOUT, check=False).returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [0] * 4
    assert len(Store(state).list()) == 80


def test_the_file_is_closed_to_others(state: State) -> None:
    assert Store(state).list() == []
    assert state.azure.stat().st_mode & 0o077 == 0


def test_a_lock_that_is_held_is_seen_by_others(tmp_path: Path) -> None:
    def take(name: str) -> None:
        with locks.held(tmp_path, name, wait=False):
            pass

    with locks.held(tmp_path, "a"):
        take("b")
        with pytest.raises(locks.BusyError):
            take("a")
    take("a")


def test_values_are_kept_as_json(state: State) -> None:
    with Store(state).writing() as transaction:
        transaction.put(zone("a.example", text='quote " and ü'))
        row = transaction.connection.execute("SELECT inputs FROM resources").fetchone()
    assert json.loads(row["inputs"])["tags"]["text"] == 'quote " and ü'
