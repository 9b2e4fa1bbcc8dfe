"""Starts, stops and asks the sandbox's gateway: Traefik, in the place of the one that AKS brings.

It listens on the control plane's address; the node's rules lead there what goes to any other address of the sandbox.
"""

import os
import socket
import sys
from pathlib import Path

from sandbox import processes
from sandbox.control_plane.access import kubeconfig_of
from sandbox.control_plane.client import ApiServer
from sandbox.control_plane.furniture import add_gateway_roles
from sandbox.node.network import WEB_PORTS
from sandbox.state import CHECKOUT, Settings, State, control_address
from sandbox.toolchain import NODE, folder_of

PROCESS = "traefik"
CONTROLLERS = "controllers"
USER = "sandbox:gateway"
CLASS = "approuting-istio"
"""As AKS calls it: learn.microsoft.com/azure/aks/app-routing-gateway-api"""


def start(state: State, settings: Settings) -> None:
    """Start it, and wait until it listens; the Gateway API's definitions have to be there."""
    address = control_address(settings)
    api = ApiServer(state)
    add_gateway_roles(api, USER)
    api.apply(f"/apis/gateway.networking.k8s.io/v1/gatewayclasses/{CLASS}", _gateway_class())
    program = folder_of(next(part for part in NODE if part.name == PROCESS)) / PROCESS
    flags = {
        **{f"entryPoints.port-{port}.address": f"{address}:{port}" for port in WEB_PORTS},
        "providers.kubernetesGateway": "true",
        "providers.kubernetesGateway.statusAddress.ip": address,
        "global.checkNewVersion": "false",
        "global.sendAnonymousUsage": "false",
        "log.level": "INFO",
    }
    processes.start(
        state,
        PROCESS,
        [str(program), *(f"--{name}={value}" for name, value in flags.items())],
        env={**os.environ, "KUBECONFIG": str(_kubeconfig(state, settings)), "GOMEMLIMIT": "96MiB", "GOGC": "50"},
        ready=lambda: all(_listens(address, port) for port in WEB_PORTS),
    )
    processes.start(
        state,
        CONTROLLERS,
        [sys.executable, "-m", "sandbox.controllers"],
        env={**os.environ, "SANDBOX_STATE": str(state.root), "PYTHONPATH": str(CHECKOUT)},
    )


def stop(state: State) -> None:
    """Stop it; nothing happens where it does not run."""
    for name in (CONTROLLERS, PROCESS):
        processes.stop(state, name)


def healthy(state: State) -> tuple[str, bool]:
    """Where it is, and whether it listens."""
    address = control_address(state.load_settings())
    return f"{address}:{WEB_PORTS[1]}", all(_listens(address, port) for port in WEB_PORTS)


def _kubeconfig(state: State, settings: Settings) -> Path:
    return kubeconfig_of(state, settings, USER)


def _gateway_class() -> dict[str, object]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": CLASS},
        "spec": {"controllerName": "traefik.io/gateway-controller"},
    }


def _listens(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asker:
        asker.settimeout(1)
        return asker.connect_ex((address, port)) == 0
