"""The components as other languages see them, and what importing them costs."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

from platform_components import azure
from tests.azure.samples import COMPONENTS, SMALL


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    provider = ComponentProvider([getattr(azure, name) for name in COMPONENTS], "platform-components")
    found: dict[str, Any] = json.loads(str(provider.schema))
    return found


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_input_and_output_is_described(schema: dict[str, Any], component: str) -> None:
    found = schema["resources"][f"platform-components:index:{component}"]
    described = {**found["inputProperties"], **found["properties"]}
    assert not [name for name, each in described.items() if not each.get("description")]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_fewest_arguments_are_the_required_ones(schema: dict[str, Any], component: str) -> None:
    found = schema["resources"][f"platform-components:index:{component}"]
    required = set(found.get("requiredInputs", []))
    assert required <= {_camel_case(name) for name in SMALL[component]}


def test_nested_arguments_are_types_of_the_package(schema: dict[str, Any]) -> None:
    types = {token.rsplit(":", 1)[-1] for token in schema["types"]}
    assert types == {
        "ExistingGatewayArgs",
        "FirewallRuleArgs",
        "GatewayCertificateArgs",
        "IdentityRoleArgs",
        "KeyVaultReaderArgs",
        "MaintenanceArgs",
        "NodePoolArgs",
        "PostgresAdministratorArgs",
        "PrivateEndpointArgs",
        "ServiceAccountArgs",
        "SubnetRanges",
    }


def test_counts_travel_as_numbers(schema: dict[str, Any]) -> None:
    """An integer input fails inside the component host when it comes as an Output."""
    kinds = [
        (name, input_name)
        for name, each in schema["resources"].items()
        for input_name, input_ in each["inputProperties"].items()
        if input_.get("type") == "integer"
    ]
    assert kinds == []


@pytest.mark.parametrize("component", ["DnsRecord", "WorkloadIdentity"])
def test_a_component_without_a_network_does_not_pay_for_the_network_sdk(component: str) -> None:
    script = f"""
import sys
from tests import mocks
from tests.azure.samples import SMALL, make
mocks.run(lambda: make({component!r}, SMALL[{component!r}]) and None)
print([name for name in sys.modules if name.startswith("pulumi_azure_native.network.")])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
