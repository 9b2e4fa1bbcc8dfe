"""Servers that outlive their starter: known by id and start time, ended whole, explained when they die."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.state import State

SLEEP = ["sleep", "60"]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State(tmp_path / "state")
    yield state
    for process in processes.running(state):
        processes.stop(state, process.name, timeout=1)


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def exists(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_server_runs_until_it_is_stopped(state: State) -> None:
    process = processes.start(state, "server", SLEEP)
    assert processes.alive(state, "server")
    assert processes.running(state) == [process]
    assert processes.memory(process) > 0
    processes.stop(state, "server")
    assert not exists(process.pid)
    assert processes.running(state) == []


def test_starting_twice_leaves_the_first_alone(state: State) -> None:
    first = processes.start(state, "server", SLEEP)
    assert processes.start(state, "server", SLEEP) == first


def test_starting_twice_at_once_starts_one(state: State) -> None:
    with ThreadPoolExecutor(4) as together:
        started = list(together.map(lambda _: processes.start(state, "server", SLEEP), range(4)))
    assert len({process.pid for process in started}) == 1


def test_a_server_survives_the_command_that_started_it(state: State) -> None:
    source = (
        "from pathlib import Path; from sandbox import processes; from sandbox.state import State;"
        f"print(processes.start(State(Path({str(state.root)!r})), 'server', ['sleep', '60']).pid)"
    )
    answer = subprocess.run(python(source), capture_output=True, text=True, check=True, timeout=20)
    assert answer.stderr == ""
    assert [process.pid for process in processes.running(state)] == [int(answer.stdout)]


def test_a_server_that_dies_is_explained_by_its_log(state: State) -> None:
    with pytest.raises(SandboxError) as failure:
        processes.start(
            state, "server", python("print('port 5 is taken'); raise SystemExit(3)"), ready=lambda: False, timeout=10
        )
    assert "server ended with 3 before it was ready" in str(failure.value)
    assert "port 5 is taken" in str(failure.value)
    assert not processes.alive(state, "server")


def test_a_server_that_is_never_ready_is_ended(state: State) -> None:
    with pytest.raises(SandboxError, match=r"not ready after 0 s"):
        processes.start(state, "server", SLEEP, ready=lambda: False, timeout=0.1)
    assert processes.running(state) == []
    assert not (state.processes / "server.json").exists()


def test_a_program_that_is_missing_is_named(state: State) -> None:
    with pytest.raises(SandboxError, match="no-such-program"):
        processes.start(state, "server", ["no-such-program"])


def test_one_that_ignores_the_signal_is_killed_with_its_children(state: State, tmp_path: Path) -> None:
    child_file = tmp_path / "child"
    source = (
        "import pathlib, signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen(['sleep', '60']);"
        f"pathlib.Path({str(child_file)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    process = processes.start(
        state, "server", python(source), ready=lambda: child_file.exists() and bool(child_file.read_text())
    )
    processes.stop(state, "server", timeout=0.2)
    deadline = time.monotonic() + 5
    while exists(int(child_file.read_text())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not exists(process.pid)
    assert not exists(int(child_file.read_text()))


def test_stopping_what_does_not_run_is_fine(state: State) -> None:
    processes.stop(state, "server")
    process = processes.start(state, "server", SLEEP)
    os.kill(process.pid, signal.SIGKILL)
    processes.stop(state, "server")
    processes.stop(state, "server")
    assert processes.running(state) == []


def test_a_process_that_got_the_same_id_later_is_never_touched(state: State) -> None:
    with subprocess.Popen(SLEEP) as stranger:
        try:
            ours = processes.start(state, "server", SLEEP)
            processes.stop(state, "server")
            record = {"pid": stranger.pid, "started": ours.started - 1, "argv": SLEEP, "log": str(ours.log)}
            (state.processes / "server.json").write_text(json.dumps(record))
            assert not processes.alive(state, "server")
            processes.stop(state, "server")
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_the_log_of_the_run_before_is_kept(state: State) -> None:
    for word in ("first", "second"):
        with pytest.raises(SandboxError):
            processes.start(state, "server", python(f"print({word!r})"), ready=lambda: False)
    assert (state.logs / "server.log").read_text() == "second\n"
    assert (state.logs / "server.log.1").read_text() == "first\n"


def test_environment_and_folder_are_what_was_asked(state: State, tmp_path: Path) -> None:
    source = "import os; print(os.environ['WORD'], os.getcwd())"
    with pytest.raises(SandboxError):
        processes.start(state, "server", python(source), env={"WORD": "hello"}, cwd=tmp_path, ready=lambda: False)
    assert (state.logs / "server.log").read_text() == f"hello {tmp_path}\n"


def test_a_user_other_than_root_still_reaches_closed_folders(state: State, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").write_text("inside")
    source = f"import os; print(os.geteuid(), open({str(closed / 'file')!r}).read())"
    with pytest.raises(SandboxError):
        processes.start(state, "server", [sys.executable, "-c", source], user="nobody", ready=lambda: False)
    user, said = (state.logs / "server.log").read_text().split()
    assert int(user) != 0
    assert said == "inside"


def test_a_process_is_a_value(state: State) -> None:
    process = processes.start(state, "server", SLEEP)
    assert dataclasses.replace(process) == process
    assert process.log == state.logs / "server.log"


def test_one_that_runs_but_is_not_ready_is_waited_for_and_left_alone(state: State) -> None:
    process = processes.start(state, "server", SLEEP)
    with pytest.raises(SandboxError, match="server was not ready after 0 s"):
        processes.start(state, "server", SLEEP, ready=lambda: False, timeout=0.1)
    assert processes.running(state) == [process]


def test_one_that_is_about_to_end_is_waited_for_and_another_started(state: State) -> None:
    """As one does that was just killed."""
    dying = processes.start(state, "server", ["sleep", "0.5"])

    process = processes.start(state, "server", SLEEP, ready=lambda: processes.running(state) != [dying])

    assert process.pid != dying.pid
    assert processes.running(state) == [process]
