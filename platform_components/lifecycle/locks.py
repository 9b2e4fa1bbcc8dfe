"""One operation at a time on a stack: waiting for whoever holds it, and taking the lock of a process that is gone.

The engine's file backend writes who holds a stack (`user@host`, process, time) and refuses everybody else. A killed
run leaves that lock behind. Only a process of this machine can be known to be gone; the lock of any other is kept.
"""

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlparse

from platform_components.errors import BusyError, Holder
from platform_components.lifecycle.engine import Engine

Answer = TypeVar("Answer")

WAIT_SECONDS = 60.0
"""How long an operation waits for another one on the same stack: longer than an update of a branch's environment."""
_POLL_SECONDS = 1.0
_CLOCK_SLACK = 2.0
"""Seconds by which a process's start and the lock's time may differ: the lock has whole seconds."""


def exclusively(
    engine: Engine,
    stack: str,
    operation: Callable[[], Answer],
    waiting: Callable[[str], None] = lambda _: None,
    *,
    wait: float = WAIT_SECONDS,
) -> Answer:
    """What `operation` returns, once nobody else holds the stack.

    `waiting` is told who holds it. Raises the operation's own `BusyError` after `wait` seconds.
    """
    until = time.monotonic() + wait
    told: Holder | None = None
    while True:
        try:
            return operation()
        except BusyError as busy:
            holder = busy.holder
            if holder is not None and is_gone(holder):
                waiting(f"the run of {holder} was killed: its lock is taken away")
                _unlock(engine, stack, holder)
                continue
            if holder is None or time.monotonic() >= until:
                raise
            if holder != told:
                told = holder
                waiting(f"{holder} holds this environment")
        time.sleep(_POLL_SECONDS)


def is_gone(holder: Holder) -> bool:
    """Whether the process that took a lock has ended for certain: only a process of this machine can be known to."""
    if holder.host != socket.gethostname():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    started = _started(holder.pid)
    # The number may have been given to another process since
    return started is not None and holder.since is not None and started > holder.since.timestamp() + _CLOCK_SLACK


def _unlock(engine: Engine, stack: str, holder: Holder) -> None:
    """Take away this one lock; where it is no file, all of the stack's, which the engine itself can do."""
    where = urlparse(holder.lock)
    if where.scheme == "file":
        # Not `pulumi cancel`: it takes every lock, the one too that another process may have got in the meantime
        Path(unquote(where.path)).unlink(missing_ok=True)
    else:
        engine.run("cancel", "--yes", "--stack", stack)


def _started(pid: int) -> float | None:
    """When a process was started, in seconds since the epoch; None where the system has no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        up = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return datetime.now(UTC).timestamp() - up + int(fields[19]) / os.sysconf("SC_CLK_TCK")
