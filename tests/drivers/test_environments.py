"""Whole environments, as the engine sees them: what is made, whose child it is, what is guarded, what is secret."""

import json
from collections import Counter

import pytest

from platform_components.azure.retries import HOOK
from platform_components.naming import ResourceIdentity, logical
from tests.drivers.world import KUBECONFIG_TOKEN, Made, branch, environment, foundation
from tests.mocks import Registration, assert_component_conventions

TYPES = ("ephemeral", "development", "staging", "production")
LOCAL = ("local",)
FOUNDATIONS = ("foundation-nonproduction", "foundation-production")
SECRET_INPUTS = {
    "azure-native:dbforpostgresql:Server": {"administratorLoginPassword"},
    "pulumi-python:dynamic/platform-components:PostgresDatabase": {"password"},
    "kubernetes:core/v1:Secret": {"data"},
}
"""The only inputs that may be secret, by type; everywhere else a secret would be plain."""
PASSWORD = "GeneratedPassword0GeneratedPassw"
"""What the mocks answer for every password."""


def kinds(made: Made) -> Counter[str]:
    """How many resources of each type, components and providers aside."""
    found = (each.type for each in made.recorded.registrations if not each.component)
    return Counter(type_ for type_ in found if not type_.startswith("pulumi:providers:"))


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Made:
    """The environment or foundation of a type."""
    return foundation(request.param) if request.param in FOUNDATIONS else environment(request.param)


def named(made: Made, type_: str) -> list[Registration]:
    return made.recorded.all(type_)


def deleted_with(made: Made, each: Registration) -> str:
    """As the engine hands it down from a component to its children."""
    by_urn = {one.urn: one for one in made.recorded.registrations}
    while not each.deleted_with and each.parent in by_urn:
        each = by_urn[each.parent]
    return each.deleted_with


def test_a_branch_gets_all_that_its_workloads_ask_for_and_nothing_shared() -> None:
    assert kinds(environment()) == {
        "azure-native:resources:ResourceGroup": 1,
        "azure-native:dns:RecordSet": 2,
        "azure-native:managedidentity:UserAssignedIdentity": 3,
        "azure-native:managedidentity:FederatedIdentityCredential": 4,
        "azure-native:storage:StorageAccount": 2,
        "azure-native:storage:BlobServiceProperties": 2,
        "azure-native:storage:BlobContainer": 2,
        "azure-native:storage:ManagementPolicy": 2,
        "azure-native:authorization:RoleAssignment": 2,
        "pulumi-python:dynamic/platform-components:GeneratedPassword": 4,
        "pulumi-python:dynamic/platform-components:PostgresDatabase": 2,
        "kubernetes:core/v1:Namespace": 1,
        "kubernetes:core/v1:ResourceQuota": 1,
        "kubernetes:core/v1:LimitRange": 1,
        "kubernetes:networking.k8s.io/v1:NetworkPolicy": 6,
        "kubernetes:core/v1:Secret": 4,
        "kubernetes:core/v1:ConfigMap": 1,
        "kubernetes:core/v1:ServiceAccount": 4,
        "kubernetes:apps/v1:Deployment": 4,
        "kubernetes:core/v1:Service": 3,
        "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": 1,
    }


def test_a_foundation_gets_a_cluster_a_gateway_a_server_a_network_and_a_zone() -> None:
    found = kinds(foundation())

    for type_ in (
        "containerservice/v20260301:ManagedCluster",
        "dbforpostgresql:Server",
        "network:VirtualNetwork",
        "dns:Zone",
    ):
        assert found[f"azure-native:{type_}"] == 1, type_
    assert found["kubernetes:gateway.networking.k8s.io/v1:Gateway"] == 1


def test_production_has_a_database_server_of_its_own() -> None:
    assert kinds(environment("production"))["azure-native:dbforpostgresql:Server"] == 1


@pytest.mark.parametrize("made", [*TYPES, *LOCAL, *FOUNDATIONS], indirect=True)
def test_every_component_keeps_its_children_and_no_option_leaks(made: Made) -> None:
    assert_component_conventions(made.recorded)


@pytest.mark.parametrize("made", [*TYPES, *LOCAL, *FOUNDATIONS], indirect=True)
def test_everything_is_found_by_the_name_of_what_was_planned(made: Made) -> None:
    plan = made.exports["platform/plan"]
    items = {logical(ResourceIdentity.parse(resource["id"])) for resource in plan["resources"]}

    for each in made.recorded.registrations:
        assert any(each.name == item or each.name.startswith(f"{item}-") for item in items), each.name


@pytest.mark.parametrize("made", [*TYPES, *LOCAL, *FOUNDATIONS], indirect=True)
def test_secrets_are_in_secret_fields_alone(made: Made) -> None:
    for each in made.recorded.registrations:
        top = {path.partition(".")[0].partition("[")[0] for path in each.secrets}
        assert top <= SECRET_INPUTS.get(each.type, set()), each.name
        plain = {key: value for key, value in each.inputs.items() if key not in top}
        assert PASSWORD not in json.dumps(plain, default=str), each.name


@pytest.mark.parametrize("made", [*TYPES, *LOCAL, *FOUNDATIONS], indirect=True)
def test_nothing_secret_is_exported(made: Made) -> None:
    assert made.secret_exports == frozenset()
    assert PASSWORD not in json.dumps(made.exports)


def test_every_output_that_is_no_secret_is_exported_under_its_flat_name() -> None:
    exports = environment().exports

    assert exports["postgres.default/web.db/host"] == foundation().exports["postgres-server.shared/main/host"]
    assert exports["dns.default/web.dns/host"].endswith(".dev.example.com")
    assert exports["namespace"] == exports["k8s-namespace.default/main/name"]
    assert exports["url"] == exports["route.default/web.route/url"]
    assert [name for name in exports if "password" in name or "secret" in name] == []
    assert "platform/contract" not in exports
    assert foundation().exports["platform/contract"] == 1


def test_in_an_ephemeral_environment_nothing_is_protected_and_all_in_the_namespace_goes_with_it() -> None:
    made = environment()
    namespace = made.recorded.one("core/v1:Namespace").urn

    assert [each.name for each in made.recorded.registrations if each.protect] == []
    for each in made.recorded.registrations:
        if each.type.startswith("kubernetes:") and each.urn != namespace:
            assert deleted_with(made, each) == namespace, each.name


def test_what_is_outside_of_the_namespace_is_deleted_for_itself() -> None:
    for each in environment().recorded.registrations:
        if each.type.startswith(("azure-native:", "pulumi-python:dynamic/platform-components:PostgresDatabase")):
            assert deleted_with(environment(), each) == "", each.name


@pytest.mark.parametrize("type_", ["development", "staging", "production"])
def test_elsewhere_data_and_the_namespace_are_protected_and_what_can_be_made_again_is_not(type_: str) -> None:
    made = environment(type_)

    for guarded in (
        ":StorageAccount",
        ":BlobContainer",
        "dynamic/platform-components:PostgresDatabase",
        "v1:Namespace",
    ):
        assert all(each.protect for each in named(made, guarded)), guarded
    for free in (":NetworkPolicy", ":Secret", ":Deployment", ":Service", ":HTTPRoute", ":ResourceQuota", ":RecordSet"):
        assert not any(each.protect for each in named(made, free)), free


@pytest.mark.parametrize("type_", ["staging", "production"])
def test_elsewhere_a_workload_is_deleted_for_itself(type_: str) -> None:
    made = environment(type_)

    assert {deleted_with(made, each) for each in named(made, ":Deployment")} == {""}


def test_a_production_foundation_is_protected_as_a_whole_and_a_nonproduction_one_not_at_all() -> None:
    assert all(
        each.protect
        for each in foundation("foundation-production").recorded.registrations
        if not each.type.startswith("pulumi:providers:")
    )
    assert not any(each.protect for each in foundation().recorded.registrations)


@pytest.mark.parametrize("made", [*TYPES, *FOUNDATIONS], indirect=True)
def test_everything_on_a_cluster_goes_through_the_provider_of_that_cluster(made: Made) -> None:
    provider = made.recorded.one("pulumi:providers:kubernetes")

    for each in made.recorded.registrations:
        if each.type.startswith("kubernetes:"):
            assert provider.urn in str(each.request.provider), each.name
    assert provider.inputs["clusterIdentifier"].startswith("/subscriptions/")
    assert "client-key-data" not in provider.inputs["kubeconfig"]


def test_existing_objects_are_taken_over_in_ephemeral_environments_alone() -> None:
    def upsert(type_: str) -> bool:
        return str(environment(type_).recorded.one("providers:kubernetes").inputs["upsertExistingObjects"]) in (
            "true",
            "True",
        )

    assert [type_ for type_ in TYPES if upsert(type_)] == ["ephemeral"]


@pytest.mark.parametrize("made", [*TYPES, *FOUNDATIONS], indirect=True)
def test_whatever_azure_refuses_for_the_moment_is_tried_again(made: Made) -> None:
    for each in made.recorded.registrations:
        if each.type.startswith("azure-native:"):
            assert list(each.request.hooks.on_error) == [HOOK], each.name


@pytest.mark.parametrize("made", [*TYPES, *FOUNDATIONS], indirect=True)
def test_everything_in_azure_says_whose_it_is(made: Made) -> None:
    for each in made.recorded.registrations:
        if "tags" in each.inputs:
            assert each.inputs["tags"]["platform-stack"] == made.exports["platform/plan"]["environment"]["name"]
    group = made.recorded.one(":ResourceGroup")
    assert "platform-stack" in group.inputs["tags"]


@pytest.mark.parametrize("made", TYPES, indirect=True)
def test_pods_are_asked_for_only_when_their_account_is_there(made: Made) -> None:
    """After a failure elsewhere the engine waits for what it has begun: pods without an account never come."""
    accounts = {each.inputs["metadata"]["name"]: each.urn for each in named(made, "v1:ServiceAccount")}
    assert accounts
    for each in named(made, "apps/v1:Deployment"):
        account = each.inputs["spec"]["template"]["spec"]["serviceAccountName"]
        assert accounts[account] in each.depends_on, each.name


def test_a_preview_before_anything_is_there_registers_the_same() -> None:
    previewed = [(each.type, each.name) for each in branch(preview=True).recorded.registrations]

    assert sorted(previewed) == sorted((each.type, each.name) for each in environment().recorded.registrations)


def test_names_of_resources_are_those_of_the_plan() -> None:
    made = environment()
    plan = {resource["id"]: resource.get("names", {}) for resource in made.exports["platform/plan"]["resources"]}

    database = made.recorded.named(f"{logical(ResourceIdentity.parse('postgres.default#web.db'))}-database")
    assert database.inputs["database_name"] == plan["postgres.default#web.db"]["database"]
    accounts = {each.inputs["accountName"] for each in named(made, ":StorageAccount")}
    assert accounts == {names["account"] for names in plan.values() if "account" in names}
    assert (
        made.recorded.one("core/v1:Namespace").inputs["metadata"]["name"]
        == plan["k8s-namespace.default#main"]["namespace"]
    )


def test_on_a_laptop_nothing_is_asked_of_a_cloud() -> None:
    found = kinds(environment("local"))

    assert {type_.partition(":")[0] for type_ in found} == {"kubernetes", "pulumi-python"}
    assert found["kubernetes:apps/v1:StatefulSet"] == 4
    assert found["kubernetes:networking.k8s.io/v1:Ingress"] == 1


def test_on_a_laptop_no_credential_of_the_cluster_comes_into_state_or_outputs() -> None:
    made = environment("local")
    provider = made.recorded.one("pulumi:providers:kubernetes")

    assert provider.inputs["context"] == "laptop"
    assert provider.inputs["clusterIdentifier"] == "laptop"
    assert provider.inputs["kubeconfig"].endswith("/config")
    assert KUBECONFIG_TOKEN not in json.dumps([each.inputs for each in made.recorded.registrations], default=str)
    assert made.exports["k8s-cluster.default/main/context"] == "laptop"


def test_on_a_laptop_all_that_is_in_the_namespace_goes_with_it() -> None:
    made = environment("local")
    namespace = made.recorded.one("core/v1:Namespace").urn

    for each in made.recorded.registrations:
        if each.type.startswith("kubernetes:") and each.urn != namespace:
            assert deleted_with(made, each) == namespace, each.name


def test_pods_of_manifests_come_after_what_they_read_and_before_who_waits_for_them() -> None:
    made = environment("local")
    database = logical(ResourceIdentity.parse("postgres.default#web.db"))
    server = made.recorded.named(f"{database}-statefulset")

    assert made.recorded.named(f"{database}-secret").urn in server.depends_on
    assert server.urn in made.recorded.named(f"{database}-service").depends_on


def test_credentials_reach_pods_of_manifests_by_reference() -> None:
    made = environment("local")
    server = made.recorded.named(f"{logical(ResourceIdentity.parse('postgres.default#web.db'))}-statefulset")
    variables = {one["name"]: one for one in server.inputs["spec"]["template"]["spec"]["containers"][0]["env"]}

    assert variables["POSTGRES_PASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == "password"
    assert variables["POSTGRES_USER"]["value"] == "app"
