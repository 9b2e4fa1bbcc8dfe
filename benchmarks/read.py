"""Reading and checking workloads: 1, 10, 100 and 1,000 files of forty lines, and `pave validate` with its start-up.

Also the hostile files of a megabyte that tests/score/large.py holds, of which the worst counts: at most a second and
300 MB. Prints seconds, seconds of processor time (what a busy machine does not change), milliseconds of those for each
workload, and memory; every size in a process of its own. Of the command it prints medians, beside those of a Python
that does nothing.
Run: python -m benchmarks.read
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SIZES = (1, 10, 100, 1000)
REPEATED = 3
"""The best of so many runs counts: the others tell about the machine."""
STARTS = 15
"""The median of so many starts of a command."""

CHECKOUT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A Python that compiles its modules at every start is not what people have."""
PAVE = str(Path(sys.executable).with_name("pave"))
WORKLOAD = """\
apiVersion: score.dev/v1b1
metadata:
  name: service-{number}
  annotations:
    example.com/team: shop
service:
  ports:
    http:
      port: 80
      targetPort: 8080
containers:
  web:
    image: registry.example/shop/service-{number}:1.{number}.0
    command: ["/app/serve"]
    args: ["--port", "8080"]
    variables:
      DATABASE: postgresql://${{resources.db.username}}:${{resources.db.password}}@${{resources.db.host}}/${{resources.db.name}}
      BUCKET: ${{resources.storage.bucket}}
      HOST: ${{resources.dns.host}}
      NAME: ${{metadata.name}}
    files:
      /etc/app.conf:
        mode: "0644"
        content: |
          host = ${{resources.dns.host}}
          price = $$5
    resources:
      limits: {{memory: 512Mi, cpu: "1"}}
      requests: {{memory: 128Mi, cpu: 100m}}
    readinessProbe:
      httpGet: {{path: /ready, port: 8080}}
resources:
  db:
    type: postgres
  storage:
    type: s3
  dns:
    type: dns
  route:
    type: route
    params: {{host: "${{resources.dns.host}}", path: /, port: 80}}
"""


def main() -> None:
    """Print one line for each size, and one for the command."""
    print(f"{'workloads':>9}  {'seconds':>8}  {'processor':>9}  {'ms each':>8}  {'peak MB':>8}  {'read alone MB':>13}")
    for size in SIZES:
        runs = [json.loads(_run("-m", "benchmarks.read", str(size))) for _ in range(REPEATED)]
        seconds, processor = (min(float(run[key]) for run in runs) for key in ("seconds", "processor"))
        each = processor / size * 1000
        peak, added = runs[0]["peak"], runs[0]["added"]
        print(f"{size:>9}  {seconds:>8.3f}  {processor:>9.3f}  {each:>8.2f}  {peak:>8.0f}  {added:>13.1f}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "score.yaml")
        path.write_text(WORKLOAD.format(number=1), encoding="utf-8")
        _command("python that does nothing", sys.executable, "-c", "")
        _command("pave validate of one file", PAVE, "validate", str(path), "--platform", str(CHECKOUT))
        _command("the same with --schema-only", PAVE, "validate", str(path), "--schema-only")
    print(_run("-m", "benchmarks.read", "hostile"), end="")


def _command(title: str, *command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)  # compiles what was not compiled yet
    elapsed, used = [], []
    for _ in range(STARTS):
        started, before = time.perf_counter(), _processor_of_children()
        subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
        elapsed.append(time.perf_counter() - started)
        used.append(_processor_of_children() - before)
    print(f"{title + ':':28} {median(elapsed):.3f} s, {median(used):.3f} s of the processor")


def measure(size: int) -> None:
    """Read as many workloads as said, and print what it took as JSON."""
    from platform_components.catalog.load import builtin_types
    from platform_components.score.reader import examine

    contracts = builtin_types()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            Path(folder, f"service-{number}.score.yaml").write_text(WORKLOAD.format(number=number), encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, processor = time.perf_counter(), time.process_time()
        examination = examine([Path(folder)], contracts=contracts)
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
    assert len(examination.sources) == size, examination.problems
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = {"peak": peak / 1024, "added": (peak - before) / 1024}
    print(json.dumps({"seconds": seconds, "processor": processor, **memory}))


def hostile() -> None:
    """Print which hostile file takes the longest, and which the most memory."""
    from platform_components.catalog.load import builtin_types
    from platform_components.score.reader import examine
    from tests.score.large import LARGE
    from tests.score.meter import Used, measured

    found: dict[str, Used] = {}
    contracts = builtin_types()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "score.yaml")
        for name, content in LARGE.items():
            path.write_bytes(content[: 1024 * 1024])
            runs = []
            for _ in range(REPEATED):
                with measured() as used:
                    examine([path], contracts=contracts)
                runs.append(used)
            found[name] = min(runs, key=lambda run: run.seconds)
    slowest = max(found, key=lambda name: found[name].seconds)
    largest = max(found, key=lambda name: found[name].kibibytes)
    print(f"{len(found)} hostile files of a megabyte, the slowest: {slowest}, {found[slowest].seconds:.2f} s")
    print(f"the one that takes most memory: {largest}, {found[largest].kibibytes / 1024:.0f} MB")


def _processor_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    if sys.argv[1:] == ["hostile"]:
        hostile()
    elif len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        main()
