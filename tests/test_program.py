"""The program of every stack: what it reads, what it exports, and how a mistake in it ends."""

import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest

from platform_components import creation
from platform_components.drivers import generic
from platform_components.drivers.request import Deployed, Request
from tests import mocks
from tests.drivers.world import CHECKOUT, FOUNDATION_RESOURCES, Made, environment, foundation, make

CONFIG = {"type": "ephemeral", "app": "shop", "branch": "main"}
STACK = "shop-main-abc123"


def document(name: str, *, port: bool = False, **resources: Any) -> dict[str, Any]:
    service = {"service": {"ports": {"http": {"port": 80, "targetPort": 8080}}}} if port else {}
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": name},
        "containers": {"main": {"image": "nginx"}},
        **service,
        **({"resources": resources} if resources else {}),
    }


def deployed(*workloads: dict[str, Any], platform: Path | None = None, **config: Any) -> Made:
    given: dict[str, Any] = {"platform": platform} if platform else {}
    settings = {**CONFIG, "workloads": list(workloads), **config}
    return make(STACK, settings, foundation=foundation().exports, **given)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"type": "ephemral"}, "platform:type"),
        ({"typ": "ephemeral"}, "platform:typ"),
        ({"settings": {"workload": {"replcas": 2}}}, "platform:settings.workload.replcas"),
        ({"images": {"wbe": "nginx"}}, "wbe"),
        ({"workloads": ["no/such.yaml"]}, "platform:workloads[0]"),
        ({"workloads": []}, "workload"),
    ],
)
def test_a_mistake_in_the_config_ends_in_its_message_without_a_traceback(config: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        deployed(document("web"), **config)

    assert words in str(error.value)
    assert error.value.__suppress_context__


def test_structured_keys_come_as_the_engine_keeps_them() -> None:
    made = deployed(document("web"), settings={"workload": {"replicas": 3}}, images={"web": "nginx:2"})

    deployment = made.recorded.named("workload-web-a28546-controller")
    assert deployment.inputs["spec"]["replicas"] == 3
    assert deployment.inputs["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"


def test_a_workload_with_a_port_and_a_host_is_reached_there() -> None:
    made = deployed(document("web", port=True, dns={"type": "dns"}))

    assert made.exports["url"] == f"https://{made.exports['dns.default/web.dns/host']}/"


def test_a_workload_without_a_port_has_no_address() -> None:
    made = deployed(document("worker", dns={"type": "dns"}))

    assert "url" not in made.exports
    assert made.exports["namespace"]


def test_a_route_to_a_port_that_the_workload_has_not_is_refused() -> None:
    route = {"type": "route", "params": {"host": "a.example.com", "path": "/", "port": "https"}}

    with pytest.raises(pulumi.RunError, match="has no port 'https'"):
        deployed(document("web", port=True, route=route))


def test_what_the_foundation_does_not_export_is_named_with_the_stack() -> None:
    exports = {name: value for name, value in foundation().exports.items() if not name.startswith("dns-zone")}

    with pytest.raises(pulumi.RunError) as error:
        make(STACK, {**CONFIG, "workloads": [document("web", dns={"type": "dns"})]}, foundation=exports)

    assert "foundation-nonproduction exports no 'dns-zone.default/main/" in str(error.value)
    assert "deploy it first" in str(error.value)


def test_the_deployed_plan_is_an_output_without_the_places_of_this_checkout() -> None:
    plan = environment().exports["platform/plan"]

    assert plan["versions"]["platform-components"]
    assert str(Path(__file__).parents[1]) not in str(plan)
    assert plan["resources"]


def test_the_same_config_makes_the_same_program() -> None:
    def registered(made: Made) -> list[tuple[str, str, str]]:
        return sorted((each.type, each.name, str(each.inputs)) for each in made.recorded.registrations)

    workload = document("web", port=True, db={"type": "postgres"}, dns={"type": "dns"})
    assert registered(deployed(workload)) == registered(deployed(workload))


def test_a_driver_that_breaks_its_contract_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def incomplete(request: Request) -> Deployed:
        found = _stack_reference(request).outputs
        return Deployed({name: value for name, value in found.items() if name != "address"})

    _stack_reference = generic.stack_reference
    monkeypatch.setattr(generic, "stack_reference", incomplete)

    with pytest.raises(pulumi.RunError) as error:
        deployed(document("web", dns={"type": "dns"}))

    assert "driver stack-reference does not keep the contract of the type 'gateway'" in str(error.value)
    assert "missing: address" in str(error.value)


def test_each_cluster_brings_its_own_provider_to_what_uses_it(tmp_path: Path) -> None:
    """A namespace goes to the cluster that its definition uses, not to the first one there is."""
    platform = tmp_path / "platform"
    source = Path(__file__).parents[1]
    shutil.copytree(source / "definitions", platform / "definitions")
    (platform / "definitions" / "second.yaml").write_text(
        """id: second-cluster
type: k8s-cluster
driver: static
criteria: [{class: second, env_type: ephemeral}]
inputs: {id: second, name: second, resource_group: rg, kubeconfig: "kind: Config", oidc_issuer_url: "https://oidc",
  principal_id: principal, version: "1.35"}
---
id: workload-elsewhere
type: workload
driver: kubernetes/workload
criteria: [{env_type: ephemeral, res_id: elsewhere}]
uses:
  cluster: {type: k8s-cluster, class: second, id: other}
  namespace: {type: k8s-namespace, id: main}
  identity: {type: workload-identity, id: main}
  gateway: {type: gateway, id: main}
inputs: {cluster: "${uses.cluster}", namespace: "${uses.namespace}", identity: "${uses.identity}",
  gateway: "${uses.gateway}", replicas: 1}
"""
    )
    made = deployed(document("elsewhere"), document("here"), platform=platform)

    providers = {each.urn: each.name for each in made.recorded.all("pulumi:providers:kubernetes")}
    used = {
        deployment.inputs["metadata"]["name"]: providers[str(deployment.request.provider).rpartition("::")[0]]
        for deployment in made.recorded.all(":Deployment")
    }
    assert used["elsewhere"].startswith("k8s-cluster-second-other-")
    assert used["here"].startswith("k8s-cluster-2e1e0d")


MIGRATION = """\
id: postgres-migrated
type: postgres
driver: postgres/database
criteria: [{app_id: shop, env_type: ephemeral}]
uses:
  server: {type: postgres-server, class: shared, id: main}
inputs: {server: "${uses.server}"}
also:
  - {type: k8s-job, class: migration, awaited: true}
---
id: migration
type: k8s-job
driver: kubernetes/job
criteria: [{class: migration}]
uses:
  db: {type: postgres}
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
inputs:
  cluster: ${uses.cluster}
  namespace: ${uses.namespace}
  command: [migrate, up]
  variables: {DATABASE_URL: "postgresql://${uses.db.username}:${uses.db.password}@${uses.db.host}/${uses.db.name}"}
"""


def test_a_workload_waits_for_the_migration_of_its_database_which_runs_its_image(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "definitions", tmp_path / "definitions")
    (tmp_path / "definitions" / "migration.yaml").write_text(MIGRATION)

    made = deployed(document("web", db={"type": "postgres"}), document("other"), platform=tmp_path)

    job = made.recorded.one("batch/v1:Job")
    pod = job.inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "nginx"
    assert pod["containers"][0]["command"] == ["migrate", "up"]
    waiting = {each.name for each in made.recorded.all("apps/v1:Deployment") if job.urn in each.depends_on}
    assert waiting == {"workload-web-a28546-controller"}
    database = made.recorded.one("dynamic/platform-components:PostgresDatabase")
    assert job.urn not in database.depends_on
    secret = next(each for each in made.recorded.all("core/v1:Secret") if each.name.startswith("k8s-job"))
    assert "data" in {path.split(".")[0] for path in secret.secrets}


def test_a_job_of_no_workload_has_no_image_to_run(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "definitions", tmp_path / "definitions")
    shared = MIGRATION.replace("class: migration, awaited: true", "class: migration, id: all, awaited: true")
    shared = shared.replace("db: {type: postgres}\n", "db: {type: postgres, id: web.db}\n")
    (tmp_path / "definitions" / "migration.yaml").write_text(shared)

    with pytest.raises(
        pulumi.RunError, match=r"k8s-job.migration#all: belongs to no workload whose image it could run"
    ):
        deployed(document("web", db={"type": "postgres"}), platform=tmp_path)


def test_a_gateway_reads_its_certificate_from_key_vault_as_an_identity_of_its_own() -> None:
    vault = f"{mocks.SUBSCRIPTION}/resourceGroups/certificates/providers/Microsoft.KeyVault/vaults/kv"
    uri = "https://kv.vault.azure.net/certificates/wildcard"
    chosen = {"gateway": {"certificate_secret": None, "certificate_key_vault": {"uri": uri, "vault_id": vault}}}
    type_ = "foundation-nonproduction"
    made = make(type_, {"type": type_, "resources": FOUNDATION_RESOURCES, "settings": chosen})

    credential = made.recorded.one(":FederatedIdentityCredential").inputs
    assert credential["subject"] == "system:serviceaccount:platform-gateway:gateway-certificate"
    scopes = [each.inputs["scope"] for each in made.recorded.all(":RoleAssignment")]
    assert vault in scopes
    account = made.recorded.one("core/v1:ServiceAccount").inputs["metadata"]
    assert account["name"] == "gateway-certificate"
    listeners = made.recorded.one("v1:Gateway").inputs["spec"]["listeners"]
    (secure,) = [listener for listener in listeners if listener["name"] == "https"]
    assert secure["tls"]["options"]["kubernetes.azure.com/tls-cert-keyvault-uri"] == uri


def test_a_gateway_without_a_certificate_is_refused() -> None:
    type_ = "foundation-nonproduction"
    with pytest.raises(pulumi.RunError, match="certificate: give one of secret_name and key_vault_uri"):
        make(
            type_,
            {
                "type": type_,
                "resources": FOUNDATION_RESOURCES,
                "settings": {"gateway": {"certificate_secret": None}},
            },
        )


def test_an_sdk_that_cannot_take_over_what_is_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "version", lambda _: "4.23.0")

    with pytest.raises(pulumi.RunError, match=r"needs pulumi-kubernetes 4\.30 or newer; 4\.23\.0 is installed"):
        deployed(document("web"))
