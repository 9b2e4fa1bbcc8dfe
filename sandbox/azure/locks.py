"""Locks between the providers of concurrent stacks, by name; the kernel lets go of them when a process dies."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BusyError(Exception):
    """Somebody else holds the lock, and the caller did not want to wait."""


@contextmanager
def held(folder: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock called `name`, or raise BusyError if it is taken and `wait` is off."""
    place = folder / "locks"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file stays: removing it would let a third process lock a new file while a second still waits for this one.
    with (place / hashlib.sha256(name.encode()).hexdigest()[:32]).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise BusyError(name) from error
        yield
