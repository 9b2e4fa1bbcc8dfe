"""The DNS server as a process of the sandbox."""

import os
from pathlib import Path

import pytest

from sandbox import processes
from sandbox.dns import service
from sandbox.state import State, new_settings


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin=""))
    return state


def test_the_server_starts_answers_and_stops(state: State) -> None:
    assert service.healthy(state)[1] is False
    service.start(state)
    try:
        address, ok = service.healthy(state)
        assert ok
        assert address.startswith(state.load_settings()["loopback_net"])
        service.start(state)
    finally:
        service.stop(state)
    assert service.healthy(state)[1] is False
    assert processes.running(state) == []
    assert os.listdir(state.processes) == []  # noqa: PTH208 - names alone
