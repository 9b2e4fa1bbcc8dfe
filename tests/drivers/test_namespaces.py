"""The environment's namespace: what guards it follows from the environment type, the cluster and the definition."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import CatalogError
from platform_components.repository import catalog_of
from tests.drivers.world import CHECKOUT, Made, branch, environment, foundation, make

STATIC_CLUSTER = """
id: cluster-elsewhere
type: k8s-cluster
driver: static
criteria: [{app_id: shop, env_type: ephemeral}]
inputs: {id: somewhere, name: somewhere, kubeconfig: "{}", oidc_issuer_url: https://issuer.example}
"""
TYPES = ("ephemeral", "development", "staging", "production")


def metadata(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = made.recorded.one("core/v1:Namespace").inputs["metadata"]
    return found


def platform(folder: Path, definitions: str = "", **replaced: str) -> Path:
    """The checkout's definitions, some lines of application.yaml replaced, and more of them."""
    shutil.copytree(CHECKOUT / "definitions", folder / "definitions")
    application = folder / "definitions" / "application.yaml"
    text = application.read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    application.write_text(text)
    (folder / "definitions" / "more.yaml").write_text(definitions or "environment_types: {}\n")
    return folder


def document() -> dict[str, Any]:
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "nginx"}},
    }


@pytest.mark.parametrize("type_", TYPES)
def test_pod_security_is_that_of_the_clusters_version(type_: str) -> None:
    labels = metadata(environment(type_))["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "v1.35"


def test_a_cluster_that_tells_no_version_gets_the_latest_pod_security(tmp_path: Path) -> None:
    config = {"type": "ephemeral", "app": "shop", "workloads": [document()]}
    made = make("shop-a", config, foundation=foundation().exports, platform=platform(tmp_path, STATIC_CLUSTER))
    assert metadata(made)["labels"]["pod-security.kubernetes.io/enforce-version"] == "latest"


def test_a_branch_and_an_owner_are_annotations_and_the_rest_is_labels() -> None:
    found = metadata(branch(branch="feature/Login!", owner="Team A <a@shop.example>"))
    assert found["annotations"] == {
        "platform-components/branch": "feature/Login!",
        "platform-components/owner": "Team A <a@shop.example>",
    }
    ours = {key: value for key, value in found["labels"].items() if key.startswith("platform-components/")}
    assert ours == {
        "platform-components/app": "shop",
        "platform-components/environment-type": "ephemeral",
        "platform-components/foundation": "foundation-nonproduction",
        "platform-components/managed": "true",
        "platform-components/stack": "shop-main-abc123",
        "platform-components/temporary": "true",
    }


@pytest.mark.parametrize("type_", TYPES)
def test_quota_and_limits_are_those_of_the_environment_type(type_: str) -> None:
    settings = catalog_of(CHECKOUT).environment_types[type_].settings["namespace"]
    made = environment(type_)
    hard = made.recorded.one(":ResourceQuota").inputs["spec"]["hard"]
    (limits,) = made.recorded.one(":LimitRange").inputs["spec"]["limits"]
    assert hard["requests.memory"] == settings["quota"]["memory"]
    assert int(hard["pods"]) == settings["quota"]["pods"]
    assert limits["default"]["memory"] == settings["limit_range"]["memory_limit"]


def test_a_stack_may_have_other_limits_and_an_owner() -> None:
    group = "0aa94a2b-0000-4000-8000-000000000001"
    made = branch(settings={"namespace": {"limit_range": {"memory_limit": "1Gi"}, "owner": {"group": group}}})
    (limits,) = made.recorded.one(":LimitRange").inputs["spec"]["limits"]
    binding = made.recorded.one(":RoleBinding").inputs
    assert limits["default"]["memory"] == "1Gi"
    assert binding["roleRef"]["name"] == "view"
    assert [one["name"] for one in binding["subjects"]] == [group]
    assert not environment().recorded.all(":RoleBinding")


def test_a_definition_may_say_privileged_and_nothing_else_may(tmp_path: Path) -> None:
    quota = "  quota: ${environment.namespace.quota}"
    config = {"type": "ephemeral", "app": "shop", "workloads": [document()]}
    said = platform(tmp_path / "said", **{quota: f"{quota}\n  pod_security: privileged"})
    made = make("shop-a", config, foundation=foundation().exports, platform=said)
    assert metadata(made)["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"

    asked = platform(tmp_path / "asked", **{quota: f"{quota}\n  pod_security: ${{environment.namespace.level}}"})
    with pytest.raises(CatalogError) as caught:
        catalog_of(asked)
    message = "namespace: inputs.pod_security: must be written out here: neither settings nor params may change it"
    assert message in str(caught.value)
    assert "definitions/application.yaml:1" in str(caught.value)


def test_nothing_gets_into_or_out_of_a_namespace_by_itself() -> None:
    for type_ in TYPES:
        policies = [each.inputs for each in environment(type_).recorded.all(":NetworkPolicy")]
        of_all = [each["metadata"]["name"] for each in policies if not each["spec"]["podSelector"]]
        assert sorted(of_all) == ["allow-dns", "default-deny"]
