"""What comes into a pod that acts as an Azure identity."""

import base64
import json
from typing import Any

import pytest

from sandbox.edge.webhook import configuration, reviewed

CLIENT = {"azure.workload.identity/client-id": "c-1"}


def changed(spec: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    """The pod's spec as the API server keeps it."""
    request = {"uid": "u", "namespace": "shop", "object": {"spec": spec}}
    asked: list[tuple[str, str]] = []

    def lookup(namespace: str, name: str) -> dict[str, Any]:
        asked.append((namespace, name))
        return {"metadata": {"annotations": annotations}}

    response = reviewed(json.dumps({"request": request}).encode(), "t-1", lookup)["response"]
    assert response["uid"] == "u"
    assert response["allowed"] is True
    assert asked == [("shop", spec.get("serviceAccountName", "default"))]
    for operation in json.loads(base64.b64decode(response["patch"])):
        *way, last = operation["path"].split("/")[2:]
        node: Any = spec
        for step in way:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[last] = operation["value"]
    return spec


def test_every_container_gets_the_identity_the_token_and_the_sandboxs_authority() -> None:
    spec = changed(
        {
            "serviceAccountName": "s3",
            "initContainers": [{"name": "first"}],
            "containers": [{"name": "web", "env": [{"name": "A", "value": "1"}], "volumeMounts": [{"name": "tmp"}]}],
            "volumes": [{"name": "tmp"}],
        },
        CLIENT,
    )

    for container in (*spec["initContainers"], *spec["containers"]):
        env = {one["name"]: one["value"] for one in container["env"]}
        assert env["AZURE_CLIENT_ID"] == "c-1"
        assert env["AZURE_TENANT_ID"] == "t-1"
        assert env["AZURE_AUTHORITY_HOST"] == "https://login.microsoftonline.com/"
        assert env["AZURE_FEDERATED_TOKEN_FILE"].startswith(container["volumeMounts"][-1]["mountPath"])
        assert env["SSL_CERT_FILE"].startswith(container["volumeMounts"][-1]["mountPath"])
    assert spec["containers"][0]["env"][0] == {"name": "A", "value": "1"}
    assert [one["name"] for one in spec["volumes"]] == ["tmp", "azure-identity-token"]
    token, authority = spec["volumes"][1]["projected"]["sources"]
    assert token["serviceAccountToken"]["audience"] == "api://AzureADTokenExchange"
    assert authority["configMap"]["name"] == "kube-root-ca.crt"


def test_what_a_container_sets_itself_stays_and_annotations_count() -> None:
    own = [{"name": "AZURE_CLIENT_ID", "value": "mine"}]
    annotations = {
        "azure.workload.identity/tenant-id": "t-9",
        "azure.workload.identity/service-account-token-expiration": "7200",
    }
    spec = changed({"containers": [{"name": "web", "env": own}]}, CLIENT | annotations)

    env = [(one["name"], one["value"]) for one in spec["containers"][0]["env"]]
    assert ("AZURE_CLIENT_ID", "mine") in env
    assert ("AZURE_CLIENT_ID", "c-1") not in env
    assert ("AZURE_TENANT_ID", "t-9") in env
    assert spec["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] == 7200


def test_only_pods_that_ask_for_it_pass_here() -> None:
    [hook] = configuration("https://127.64.0.2:443/x", b"ca")["webhooks"]

    assert hook["objectSelector"] == {"matchLabels": {"azure.workload.identity/use": "true"}}
    assert hook["failurePolicy"] == "Fail"
    assert base64.b64decode(hook["clientConfig"]["caBundle"]) == b"ca"


@pytest.mark.parametrize(
    ("namespace", "account", "annotations", "words"),
    [
        ("shop", "../../x/secrets/y", {}, "are no names"),
        ("shop?x", "web", {}, "are no names"),
        ("shop", "web", {"azure.workload.identity/service-account-token-expiration": "an hour"}, "number of seconds"),
    ],
)
def test_what_cannot_be_is_refused_with_words(
    namespace: str, account: str, annotations: dict[str, str], words: str
) -> None:
    pod = {"spec": {"serviceAccountName": account, "containers": []}}
    request = {"uid": "u", "namespace": namespace, "object": pod}
    asked = []

    def lookup(*names: str) -> dict[str, Any]:
        asked.append(names)
        return {"metadata": {"annotations": annotations}}

    response = reviewed(json.dumps({"request": request}).encode(), "t-1", lookup)["response"]

    assert response["allowed"] is False
    assert words in response["status"]["message"]
    assert bool(asked) == bool(annotations)
