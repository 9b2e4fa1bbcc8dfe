"""The gateway: what a new one is made of, one by reference, and what is refused."""

from typing import Any

import pytest

from platform_components.azure.roles import ROLES
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import GROUP_ID, LARGE, PRINCIPAL, deploy

GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
EXISTING = {"gateway_name": "edge", "namespace": "edge-system", "address": "203.0.113.99"}


def spec(recorded: mocks.Recorded) -> dict[str, Any]:
    found: dict[str, Any] = recorded.one(GATEWAY).inputs["spec"]
    return found


def test_it_answers_on_a_static_address_in_all_zones() -> None:
    recorded = deploy("Gateway")
    address = recorded.one(":PublicIPAddress").inputs
    assert address["publicIPAllocationMethod"] == "Static"
    assert address["sku"] == {"name": "Standard", "tier": "Regional"}
    assert address["zones"] == ["1", "2", "3"]
    annotations = spec(recorded)["infrastructure"]["annotations"]
    assert annotations["service.beta.kubernetes.io/azure-pip-name"] == "shared-gateway"
    assert annotations["service.beta.kubernetes.io/azure-load-balancer-resource-group"] == "shared"
    assert recorded.result == {
        "name": "public",
        "namespace": "gateway",
        "class_name": "approuting-istio",
        "address": "203.0.113.10",
    }


def test_it_serves_the_domain_to_the_namespaces_with_the_label() -> None:
    (listener,) = spec(deploy("Gateway"))["listeners"]
    assert (listener["hostname"], listener["protocol"], listener["port"]) == ("*.dev.example.com", "HTTP", 80)
    assert listener["allowedRoutes"]["namespaces"] == {
        "from": "Selector",
        "selector": {"matchLabels": {"platform-components/routes": "public"}},
    }


def test_with_a_certificate_http_only_redirects() -> None:
    recorded = deploy("Gateway", certificate={"secret_name": "wildcard"})
    plain, secure = spec(recorded)["listeners"]
    assert plain["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert (secure["protocol"], secure["port"]) == ("HTTPS", 443)
    assert secure["tls"] == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": "wildcard"}]}
    route = recorded.one(ROUTE).inputs["spec"]
    assert route["parentRefs"] == [{"name": "public", "sectionName": "http"}]
    assert route["rules"][0]["filters"][0]["requestRedirect"] == {"scheme": "https", "statusCode": 301}


def test_a_certificate_from_key_vault_is_read_by_an_account_of_its_own() -> None:
    recorded = deploy("Gateway", LARGE["Gateway"])
    account = recorded.one("kubernetes:core/v1:ServiceAccount").inputs
    assert account["metadata"]["name"] == "public-certificate"
    assert account["metadata"]["annotations"] == {"azure.workload.identity/client-id": PRINCIPAL}
    assert spec(recorded)["listeners"][1]["tls"]["options"] == {
        "kubernetes.azure.com/tls-cert-keyvault-uri": "https://shop-1a2b3c.vault.azure.net/certificates/wildcard",
        "kubernetes.azure.com/tls-cert-service-account": "public-certificate",
    }


def test_the_cluster_may_attach_the_address() -> None:
    recorded = deploy("Gateway", cluster_principal_id=PRINCIPAL)
    role = recorded.one(":RoleAssignment")
    assert role.inputs["roleDefinitionId"].endswith(ROLES["Network Contributor"])
    assert role.inputs["scope"] == GROUP_ID
    assert role.urn in recorded.one(GATEWAY).depends_on


def test_by_reference_nothing_is_made() -> None:
    recorded = deploy("Gateway", {"existing": EXISTING})
    assert [each.type for each in recorded.registrations] == ["platform-components:index:Gateway"]
    assert recorded.result == {
        "name": "edge",
        "namespace": "edge-system",
        "class_name": "approuting-istio",
        "address": "203.0.113.99",
    }


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "a new gateway needs resource_group_name, location, public_ip_name, domain, route_namespaces"),
        ({"existing": EXISTING, "domain": "a.example"}, "nothing is made; domain cannot be given"),
        ({"existing": {"gateway_name": "edge"}}, "existing.namespace: Field required"),
        ({**LARGE["Gateway"], "route_namespaces": {}}, "route_namespaces: .* at least 1 item"),
        ({**LARGE["Gateway"], "certificate": {}}, "give one of secret_name and key_vault_uri"),
        (
            {**LARGE["Gateway"], "certificate": {"key_vault_uri": "https://x.vault.azure.net/secrets/a"}},
            "certificates/<name>",
        ),
        (
            {**LARGE["Gateway"], "certificate": {"key_vault_uri": "https://x.vault.azure.net/certificates/a"}},
            "key_vault_uri and client_id belong together",
        ),
    ],
)
def test_half_a_gateway_is_refused(args: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("Gateway", args)
