"""Starts, stops and asks the sandbox's node, on which pods really run."""

import os
import sys
import time
from pathlib import Path

from sandbox import images, processes
from sandbox.control_plane.client import ApiServer, answers, pool
from sandbox.errors import SandboxError
from sandbox.node import cgroups, network
from sandbox.node.addresses import Addresses
from sandbox.node.configuration import (
    NODE,
    REGISTRY_PORT,
    Folders,
    kubelet_kubeconfig,
    labels,
    python_path,
    write_all,
)
from sandbox.node.inside import READY, Inside, Program
from sandbox.state import Settings, State
from sandbox.toolchain import NODE as PARTS
from sandbox.toolchain import folder_of

PROCESS = "node"
READY_SECONDS = 60.0
KUBELET_PORT = 10250


def prepare() -> dict[str, Path]:
    """The folders of everything a node needs, by name; what is missing is built or fetched."""
    folders = {part.name: folder_of(part) for part in PARTS}
    return {**folders, "images": images.ensure(parts=folders)}


def start(state: State, settings: Settings, folders: dict[str, Path]) -> None:
    """Start the node, unless it runs, and wait until pods are taken."""
    addresses = Addresses.of(settings)
    tools = network.Tools(folders["node-packages"])
    if not processes.alive(state, PROCESS):
        network.disconnect(tools, addresses)
        cgroups.remove(addresses.link)
        cgroups.make(addresses.link)
        write_all(state, settings, addresses, folders["node-packages"])
        inside = _inside(state, settings, addresses, folders)
        file = Folders(state).configuration / "inside.json"
        inside.write(file)
        processes.start(
            state, PROCESS, [sys.executable, "-m", "sandbox.node.inside", str(file)], env=python_path(), ready=None
        )
    process = next(one for one in processes.running(state) if one.name == PROCESS)
    _in_its_own_network(process.pid)
    network.connect(tools, addresses, settings, process.pid)
    _await_ready(ApiServer(state), state)


def stop(state: State) -> None:
    """Stop the node with everything in it, and take away what it has left on this machine."""
    processes.stop(state, PROCESS, timeout=10)
    addresses = Addresses.of(state.load_settings())
    packages = next(part for part in PARTS if part.name == "node-packages")
    network.disconnect(network.Tools(folder_of(packages)), addresses)
    cgroups.remove(addresses.link)


def healthy(state: State) -> tuple[str, bool]:
    """Where the node is, and whether it takes pods."""
    return Addresses.of(state.load_settings()).node, _is_ready(ApiServer(state), state)


def _inside(state: State, settings: Settings, addresses: Addresses, folders: dict[str, Path]) -> Inside:
    places, packages = Folders(state), folders["node-packages"]
    tools = network.Tools(packages)
    binaries = (
        f"{packages / 'usr/bin'}:{packages / 'usr/sbin'}:{packages / 'sbin'}:{os.environ.get('PATH', os.defpath)}"
    )
    # The programs of the packages need their libraries; those of the machine must not get them
    own = {"PATH": binaries}
    nft = _with_libraries(places.configuration / "bin" / "nft", tools.nft_program, tools.libraries)
    small = {"GOMEMLIMIT": "128MiB", "GOGC": "50", "PATH": f"{nft.parent}:{binaries}"}
    return Inside(
        ip=str(tools.ip_program),
        libraries=tools.libraries,
        host=addresses.host,
        node=addresses.node,
        loopback=addresses.loopback,
        control=addresses.control,
        api_service=addresses.api_service,
        api_port=settings["apiserver_port"],
        nft=str(tools.nft_program),
        images=str(folders["images"]),
        registry_port=REGISTRY_PORT,
        sysctls=str(places.sysctls),
        logs=str(state.logs),
        programs=[
            Program(
                "containerd",
                [str(packages / "usr/bin/containerd"), "--config", str(places.configuration / "containerd.toml")],
                own,
                READY,
            ),
            Program(
                "kubelet",
                [
                    str(folders["node"] / "kubelet"),
                    f"--config={places.configuration / 'kubelet.yaml'}",
                    f"--kubeconfig={kubelet_kubeconfig(state, settings)}",
                    f"--root-dir={places.kubelet}",
                    f"--hostname-override={NODE}",
                    f"--node-ip={addresses.node}",
                    f"--node-labels={labels()}",
                ],
                small,
                str(places.socket),
            ),
            Program(
                "kube-proxy",
                [str(folders["node"] / "kube-proxy"), f"--config={places.configuration / 'kube-proxy.yaml'}"],
                small,
                READY,
            ),
            Program(
                "coredns",
                [str(folders["coredns"] / "coredns"), "-conf", str(places.configuration / "Corefile"), "-quiet"],
                small | {"GOMEMLIMIT": "64MiB"},
                READY,
            ),
        ],
    )


def _with_libraries(file: Path, program: Path, libraries: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {program} "$@"\n')
    file.chmod(0o755)
    return file


def _in_its_own_network(pid: int, *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        if time.monotonic() > until:
            raise SandboxError("the node did not get a network of its own", fix="look into its log: node.log")
        time.sleep(0.01)


def _await_ready(api: ApiServer, state: State) -> None:
    until = time.monotonic() + READY_SECONDS
    while not _is_ready(api, state):
        if time.monotonic() > until or not processes.alive(state, PROCESS):
            lines = [line for name in ("node", "kubelet", "containerd") for line in _last(state, name)]
            raise SandboxError("the node is not ready", details=lines, fix=f"its logs: {state.logs}")
        time.sleep(0.1)


def _last(state: State, name: str) -> list[str]:
    return [f"{name}: {line}" for line in processes.last_lines(state.logs / f"{name}.log", 4)]


def _is_ready(api: ApiServer, state: State) -> bool:
    """What the API server has of it may be of before a restart, so the kubelet is asked, too."""
    if not answers(pool(state), f"https://{Addresses.of(state.load_settings()).node}:{KUBELET_PORT}/healthz"):
        return False
    node = api.get(f"/api/v1/nodes/{NODE}")
    conditions = (node or {}).get("status", {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and not (node or {}).get("spec", {}).get("taints")
