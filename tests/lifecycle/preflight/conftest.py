"""What the tests of the checks share: the sandbox's `az`, in this process, over a subscription without any server."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import OutsideError
from platform_components.lifecycle.preflight import names, offers, rights, zones
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from platform_components.plan import Plan
from sandbox.azure.store import Resource, Store
from sandbox.credentials import az as stand_in
from sandbox.errors import SandboxError
from sandbox.state import State

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other"
Prepare = Callable[..., Prepared]


class Subscription:
    """The simulated subscription that `az` answers for."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.environment = {"ARM_SUBSCRIPTION_ID": SUBSCRIPTION, "ARM_TENANT_ID": SUBSCRIPTION}
        self.calls: list[tuple[str, ...]] = []
        self.down = False

    def holds(self, path: str, token: str, inputs: Mapping[str, Any] | None = None) -> None:
        """Put a resource in."""
        resource = Resource(
            f"{GROUP}/providers/{path}", f"azure-native:{token}", "v", dict(inputs or {}), {"fqdn": path}
        )
        with Store(self.state).writing() as transaction:
            transaction.put(resource)

    def az(self, *arguments: str) -> Any:
        """As `azure_cli.az`."""
        self.calls.append(arguments)
        if self.down:
            raise OutsideError(f"`az {' '.join(arguments)}` failed", details=["Please run 'az login'"])
        try:
            options: argparse.Namespace = stand_in._parser().parse_args(arguments)
            return json.loads(json.dumps(options.command(self.state, self.environment, options)))
        except (SandboxError, LookupError) as error:
            raise OutsideError(str(error)) from error


@pytest.fixture
def subscription(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subscription:
    state = State(tmp_path / "state")
    state.azure.mkdir(parents=True, exist_ok=True)
    state.settings.write_text(json.dumps({"loopback_net": "127.99.8", "dns_port": 1, "apiserver_port": 1}))
    made = Subscription(state)
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", SUBSCRIPTION)
    for module in (names, offers, rights, zones):
        monkeypatch.setattr(module, "az", made.az)
    return made


@pytest.fixture
def prepared(platform: Path) -> Prepare:
    """Makes an environment ready: of which type, from which example, with which config."""

    def make(env_type: str, *, config: Mapping[str, Any] | None = None, score: str = "examples/web") -> Prepared:
        scores = () if env_type.startswith("foundation") else (platform / score,)
        app = "" if env_type.startswith("foundation") else "shop"
        wanted = Wanted(app=app, env=env_type, env_type=env_type, scores=scores)
        return prepare(platform, wanted, dict(config or {}), stack=env_type)

    return make


@pytest.fixture
def staging(prepared: Prepare) -> Plan:
    """An environment with a database server of its own."""
    return prepared("staging").matched.plan


FOUNDATION = {
    "resources": {
        "cluster": {"type": "k8s-cluster", "id": "main"},
        "server": {"type": "postgres-server", "class": "shared", "id": "main"},
    }
}
