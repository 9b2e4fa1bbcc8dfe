"""A real API server, asked whether it would take an object."""

import base64
import json
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml

Manifest = Mapping[str, Any]

# Where each kind of object is; all but namespaces are inside of one.
PLURALS = {
    "ConfigMap": "configmaps",
    "CronJob": "cronjobs",
    "Deployment": "deployments",
    "HTTPRoute": "httproutes",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Ingress": "ingresses",
    "Job": "jobs",
    "LimitRange": "limitranges",
    "Namespace": "namespaces",
    "NetworkPolicy": "networkpolicies",
    "Pod": "pods",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "ResourceQuota": "resourcequotas",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StatefulSet": "statefulsets",
}


class RejectedError(Exception):
    """The API server's message, or a warning it gave."""


class Cluster:
    """The API server of a kubeconfig with a client certificate."""

    def __init__(self, kubeconfig: Path) -> None:
        content = yaml.safe_load(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        context = ssl.create_default_context(cadata=_data(cluster, "certificate-authority", kubeconfig).decode())
        with tempfile.NamedTemporaryFile() as file:
            file.write(_data(user, "client-certificate", kubeconfig) + b"\n" + _data(user, "client-key", kubeconfig))
            file.flush()
            context.load_cert_chain(file.name)
        self._server = cluster["server"]
        self._pool = urllib3.PoolManager(ssl_context=context, maxsize=4)

    def create(self, manifest: Manifest) -> Manifest:
        """Make the object."""
        return self._send("POST", self._path(manifest), manifest)

    def delete_namespace(self, name: str) -> None:
        """Take a namespace away; its content follows by itself."""
        self._send("DELETE", f"/api/v1/namespaces/{name}", {})

    def would_take(self, manifest: Manifest) -> Manifest:
        """The object as it would be; a warning is a rejection, too: it is how Pod Security speaks of templates."""
        return self._send("POST", f"{self._path(manifest)}?dryRun=All&fieldValidation=Strict", manifest)

    def _path(self, manifest: Manifest) -> str:
        version, kind = manifest["apiVersion"], manifest["kind"]
        base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        if kind == "Namespace":
            return f"{base}/namespaces"
        return f"{base}/namespaces/{manifest['metadata']['namespace']}/{PLURALS[kind]}"

    def _send(self, method: str, path: str, body: Manifest) -> Manifest:
        response = self._pool.request(
            method, self._server + path, body=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        answer = response.json()
        if response.status >= 300:
            raise RejectedError(answer.get("message"))
        if warning := response.headers.get("Warning"):
            raise RejectedError(warning)
        return dict(answer)


def _data(entry: Manifest, key: str, kubeconfig: Path) -> bytes:
    if f"{key}-data" in entry:
        return base64.b64decode(entry[f"{key}-data"])
    return (kubeconfig.parent / str(entry[key])).read_bytes()
