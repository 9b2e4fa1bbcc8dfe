"""Objects over the API: where each kind is served (discovery), and the verbs on one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sandbox.kubernetes.client import APPLY_PATCH, JSON_PATCH, ApiClient
from sandbox.kubernetes.errors import ApiError, NoMatchError
from sandbox.kubernetes.objects import Kind, name_of, namespace_of
from sandbox.kubernetes.values import Manifest

_POD: Final = Kind("", "v1", "Pod")


@dataclass(frozen=True)
class Served:
    """How the API server serves a kind."""

    plural: str
    namespaced: bool


class Resources:
    """The objects of one API server."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._served: dict[Kind, Served] = {}

    def served(self, kind: Kind) -> Served:
        """How `kind` is served; asked once for each version of a group, and again for kinds not there yet."""
        if kind not in self._served:
            root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
            try:
                listing = self._client.get(root)
            except ApiError as error:
                if error.not_found:
                    raise NoMatchError(kind.name, kind.api_version) from None
                raise
            for entry in listing.get("resources") or []:
                if "/" not in entry["name"]:
                    found = Kind(kind.group, kind.version, entry["kind"])
                    self._served[found] = Served(entry["name"], bool(entry["namespaced"]))
        if kind not in self._served:
            raise NoMatchError(kind.name, kind.api_version)
        return self._served[kind]

    def exists(self, kind: Kind) -> bool:
        """Whether the API server serves `kind`."""
        try:
            self.served(kind)
        except NoMatchError:
            return False
        return True

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """The live object."""
        return self._client.get(self._path(kind, namespace, name))

    def find(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """The live object, or None when there is none."""
        try:
            return self.get(kind, namespace, name)
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def matching(self, kind: Kind, namespace: str, *, labels: str = "", fields: str = "") -> list[Manifest]:
        """The live objects that match the selectors."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        listing = self._client.get(self._path(kind, namespace), {key: value for key, value in query.items() if value})
        items = listing.get("items")
        return items if isinstance(items, list) else []

    def log(self, namespace: str, pod: str, container: str, lines: int, *, previous: bool) -> str:
        """The last lines of a container's log; of the run before the present one with `previous`."""
        query = {"container": container, "tailLines": str(lines)} | ({"previous": "true"} if previous else {})
        return self._client.text(f"{self._path(_POD, namespace, pod)}/log", query)

    def create(self, kind: Kind, manifest: Manifest, query: Mapping[str, str]) -> Manifest:
        """POST the object."""
        path = self._path(kind, namespace_of(manifest))
        return self._client.request("POST", path, query=query, body=manifest)

    def replace(self, kind: Kind, manifest: Manifest, query: Mapping[str, str]) -> Manifest:
        """PUT the object."""
        path = self._path(kind, namespace_of(manifest), name_of(manifest))
        return self._client.request("PUT", path, query=query, body=manifest)

    def apply(self, kind: Kind, manifest: Manifest, query: Mapping[str, str]) -> Manifest:
        """Server-side apply of the object."""
        path = self._path(kind, namespace_of(manifest), name_of(manifest))
        return self._client.request("PATCH", path, query=query, body=manifest, content_type=APPLY_PATCH)

    def patch(self, kind: Kind, live: Manifest, operations: list[Manifest]) -> Manifest:
        """JSON patch of the object."""
        path = self._path(kind, namespace_of(live), name_of(live))
        return self._client.request("PATCH", path, body=operations, content_type=JSON_PATCH)

    def delete(self, kind: Kind, namespace: str, name: str, *, propagation: str) -> None:
        """Ask for the object's deletion; it may take a while to be gone."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        self._client.request("DELETE", self._path(kind, namespace, name), body=body)

    def _path(self, kind: Kind, namespace: str, name: str = "") -> str:
        served = self.served(kind)
        path = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        if served.namespaced:
            path += f"/namespaces/{quote(namespace or 'default', safe='')}"
        path += f"/{served.plural}"
        return f"{path}/{quote(name, safe='')}" if name else path
