"""What AKS adds to pods that act as an Azure identity: github.com/Azure/azure-workload-identity, "Mutating Admission
Webhook", "Service account annotations".

One thing is the sandbox's own: such a pod trusts the sandbox's authority, in place of those of its image.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.edge.sign_in import AUDIENCE, HOST

USE_LABEL = "azure.workload.identity/use"
PATH = "/mutate-v1-pod"
_CLIENT = "azure.workload.identity/client-id"
_TENANT = "azure.workload.identity/tenant-id"
_EXPIRATION = "azure.workload.identity/service-account-token-expiration"
_VOLUME = "azure-identity-token"
_FOLDER = "/var/run/secrets/azure/tokens"
_TOKEN = "azure-identity-token"
_AUTHORITY = "authority.crt"

# A service account's name may have dots: kubernetes.io, "Object Names and IDs"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

Lookup = Callable[[str, str], Mapping[str, Any] | None]
"""A service account by namespace and name."""


def configuration(url: str, authority: bytes) -> dict[str, Any]:
    """The object by which the API server knows of it."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "azure-wi-webhook-mutating-webhook-configuration"},
        "webhooks": [
            {
                "name": "mutation.azure-workload-identity.io",
                "clientConfig": {"url": url, "caBundle": base64.b64encode(authority).decode()},
                "objectSelector": {"matchLabels": {USE_LABEL: "true"}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 5,
            }
        ],
    }


def reviewed(body: bytes, tenant: str, lookup: Lookup) -> dict[str, Any]:
    """The answer to an AdmissionReview: the pod may come in, changed."""
    request = json.loads(body)["request"]
    pod = request["object"]
    account = pod["spec"].get("serviceAccountName") or "default"
    names = (request["namespace"], account)
    if not all(_NAME.fullmatch(name) for name in names):
        return _answer(request["uid"], {"allowed": False, "status": {"message": f"{names} are no names"}})
    annotations = ((lookup(request["namespace"], account) or {}).get("metadata") or {}).get("annotations") or {}
    if not str(annotations.get(_EXPIRATION, "3600")).isdecimal():
        message = f"{_EXPIRATION} of the service account '{account}' is no number of seconds"
        return _answer(request["uid"], {"allowed": False, "status": {"message": message}})
    patch = json.dumps(_patch(pod["spec"], annotations, tenant)).encode()
    said = {"allowed": True, "patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
    return _answer(request["uid"], said)


def _answer(uid: str, said: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": uid, **said}}


def _patch(spec: Mapping[str, Any], annotations: Mapping[str, str], tenant: str) -> list[dict[str, Any]]:
    added = {
        "AZURE_CLIENT_ID": annotations.get(_CLIENT, ""),
        "AZURE_TENANT_ID": annotations.get(_TENANT, tenant),
        "AZURE_FEDERATED_TOKEN_FILE": f"{_FOLDER}/{_TOKEN}",
        "AZURE_AUTHORITY_HOST": f"https://{HOST}/",
        "SSL_CERT_FILE": f"{_FOLDER}/{_AUTHORITY}",
    }
    token = {
        "path": _TOKEN,
        "audience": AUDIENCE,
        "expirationSeconds": int(annotations.get(_EXPIRATION, "3600")),
    }
    # The authority's certificate is in every namespace, put there by the controller manager
    trusted = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": _AUTHORITY}]}
    volume = {"name": _VOLUME, "projected": {"sources": [{"serviceAccountToken": token}, {"configMap": trusted}]}}
    patch: list[dict[str, Any]] = []
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            known = {one["name"] for one in container.get("env") or ()}
            env = [{"name": name, "value": value} for name, value in added.items() if name not in known]
            mounts = container.get("volumeMounts") or []
            mount = {"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True}
            where = f"/spec/{kind}/{index}"
            patch.append({"op": "add", "path": f"{where}/env", "value": [*(container.get("env") or ()), *env]})
            patch.append({"op": "add", "path": f"{where}/volumeMounts", "value": [*mounts, mount]})
    patch.append({"op": "add", "path": "/spec/volumes", "value": [*(spec.get("volumes") or ()), volume]})
    return patch
