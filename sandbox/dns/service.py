"""Starts, stops and asks the sandbox's DNS server."""

import os
import socket
import struct
import sys

from sandbox import processes
from sandbox.state import CHECKOUT, State, control_address

_PROCESS = "dns"
# A query for the name servers of the root, which is nobody's here: RFC 1035, section 4.1
_QUERY = struct.pack("!HHHHHH", 0x5A4D, 0, 1, 0, 0, 0) + b"\0" + struct.pack("!HH", 2, 1)
_REFUSED = 5


def start(state: State) -> None:
    """Start the server and wait until it answers."""
    address, port = _place(state)
    processes.start(
        state,
        _PROCESS,
        [sys.executable, "-m", "sandbox.dns.server", address, str(port)],
        env={**os.environ, "SANDBOX_STATE": str(state.root), "PYTHONPATH": str(CHECKOUT)},
        ready=lambda: _answers(address, port),
    )


def stop(state: State) -> None:
    """Stop the server; nothing happens when it does not run."""
    processes.stop(state, _PROCESS)


def healthy(state: State) -> tuple[str, bool]:
    """Where the server is, and whether it answers."""
    address, port = _place(state)
    return f"{address}:{port}", _answers(address, port)


def _place(state: State) -> tuple[str, int]:
    settings = state.load_settings()
    return control_address(settings), settings["dns_port"]


def _answers(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(1)
        try:
            asker.connect((address, port))
            asker.send(_QUERY)
            reply = asker.recv(512)
        except OSError:
            return False
    return reply[:2] == _QUERY[:2] and reply[3] & 0xF == _REFUSED
