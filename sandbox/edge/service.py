"""Starts, stops and asks what stands in Azure's place for running pods: sign-in, Blob storage, the identity webhook."""

import os
import shutil
import socket
import sys
from pathlib import Path

from sandbox import processes
from sandbox.azure import keys
from sandbox.certificates import authority
from sandbox.control_plane.client import ApiServer, answers, pool
from sandbox.edge import webhook
from sandbox.errors import SandboxError
from sandbox.state import CHECKOUT, Settings, State, azure_address
from sandbox.toolchain import NODE, folder_of

PROCESS = "azure"
AZURITE = "azurite"
PORT = 443
AZURITE_PORT = 10000
"""Azurite's own choice; the address is this sandbox's alone."""
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


def door_key(state: State) -> str:
    """What opens Azurite: it serves this sandbox's own door alone."""
    return keys.derived(state, "azurite").hex()


def start(state: State, settings: Settings) -> None:
    """Start both and wait until they answer; the API server has to be there."""
    address = azure_address(settings)
    packages = folder_of(next(part for part in NODE if part.name == AZURITE))
    node = shutil.which("node")
    if node is None:
        raise SandboxError("node is not on PATH; Azurite runs on it", fix="install Node 18 or newer")
    blobs = state.blobs
    flags = ["--blobHost", address, "--blobPort", str(AZURITE_PORT), "--location", str(blobs)]
    flags += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    program = packages / "azurite/dist/src/blob/main.js"
    processes.start(
        state,
        AZURITE,
        [node, "--require", str(Path(__file__).with_name("azurite.js")), str(program), *flags],
        env={**os.environ, "AZURITE_DOOR_KEY": door_key(state)},
        ready=lambda: _listens(address, AZURITE_PORT),
    )
    processes.start(
        state,
        PROCESS,
        [sys.executable, "-m", "sandbox.edge.server", address, str(PORT), str(AZURITE_PORT)],
        env={**os.environ, "SANDBOX_STATE": str(state.root), "PYTHONPATH": str(CHECKOUT)},
        ready=lambda: _answers(state, address),
    )
    body = webhook.configuration(f"https://{address}:{PORT}{webhook.PATH}", authority(state).certificate.read_bytes())
    ApiServer(state).apply(f"{_WEBHOOKS}/{body['metadata']['name']}", body)


def stop(state: State) -> None:
    """Stop both; nothing happens where they do not run."""
    for name in (PROCESS, AZURITE):
        processes.stop(state, name)


def healthy(state: State) -> list[tuple[str, str, bool]]:
    """Of each of the two: name, address, and whether it answers."""
    address = azure_address(state.load_settings())
    return [
        (PROCESS, f"{address}:{PORT}", _answers(state, address)),
        (AZURITE, f"{address}:{AZURITE_PORT}", _listens(address, AZURITE_PORT)),
    ]


def _answers(state: State, address: str) -> bool:
    return answers(pool(state), f"https://{address}:{PORT}/healthz")


def _listens(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asker:
        asker.settimeout(1)
        return asker.connect_ex((address, port)) == 0
