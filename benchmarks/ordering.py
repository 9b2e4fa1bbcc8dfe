"""Whether Azure's time is spent waiting for what has to be waited for, and for nothing else.

On a sandbox of its own whose Azure takes a hundredth of the real one's time (`SANDBOX_AZURE_LATENCY`), a foundation and
a branch are deployed with and without that latency; the difference is compared with the chain in `benchmarks.chains`.
Run it by `python -m benchmarks.ordering`; the machine should have nothing else to do.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.chains import CHAINS, seconds
from sandbox.environment import variables
from sandbox.state import State

CHECKOUT = Path(__file__).resolve().parents[1]
SCALE = 0.04
EXAMPLES = ("examples/python-service", "examples/web")
BRANCH = ("--app", "shop", "--branch", "ordering")
STACKS = {
    "foundation-nonproduction": (("--env", "foundation-nonproduction"), ()),
    "ephemeral": (BRANCH, EXAMPLES),
}


def main() -> int:
    """Print one line for each kind of stack; 1 if one waits a tenth longer than its chain."""
    root = CHECKOUT / ".sandbox-tests" / f"{os.getpid()}-ordering"
    platform = root.with_name(f"{root.name}-platform")
    base = {**os.environ, "SANDBOX_STATE": str(root)}
    sandbox = [sys.executable, "-m", "sandbox"]
    try:
        subprocess.run(
            [*sandbox, "up", "--pods", "kwok"], cwd=CHECKOUT, env=base, check=True, stdout=subprocess.DEVNULL
        )
        environment = {**base, **variables(State(root), base)}
        for name in ("definitions", "examples", "stacks"):
            shutil.copytree(CHECKOUT / name, platform / name)
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(CHECKOUT / name, platform)
        (platform / ".venv").symlink_to(sys.prefix)  # Pulumi.yaml names it
        print(f"{'':26}{'Azure at 0':>12}{f'at {SCALE}':>12}{'waited':>10}{'chain':>10}{'ratio':>8}")
        return max(_measured(type_, platform, environment) for type_ in STACKS)
    finally:
        subprocess.run([*sandbox, "down", "--purge"], cwd=CHECKOUT, env=base, check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(platform, ignore_errors=True)


def _measured(type_: str, platform: Path, environment: dict[str, str]) -> int:
    place, scores = STACKS[type_]
    quick = _took(["up", *scores, *place, "--yes"], platform, environment)
    _took(["destroy", *place, "--yes"], platform, environment)
    slow = _took(["up", *scores, *place, "--yes"], platform, {**environment, "SANDBOX_AZURE_LATENCY": str(SCALE)})
    waited, chain = (slow - quick) / SCALE, seconds(CHAINS[type_])
    print(f"{type_:26}{quick:10.1f} s{slow:10.1f} s{waited:8.0f} s{chain:8.0f} s{waited / chain:8.2f}", flush=True)
    return int(waited > 1.10 * chain)


def _took(arguments: list[str], platform: Path, environment: dict[str, str]) -> float:
    pave = str(Path(sys.executable).with_name("pave"))
    started = time.monotonic()
    subprocess.run([pave, *arguments], cwd=platform, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
