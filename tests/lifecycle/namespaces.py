"""A cluster with one namespace, as its API server answers: lists by plural name, and logs by container."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.lifecycle.test_cluster import api_server

Manifest = dict[str, Any]


class Cluster:
    """What is asked of it, and what it answers."""

    def __init__(self, objects: Mapping[str, list[Manifest]], logs: Mapping[str, str], forbidden: tuple[str, ...]):
        self.objects = objects
        self.logs = logs
        self.forbidden = forbidden
        self.queries: list[dict[str, str]] = []
        self.kubeconfig = ""

    def answer(self, path: str) -> tuple[int, Any]:
        """A list, a log, or the API server's no."""
        address = urlsplit(path)
        what = address.path.rpartition("/")[2]
        if what in self.forbidden:
            return 403, {"kind": "Status", "message": f"{what} is forbidden", "code": 403}
        if what != "log":
            return 200, {"kind": "List", "items": self.objects.get(what, [])}
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.queries.append(query)
        if query["container"] not in self.logs:
            return 400, {"kind": "Status", "message": "container is waiting to start", "code": 400}
        return 200, self.logs[query["container"]]


@contextmanager
def cluster(
    logs: Mapping[str, str] | None = None, forbidden: tuple[str, ...] = (), **objects: list[Manifest]
) -> Iterator[Cluster]:
    """A cluster that runs as long as it is looked at; `kubeconfig` leads to it."""
    made = Cluster(objects, logs or {}, forbidden)
    with api_server(made.answer) as kubeconfig:
        made.kubeconfig = json.dumps(json.loads(kubeconfig))
        yield made
