"""Brings a sandbox up, tells how it is, and takes it down.

Every server is started, asked and stopped by its own part; this is the order and the report.
"""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sandbox import control_plane, processes
from sandbox.environment import write_programs
from sandbox.errors import SandboxError
from sandbox.pods import parts, why_not
from sandbox.state import (
    PREFERRED_PORTS,
    Pods,
    Port,
    Settings,
    State,
    control_address,
    free_port,
    new_settings,
    port_is_free,
)
from sandbox.toolchain import Toolchain, ToolchainError, ensure

DNS_PROCESS = "dns"
POSTGRES_PROCESS = "postgres"  # and the name of the flexible server

# Whose port it is: a port that something else has taken meanwhile is chosen again only if its server does not run.
_SERVERS: dict[Port, str] = {
    "dns_port": DNS_PROCESS,
    "apiserver_port": "kube-apiserver",
    "etcd_port": "etcd",
    "etcd_peer_port": "etcd",
    "controller_manager_port": "kube-controller-manager",
    "scheduler_port": "kube-scheduler",
    "kwok_port": "kwok",
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Health:
    """How one server is."""

    name: str
    address: str
    pid: int | None
    healthy: bool
    memory: int
    """Bytes it takes, its children included."""


def up(state: State, report: Report, *, pods: Pods | None = None) -> None:
    """Starts everything that does not run yet; what was there before a restart is there again.

    `pods`: whether they run, which stays so for the sandbox's life; None: as before, and in a new one where they can.
    """
    # Imported here: these parts import this package's own modules.
    from sandbox.dns import service as dns
    from sandbox.edge import service as edge
    from sandbox.gateway import service as gateway
    from sandbox.node import service as node
    from sandbox.postgres import service as postgres

    with state.locked("sandbox", lambda: report("another `up` or `down` is under way, waiting for it")):
        started = time.monotonic()
        chosen = _pods(state, pods, report)
        try:
            toolchain = ensure(parts(run=chosen == "real"), report)
            folders = node.prepare() if chosen == "real" else {}
        except ToolchainError as error:
            if pods or state.exists or chosen == "kwok":
                raise
            report(f"{error}\npods do not run without it, kwok makes them ready")
            chosen = "kwok"
            toolchain, folders = ensure(parts(run=False), report), {}
        _prepare(state, toolchain, chosen)
        start_node = partial(node.start, state, state.load_settings(), folders) if chosen == "real" else None
        write_programs(state)
        timed = partial(_timed, report)
        with ThreadPoolExecutor() as together:
            steps = [
                together.submit(control_plane.start, state, toolchain, timed, start_node),
                together.submit(timed, "DNS", lambda: dns.start(state)),
                together.submit(timed, "PostgreSQL", lambda: postgres.start_all(state)),
            ]
        for step in steps:
            step.result()
        if chosen == "real":
            with ThreadPoolExecutor() as together:
                steps = [
                    together.submit(timed, "gateway", lambda: gateway.start(state, state.load_settings())),
                    together.submit(timed, "Azure for pods", lambda: edge.start(state, state.load_settings())),
                ]
            for step in steps:
                step.result()
        report(f"sandbox up after {time.monotonic() - started:.1f} s; its state is in {state.root}")


def health(state: State) -> list[Health]:
    """Every server that should run or does, asked for over the network."""
    from sandbox.dns import service as dns
    from sandbox.edge import service as edge
    from sandbox.gateway import service as gateway
    from sandbox.node import service as node
    from sandbox.postgres import service as postgres

    state.load_settings()
    alive = {process.name: process for process in processes.running(state)}
    databases = [(f"{POSTGRES_PROCESS}-{name}", address, ok) for name, address, ok in postgres.health(state)]
    pods = (
        [
            ("node", *node.healthy(state)),
            (gateway.PROCESS, *gateway.healthy(state)),
            *edge.healthy(state),
            (gateway.CONTROLLERS, "-", processes.alive(state, gateway.CONTROLLERS)),
        ]
        if state.load_settings().get("pods") == "real"
        else []
    )
    asked = [*control_plane.health(state), *pods, (DNS_PROCESS, *dns.healthy(state)), *databases]
    return [
        Health(
            name=name,
            address=address,
            pid=alive[name].pid if name in alive else None,
            healthy=ok,
            memory=processes.memory(alive[name]) if name in alive else 0,
        )
        for name, address, ok in asked
    ]


def down(state: State, report: Report, *, purge: bool = False) -> None:
    """Stops everything; the data stay unless `purge`."""
    from sandbox.dns import service as dns
    from sandbox.edge import service as edge
    from sandbox.gateway import service as gateway
    from sandbox.node import service as node
    from sandbox.postgres import service as postgres

    if not state.exists:
        report(f"there is no sandbox at {state.root}")
        return
    with state.locked("sandbox", lambda: report("another `up` or `down` is under way, waiting for it")):
        timed = partial(_timed, report)
        if state.load_settings().get("pods") == "real":
            timed("gateway stopped", lambda: gateway.stop(state))
            timed("Azure for pods stopped", lambda: edge.stop(state))
            timed("node stopped", lambda: node.stop(state))
        with ThreadPoolExecutor() as together:
            steps = [
                together.submit(timed, "PostgreSQL stopped", lambda: postgres.stop_all(state)),
                together.submit(timed, "DNS stopped", lambda: dns.stop(state)),
                together.submit(timed, "control plane stopped", lambda: control_plane.stop(state)),
            ]
        for step in steps:
            step.result()
        for process in processes.running(state):  # of an older version, under a name that nobody knows any more
            processes.stop(state, process.name)
        if left := [process.name for process in processes.running(state)]:
            raise SandboxError(f"still running: {', '.join(left)}", fix=f"see {state.logs}")
        if purge:
            shutil.rmtree(state.root)
            report(f"removed {state.root}")


def _pods(state: State, wanted: Pods | None, report: Report) -> Pods:
    """How pods are here. Raises `SandboxError` when that can't be so."""
    there = state.load_settings().get("pods", "kwok") if state.exists else None
    if there is not None and wanted not in (None, there):
        raise SandboxError(
            f"pods of this sandbox are {_WORDS[there]}, and stay so", fix="start over: python -m sandbox down --purge"
        )
    chosen = there or wanted
    if chosen == "kwok":
        return chosen
    reason = why_not()
    if chosen == "real" and reason:
        fix = "start over: python -m sandbox down --purge" if there else "leave --pods out: kwok makes them ready"
        raise SandboxError(f"pods can't run here: {reason}", fix=fix)
    if reason:
        report(f"pods do not run here, kwok makes them ready: {reason}")
    return "kwok" if reason else "real"


_WORDS: dict[Pods, str] = {"real": "real ones", "kwok": "kwok's, which do not run"}


def _prepare(state: State, toolchain: Toolchain, pods: Pods) -> None:
    """Settles addresses and ports: those of last time, except where something else has taken one."""
    path, postgres = [str(folder) for folder in toolchain.path], str(toolchain.postgres)
    if not state.exists:
        state.save_settings(new_settings(state, toolchain_path=path, postgres_bin=postgres, pods=pods))
        return
    settings: Settings = {**state.load_settings(), "toolchain_path": path, "postgres_bin": postgres}
    address = control_address(settings)
    for port, server in _SERVERS.items():
        if not processes.alive(state, server) and not port_is_free(address, settings[port]):
            settings[port] = free_port(address, PREFERRED_PORTS[port])
    state.save_settings(settings)


def _timed(report: Report, title: str, step: Callable[[], None]) -> None:
    started = time.monotonic()
    step()
    report(f"  {title:<22} {time.monotonic() - started:5.1f} s")
