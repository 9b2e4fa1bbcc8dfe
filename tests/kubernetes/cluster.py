"""A real API server, asked whether it would take an object."""

import base64
import json
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import urllib3
import yaml

from platform_components.kubernetes.workload_manifests import CONTROLLERS
from platform_components.rendering.yaml_text import yaml_text

Manifest = Mapping[str, Any]

AT_ONCE = 8
"""Requests that are under way at a time."""


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
        self._pool = urllib3.PoolManager(ssl_context=context, maxsize=AT_ONCE)
        self._kinds: dict[str, dict[str, Any]] = {}

    def create(self, manifest: Manifest) -> Manifest:
        """Make the object."""
        return self._send("POST", self._path(manifest), manifest)

    def delete(self, manifest: Manifest) -> None:
        """Take the object away."""
        self._send("DELETE", f"{self._path(manifest)}/{manifest['metadata']['name']}")

    def delete_namespace(self, name: str) -> None:
        """Take a namespace away; its content follows by itself."""
        self._send("DELETE", f"/api/v1/namespaces/{name}")

    def would_take(self, manifest: Manifest) -> Manifest:
        """The object as it would be; a warning is a rejection, too: it is how Pod Security speaks of templates."""
        name = quote(manifest["metadata"]["name"])
        options = "dryRun=All&fieldValidation=Strict&fieldManager=tests&force=true"
        return self._send("PATCH", f"{self._path(manifest)}/{name}?{options}", manifest)

    def rejections(self, manifests: Sequence[Manifest]) -> list[str]:
        """Why it would not take some of the objects; many are asked for at a time."""

        def asked(manifest: Manifest) -> str | None:
            try:
                self.would_take(manifest)
            except RejectedError as error:
                return f"{manifest['kind']} {manifest['metadata']['name']}: {error}\n{json.dumps(manifest)}"
            return None

        for version in {manifest["apiVersion"] for manifest in manifests}:
            self._resources(version)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [answer for answer in pool.map(asked, manifests) if answer is not None]

    def _path(self, manifest: Manifest) -> str:
        version, kind = manifest["apiVersion"], manifest["kind"]
        resource = self._resources(version)[kind]
        space = f"/namespaces/{manifest['metadata']['namespace']}" if resource["namespaced"] else ""
        return f"{_base(version)}{space}/{resource['name']}"

    def _resources(self, version: str) -> dict[str, Any]:
        """What the API server says of the kinds of a version, by kind."""
        if version not in self._kinds:
            found = self._send("GET", _base(version))["resources"]
            self._kinds[version] = {each["kind"]: each for each in found if "/" not in each["name"]}
        return self._kinds[version]

    def _send(self, method: str, path: str, body: Manifest | None = None) -> Manifest:
        """An object goes as the text that `pave render` prints."""
        kind = "application/apply-patch+yaml" if method == "PATCH" else "application/yaml"
        text = yaml_text(body).encode() if body is not None else None
        response = self._pool.request(method, self._server + path, body=text, headers={"Content-Type": kind})
        answer = response.json()
        if response.status >= 300:
            raise RejectedError(answer.get("message"))
        if warning := response.headers.get("Warning"):
            raise RejectedError(warning)
        return dict(answer)


def with_pods(manifests: Sequence[Manifest]) -> list[Manifest]:
    """The objects, and a pod for each template: only pods are what Pod Security admits or not."""
    return [*manifests, *(_pod(each) for each in manifests if each["kind"] in CONTROLLERS)]


def generated(cases: int) -> hypothesis.settings:
    """Settings of a corpus that is only collected, to be sent as a whole."""
    return hypothesis.settings(
        max_examples=cases,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        database=None,
    )


def _pod(controller: Manifest) -> Manifest:
    spec = controller["spec"]["jobTemplate"]["spec"] if controller["kind"] == "CronJob" else controller["spec"]
    template = spec["template"]
    claimed = [
        {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "any"}}
        for claim in spec.get("volumeClaimTemplates", [])
    ]
    place = {"name": "pod", "namespace": controller["metadata"]["namespace"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], **place},
        # Its own account is not there, as nothing is really made
        "spec": {
            **template["spec"],
            "serviceAccountName": "default",
            "volumes": [*template["spec"].get("volumes", []), *claimed],
        },
    }


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _data(entry: Manifest, key: str, kubeconfig: Path) -> bytes:
    if f"{key}-data" in entry:
        return base64.b64decode(entry[f"{key}-data"])
    return (kubeconfig.parent / str(entry[key])).read_bytes()
