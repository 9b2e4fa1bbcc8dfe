"""Starts and stops the control plane in the order its parts need each other."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sandbox import processes
from sandbox.control_plane import servers
from sandbox.control_plane.access import write_admin_kubeconfig
from sandbox.control_plane.client import ApiServer, answers, pool
from sandbox.control_plane.furniture import (
    KWOK_USER,
    add_gateway_api,
    add_node_roles,
    add_nodes,
    add_roles,
    add_volumes,
)
from sandbox.control_plane.servers import Server
from sandbox.state import State
from sandbox.toolchain import Toolchain

# Later ones need earlier ones; they are stopped the other way round.
ORDER = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


def start(
    state: State,
    toolchain: Toolchain,
    timed: Callable[[str, Callable[[], None]], None],
    node: Callable[[], None] | None = None,
) -> None:
    """Starts what does not run and waits until the cluster takes work; `timed` reports each step.

    `node` starts a node on which pods run; without one kwok plays four.
    """
    settings = state.load_settings()
    write_admin_kubeconfig(state, settings)
    timed("etcd", lambda: _start(state, toolchain, servers.etcd(state, settings)))
    timed("API server", lambda: _start(state, toolchain, servers.api_server(state, settings)))
    api = ApiServer(state)

    def kwok_and_nodes() -> None:
        add_roles(api)  # kwok backs off for seconds when it may not list nodes
        _start(state, toolchain, servers.kwok(state, settings, KWOK_USER))
        add_nodes(api)
        add_volumes(api, real=False)

    def real_node() -> None:
        assert node is not None
        add_roles(api)
        add_node_roles(api)
        node()
        add_volumes(api, real=True)

    with ThreadPoolExecutor() as together:
        steps = [
            together.submit(timed, title, step)
            for title, step in (
                ("kwok, fake nodes", kwok_and_nodes) if node is None else ("node, for real pods", real_node),
                ("controller manager", lambda: _start(state, toolchain, servers.controller_manager(state, settings))),
                ("scheduler", lambda: _start(state, toolchain, servers.scheduler(state, settings))),
                ("Gateway API", lambda: add_gateway_api(api, toolchain.gateway_crds)),
            )
        ]
    for step in steps:
        step.result()


def stop(state: State) -> None:
    """Stops every part; the data stay."""
    for name in reversed(ORDER):
        processes.stop(state, name)


def health(state: State) -> list[tuple[str, str, bool]]:
    """Name, address and health of every part, asked for over the network."""
    settings = state.load_settings()
    connections = pool(state)
    parts = [
        servers.etcd(state, settings),
        servers.api_server(state, settings),
        servers.controller_manager(state, settings),
        servers.scheduler(state, settings),
    ]
    if settings.get("pods") != "real":
        parts.append(servers.kwok(state, settings, KWOK_USER))
    return [(part.name, part.address, answers(connections, part.health_url)) for part in parts]


def _start(state: State, toolchain: Toolchain, server: Server) -> None:
    connections = pool(state)
    processes.start(
        state,
        server.name,
        [str(toolchain.program(server.name)), *server.arguments],
        env={**os.environ, **server.environment},
        ready=lambda: answers(connections, server.health_url),
        timeout=60,
    )
