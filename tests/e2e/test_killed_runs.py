"""Runs killed with all their processes, at random points of their time: the next run converges, nothing is doubled.

Five kills of `up` and five of `destroy` here; `make chaos` does fifty of each (`KILLS`). The same `SEED` gives the same
points.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import APP, EXAMPLES, Deployed, Pave

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "8"))
BRANCH = ("--app", APP, "--branch", "killed")
START_SECONDS = 1.0
"""What a command takes before it touches anything: killed earlier, there is nothing to find."""
KINDS = "configmaps,secrets,services,serviceaccounts,deployments,networkpolicies,resourcequotas,limitranges,httproutes"


def kill_after(pave: Pave, seconds: float, *arguments: str) -> bool:
    """Start `pave ARGUMENTS` and kill it, engine included, after so long; whether it was still running."""
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("pave")), *arguments],
        cwd=pave.platform,
        env={**pave.sandbox.environment, "PAVE_OWNER": "tests@example.com"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


def contents(pave: Pave, stack: str, namespace: str) -> Counter[str]:
    """How many things of each kind an environment has, in the cluster and in Azure."""
    listed = pave.execute("kubectl", "get", KINDS, "--namespace", namespace, "--output", "json")
    assert listed.returncode == 0, listed.stderr
    found = Counter(item["kind"] for item in json.loads(listed.stdout)["items"])
    resources = pave.execute("az", "resource", "list", "--tag", f"platform-stack={stack}", "--output", "json")
    assert resources.returncode == 0, resources.stderr
    return found + Counter(item["type"] for item in json.loads(resources.stdout))


def plugins_of(pave: Pave) -> list[str]:
    """The commands of plugins that run for this platform repository."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(pave.platform) in command and "pulumi.dynamic" in command:
            found.append(command)
    return found


def moments(duration: float, dice: random.Random) -> list[float]:
    """A random moment in each of `KILLS` equal parts of a command's time, in random order."""
    each = (duration - START_SECONDS) / KILLS
    found = [START_SECONDS + each * (part + dice.random()) for part in range(KILLS)]
    dice.shuffle(found)
    return found


def test_killed_runs_are_taken_on_by_the_next_one(
    branches: tuple[Deployed, Deployed], record_property: Callable[[str, object], None]
) -> None:
    pave, undisturbed = branches[0].pave, contents(branches[0].pave, branches[0].stack, branches[0].namespace)
    up, destroy = ("up", *EXAMPLES, *BRANCH, "--yes"), ("destroy", *BRANCH, "--yes")
    took: dict[tuple[str, ...], float] = {}
    for command in (up, destroy):
        started = time.monotonic()
        pave.run(*command)
        took[command] = time.monotonic() - started
    killed, dice = 0, random.Random(SEED)

    for make, remove in zip(moments(took[up], dice), moments(took[destroy], dice), strict=True):
        killed += kill_after(pave, make, *up)
        pave.run(*up)
        shown = pave.json("show", *BRANCH)
        assert contents(pave, shown["stack"], shown["namespace"]) == undisturbed, f"after {make:.1f} s of up"
        assert pave.json(*up)["changes"] == {}, f"after {make:.1f} s of up"

        killed += kill_after(pave, remove, *destroy)
        if any(entry["stack"] == shown["stack"] for entry in pave.json("list")):
            assert pave.json(*destroy)["survivors"] == [], f"after {remove:.1f} s of destroy"
        assert pave.execute("kubectl", "get", "namespace", shown["namespace"]).returncode != 0
        left = pave.execute("az", "resource", "list", "--tag", f"platform-stack={shown['stack']}", "--output", "json")
        assert json.loads(left.stdout) == [], f"after {remove:.1f} s of destroy"

    record_property("figure", f"runs killed: {killed} of {2 * KILLS}, seed {SEED}; every next one converged")
    assert killed >= KILLS
    for _ in range(50):
        left = plugins_of(pave)
        if not left:
            break
        time.sleep(0.2)
    assert left == []
