"""Matching and planning: rules against resources, the order of large plans, and `pave plan` from start to end.

Aims: 10,000 definitions × 10,000 resources matched in under 2 s; 1,000 nodes ordered in under 0.2 s; both linear (1×,
4×, 16×); `pave plan` of 1, 10, 50, 500 workloads in 0.25, 0.3, 0.5, 3 s, start-up included. Beside it the processor's
time, which other programs on the machine do not make longer, and `pave graph` as a page.
Run: python -m benchmarks.match
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from platform_components.catalog import Criteria, Definition
from platform_components.catalog.matching import Matcher
from platform_components.environment import Context
from platform_components.plan.order import layers
from platform_components.score.positions import Positions

RULES, NODES = 625, 625
"""At 1×; 16× is what the aims are about."""
FACTORS = (1, 4, 16)
WORKLOADS = {1: 0.25, 10: 0.3, 50: 0.5, 500: 3.0}
REPEATED = 3
"""The best of so many runs counts: the others tell about the machine."""

PAVE = ("-c", "from platform_components.cli.main import main; main()")
WORKLOAD = """\
apiVersion: score.dev/v1b1
metadata: {{name: service-{number}}}
service: {{ports: {{http: {{port: 80}}}}}}
containers:
  web:
    image: registry.example/shop/service:{number}
    variables:
      DATABASE: postgresql://${{resources.db.user}}:${{resources.db.password}}@${{resources.db.host}}
      BUCKET: ${{resources.storage.bucket}}
      HOST: ${{resources.dns.host}}
resources:
  db: {{type: postgres}}
  storage: {{type: s3}}
  dns: {{type: dns}}
"""


def main() -> None:
    """Print every figure beside its aim."""
    print(f"{'rules × resources':>20}  {'index':>8}  {'match':>8}  {'µs each':>8}")
    for factor in FACTORS:
        size = RULES * factor
        definitions, wishes = _rules(size), _wishes(size)
        index = _best(partial(Matcher, definitions))
        matcher = Matcher(definitions)
        match = _best(partial(_match_all, matcher, wishes))
        print(f"{size:>9,} × {size:>8,}  {index:>7.3f}s  {match:>7.3f}s  {match / size * 1e6:>8.2f}")
    print(f"\n{'nodes':>9}  {'edges':>9}  {'ordered':>8}")
    for factor in FACTORS:
        edges = _graph(NODES * factor)
        seconds = _best(partial(layers, edges))
        print(f"{len(edges):>9,}  {sum(map(len, edges.values())):>9,}  {seconds:>7.3f}s")
    print(f"\n{'workloads':>9}  {'pave plan':>9}  {'aim':>6}  {'processor':>9}  {'pave graph':>10}")
    for size, aim in WORKLOADS.items():
        plan, processor, graph = _pave(size)
        print(f"{size:>9}  {plan:>8.2f}s  {aim:>5.2f}s  {processor:>8.2f}s  {graph:>9.2f}s")
    baseline = _best(lambda: _run("-c", "import pydantic, yaml"))
    print(f"{'':>9}  {baseline:>8.2f}s  python -c 'import pydantic, yaml'")


def _match_all(matcher: Matcher, wishes: list[tuple[str, str, Context]]) -> None:
    for wish in wishes:
        matcher.rule_for(*wish)


def _rules(count: int) -> list[Definition]:
    """As many definitions, each with a rule of its own, of every shape there is."""
    positions = Positions.unknown("rules.yaml")
    return [
        Definition(
            id=f"definition-{number}",
            version=None,
            type="postgres",
            driver="static",
            description="",
            criteria=(_criteria(number),),
            uses={},
            also=(),
            inputs={},
            data_in=(),
            positions=positions,
            place="rules.yaml:1",
        )
        for number in range(count)
    ]


def _criteria(number: int) -> Criteria:
    shape, of = number % 16, number // 16
    return Criteria(
        res_id=f"res-{of}" if shape & 8 else None,
        env_id=f"env-{of}" if shape & 4 else None,
        app_id=f"app-{of}" if shape & 2 else None,
        env_type=f"type-{of}" if shape & 1 else None,
    )


def _wishes(count: int) -> list[tuple[str, str, Context]]:
    """As many resources, each in a context that another rule wins in, or none."""
    wishes = []
    for number in range(count):
        shape, of = number % 16, number // 16
        context = Context(
            env_type=f"type-{of}" if shape & 1 else "other",
            app_id=f"app-{of}" if shape & 2 else "other",
            env_id=f"env-{of}" if shape & 4 else "other",
            res_id=f"res-{of}" if shape & 8 else "other",
        )
        wishes.append(("postgres", "default", context))
    return wishes


def _graph(count: int) -> dict[str, set[str]]:
    """Resources in a hundred chains that lean on each other."""
    return {
        f"r{number}": {f"r{need}" for need in (number - 100, number - 117, number - 250) if need >= 0}
        for number in range(count)
    }


def _pave(size: int) -> tuple[float, float, float]:
    """Seconds for the commands on this repository's own definitions, each in a process of its own: `pave plan` by the
    clock and by the processor's time, `pave graph`.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            Path(folder, f"service-{number}.score.yaml").write_text(WORKLOAD.format(number=number), encoding="utf-8")
        options = (folder, "--env-type", "ephemeral", "--app", "shop", "--branch", "main")
        made = json.loads(_run(*PAVE, "plan", *options, "--json"))
        assert len(made["workloads"]) == size
        before = _processor()
        plan = _best(lambda: _run(*PAVE, "plan", *options, "--json"))
        processor = (_processor() - before) / REPEATED
        return plan, processor, _best(lambda: _run(*PAVE, "graph", *options, "--format", "html"))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _best(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATED):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _run(*arguments: str) -> str:
    command: Sequence[str] = (sys.executable, *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
