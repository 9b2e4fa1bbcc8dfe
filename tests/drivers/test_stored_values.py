"""Secrets that the cluster reads from a Key Vault by itself: what is made holds names, and no value goes through it."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_components.drivers.stored_values import secret_name
from platform_components.plan import PlanError
from platform_components.repository import catalog_of, matched
from platform_components.score import parse
from tests.drivers.world import CHECKOUT, Made, foundation, make

DOCUMENTED = re.findall(
    r"```yaml\n(id: values-of-the-vault\n.*?)```", (CHECKOUT / "docs/azure.md").read_text(), re.DOTALL
)
NAME = "environment-pay-env"
MIGRATED = """
---
id: postgres-migrated
type: postgres
driver: postgres/database
criteria: [{app_id: shop, env_type: production}]
uses: {server: {type: postgres-server, class: dedicated, id: main}}
inputs: {server: "${uses.server}"}
also: [{type: k8s-job, class: migration, awaited: true}]
---
id: migration
type: k8s-job
driver: kubernetes/job
criteria: [{class: migration}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
inputs: {cluster: "${uses.cluster}", namespace: "${uses.namespace}"}
"""


def document(resources: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "pay"},
        "containers": {"pay": {"image": "shop/pay:1", **container}},
        "resources": {"env": {"type": "environment"}, **(resources or {})},
    }


PAY = document(
    variables={"KEY": "${resources.env.API_KEY}", "AGAIN": "${resources.env.API_KEY}", "PLAIN": "x"},
    files={"/etc/key.pem": {"content": "${resources.env.CERTIFICATE}"}, "/etc/plain": {"content": "y"}},
)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's definitions, and the documented one."""
    folder = tmp_path_factory.mktemp("platform")
    shutil.copytree(CHECKOUT / "definitions", folder / "definitions")
    (text,) = DOCUMENTED
    (folder / "definitions" / "vault.yaml").write_text(text + MIGRATED)
    return folder


def deployed(platform: Path, score: dict[str, Any]) -> Made:
    config = {"type": "production", "app": "shop", "workloads": [score]}
    return make("shop", config, foundation=foundation("foundation-production").exports, platform=platform)


@pytest.fixture(scope="module")
def made(platform: Path) -> Made:
    return deployed(platform, PAY)


def pod(made: Made) -> dict[str, Any]:
    (controller,) = (one for one in made.recorded.all(":Deployment") if one.inputs["metadata"]["name"] == "pay")
    found: dict[str, Any] = controller.inputs["spec"]["template"]["spec"]
    return found


def test_the_class_names_the_vaults_secrets_and_who_reads_them(made: Made) -> None:
    found = made.recorded.one(":SecretProviderClass").inputs
    name = found["metadata"]["name"]
    assert name.startswith(NAME)
    assert found["metadata"]["namespace"] == made.exports["namespace"]
    parameters = found["spec"]["parameters"]
    entries = [yaml.safe_load(text) for text in yaml.safe_load(parameters.pop("objects"))["array"]]
    assert entries == [
        {"objectName": "shop--API-KEY", "objectType": "secret", "objectAlias": "API_KEY"},
        {"objectName": "shop--CERTIFICATE", "objectType": "secret", "objectAlias": "CERTIFICATE"},
    ]
    assert parameters == {
        "usePodIdentity": "false",
        "keyvaultName": "kv-platform-production",
        "clientID": made.exports["workload-identity.default/main/client_id"],
        "tenantId": made.exports["workload-identity.default/main/tenant_id"],
    }
    (synchronised,) = found["spec"]["secretObjects"]
    assert synchronised["secretName"] == name
    assert synchronised["data"] == [
        {"objectName": "API_KEY", "key": "API_KEY"},
        {"objectName": "CERTIFICATE", "key": "CERTIFICATE"},
    ]


def test_a_variable_refers_to_the_drivers_secret_and_a_file_is_the_vaults(made: Made) -> None:
    spec = pod(made)
    name = made.recorded.one(":SecretProviderClass").inputs["metadata"]["name"]
    (container,) = spec["containers"]
    reference = {"secretKeyRef": {"name": name, "key": "API_KEY"}}
    variables = {entry["name"]: entry.get("valueFrom") or entry["value"] for entry in container["env"]}
    assert variables == {"KEY": reference, "AGAIN": reference, "PLAIN": "x"}
    volume = f"workload-store-{name}"
    assert [one for one in spec["volumes"] if one["name"] == volume] == [
        {
            "name": volume,
            "csi": {
                "driver": "secrets-store.csi.k8s.io",
                "readOnly": True,
                "volumeAttributes": {"secretProviderClass": name},
            },
        }
    ]
    assert [one for one in container["volumeMounts"] if one["name"] == volume] == [
        {
            "name": volume,
            "mountPath": f"/mnt/secrets-store/{name}/API_KEY",
            "subPath": "API_KEY",
            "readOnly": True,
        },
        {"name": volume, "mountPath": "/etc/key.pem", "subPath": "CERTIFICATE", "readOnly": True},
    ]
    assert "/etc/plain" in {one["mountPath"] for one in container["volumeMounts"]}


def test_no_value_and_no_secret_goes_through_the_program(made: Made) -> None:
    assert not made.recorded.all("core/v1:Secret")
    workload = [each for each in made.recorded.registrations if "pay" in each.name]
    assert workload
    assert [each.name for each in workload if each.secrets] == []


def test_pods_wait_for_the_class_also_where_a_migration_runs_first(platform: Path) -> None:
    made = deployed(platform, document({"db": {"type": "postgres"}}, variables={"KEY": "${resources.env.API_KEY}"}))
    name = made.recorded.one(":SecretProviderClass").inputs["metadata"]["name"]
    (volume,) = (one for one in pod(made)["volumes"] if "csi" in one)
    assert volume["csi"]["volumeAttributes"] == {"secretProviderClass": name}
    assert made.recorded.all(":Job")


def refused(platform: Path, score: dict[str, Any]) -> str:
    catalog = catalog_of(platform)
    source = parse(score, file="score.yaml", contracts=catalog.types)
    with pytest.raises(PlanError) as caught:
        _ = matched({"type": "production", "app": "shop"}, "shop", catalog, [source]).plan
    return str(caught.value)


@pytest.mark.parametrize(
    ("container", "path", "why"),
    [
        ({"variables": {"H": "Bearer ${resources.env.KEY}"}}, "variables.H", "a part of a longer text"),
        ({"variables": {"H": "${resources.env.KEY}${resources.env.KEY}"}}, "variables.H", "a part of a longer text"),
        ({"files": {"/a": {"content": "k=${resources.env.KEY}"}}}, 'files["/a"]', "a part of a longer text"),
        (
            {"files": {"/a": {"content": "${resources.env.KEY}", "mode": "0400"}}},
            'files["/a"]',
            "a file with a mode of its own",
        ),
    ],
)
def test_what_would_have_to_know_the_value_is_refused_before_anything_is_made(
    platform: Path, container: dict[str, Any], path: str, why: str
) -> None:
    message = refused(platform, document(**container))
    assert f"containers.pay.{path}" in message
    assert f"${{resources.env.KEY}}: is known to the cluster alone, and cannot be {why}" in message
    assert "hand it over alone" in message


def test_a_name_that_no_vault_can_hold_is_refused(platform: Path) -> None:
    message = refused(platform, document(variables={"A": "${resources.env.a__b}"}))
    assert "no secret of a Key Vault can be called 'a__b'" in message


def test_another_drivers_input_is_refused_with_its_definition(platform: Path, tmp_path: Path) -> None:
    shutil.copytree(platform / "definitions", tmp_path / "definitions")
    file = tmp_path / "definitions" / "vault.yaml"
    text = file.read_text().replace(
        'namespace: "${uses.namespace}"}', 'namespace: "${uses.namespace}", variables: {A: "${uses.env.KEY}"}}'
    )
    file.write_text(
        text.replace(
            "criteria: [{class: migration}]\nuses:",
            "criteria: [{class: migration}]\nuses:\n  env: {type: environment, id: shared}",
        )
    )
    message = refused(tmp_path, document({"db": {"type": "postgres"}}))
    assert "migration: inputs: ${environment.default#shared.KEY}: is known to the cluster alone" in message
    assert "an input of a driver" in message


def test_a_vault_has_no_underscores() -> None:
    assert secret_name("shop--", "STRIPE_API_KEY") == "shop--STRIPE-API-KEY"
