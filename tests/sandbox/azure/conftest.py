"""A simulated subscription in a temporary folder, with a resource group in it and PostgreSQL left out."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure import identities
from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.store import Store
from sandbox.postgres import administration, instance, service
from sandbox.postgres.instance import Instance
from sandbox.state import State
from tests.sandbox.azure.world import LOGIN, Azure

_TYPES = Path(__file__).resolve().parents[4] / "shared" / "arm-types"


def new_state(folder: Path) -> State:
    """The state of a sandbox in which nothing runs."""
    state = State(folder / "state")
    state.root.mkdir()
    state.settings.write_text(json.dumps({"loopback_net": "127.99.7", "dns_port": 0, "apiserver_port": 0}))
    return state


@pytest.fixture
def state(tmp_path: Path) -> State:
    return new_state(tmp_path)


@pytest.fixture(scope="session")
def arm_types() -> ArmTypes | None:
    """Azure's own types, where they are at hand."""
    if folder := os.environ.get("SANDBOX_ARM_TYPES"):
        return ArmTypes(Path(folder))
    return ArmTypes(_TYPES) if _TYPES.is_dir() else None


def _record(state: State, server: str, *, address: str, password: str | None, **settings: Any) -> None:
    instance.save(state, Instance(server, address, **settings))


def new_azure(state: State, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """A subscription with a resource group; its PostgreSQL servers are records only."""
    monkeypatch.setattr(service, "create", _record)
    monkeypatch.setattr(service, "reconfigure", lambda *_, **__: None)
    monkeypatch.setattr(service, "drop", instance.forget)
    monkeypatch.setattr(service, "require", instance.load)
    effects = ("create_database", "drop_database", "add_entra_administrator", "remove_entra_administrator")
    for name in (*effects, "allow_extensions"):
        monkeypatch.setattr(administration, name, lambda *_: None)
    azure = Azure(identities.subscription(state, Store(state), {}, LOGIN))
    azure.create("azure-native:resources:ResourceGroup", resourceGroupName="g", tags={"env": "a"})
    return azure


@pytest.fixture
def azure(state: State, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """A subscription as a test finds it."""
    return new_azure(state, monkeypatch)


@pytest.fixture
def strict(azure: Azure, arm_types: ArmTypes | None) -> Azure:
    """The same, checked against Azure's own types."""
    if arm_types is None:
        pytest.skip("Azure's types are not at hand: set SANDBOX_ARM_TYPES")
    azure.arm_types = arm_types
    return azure
