"""The evaluator itself, held to cases that the Kubernetes documentation decides."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from .networks import Pod, allowed

WEB, API = Pod("shop", {"app": "web"}), Pod("shop", {"app": "api"}, ports={"http": 8080})
ELSEWHERE = Pod("other", {"app": "web"})
OUTSIDE = Pod(address="93.184.216.34")


def policy(pods: Mapping[str, str], *, namespace: str = "shop", **rules: Any) -> dict[str, Any]:
    types = [name.capitalize() for name in rules]
    spec = {"podSelector": {"matchLabels": dict(pods)} if pods else {}, "policyTypes": types, **rules}
    return {"metadata": {"namespace": namespace}, "spec": spec}


def to_api(direction: str, peers: Sequence[Any], **port: Any) -> list[dict[str, Any]]:
    return [{direction: list(peers), "ports": [{"port": 8080, **port}]}]


WEB_PODS = {"podSelector": {"matchLabels": {"app": "web"}}}
API_PODS = {"podSelector": {"matchLabels": {"app": "api"}}}


@pytest.mark.parametrize(
    ("policies", "source", "target", "protocol", "port", "expected"),
    [
        ([], WEB, API, "TCP", 8080, True),
        ([policy({}, ingress=[])], WEB, API, "TCP", 8080, False),
        ([policy({}, egress=[])], WEB, API, "TCP", 8080, False),
        ([policy({}, egress=[], namespace="other")], WEB, API, "TCP", 8080, True),
        ([policy({"app": "api"}, egress=[])], WEB, API, "TCP", 8080, True),
        ([policy({"app": "api"}, ingress=[])], WEB, API, "TCP", 8080, False),
        # One direction alone is not enough where both are denied.
        ([policy({}, ingress=[], egress=[]), policy({"app": "web"}, egress=[{}])], WEB, API, "TCP", 8080, False),
        (
            [policy({}, ingress=[], egress=[]), policy({"app": "web"}, egress=[{}]), policy({}, ingress=[{}])],
            WEB,
            API,
            "TCP",
            8080,
            True,
        ),
        # An empty rule is everybody; no rule is nobody; policies add up.
        ([policy({}, ingress=[{}])], ELSEWHERE, API, "TCP", 1, True),
        ([policy({}, ingress=[]), policy({}, ingress=to_api("from", [WEB_PODS]))], WEB, API, "TCP", 8080, True),
        ([policy({}, ingress=to_api("from", [WEB_PODS]))], WEB, API, "TCP", 8081, False),
        ([policy({}, ingress=to_api("from", [WEB_PODS]))], WEB, API, "UDP", 8080, False),
        ([policy({}, ingress=to_api("from", [WEB_PODS], protocol="UDP"))], WEB, API, "UDP", 8080, True),
        ([policy({}, ingress=to_api("from", [WEB_PODS], endPort=8090))], WEB, API, "TCP", 8085, True),
        # Pods without a namespace are those of the policy's own.
        ([policy({}, ingress=to_api("from", [WEB_PODS]))], ELSEWHERE, API, "TCP", 8080, False),
        ([policy({}, ingress=to_api("from", [{"namespaceSelector": {}}]))], ELSEWHERE, API, "TCP", 8080, True),
        (
            [policy({}, ingress=to_api("from", [{"namespaceSelector": {}, **API_PODS}]))],
            ELSEWHERE,
            API,
            "TCP",
            8080,
            False,
        ),
        # A name is a port of the pod that is connected to.
        ([policy({}, ingress=to_api("from", [WEB_PODS], port="http"))], WEB, API, "TCP", 8080, True),
        ([policy({}, egress=to_api("to", [API_PODS], port="http"))], WEB, API, "TCP", 8080, True),
        ([policy({}, egress=to_api("to", [API_PODS], port="https"))], WEB, API, "TCP", 8080, False),
        # A range of addresses is outside, with its holes.
        ([policy({}, egress=to_api("to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]))], WEB, API, "TCP", 8080, False),
        ([policy({}, egress=to_api("to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]))], WEB, OUTSIDE, "TCP", 8080, True),
        (
            [policy({}, egress=to_api("to", [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["93.0.0.0/8"]}}]))],
            WEB,
            OUTSIDE,
            "TCP",
            8080,
            False,
        ),
        ([policy({}, egress=to_api("to", [API_PODS]))], WEB, OUTSIDE, "TCP", 8080, False),
    ],
)
def test_a_known_case(
    policies: list[dict[str, Any]], source: Pod, target: Pod, protocol: str, port: int, expected: bool
) -> None:
    assert allowed(policies, source, target, protocol, port) is expected
