"""A sandbox's state without any server."""

import json
from pathlib import Path

import pytest

from sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.root.mkdir()
    state.settings.write_text(json.dumps({"loopback_net": "127.99.8", "dns_port": 1, "apiserver_port": 1}))
    return state


@pytest.fixture
def environment(state: State) -> dict[str, str]:
    """The environment a program in the sandbox has, as far as the credential tools look."""
    return {
        "SANDBOX_STATE": str(state.root),
        "ARM_SUBSCRIPTION_ID": "11111111-1111-4111-8111-111111111111",
        "ARM_TENANT_ID": "22222222-2222-4222-8222-222222222222",
    }
