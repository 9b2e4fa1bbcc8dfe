"""One operation at a time: a live owner is waited for, a dead one's lock is taken away, anybody else's is kept."""

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platform_components.errors import BusyError, Holder
from platform_components.lifecycle.locks import exclusively, is_gone
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

HERE = socket.gethostname()


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def alive() -> Iterator[int]:
    """The number of a process that runs."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def holder(pid: int, *, host: str = HERE, since: datetime | None = None, lock: Path | None = None) -> Holder:
    return Holder("ann", host, pid, since or datetime.now(UTC), f"file://{lock}" if lock else "")


class Operation:
    """Refused as often as there are holders, then done."""

    def __init__(self, *holders: Holder | None) -> None:
        self._holders = list(holders)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if not self._holders:
            return "done"
        busy = BusyError("another operation holds this environment")
        busy.holder = self._holders.pop(0)
        raise busy


def test_a_killed_runs_lock_is_taken_away_and_nothing_else(backend: MakeBackend, tmp_path: Path, dead: int) -> None:
    engine: Backend = backend(one=Stored())
    lock, anothers = tmp_path / "a b.json", tmp_path / "other.json"
    for path in (lock, anothers):
        path.touch()
    operation = Operation(Holder("ann", HERE, dead, datetime.now(UTC), lock.as_uri()))
    said: list[str] = []

    assert exclusively(engine, "one", operation, said.append) == "done"

    assert not lock.exists()
    assert anothers.exists()
    assert engine.calls == []
    assert len(said) == 1
    assert said[0].startswith(f"the run of ann@{HERE} (pid {dead}) since ")
    assert said[0].endswith(" was killed: its lock is taken away")


def test_a_live_owner_is_waited_for_and_named_once(
    backend: MakeBackend, alive: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform_components.lifecycle.locks._POLL_SECONDS", 0.0)
    one = holder(alive)
    said: list[str] = []

    assert exclusively(backend(one=Stored()), "one", Operation(one, one, one), said.append) == "done"

    assert said == [f"{one} holds this environment"]


def test_waiting_has_an_end(backend: MakeBackend, alive: int) -> None:
    operation = Operation(*[holder(alive)] * 3)

    with pytest.raises(BusyError):
        exclusively(backend(one=Stored()), "one", operation, wait=0)

    assert operation.calls == 1


def test_a_holder_that_nobody_names_is_not_waited_for(backend: MakeBackend) -> None:
    operation = Operation(None)

    with pytest.raises(BusyError):
        exclusively(backend(one=Stored()), "one", operation)

    assert operation.calls == 1


def test_the_owner_on_another_machine_is_never_thought_dead(dead: int) -> None:
    assert not is_gone(holder(dead, host="another"))


def test_a_process_that_runs_is_not_thought_dead(alive: int) -> None:
    assert not is_gone(holder(alive))
    assert not is_gone(holder(os.getpid(), since=datetime.now(UTC)))


def test_a_number_that_another_process_has_got_since_is_known(alive: int) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)

    assert is_gone(holder(alive, since=long_ago))
