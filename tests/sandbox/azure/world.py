"""A simulated subscription as tests use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from sandbox.azure import checks, operations
from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.checks import Checked
from sandbox.azure.kind import Subscription
from sandbox.azure.kinds import kind_of, parse_token
from sandbox.azure.store import Resource, Store

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
LOGIN = {"ARM_SUBSCRIPTION_ID": SUBSCRIPTION, "ARM_TENANT_ID": TENANT}


@dataclass
class Azure:
    """The subscription as a program would use it."""

    subscription: Subscription
    group: str = "g"
    arm_types: ArmTypes | None = None

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

    def check(
        self, token: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "x"
    ) -> Checked:
        """The engine's check of one resource."""
        kind = kind_of(token)
        urn = f"urn:pulumi:dev::shop::{token}::{name}"
        request = provider_pb2.CheckRequest(urn=urn, randomSeed=b"seed of " + name.encode())
        version = parse_token(token)[1] or kind.api_version
        return checks.check(self.subscription, kind, version, news, olds or {}, request, self.arm_types)
