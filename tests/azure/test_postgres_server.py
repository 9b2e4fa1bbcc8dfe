"""The PostgreSQL server: who gets in, what is on, the order things are made in, and what is refused."""

from typing import Any

import pytest

from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import LARGE, POSTGRES_SUBNET, PRIVATE_ZONE, SMALL, deploy

PUBLIC = {
    key: value for key, value in SMALL["PostgresServer"].items() if key not in {"subnet_id", "private_dns_zone_id"}
}


def server(recorded: mocks.Recorded) -> mocks.Registration:
    return recorded.one("azure-native:dbforpostgresql:Server")


def public(*rules: dict[str, str]) -> mocks.Recorded:
    return deploy("PostgresServer", {**PUBLIC, "firewall_rules": list(rules)})


def test_a_private_server_has_an_address_in_its_subnet_only() -> None:
    recorded = deploy("PostgresServer")
    assert server(recorded).inputs["network"] == {
        "delegatedSubnetResourceId": POSTGRES_SUBNET,
        "privateDnsZoneArmResourceId": PRIVATE_ZONE,
        "publicNetworkAccess": "Disabled",
    }
    assert not recorded.all(":FirewallRule")


def test_a_public_server_lets_in_whom_its_rules_name() -> None:
    recorded = public(
        {"name": "office", "start": "203.0.113.0", "end": "203.0.113.255"}, {"name": "one", "start": "198.51.100.7"}
    )
    assert server(recorded).inputs["network"] == {"publicNetworkAccess": "Enabled"}
    assert [(each.inputs["startIpAddress"], each.inputs["endIpAddress"]) for each in recorded.all(":FirewallRule")] == [
        ("203.0.113.0", "203.0.113.255"),
        ("198.51.100.7", "198.51.100.7"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("0.0.0.0", "255.255.255.255", "all of Azure"),
        ("0.0.0.0", "0.0.0.0", "all of Azure, other customers' machines included"),
        ("1.0.0.0", "254.0.0.0", "a /16"),
        ("203.0.0.0", "203.1.0.0", "65,537 addresses"),
        ("203.0.113.9", "203.0.113.1", "is before the first"),
        ("203.0.113", None, "no IPv4 address"),
    ],
)
def test_a_rule_for_everybody_is_refused(start: str, end: str | None, words: str) -> None:
    rule = {"name": "rule", "start": start, **({"end": end} if end else {})}
    with pytest.raises(InputError, match=words):
        public(rule)


def test_the_entra_group_administers_and_passwords_do_not_work() -> None:
    recorded = deploy("PostgresServer")
    given = server(recorded).inputs
    assert given["authConfig"] == {
        "activeDirectoryAuth": "Enabled",
        "passwordAuth": "Disabled",
        "tenantId": mocks.TENANT,
    }
    assert "administratorLogin" not in given
    assert not recorded.all(":GeneratedPassword")
    group = recorded.one(":AdministratorsMicrosoftEntra").inputs
    assert (group["principalName"], group["principalType"]) == ("platform-dba", "Group")
    assert recorded.result["administrator"] == "platform-dba"


def test_password_log_in_brings_an_administrator_whose_password_is_secret() -> None:
    recorded = deploy("PostgresServer", password_login=True)
    assert server(recorded).inputs["authConfig"]["passwordAuth"] == "Enabled"
    assert server(recorded).secrets == {"administratorLoginPassword"}
    outputs = recorded.outputs("platform-components:index:PostgresServer")
    assert "GeneratedPassword" not in str(outputs)


def test_tls_is_required_and_extensions_are_allowed_by_name() -> None:
    recorded = deploy("PostgresServer", extensions=["uuid-ossp", "pgcrypto"], parameters={"log_connections": "on"})
    parameters = {each.inputs["configurationName"]: each.inputs["value"] for each in recorded.all(":Configuration")}
    assert parameters == {
        "require_secure_transport": "on",
        "ssl_min_protocol_version": "TLSv1.2",
        "azure.extensions": "pgcrypto,uuid-ossp",
        "log_connections": "on",
    }


def test_one_operation_at_a_time_and_the_administrators_last() -> None:
    recorded = deploy("PostgresServer", LARGE["PostgresServer"])
    steps = [
        *recorded.all(":FirewallRule"),
        *recorded.all(":Configuration"),
        recorded.one(":AdministratorsMicrosoftEntra"),
    ]
    assert len(steps) == 2 + 5 + 1
    for before, after in zip([server(recorded), *steps], steps, strict=False):
        assert before.urn in after.depends_on


def test_what_azure_changes_by_itself_is_not_changed_back() -> None:
    zones = ["availabilityZone", "highAvailability.standbyAvailabilityZone"]
    assert server(deploy("PostgresServer")).ignore_changes == [*zones, "storage.storageSizeGB"]
    assert server(deploy("PostgresServer", storage_auto_grow=False)).ignore_changes == zones


@pytest.mark.parametrize(
    ("sku", "tier"),
    [("Standard_B1ms", "Burstable"), ("Standard_D2ds_v5", "GeneralPurpose"), ("Standard_E4ds_v5", "MemoryOptimized")],
)
def test_the_tier_follows_from_the_size(sku: str, tier: str) -> None:
    assert server(deploy("PostgresServer", sku=sku)).inputs["sku"] == {"name": sku, "tier": tier}


def test_safe_defaults() -> None:
    given = server(deploy("PostgresServer")).inputs
    assert given["version"] == "17"
    assert given["storage"] == {"storageSizeGB": 32, "autoGrow": "Enabled"}
    assert given["backup"] == {"backupRetentionDays": 14, "geoRedundantBackup": "Disabled"}
    assert given["highAvailability"]["mode"] == "Disabled"
    assert given["maintenanceWindow"]["customWindow"] == "Enabled"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"private_dns_zone_id": None}, "needs both subnet_id and private_dns_zone_id"),
        ({"firewall_rules": [{"name": "a", "start": "203.0.113.1"}]}, "guarded by the network"),
        ({"subnet_id": None, "private_dns_zone_id": None}, "nobody could connect"),
        ({"sku": "Standard_B1ms", "high_availability": "ZoneRedundant"}, "a Burstable server has none"),
        ({"sku": "Standard_B1ms", "parameters": {"pgbouncer.enabled": "on"}}, "has no PgBouncer"),
        ({"sku": "Standard_B1ms", "tier": "GeneralPurpose"}, "is of the tier Burstable"),
        ({"sku": "Standard_F2"}, "B, D or E series"),
        ({"storage_gb": 33}, "storage_gb: Input should be 32, 64"),
        ({"backup_retention_days": 36}, "backup_retention_days: Input should be less than or equal to 35"),
        ({"version": "15"}, "version: Input should be '16', '17' or '18'"),
        ({"server_name": "a--b"}, "single hyphens inside"),
        ({"server_name": "ab"}, "3 to 63"),
        ({"parameters": {"require_secure_transport": "off"}}, "require_secure_transport is set by the component"),
        ({"parameters": {"Log": "on"}}, "a server parameter's name"),
        ({"extensions": ["a,b"]}, "an extension's name"),
        ({"administrator": {"name": "x"}}, "administrator.object_id: Field required"),
    ],
)
def test_a_server_that_azure_would_refuse_is_refused(changes: dict[str, Any], words: str) -> None:
    args = {key: value for key, value in {**SMALL["PostgresServer"], **changes}.items() if value is not None}
    with pytest.raises(InputError, match=words):
        deploy("PostgresServer", args)
