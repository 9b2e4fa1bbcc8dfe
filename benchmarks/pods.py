"""How long it takes until a developer's container answers, where pods run; and what all servers take of memory.

A sandbox of its own is made and removed. Run: python -m benchmarks.pods [--runs N]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.golden_path import CHECKOUT, FOUNDATION, PAVE
from benchmarks.golden_path import host as machine
from sandbox.environment import variables
from sandbox.pods import why_not
from sandbox.proof import answer, resolve
from sandbox.state import State

EXAMPLE = "examples/web"


def main() -> int:
    """Measure, and print one table; 0 also where pods can't run, which is said."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pods", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="restarts and branches; medians are printed (default 3)")
    runs = parser.parse_args().runs
    if reason := why_not():
        print(f"pods can't run here: {reason}")
        return 0
    state = State(CHECKOUT / ".sandbox-tests" / f"{os.getpid()}-bench")
    environment = {**os.environ, "SANDBOX_STATE": str(state.root)}
    sandbox = [sys.executable, "-m", "sandbox"]
    ups, firsts, updates = [], [], []
    try:
        for _ in range(runs + 1):
            subprocess.run([*sandbox, "down"], env=environment, check=True, capture_output=True)
            started = time.perf_counter()
            subprocess.run([*sandbox, "up", "--pods", "real"], env=environment, check=True, capture_output=True)
            ups.append(time.perf_counter() - started)
        environment |= variables(state, environment)
        os.environ.update(environment)
        print(machine(), flush=True)
        execute("up", "--env", FOUNDATION)
        for number in range(runs):
            choice = ("--app", "bench", "--branch", f"answer-{number}")
            firsts.append(until_answered(state, "up", EXAMPLE, *choice))
            greeting = f"containers.web.variables.GREETING=Again {number}"
            updates.append(until_answered(state, "up", EXAMPLE, *choice, "--override-property", greeting))
        status = json.loads(subprocess.run([*sandbox, "status", "--json"], check=True, capture_output=True).stdout)
    finally:
        subprocess.run([*sandbox, "down", "--purge"], env=environment, check=False, capture_output=True)
    print(f"{'median of ' + str(runs):<44}{'seconds':>8}")
    for title, figures in (
        ("`up` of the sandbox, node ready", ups[1:]),
        ("`pave up` of a branch until its URL answers", firsts),
        ("the same with another variable", updates),
    ):
        print(f"{title:<44}{statistics.median(figures):>8.1f}")
    memory = sum(server["memory"] for server in status["servers"])
    print(f"all servers, with {runs} branches{'':<14}{memory / 2**20:>8.0f} MiB")
    return 0


def until_answered(state: State, *command: str) -> float:
    """Seconds from the command's start to the first answer of its URL."""
    started = time.perf_counter()
    url = json.loads(execute(*command, "--json"))["urls"]["web"]
    host = url.removeprefix("https://").rstrip("/")
    answer(host, resolve(host, os.environ["SANDBOX_DNS"])[0], state.certificates / "ca.crt")
    return time.perf_counter() - started


def execute(*command: str) -> str:
    """What `pave` prints; what it says otherwise is shown when it fails."""
    done = subprocess.run([PAVE, *command, "--yes"], cwd=Path(CHECKOUT), check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pave {' '.join(command)}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
