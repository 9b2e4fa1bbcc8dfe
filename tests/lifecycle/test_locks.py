"""One operation at a time: a live owner is waited for, a killed run's lock goes, and any other stays."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_components.errors import BusyError, Holder
from platform_components.lifecycle import locks
from platform_components.lifecycle.locks import alone_in, exclusively, is_gone

HERE = socket.gethostname()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records are kept, for one test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(locks, "_POLL_SECONDS", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def engine_process(tmp_path: Path) -> Iterator[Callable[[], int]]:
    """Starts processes that are called as the engine is."""
    program = tmp_path / locks.ENGINE
    shutil.copy(shutil.which("sleep") or "sleep", program)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        started.append(subprocess.Popen([program, "60"]))
        while not locks._is_engine(started[-1].pid):
            pass
        return started[-1].pid

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "a lock.json"
    path.touch()
    return path


def holder(pid: int, lock: Path | None = None, *, host: str = HERE, url: str = "") -> Holder:
    return Holder("ann", host, pid, datetime.now(UTC), url or (lock.as_uri() if lock else ""))


def record(cache: Path, *pids: int, machine: str | None = None) -> Path:
    """What a killed run has left."""
    file = cache / "platform-components" / "runs" / "one" / "left.run"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [locks._machine() if machine is None else machine, *map(str, pids)]
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


class Operation:
    """Refused for each of the holders, then done."""

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


def test_a_killed_runs_lock_is_taken_away_and_no_other(cache: Path, lock: Path, tmp_path: Path, dead: int) -> None:
    anothers = tmp_path / "other.json"
    anothers.touch()
    left = record(cache, dead)
    said: list[str] = []

    assert exclusively("one", Operation(holder(dead, lock)), said.append) == "done"

    assert not lock.exists()
    assert anothers.exists()
    assert not left.exists()
    assert len(said) == 1
    assert said[0].startswith(f"the run of ann@{HERE} (pid {dead}) since ")
    assert said[0].endswith(" was killed: its lock is taken away")


@pytest.mark.parametrize(
    "kept",
    [
        lambda cache, lock, dead: holder(dead, lock),  # nothing says that this machine ever ran it
        lambda cache, lock, dead: (record(cache, dead), holder(dead, lock, host="another"))[1],
        lambda cache, lock, dead: (record(cache, dead, machine="another"), holder(dead, lock))[1],
        lambda cache, lock, dead: (record(cache, dead, machine=""), holder(dead, lock))[1],
        lambda cache, lock, dead: (record(cache, dead + 1), holder(dead, lock))[1],
        lambda cache, lock, dead: (record(cache, dead), holder(dead, url="azblob://state/one.json"))[1],
    ],
    ids=["no record", "another host", "another machine or container", "no machine", "another process", "no file"],
)
def test_a_lock_that_this_machine_cannot_know_to_be_dead_stays(
    cache: Path, lock: Path, dead: int, kept: Callable[[Path, Path, int], Holder]
) -> None:
    operation = Operation(kept(cache, lock, dead))

    with pytest.raises(BusyError):
        exclusively("one", operation, wait=0)

    assert lock.exists()
    assert operation.calls == 1


def test_the_lock_of_a_living_engine_stays_though_the_program_that_began_it_is_gone(
    cache: Path, lock: Path, engine_process: Callable[[], int]
) -> None:
    pid = engine_process()
    left = record(cache, pid)

    with pytest.raises(BusyError):
        exclusively("one", Operation(holder(pid, lock)), wait=0)

    assert lock.exists()
    assert left.exists()


def test_a_live_owner_is_waited_for_and_named_once() -> None:
    one = holder(os.getpid())
    said: list[str] = []

    assert exclusively("one", Operation(one, one, one), said.append) == "done"

    assert said == [f"{one} holds this environment"]


def test_waiting_has_an_end() -> None:
    operation = Operation(*[holder(os.getpid())] * 3)

    with pytest.raises(BusyError):
        exclusively("one", operation, wait=0)

    assert operation.calls == 1


def test_a_holder_that_nobody_names_is_not_waited_for() -> None:
    operation = Operation(None)

    with pytest.raises(BusyError):
        exclusively("one", operation)

    assert operation.calls == 1


def test_what_is_over_in_a_moment_is_waited_for_though_nobody_is_named() -> None:
    tries: list[None] = []

    def stumbling() -> str:
        tries.append(None)
        if len(tries) < 3:
            busy = BusyError("another run is just writing to the backend")
            busy.passing = True
            raise busy
        return "done"

    assert exclusively("stack", stumbling) == "done"


def test_while_the_engine_runs_a_record_says_so_and_afterwards_none_does(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache / "platform-components" / "runs" / "one"
    program = tmp_path / locks.ENGINE
    program.write_text(f'#!/bin/sh\necho "$$ $*" && cat {folder}/*.run\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def operation() -> str:
        return subprocess.run(locks.recorded(["up", "a b"]), capture_output=True, text=True, check=True).stdout

    said, machine, process = exclusively("one", operation).splitlines()
    assert said == f"{process} up a b"
    assert machine == locks._machine()
    assert list(folder.iterdir()) == []


def test_what_a_killed_engine_had_begun_is_ended_and_nothing_of_a_living_one(
    cache: Path, dead: int, engine_process: Callable[[], int]
) -> None:
    left = record(cache, dead)
    living = left.with_name("living.run")
    living.write_text(f"{locks._machine()}\n{engine_process()}\n")
    plugins = [
        subprocess.Popen(["sleep", "60"], env={**os.environ, locks.RECORD: str(file)}) for file in (left, living)
    ]
    try:
        exclusively("one", lambda: None)

        assert plugins[0].wait(5) == -signal.SIGTERM
        assert plugins[1].poll() is None
    finally:
        for plugin in plugins:
            plugin.kill()
            plugin.wait()


def test_a_killed_engine_that_nobody_has_taken_note_of_yet_is_gone(
    cache: Path, engine_process: Callable[[], int]
) -> None:
    """A zombie: its parent was killed with it, and the next one has not asked for its end."""
    process = engine_process()
    left = record(cache, process)
    os.kill(process, signal.SIGKILL)
    until = time.monotonic() + 5
    while not is_gone(holder(process)) and time.monotonic() < until:
        time.sleep(0.01)
    assert Path(f"/proc/{process}/comm").exists()  # not reaped
    with subprocess.Popen(["sleep", "60"], env={**os.environ, locks.RECORD: str(left)}) as plugin:
        exclusively("one", lambda: None)
        assert plugin.wait(5) == -signal.SIGTERM
    assert not left.exists()


def test_a_plugin_that_comes_late_goes_with_the_record(cache: Path, dead: int) -> None:
    left = record(cache, dead)
    late: list[subprocess.Popen[bytes]] = []

    def operation() -> None:
        late.append(subprocess.Popen(["sleep", "60"], env={**os.environ, locks.RECORD: str(left)}))

    exclusively("one", operation)

    assert late[0].wait(5) == -signal.SIGTERM
    assert not left.exists()


def test_outside_of_an_operation_nothing_is_recorded(cache: Path, tmp_path: Path) -> None:
    assert locks.RECORD not in os.environ
    exclusively("one", lambda: None)
    assert locks.RECORD not in os.environ


def test_a_number_that_another_program_has_got_since_is_known() -> None:
    assert is_gone(holder(os.getpid()))


def test_a_record_that_is_no_record_says_nothing(cache: Path, lock: Path, dead: int) -> None:
    record(cache, dead).write_text("machine\n{")

    with pytest.raises(BusyError):
        exclusively("one", Operation(holder(dead, lock)), wait=0)

    assert lock.exists()


def test_runs_from_one_checkout_go_one_after_another(tmp_path: Path) -> None:
    order: list[str] = []
    inside, told = threading.Event(), threading.Event()

    def first() -> None:
        with alone_in(tmp_path, "one"):
            inside.set()
            assert told.wait(10)
            order.append("first")

    def waiting(who: str) -> None:
        assert who == f"another run from this checkout (process {os.getpid()}) works on 'one'"
        told.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with alone_in(tmp_path, "one", waiting):
        order.append("second")
    thread.join()

    assert order == ["first", "second"]


def test_a_run_from_this_checkout_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path, "one"),
        pytest.raises(BusyError, match="another run from this checkout"),
        alone_in(tmp_path, "one", wait=0),
    ):
        pytest.fail("both are in it")


def test_other_checkouts_and_other_stacks_wait_for_nobody(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path, "one", wait=0),
        alone_in(tmp_path, "two", wait=0),
        alone_in(tmp_path / "other", "one", wait=0),
    ):
        pass


def test_a_killed_run_holds_up_nobody_of_its_checkout(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from platform_components.lifecycle.locks import alone_in
with alone_in(Path(sys.argv[1]), "one"):
    print("in it", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(BusyError), alone_in(tmp_path, "one", wait=0):
            pass
        process.kill()

    with alone_in(tmp_path, "one", wait=0):
        pass


def test_without_a_place_for_it_only_the_engine_keeps_runs_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    with alone_in(tmp_path, "one", wait=0), alone_in(tmp_path, "one", wait=0):
        pass


def test_what_can_be_no_stacks_name_makes_nothing_outside_of_the_cache(tmp_path: Path, cache: Path) -> None:
    with alone_in(tmp_path, "../../../x", wait=0):
        pass

    assert [file.name for file in tmp_path.iterdir()] == [cache.name]
    assert [file.suffix for file in cache.rglob("*") if file.is_file()] == [".lock"]
