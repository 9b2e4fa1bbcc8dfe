"""One operation at a time on a stack: waiting for whoever holds it, and taking the lock of a process that is gone.

The engine's file backend writes who holds a stack (`user@host`, process, time) and refuses everybody else; a killed run
leaves that lock behind. Host names and process numbers repeat among containers, so a lock alone says too little: it is
taken away only if this machine has a record that such a process of its own worked on this stack, written while it ran,
and that process has ended. Any other lock is kept, and `pulumi cancel` is for a person to say.

The record is written by the process that becomes the engine (`recorded`), before it is one: a process that watched for
it could be killed, or kept waiting by a busy machine, before it has seen what it has begun.
"""

import contextlib
import fcntl
import hashlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import unquote, urlparse

from platform_components.errors import BusyError, Holder

Answer = TypeVar("Answer")

WAIT_SECONDS = 60.0
"""How long an operation waits for another one on the same stack: longer than an update of a branch's environment."""
ENGINE = "pulumi"
"""The engine's process, by its name in /proc."""
RECORD = "PAVE_RUN_RECORD"
"""The variable that names the file of the record to whatever becomes the engine."""
_POLL_SECONDS = 1.0


def exclusively(
    stack: str,
    operation: Callable[[], Answer],
    waiting: Callable[[str], None] = lambda _: None,
    *,
    wait: float = WAIT_SECONDS,
) -> Answer:
    """What `operation` returns, once nobody else holds the stack. The operation has to ask for the engine's lock.

    `waiting` is told who holds it. Raises the operation's own `BusyError` after `wait` seconds.
    """
    until = time.monotonic() + wait
    told: Holder | None = None
    left = _Left.behind(stack)
    left.end_plugins()
    while True:
        try:
            with _recorded(stack):
                answer = operation()
            left.forget()
            return answer
        except BusyError as busy:
            holder = busy.holder
            if holder is not None and left.has(holder) and is_gone(holder) and _unlocked(holder):
                waiting(f"the run of {holder} was killed: its lock is taken away")
                continue
            if (holder is None and not busy.passing) or time.monotonic() >= until:
                raise
            if holder != told:
                told = holder
                waiting(f"{holder} holds this environment")
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def alone_in(
    platform: Path, stack: str, waiting: Callable[[str], None] = lambda _: None, *, wait: float = WAIT_SECONDS
) -> Iterator[None]:
    """No other `pave` works on this stack from this checkout meanwhile: the stack's settings file is one for all.

    The engine's lock comes too late for that: the file is read and written before. `waiting` is told who is waited for.
    Raises `BusyError` after `wait` seconds. It ends with the process, however that ends.
    """
    # By a digest: whether it can be a stack's name is not known yet
    name = hashlib.sha256(f"{platform.resolve()}\0{stack}".encode()).hexdigest()[:16]
    try:
        _runs().mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (_runs() / f"{name}.lock").open("a+")
    except OSError:  # as for records: without a place for it, only the engine's lock is left
        yield
        return
    with file:
        _hold(file, stack, waiting, time.monotonic() + wait)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _hold(file: IO[str], stack: str, waiting: Callable[[str], None], until: float) -> None:
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            file.seek(0)
            who = f"another run from this checkout (process {file.read() or '?'}) works on '{stack}'"
            if time.monotonic() >= until:
                raise BusyError(who, fix="wait for it to end, then try again") from None
            if not told:
                told = True
                waiting(who)
        time.sleep(_POLL_SECONDS)


def recorded(arguments: Sequence[str]) -> list[str]:
    """The command that enters its process in the record, if there is one, and then is `pulumi ARGUMENTS`."""
    script = f'[ -z "${RECORD}" ] || echo $$ >> "${RECORD}"; exec {ENGINE} "$@"'
    return ["sh", "-c", script, ENGINE, *arguments]


def interrupt(operation: str) -> bool:
    """Ask the engine that this process has begun for an operation, `up`, to stop: it ends what it is at, and keeps what
    it has made. False, where it is not known which process that is: no /proc, or no place for the record.
    """
    try:
        _, *processes = Path(os.environ[RECORD]).read_text().splitlines()
        for pid in map(int, processes):
            if _is_engine(pid) and _parent(pid) == os.getpid() and operation in _words(pid):
                os.kill(pid, signal.SIGINT)
                return True
    except (KeyError, OSError, ValueError):
        pass
    return False


def is_gone(holder: Holder) -> bool:
    """Whether a process of this machine has ended; its number may have been given to another one since."""
    try:
        return Path(f"/proc/{holder.pid}/comm").read_text().strip() != ENGINE or _is_dead(holder.pid)
    except FileNotFoundError:
        return Path("/proc/self/comm").exists()
    except OSError:
        return False


@dataclass(frozen=True)
class _Left:
    """The records that earlier runs on this machine have left: one that is not killed takes its own away."""

    records: Mapping[Path, frozenset[int]]
    """By file, the engine processes that worked on the stack; none, if they were another machine's."""

    @classmethod
    def behind(cls, stack: str) -> "_Left":
        records: dict[Path, frozenset[int]] = {}
        for file in _folder(stack).glob("*.run"):
            try:
                machine, *processes = file.read_text().splitlines()
                ours = bool(machine) and machine == _machine()
                records[file] = frozenset(int(pid) for pid in processes) if ours else frozenset()
            except (OSError, ValueError):
                continue
        return cls(records)

    def has(self, holder: Holder) -> bool:
        """Whether the holder of a lock is one of these processes."""
        here = holder.host == socket.gethostname()
        return here and any(holder.pid in processes for processes in self.records.values())

    def end_plugins(self) -> None:
        """End what killed engines have begun and left: the SDK's own plugin waits for ever for one that is gone."""
        dead = {
            f"{RECORD}={file}".encode()
            for file, processes in self.records.items()
            if processes and not any(map(_is_engine, processes))
        }
        for environment in Path("/proc").glob("[0-9]*/environ") if dead else ():
            with contextlib.suppress(OSError):  # others' processes, and those that have just ended
                if dead & set(environment.read_bytes().split(b"\0")):
                    os.kill(int(environment.parent.name), signal.SIGTERM)

    def forget(self) -> None:
        """Take away the records of processes that have ended: no lock of theirs is left, and no plugin."""
        self.end_plugins()  # of those that were still ending the first time
        for file, processes in self.records.items():
            if not any(map(_is_engine, processes)):
                file.unlink(missing_ok=True)


@contextlib.contextmanager
def _recorded(stack: str) -> Iterator[None]:
    """Has the engine processes that this one begins recorded, and takes the record away when they have ended."""
    file = _folder(stack) / f"{os.getpid()}-{time.time_ns()}.run"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(f"{_machine()}\n")
    except OSError:  # without a place for records no lock is ever taken away
        yield
        return
    os.environ[RECORD] = str(file)
    try:
        yield
    finally:
        del os.environ[RECORD]
        file.unlink(missing_ok=True)


def _is_engine(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == ENGINE and not _is_dead(pid)
    except OSError:
        return False


def _is_dead(pid: int) -> bool:
    """Whether it has ended and only nobody has taken note of it yet, a zombie. Raises `OSError` when it is gone."""
    return _stat(pid)[0] in ("Z", "X")


def _stat(pid: int) -> list[str]:
    """What stands behind the name in `/proc/PID/stat`: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def _machine() -> str:
    """This machine since it was started, and the numbering of processes that this one lives in; empty: not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _folder(stack: str) -> Path:
    return _runs() / stack


def _runs() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "platform-components" / "runs"


def _unlocked(holder: Holder) -> bool:
    """Take away this one lock; only a file can be: `pulumi cancel` would take any other's with it."""
    where = urlparse(holder.lock)
    if where.scheme != "file":
        return False
    Path(unquote(where.path)).unlink(missing_ok=True)
    return True
