"""A simulated subscription in a temporary folder, with a resource group in it and PostgreSQL left out."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.azure import checks, identities, operations
from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.checks import Checked
from sandbox.azure.kind import Subscription
from sandbox.azure.kinds import kind_of, parse_token
from sandbox.azure.store import Resource, Store
from sandbox.postgres import administration, service
from sandbox.state import State

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
_LOGIN = {"ARM_SUBSCRIPTION_ID": SUBSCRIPTION, "ARM_TENANT_ID": TENANT}
_TYPES = Path(__file__).resolve().parents[4] / "shared" / "arm-types"


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.root.mkdir()
    state.settings.write_text(json.dumps({"loopback_net": "127.99.7", "dns_port": 0, "apiserver_port": 0}))
    return state


@pytest.fixture(scope="session")
def arm_types() -> ArmTypes | None:
    """Azure's own types, where they are at hand."""
    if folder := os.environ.get("SANDBOX_ARM_TYPES"):
        return ArmTypes(Path(folder))
    return ArmTypes(_TYPES) if _TYPES.is_dir() else None


@dataclass
class Azure:
    """The subscription as a program would use it."""

    subscription: Subscription
    group: str = "g"
    arm_types: ArmTypes | None = None
    seeds: int = field(default=0)

    @property
    def store(self) -> Store:
        return self.subscription.store

    def create(self, token: str, **inputs: Any) -> Resource:
        """Make a resource in the group."""
        kind = kind_of(token)
        if "resourceGroupName" in kind.parameters:
            inputs = {"resourceGroupName": self.group, **inputs}
        if kind.has_location:
            inputs = {"location": kind.fixed_location or "westeurope", **inputs}
        return operations.create(self.subscription, kind, inputs, parse_token(token)[1] or kind.api_version)

    def update(self, resource: Resource, **inputs: Any) -> Resource:
        """Change some of a resource's inputs."""
        kind = kind_of(resource.token)
        changed = {**resource.inputs, **inputs}
        return operations.update(self.subscription, kind, resource.id, changed, resource.api_version)

    def delete(self, resource: Resource) -> None:
        operations.delete(self.subscription, kind_of(resource.token), resource.id)

    def get(self, resource: Resource) -> Resource | None:
        return self.store.get(resource.id)

    def check(self, token: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "x") -> Checked:
        """The engine's check of one resource."""
        kind = kind_of(token)
        urn = f"urn:pulumi:dev::shop::{token}::{name}"
        request = provider_pb2.CheckRequest(urn=urn, randomSeed=b"seed of " + name.encode())
        version = parse_token(token)[1] or kind.api_version
        return checks.check(self.subscription, kind, version, news, olds or {}, request, self.arm_types)


@pytest.fixture
def azure(state: State, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """A subscription with a resource group; its PostgreSQL servers are records only."""
    for name in ("create", "reconfigure", "drop"):
        monkeypatch.setattr(service, name, lambda *_, **__: None)
    monkeypatch.setattr(service, "require", lambda *_: None)
    for name in ("create_database", "drop_database", "add_entra_administrator", "remove_entra_administrator"):
        monkeypatch.setattr(administration, name, lambda *_: None)
    azure = Azure(identities.subscription(state, Store(state), {}, _LOGIN))
    azure.create("azure-native:resources:ResourceGroup", resourceGroupName="g", tags={"env": "a"})
    return azure


@pytest.fixture
def strict(azure: Azure, arm_types: ArmTypes | None) -> Azure:
    """The same, checked against Azure's own types."""
    if arm_types is None:
        pytest.skip("Azure's types are not at hand: set SANDBOX_ARM_TYPES")
    azure.arm_types = arm_types
    return azure
