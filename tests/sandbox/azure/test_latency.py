"""Operations take the time that Azure takes, scaled, and together no longer than the longest."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sandbox.azure.errors import ArmError
from sandbox.azure.kinds import KINDS
from sandbox.azure.latency import SECONDS, Latency, seconds
from sandbox.errors import SandboxError
from tests.sandbox.azure.world import Azure

ACCOUNT, SUBNET = "azure-native:storage:StorageAccount", "azure-native:network:Subnet"
BODY = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def slowed(azure: Azure, scale: float) -> Azure:
    azure.subscription = replace(azure.subscription, latency=Latency(scale))
    return azure


def test_every_kind_has_its_seconds() -> None:
    assert set(SECONDS) == set(KINDS)
    assert seconds("create", ACCOUNT) > seconds("read", ACCOUNT) > 0


def test_nothing_waits_unless_it_is_told_to() -> None:
    assert Latency.of({}) is None
    assert Latency.of({"SANDBOX_AZURE_LATENCY": "0"}) is None
    assert Latency.of({"SANDBOX_AZURE_LATENCY": "0.01"}).scale == 0.01  # type: ignore[union-attr]


@pytest.mark.parametrize("value", ["fast", "-1", "101", "nan"])
def test_a_scale_that_makes_no_sense_is_an_error(value: str) -> None:
    with pytest.raises(SandboxError, match="SANDBOX_AZURE_LATENCY: '"):
        Latency.of({"SANDBOX_AZURE_LATENCY": value})


def test_concurrent_operations_overlap(azure: Azure) -> None:
    slowed(azure, 0.5 / seconds("create", ACCOUNT))
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: azure.create(ACCOUNT, accountName=f"shopdata{number}", **BODY), range(8)))
    assert 0.5 <= time.monotonic() - began < 2
    assert len(azure.store.list(tokens=[ACCOUNT])) == 8


def test_two_writers_meet_for_as_long_as_azure_would_take(azure: Azure) -> None:
    space = {"addressPrefixes": ["10.100.0.0/16"]}
    azure.create("azure-native:network:VirtualNetwork", virtualNetworkName="vnet", addressSpace=space)
    slowed(azure, 0.5 / seconds("create", SUBNET))

    def make(number: int) -> str:
        time.sleep(0.2 * number)
        try:
            azure.create(
                SUBNET, virtualNetworkName="vnet", subnetName=f"s{number}", addressPrefix=f"10.100.{number}.0/24"
            )
        except ArmError as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(make, range(2))) == ["made", "AnotherOperationInProgress"]


def test_what_is_still_being_made_cannot_be_used(azure: Azure) -> None:
    space = {"addressPrefixes": ["10.100.0.0/16"]}
    azure.create("azure-native:network:VirtualNetwork", virtualNetworkName="vnet", addressSpace=space)
    group = azure.store.list()[0].id
    nat = f"{group}/providers/Microsoft.Network/natGateways/nat"
    slowed(azure, 0.5 / seconds("create", "azure-native:network:NatGateway"))
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(
            azure.create, "azure-native:network:NatGateway", natGatewayName="nat", sku={"name": "Standard"}
        )
        time.sleep(0.2)
        with pytest.raises(ArmError, match=r'409 Code="ReferencedResourceNotProvisioned".*is in Creating state'):
            azure.create(
                SUBNET,
                virtualNetworkName="vnet",
                subnetName="s",
                addressPrefix="10.100.0.0/24",
                natGateway={"id": nat},
            )
        making.result()


def test_nobody_waits_for_an_engine_that_is_gone(azure: Azure) -> None:
    latency = Latency(100)
    azure.subscription = replace(azure.subscription, latency=latency)
    latency.hurry.set()
    began = time.monotonic()
    azure.create(ACCOUNT, accountName="shopdata", **BODY)
    assert time.monotonic() - began < 1
