"""The family of errors a person is meant to read: where, what, and what to do.

Every one carries the exit code that `pave` ends with; anything else that escapes is a defect of this program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class PlatformError(Exception):
    """What went wrong, where, and what to do about it; `str()` is the whole message."""

    exit_code = 4
    kind = "error"

    def __init__(self, what: str, *, where: str = "", fix: str = "", details: Sequence[str] = ()) -> None:
        """`where` is a place as a person finds it: `file:line:column`, a config key, an option."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix
        self.details = tuple(details)

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        rest = [*self.details, *([self.fix] if self.fix else [])]
        return "\n".join([first, *(f"  {line}" for text in rest for line in text.splitlines())])


class InputError(PlatformError):
    """Something a person wrote is wrong: a file, a config value, a definition, an option's value."""

    exit_code = 1
    kind = "input"


class UsageError(PlatformError):
    """The command itself is wrong: an option is missing, two options contradict."""

    exit_code = 2
    kind = "usage"


class OutsideError(PlatformError):
    """Something outside failed: the engine, the cloud, the cluster, a database, a missing program."""

    exit_code = 4
    kind = "outside"


@dataclass(frozen=True)
class Holder:
    """The process that holds a stack, as its lock says."""

    user: str
    host: str
    pid: int
    since: datetime | None
    lock: str = ""
    """Where the lock itself is kept: a URL."""

    def __str__(self) -> str:
        since = f" since {self.since:%Y-%m-%dT%H:%M:%SZ}" if self.since else ""
        return f"{self.user}@{self.host} (pid {self.pid}){since}"


class BusyError(PlatformError):
    """Another operation holds the environment's lock."""

    exit_code = 5
    kind = "busy"
    holder: Holder | None = None
    """Who holds it, where the engine says so."""
    passing = False
    """Whether it is over in a moment, by itself."""


class ChangedMeanwhileError(BusyError):
    """Another run changed the environment while this one waited for it: what was checked is no longer so."""


class SurvivorsError(PlatformError):
    """Something of a destroyed environment is still there."""

    exit_code = 6
    kind = "survivors"
