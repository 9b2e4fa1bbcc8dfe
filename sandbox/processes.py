"""Starts and stops servers that outlive the command that started them, and knows them again.

A process is known by its id and the moment it started, so an id that the system has given to another is never touched.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal as signals
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from sandbox.errors import SandboxError
from sandbox.state import State, write_private

_SHOWN_LOG_LINES = 15


@dataclass(frozen=True)
class Process:
    """A server that was started."""

    name: str
    pid: int
    started: float
    """When, in seconds since the machine's start: with the id, the identity of a process."""
    argv: tuple[str, ...]
    log: Path


def start(
    state: State,
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    ready: Callable[[], bool] | None = None,
    timeout: float = 30,
) -> Process:
    """Starts a server in a session of its own, unless it already runs, and waits until it is `ready`.

    `user` counts only for root, as whom some servers refuse to run.
    """
    with state.locked(f"process-{name}"):
        known = _recorded(state, name)
        if known is not None and _lives(known) and _is_or_gets_ready(known, ready, timeout):
            return known
        log = state.logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        with log.open("ab") as output:
            try:
                child = subprocess.Popen(
                    [*as_user(user), *argv],
                    env=None if env is None else dict(env),
                    cwd=cwd or state.root,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"{name} could not be started: {error}") from None
        # One that is already gone has no start time; waiting for it tells why.
        process = Process(name, child.pid, _started(child.pid) or 0.0, tuple(argv), log)
        _record(state, process)
        try:
            _wait(process, child.poll, ready, timeout)
        except BaseException:
            _end(process, SIGTERM, timeout=5)
            _forget(state, name)
            raise
        finally:
            # The process is meant to outlive this one; without a code Popen would warn that it is still running.
            child.returncode = child.returncode or 0
        return process


def _is_or_gets_ready(process: Process, ready: Callable[[], bool] | None, timeout: float) -> bool:
    """False when it ends meanwhile: one that was just killed lives on for a moment."""
    try:
        _wait(process, lambda: None if _lives(process) else "no code", ready, timeout)
    except SandboxError:
        if _lives(process):
            raise
        return False
    return True


def stop(state: State, name: str, *, signal: int = SIGTERM, timeout: float = 20) -> None:
    """Asks a server to end, then makes it; nothing happens when it does not run."""
    with state.locked(f"process-{name}"):
        process = _recorded(state, name)
        if process is not None:
            _end(process, signal, timeout)
            _forget(state, name)


def running(state: State) -> list[Process]:
    """Every server of this sandbox that lives, by name."""
    recorded = (_recorded(state, file.stem) for file in sorted(state.processes.glob("*.json")))
    return [process for process in recorded if process is not None and _lives(process)]


def alive(state: State, name: str) -> bool:
    process = _recorded(state, name)
    return process is not None and _lives(process)


def memory(process: Process) -> int:
    """Bytes a server and its children take, what they share counted once; 0 when it is gone."""
    return sum(_own_share(pid) for pid in _family(process.pid))


def last_lines(log: Path, count: int = _SHOWN_LOG_LINES) -> list[str]:
    """The end of a log, for an error message."""
    try:
        return log.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def as_user(user: str | None) -> list[str]:
    """What goes before a command that root has run by another user."""
    if user is None or os.geteuid() != 0 or pwd.getpwnam(user).pw_uid == 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SandboxError(f"setpriv is needed to run a server as {user}", fix="install util-linux")
    group = str(pwd.getpwnam(user).pw_gid)
    # The one capability kept lets it reach a checkout or a cache in a folder that is closed to others (mode 0700);
    # the secure bit makes it count for access(2), too, by which initdb looks for its programs: capabilities(7).
    kept = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [setpriv, f"--reuid={user}", f"--regid={group}", "--clear-groups", *kept, "--"]


def _wait(
    process: Process, ended: Callable[[], int | str | None], ready: Callable[[], bool] | None, timeout: float
) -> None:
    """Returns once the server is ready; an error with the end of its log when it ends instead, or takes too long."""
    deadline = time.monotonic() + timeout
    pause = 0.02
    while True:
        code = ended()
        if code is not None:
            raise _failed(process, f"ended with {code} before it was ready")
        if ready is None or ready():
            return
        if time.monotonic() > deadline:
            raise _failed(process, f"was not ready after {timeout:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def _failed(process: Process, what: str) -> SandboxError:
    return SandboxError(f"{process.name} {what}", details=last_lines(process.log), fix=f"its log: {process.log}")


def _end(process: Process, signal: int, timeout: float) -> None:
    if not _lives(process):
        return
    with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
        os.kill(process.pid, signal)
        if not _gone(process, timeout):
            os.killpg(process.pid, signals.SIGKILL)  # it leads a session, so this takes its children too
            _gone(process, 5)


def _gone(process: Process, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while _lives(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _lives(process: Process) -> bool:
    return process.started > 0 and _started(process.pid) == process.started


def _started(pid: int) -> float | None:
    """When a process started, `None` if there is none or only its remains; proc(5), fields 3 and 22."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold anything
    if fields[0] == "Z":
        return None
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # gone, or a kernel without CONFIG_PROC_CHILDREN
        children = []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _own_share(pid: int) -> int:
    """The proportional share of memory: proc(5), smaps_rollup."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024


def _file(state: State, name: str) -> Path:
    return state.processes / f"{name}.json"


def _record(state: State, process: Process) -> None:
    content = {"pid": process.pid, "started": process.started, "argv": process.argv, "log": str(process.log)}
    write_private(_file(state, process.name), json.dumps(content))


def _recorded(state: State, name: str) -> Process | None:
    try:
        content = json.loads(_file(state, name).read_text())
    except FileNotFoundError:
        return None
    return Process(name, content["pid"], content["started"], tuple(content["argv"]), Path(content["log"]))


def _forget(state: State, name: str) -> None:
    _file(state, name).unlink(missing_ok=True)
