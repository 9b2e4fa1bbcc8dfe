"""The golden path in seconds, beside the same resources as a plain Pulumi program that knows nothing of this library.

Both deploy the examples' branch environment to the sandbox in turns, so that both meet the same machine; medians count.
A sandbox of the benchmarks' own is started, and its foundation deployed, where they are missing; it stays up.
Run: python -m benchmarks.golden_path [--runs N]
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FOUNDATION = "foundation-nonproduction"
EXAMPLES = ("examples/python-service", "examples/web")
STEPS = ("plan", "preview", "first up", "no-op up", "update of one variable", "destroy")
VARIABLE = ("https://${resources.dns.host}", "https://${resources.dns.host}/changed")
"""A plain variable of `examples/web` before and after its update."""
PAVE = str(Path(sys.executable).with_name("pave"))
NOTES = """\
Each figure is a whole command, start-up included. `preview` is of an environment that does not exist yet: both make an
empty stack for it. `destroy` of pave also looks for survivors in the cluster, PostgreSQL, DNS and Azure; both remove
the empty stack. Plain Pulumi has no plan, writes no marks, checks no foundation and guards no secret."""


@dataclass
class Timings:
    """Seconds of one way, by step, one for each round; and what it deployed."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    resources: Counter[str] = field(default_factory=Counter)

    def run(self, step: str, folder: Path, *commands: tuple[str, ...]) -> None:
        """Time commands, one after another, as one step."""
        started = time.perf_counter()
        for command in commands:
            execute(folder, *command)
        self.seconds.setdefault(step, []).append(time.perf_counter() - started)

    def median(self, step: str) -> float | None:
        """None: this way has no such step."""
        return statistics.median(self.seconds[step]) if step in self.seconds else None


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.golden_path", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="rounds of both ways; medians are printed (default 3)")
    runs = parser.parse_args().runs
    enter_sandbox()
    print(host(), flush=True)
    deploy_foundation()
    pave, plain = Timings(), Timings()
    for number in range(1, runs + 1):
        print(f"round {number} of {runs}", file=sys.stderr, flush=True)
        with_pave(pave, f"bench/{os.getpid()}-{number}")
        without_library(plain, f"bench-{os.getpid()}-{number}")
    print(f"{'median of ' + str(runs):<24}{'pave':>8}{'plain':>8}{'pave / plain':>14}")
    for step in STEPS:
        ours, theirs = pave.median(step), plain.median(step)
        ratio = f"{ours / theirs:.2f}" if ours and theirs else "-"
        print(f"{step:<24}{_seconds(ours):>8}{_seconds(theirs):>8}{ratio:>14}")
    for name, timings in (("pave", pave), ("plain", plain)):
        counted = ", ".join(f"{count} {kind}" for kind, count in timings.resources.items())
        print(f"{name} deployed {counted}")
    print(NOTES)


def enter_sandbox(module: str = "benchmarks.golden_path") -> None:
    """Become the same command in the sandbox's environment, unless this is one already."""
    if os.environ.get("SANDBOX_DNS") and os.environ.get("PULUMI_BACKEND_URL"):
        return
    sandbox = [sys.executable, "-m", "sandbox"]
    # Of its own, where pods do not run: what is measured is everything but the containers, which are the user's
    os.environ.setdefault("SANDBOX_STATE", str(CHECKOUT / ".sandbox-bench"))
    subprocess.run([*sandbox, "up", "--pods", "kwok"], cwd=CHECKOUT, check=True, stdout=sys.stderr)
    os.chdir(CHECKOUT)
    os.execv(sys.executable, [*sandbox, "exec", "--", sys.executable, "-m", module, *sys.argv[1:]])


def host() -> str:
    """One line about this machine, and how busy it is."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    engine = execute(CHECKOUT, "pulumi", "version").strip()
    return (
        f"{os.cpu_count()} cores, load {load}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Pulumi {engine}"
    )


def deploy_foundation() -> None:
    """What both ways stand on; not measured."""
    stacks = {entry["stack"] for entry in json.loads(execute(CHECKOUT, PAVE, "list", "--json"))}
    if FOUNDATION not in stacks:
        execute(CHECKOUT, PAVE, "up", "--env", FOUNDATION, "--yes")


def with_pave(timings: Timings, branch: str) -> None:
    """One round of the examples through `pave`, in a copy of the platform repository."""
    with folder_copy("Pulumi.yaml", "__main__.py", "definitions", "examples", "stacks") as folder:
        choice = ("--app", "bench", "--branch", branch)
        up = (PAVE, "up", *EXAMPLES, *choice, "--yes")
        try:
            timings.run("plan", folder, (PAVE, "plan", *EXAMPLES, *choice))
            timings.run("preview", folder, (PAVE, "preview", *EXAMPLES, *choice))
            timings.run("first up", folder, up)
            timings.run("no-op up", folder, up)
            score = folder / "examples" / "web" / "score.yaml"
            score.write_text(score.read_text(encoding="utf-8").replace(*VARIABLE), encoding="utf-8")
            timings.run("update of one variable", folder, up)
            stack = json.loads(execute(folder, PAVE, "show", *choice, "--json"))["stack"]
            timings.resources = counted(folder, stack)
        except BaseException:
            execute(folder, PAVE, "destroy", *choice, "--yes", check=False)
            raise
        timings.run("destroy", folder, (PAVE, "destroy", *choice, "--yes"))


def without_library(timings: Timings, stack: str) -> None:
    """One round of the plain program through Pulumi's command line."""
    with folder_copy("benchmarks/plain") as parent:
        folder = parent / "plain"
        named = ("--stack", stack, "--non-interactive")
        up = ("pulumi", "up", *named, "--yes", "--skip-preview")
        destroy = (
            ("pulumi", "destroy", *named, "--yes", "--skip-preview"),
            ("pulumi", "stack", "rm", stack, "--yes", "--non-interactive"),
        )
        foundation = f"foundation=organization/platform/{FOUNDATION}"
        try:
            timings.run(
                "preview",
                folder,
                ("pulumi", "stack", "init", stack, "--no-select", "--non-interactive"),
                ("pulumi", "preview", *named, "--config", foundation),
            )
            timings.run("first up", folder, up)
            timings.run("no-op up", folder, (*up, "--expect-no-changes"))
            timings.run("update of one variable", folder, (*up, "--config", "path=/changed"))
            timings.resources = counted(folder, stack)
        except BaseException:
            for command in destroy:
                execute(folder, *command, check=False)
            raise
        timings.run("destroy", folder, *destroy)


def counted(folder: Path, stack: str) -> Counter[str]:
    """How many of what a stack's state holds."""
    exported = json.loads(execute(folder, "pulumi", "stack", "export", "--stack", stack))
    kinds: Counter[str] = Counter()
    for resource in exported["deployment"]["resources"]:
        if resource["type"] == "pulumi:pulumi:StackReference":
            kinds["stack reference(s)"] += 1
        elif not resource["type"].startswith("pulumi:"):
            kinds["resource(s)" if resource.get("custom") else "component(s)"] += 1
    return kinds


@contextmanager
def folder_copy(*names: str) -> Iterator[Path]:
    """A folder with copies of files and folders of this checkout: what stacks write into it is gone with it."""
    with tempfile.TemporaryDirectory(prefix="golden-path-") as temporary:
        for name in names:
            source, target = CHECKOUT / name, Path(temporary) / Path(name).name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        # Where Pulumi.yaml says that the Python of dynamic providers is
        Path(temporary, ".venv").symlink_to(sys.prefix)
        yield Path(temporary)


def execute(folder: Path, *command: str, check: bool = True) -> str:
    """What a command prints; if it fails, this ends with what it said."""
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if check and answer.returncode:
        sys.exit(f"{' '.join(command)} ended with {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


if __name__ == "__main__":
    main()
