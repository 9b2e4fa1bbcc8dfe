"""Runs a long command with signs of life: a line now and then, or one that moves where there is a terminal."""

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

Report = Callable[[str], None]

EVERY_SECONDS = 15.0
_KEPT_LINES = 400


class CommandFailedError(Exception):
    """A command ended with another code than 0; `lines` is the end of what it said."""

    def __init__(self, argv: Sequence[str], code: int, lines: Sequence[str]) -> None:
        super().__init__(f"{argv[0]} ended with {code}")
        self.lines = tuple(lines)


class Life:
    """Tells how long something has been going on, and how far it is as far as that is known."""

    def __init__(self, label: str, report: Report, *, every: float = EVERY_SECONDS) -> None:
        self._label = label
        self._report = report
        self._started = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._every = 0.5 if self._terminal else every
        self._next = self._started + self._every
        self._counts = {"modules downloaded": 0, "packages compiled": 0}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    @property
    def until_next(self) -> float:
        return max(0.0, self._next - time.monotonic())

    def see(self, line: str) -> None:
        """Counts what one line of Go's verbose output stands for."""
        if line.startswith("go: downloading "):
            self._counts["modules downloaded"] += 1
        elif is_package(line):
            self._counts["packages compiled"] += 1

    def tick(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        text = ", ".join(
            [f"{self.seconds:.0f} s", *(f"{count} {what}" for what, count in self._counts.items() if count)]
        )
        if self._terminal:
            sys.stdout.write(f"\r\033[K{self._label}: {text}")
            sys.stdout.flush()
        else:
            self._report(f"{self._label}: {text} …")

    def done(self) -> None:
        if self._terminal:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()


def is_package(line: str) -> bool:
    """Whether a line of `go build -v` is the name of a package it has compiled."""
    return bool(line) and " " not in line and ":" not in line


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], life: Life) -> list[str]:
    """Runs a command to its end and returns what it said on standard output."""
    said: list[str] = []
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    process = subprocess.Popen(
        argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    rests = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
    try:
        with DefaultSelector() as selector, process.stdout, process.stderr:
            for descriptor in rests:
                selector.register(descriptor, EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(timeout=life.until_next):
                    chunk = os.read(key.fd, 65536)
                    if not chunk:
                        selector.unregister(key.fd)
                    *whole, rests[key.fd] = (rests[key.fd] + chunk + (b"" if chunk else b"\n")).split(b"\n")
                    for line in (part.decode(errors="replace").rstrip() for part in whole):
                        life.see(line)
                        if key.fd == process.stdout.fileno():
                            said.append(line)
                        if line:
                            kept.append(line)
                life.tick()
        code = process.wait()
    except BaseException:  # Ctrl-C must not leave a compiler behind
        process.terminate()
        process.wait()
        raise
    finally:
        life.done()
    if code != 0:
        raise CommandFailedError(argv, code, list(kept))
    return said
