"""Many branch environments at a time: made, updated, listed and swept by a few workers, on the sandbox.

Every failure and everything left behind is counted; memory is what a worker's processes (pave, engine, plugins) take
together, at most. Ends with 1 unless all of it went well.
Run: python -m benchmarks.fleet [--environments N] [--workers N]
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.golden_path import CHECKOUT, PAVE, deploy_foundation, enter_sandbox, folder_copy, host

EXAMPLE = "examples/web"
LIST_SECONDS = 10.0
SAMPLE_SECONDS = 0.5


@dataclass
class Commands:
    """Runs of commands by one worker each, with what they took."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)
    """MiB, of the largest process tree of a step."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, step: str, folder: Path, owner: str, *command: str) -> str:
        """What a command prints; a failure is kept and counted."""
        started = time.perf_counter()
        environment = {**os.environ, "PAVE_OWNER": owner}
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            with _watched(process.pid) as peak:
                out, err = process.communicate()
            code = process.returncode
        with self._lock:
            self.seconds.setdefault(step, []).append(time.perf_counter() - started)
            self.peaks[step] = max(self.peaks.get(step, 0), peak())
            if code:
                self.failures.append(f"{' '.join(command[1:])} ended with {code}: {err.strip() or out.strip()}")
        return out


def main() -> None:
    """Do it, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--environments", type=int, default=50)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    enter_sandbox("benchmarks.fleet")
    many, workers = options.environments, options.workers
    print(f"{host()}\n{many} environments of {EXAMPLE}, {workers} workers", flush=True)
    deploy_foundation()
    commands = Commands()
    with folder_copy("Pulumi.yaml", "__main__.py", "definitions", "examples", "stacks") as folder:
        branches = [(f"fleet-{number % workers}", f"fleet/{os.getpid()}-{number}") for number in range(many)]

        def up(step: str, *more: str) -> Callable[[tuple[str, str]], None]:
            def one(branch: tuple[str, str]) -> None:
                choice = ("--app", branch[0], "--branch", branch[1], "--ttl", "1s", "--yes", "--quiet")
                commands.run(step, folder, f"{branch[0]}@example.com", PAVE, "up", EXAMPLE, *choice, *more)

            return one

        walls: dict[str, float] = {}
        for step, job in (("up", up("up")), ("update", up("update", "--override-property", CHANGE))):
            with _timed(walls, step), ThreadPoolExecutor(max_workers=workers) as pool:
                list(pool.map(job, branches))
        with _timed(walls, "list"):
            listed = json.loads(commands.run("list", folder, "fleet", PAVE, "list", "--json"))
        found = [entry for entry in listed if (entry["app"], entry["branch"]) in branches]
        with _timed(walls, "sweep"):
            sweep = (PAVE, "sweep", "--yes", "--json", "--workers", str(workers))
            swept = json.loads(commands.run("sweep", folder, "fleet", *sweep))
    _report(commands, walls, workers)
    removed = [task for task in swept["tasks"] if task["result"] == "done"]
    left = survivors()
    print(f"{len(found)} of {many} were listed, {len(removed)} were swept in one run")
    for task in swept["tasks"]:
        if task["result"] != "done":
            print(f"  {task['result']} {task['name']}: {' '.join(task['details'])}")
    print(f"{len(commands.failures)} failures, {len(left)} survivors")
    for line in (*commands.failures, *left):
        print(f"  {line}")
    good = not commands.failures and not left and len(found) == len(removed) == many
    sys.exit(0 if good and walls["list"] < LIST_SECONDS else 1)


CHANGE = "containers.web.variables.FLEET=changed"


def survivors() -> list[str]:
    """What is left of the fleet in the cluster, in Azure, among the stacks, and wherever a sweep looks."""

    def said(*command: str) -> str:
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    names = said("kubectl", "get", "namespaces", "--output", "name").split()
    names += [str(one["id"]) for one in json.loads(said("az", "resource", "list", "--output", "json"))]
    names += [str(one["name"]) for one in json.loads(said("pulumi", "stack", "ls", "--json"))]
    names += [str(one["name"]) for one in json.loads(said(PAVE, "sweep", "--json"))["tasks"]]
    return [name for name in names if "fleet-" in name]


@contextmanager
def _timed(walls: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    walls[step] = time.perf_counter() - started
    print(f"{step}: {walls[step]:.1f} s", file=sys.stderr, flush=True)


@contextmanager
def _watched(session: int) -> Iterator[Callable[[], int]]:
    """The most memory that a session's processes have taken together, in MiB; what they share counts once."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], sum(_memory(process) for process in _processes_of(session)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: peak[0] // 1024
    finally:
        ended.set()
        thread.join()


def _processes_of(session: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # proc(5): after the name in parentheses come state, parent, group and session
            if int((process / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                yield process
        except (OSError, IndexError, ValueError):
            continue


def _memory(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _report(commands: Commands, walls: dict[str, float], workers: int) -> None:
    print(f"{'step':<10}{'all':>10}{'median':>10}{'slowest':>10}{'memory per worker':>20}")
    for step, wall in walls.items():
        each = sorted(commands.seconds[step])
        shared = workers if step == "sweep" else 1
        print(
            f"{step:<10}{wall:>8.1f} s{each[len(each) // 2]:>8.1f} s{each[-1]:>8.1f} s"
            f"{commands.peaks[step] // shared:>16} MiB"
        )


if __name__ == "__main__":
    main()
