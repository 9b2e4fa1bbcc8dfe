"""Rendering: `pave render` from start to end, for 1, 10, 50, 500 workloads with three resources each.

Aims: 0.3 s for one workload, 0.6 s for 50, start-up included, and linear from there. Beside it the processor's time,
which other programs on the machine do not make longer, what each further workload costs, and the memory at its largest.
Run: python -m benchmarks.render
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.match import PAVE, WORKLOAD

WORKLOADS = {1: 0.3, 10: None, 50: 0.6, 500: None}
"""Seconds that are aimed at, by the number of workloads."""
REPEATED = 3
"""The best of so many runs counts: the others tell about the machine."""


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    seconds: float
    processor: float
    megabytes: float
    objects: int


def main() -> None:
    """Print every figure beside its aim."""
    print(
        f"{'workloads':>9}  {'objects':>7}  {'pave render':>11}  {'aim':>6}  {'processor':>9}  {'ms each':>7}  memory"
    )
    first: Measured | None = None
    for size, aim in WORKLOADS.items():
        found = _measured(size)
        first = first or found
        each = f"{(found.processor - first.processor) / (size - 1) * 1e3:.1f}" if size > 1 else ""
        shown = f"{aim:.2f}s" if aim else ""
        print(
            f"{size:>9}  {found.objects:>7,}  {found.seconds:>10.2f}s  {shown:>6}  {found.processor:>8.2f}s"
            f"  {each:>7}  {found.megabytes:>4.0f} MB"
        )


def _measured(size: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            Path(folder, f"service-{number}.score.yaml").write_text(WORKLOAD.format(number=number), encoding="utf-8")
        arguments = (sys.executable, *PAVE, "render", folder, "--app", "shop", "--branch", "main")
        return min((_run(arguments) for _ in range(REPEATED)), key=lambda run: run.seconds)


def _run(arguments: tuple[str, ...]) -> Measured:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(arguments, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, arguments
        out.seek(0)
        objects = sum(line.startswith(b"kind: ") for line in out)
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, objects)


if __name__ == "__main__":
    main()
