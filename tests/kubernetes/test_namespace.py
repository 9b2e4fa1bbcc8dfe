"""A namespace and what guards it."""

from typing import Any

import pulumi
import pytest

from platform_components.errors import InputError
from platform_components.kubernetes import Namespace
from tests.mocks import Recorded, assert_component_conventions, run

from .networks import Pod, allowed


def made(preview: bool = False, **changes: Any) -> Recorded:
    arguments: Any = {"namespace_name": "shop-login", **changes}
    return run(lambda: Namespace("shop", arguments).name, preview=preview)


def policies(recorded: Recorded) -> list[dict[str, Any]]:
    return [each.inputs for each in recorded.all("networking.k8s.io/v1:NetworkPolicy")]


def test_it_enforces_pod_security() -> None:
    labels = made(labels={"platform-components/stack": "shop"}).one("core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels == {
        "app.kubernetes.io/managed-by": "platform-components",
        "platform-components/stack": "shop",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
    }


def test_a_branch_as_it_was_given_is_an_annotation() -> None:
    recorded = made(annotations={"platform-components/branch": "feature/Login!"})
    metadata = recorded.one("core/v1:Namespace").inputs["metadata"]
    assert metadata["annotations"] == {"platform-components/branch": "feature/Login!"}
    with pytest.raises(InputError, match=r"labels\.branch"):
        made(labels={"branch": "feature/Login!"})


def test_the_quota_counts_what_costs() -> None:
    hard = made(quota={"cpu": "4", "memory": "8Gi", "pods": 20, "storage": "10Gi"}).one(":ResourceQuota").inputs
    assert hard["spec"]["hard"] == {
        "requests.cpu": "4",
        "requests.memory": "8Gi",
        "limits.memory": "8Gi",
        "pods": "20",
        "requests.storage": "10Gi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def test_a_container_that_says_nothing_fits_the_quota() -> None:
    (limits,) = made().one(":LimitRange").inputs["spec"]["limits"]
    assert limits == {
        "type": "Container",
        "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
        "default": {"memory": "256Mi"},
    }


WEB = Pod("shop-login", {"app": "web"})
API = Pod("shop-login", {"app": "api"})
GATEWAY = Pod("gateway", {"app": "gateway"})
STRANGER = Pod("other", {"app": "web"})
DNS = Pod("kube-system", {"k8s-app": "kube-dns"})
DATABASE = Pod(address="10.100.16.4")
INTERNET = Pod(address="93.184.216.34")


@pytest.mark.parametrize(
    ("source", "target", "protocol", "port", "expected"),
    [
        (WEB, API, "TCP", 8080, True),
        (GATEWAY, WEB, "TCP", 8080, True),
        (WEB, DNS, "UDP", 53, True),
        (WEB, DNS, "TCP", 53, True),
        (WEB, DATABASE, "TCP", 5432, True),
        (WEB, DATABASE, "TCP", 22, False),
        (WEB, INTERNET, "TCP", 443, False),
        (STRANGER, WEB, "TCP", 8080, False),
        (WEB, STRANGER, "TCP", 8080, False),
        (WEB, GATEWAY, "TCP", 80, False),
        (WEB, DNS, "TCP", 443, False),
    ],
)
def test_who_may_talk_to_whom(source: Pod, target: Pod, protocol: str, port: int, expected: bool) -> None:
    rules = policies(made(gateway_namespaces=["gateway"], egress=[{"cidr": "10.100.16.0/24", "ports": [5432]}]))
    assert allowed(rules, source, target, protocol, port) is expected


def test_nobody_talks_to_anybody_unless_it_is_said() -> None:
    rules = policies(made(same_namespace=False))
    assert not allowed(rules, WEB, API, "TCP", 8080)
    assert not allowed(rules, GATEWAY, WEB, "TCP", 8080)


def test_the_owning_group_gets_a_role_in_this_namespace_only() -> None:
    binding = made(owner={"group": "guid-of-the-group"}).one(":RoleBinding").inputs
    assert binding["metadata"]["namespace"] == "shop-login"
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    assert binding["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "guid-of-the-group"}
    ]
    assert not made().all(":RoleBinding")


def test_what_uses_the_name_waits_for_the_guards() -> None:
    def program() -> pulumi.Output[Any]:
        name = Namespace("shop", {"namespace_name": "shop-login"}).name

        async def waits_for() -> list[str]:
            return sorted([str(await each.urn.future()).rsplit("::", 1)[-1] for each in await name.resources()])

        return pulumi.Output.from_input(waits_for())

    assert run(program).result == [
        "shop-allow-dns",
        "shop-allow-same-namespace",
        "shop-default-deny",
        "shop-limits",
        "shop-namespace",
        "shop-quota",
    ]


def test_a_preview_knows_the_name() -> None:
    assert made(preview=True).outputs("platform-components:index:Namespace") == {"name": "shop-login"}


def test_what_is_in_it_goes_away_with_it() -> None:
    recorded = made()
    namespace = recorded.one("core/v1:Namespace")
    inside = [each for each in recorded.registrations if not each.component and each is not namespace]
    assert inside
    assert {each.deleted_with for each in inside} == {namespace.urn}
    assert_component_conventions(recorded)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"namespace_name": "Shop"}, "namespace_name"),
        ({"pod_security": "none"}, "pod_security: Input should be 'restricted', 'baseline' or 'privileged'"),
        ({"pod_security_version": "1.35"}, "pod_security_version"),
        ({"quota": {"cpu": "lots"}}, "quota.cpu: 'lots' is no quantity"),
        ({"egress": [{"cidr": "10.0.0.0/33", "ports": [443]}]}, "egress.0.cidr"),
        ({"egress": [{"cidr": "10.0.0.0/24", "ports": []}]}, "egress.0.ports"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        made(**changes)
    assert message in str(error.value)
