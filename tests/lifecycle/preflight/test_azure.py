"""What Azure is asked before anything is made: names, rights, quotas and offers."""

from datetime import UTC, datetime, timedelta

import pytest

from platform_components.errors import InputError
from platform_components.lifecycle.preflight import names, offers, rights
from platform_components.lifecycle.preflight.findings import Check, Finding, answers
from platform_components.plan import Plan
from sandbox.azure.store import Deleted, Store
from tests.lifecycle.preflight.conftest import FOUNDATION, GROUP, Prepare, Subscription

SERVER = "psql-staging-dedicated-1f2f6a32"
ACCOUNT = "ststagingwebstorfd4816ff"


def asked(checks: "list[Check]") -> dict[str, Finding]:
    """The findings by what they are about."""
    return {one.subject: one for one in answers(checks)}


def test_names_that_nobody_has_are_free(subscription: Subscription, staging: Plan) -> None:
    found = asked(list(names.checks(staging)))

    assert {subject: one.state for subject, one in found.items()} == {
        f"PostgreSQL server {SERVER}": "ok",
        f"storage account {ACCOUNT}": "ok",
    }


def test_a_name_that_somebody_has_is_told_with_what_to_do(subscription: Subscription, staging: Plan) -> None:
    subscription.holds(f"Microsoft.Storage/storageAccounts/{ACCOUNT}", "storage:StorageAccount")
    subscription.holds(f"Microsoft.DBforPostgreSQL/flexibleServers/{SERVER}", "dbforpostgresql:Server")

    found = asked(list(names.checks(staging)))

    assert {one.state for one in found.values()} == {"problem"}
    assert "already taken" in found[f"storage account {ACCOUNT}"].what
    assert "`salt`" in found[f"storage account {ACCOUNT}"].fix
    with pytest.raises(InputError) as refused:
        names.refuse_taken(staging)
    assert SERVER in str(refused.value)
    assert ACCOUNT in str(refused.value)


def test_a_deleted_vault_keeps_its_name_and_says_until_when(subscription: Subscription) -> None:
    until = datetime.now(UTC) + timedelta(days=9)
    gone = Deleted("kv-shop", f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop", "westeurope", until.isoformat())
    with Store(subscription.state).writing() as transaction:
        transaction.soft_delete("azure-native:keyvault:Vault", gone)

    (found,) = names._key_vault("key vault", "kv-shop")

    assert (found.state, f"{until:%Y-%m-%d}" in found.what) == ("problem", True)
    assert "az keyvault recover --name kv-shop" in found.fix
    (free,) = names._key_vault("key vault", "kv-other")
    assert free.state == "ok"


def test_what_cannot_be_asked_is_unknown_and_refuses_nothing(subscription: Subscription, staging: Plan) -> None:
    subscription.down = True

    found = asked(list(names.checks(staging)))

    assert {one.state for one in found.values()} == {"unknown"}
    assert all("could not ask" in one.what and "az login" in one.what for one in found.values())
    names.refuse_taken(staging)


@pytest.mark.parametrize(
    ("roles", "state", "words"),
    [
        ("Owner", "ok", "is Owner"),
        ("Contributor,User Access Administrator", "ok", "Contributor and User Access"),
        ("Contributor", "problem", "may not give roles"),
        ("User Access Administrator", "problem", "may not make resources"),
        ("", "problem", "may not make resources nor give roles"),
        ("Reader", "problem", "may not make resources nor give roles"),
        ("Platform Runner", "unknown", "could not ask what these roles allow: Platform Runner"),
    ],
)
def test_rights_are_those_that_the_plan_needs(
    subscription: Subscription, staging: Plan, roles: str, state: str, words: str
) -> None:
    subscription.environment["SANDBOX_AZURE_ROLES"] = roles

    (found,) = answers(list(rights.checks(staging)))

    assert (found.state, words in found.what) == (state, True)
    assert ("az role assignment create" in found.fix) == (state == "problem")


def test_a_plan_without_anything_of_azure_needs_no_right(staging: Plan) -> None:
    plan = staging.model_copy(update={"resources": ()})

    assert list(rights.checks(plan)) == []


def test_a_cluster_and_a_server_that_fit_are_well(subscription: Subscription, prepared: Prepare) -> None:
    made = prepared("foundation-nonproduction", config=FOUNDATION).matched

    found = asked(list(offers.checks(made.plan, made.environment, new=True)))

    assert {one.state for one in found.values()} == {"ok"}
    assert found["vCPUs in westeurope"].what == "24 wanted at most, 350 of 350 free"
    assert "Standard_D4ds_v5 in westeurope" in found
    assert "PostgreSQL Standard_B2s in westeurope" in found
    assert list(offers.checks(made.plan, made.environment, new=False)) == []


def test_a_quota_that_is_used_up_is_told_with_its_figures(subscription: Subscription, prepared: Prepare) -> None:
    subscription.environment["SANDBOX_AZURE_QUOTAS"] = "family_vcpus=30,regional_vcpus=100,postgres_vcores=1"
    pools = [{"vmSize": "Standard_D4ds_v5", "count": 3}]
    here = {"location": "westeurope", "agentPoolProfiles": pools}
    subscription.holds("Microsoft.ContainerService/managedClusters/a", "containerservice:ManagedCluster", here)
    made = prepared("foundation-nonproduction", config=FOUNDATION).matched

    found = asked(list(offers.checks(made.plan, made.environment, new=True)))

    assert found["standardDDSv5Family in westeurope"].what == "24 wanted at most, 18 of 30 free"
    assert found["standardDDSv5Family in westeurope"].state == "problem"
    assert found["vCPUs in westeurope"].state == "ok"
    assert found["PostgreSQL vCores in westeurope"].state == "problem"
    assert "quickstart-increase-quota" in found["PostgreSQL vCores in westeurope"].fix


def test_sizes_that_the_region_does_not_sell_are_told(subscription: Subscription, prepared: Prepare) -> None:
    subscription.environment["SANDBOX_AZURE_UNOFFERED"] = "Standard_D4ds_v5,Standard_B2s"
    made = prepared("foundation-nonproduction", config=FOUNDATION).matched

    found = asked(list(offers.checks(made.plan, made.environment, new=True)))

    assert "NotAvailableForSubscription" in found["Standard_D4ds_v5 in westeurope"].what
    server = found["PostgreSQL Standard_B2s in westeurope"]
    assert (server.state, "Standard_B1ms" in server.what) == ("problem", True)


@pytest.mark.parametrize(
    ("size", "family", "cpus"),
    [
        ("Standard_D4ds_v5", "standardDDSv5Family", 4),
        ("Standard_B2s", "standardBSFamily", 2),
        ("Standard_E16s_v3", "standardESv3Family", 16),
        ("large", "", 0),
    ],
)
def test_a_sizes_name_says_its_family_and_vcpus(size: str, family: str, cpus: int) -> None:
    assert (offers._family(size), offers._cpus(size)) == (family, cpus)


def test_every_pool_of_a_cluster_counts(prepared: Prepare) -> None:
    resources = {"cluster": {"type": "k8s-cluster", "id": "main"}}
    plan = prepared("foundation-production", config={"resources": resources}).matched.plan

    assert offers.node_sizes(plan.resource("k8s-cluster.default#main")) == {"Standard_D4ds_v5": 17}
