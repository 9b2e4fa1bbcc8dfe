"""Looks into a cluster that cannot be looked into end in one sentence."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import OutsideError
from platform_components.lifecycle import cluster
from platform_components.lifecycle.foundation import refuse_foreign_namespace
from platform_components.ownership import STACK_LABEL
from platform_components.repository import deployed
from tests.drivers.world import CHECKOUT, kubeconfig_at_hand

Answer = Callable[[str], tuple[int, dict[str, Any] | str]]


@contextmanager
def api_server(answer: Answer) -> Iterator[str]:
    """A server that answers so, as a kubeconfig."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = answer(self.path)
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield kubeconfig(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


def kubeconfig(server: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def status(code: int, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "message": message, "code": code}


@pytest.mark.parametrize(
    ("answer", "owner"),
    [
        ((200, namespace("one", **{STACK_LABEL: "shop-main-abc123"})), "shop-main-abc123"),
        ((200, namespace("one")), ""),
        (status(404, "not found"), None),
    ],
)
def test_a_namespace_says_whose_it_is(answer: tuple[int, dict[str, Any]], owner: str | None) -> None:
    with api_server(lambda _: answer) as config:
        assert cluster.namespace_owner(cluster.Access(config), "one") == owner


def test_namespaces_are_found_by_their_stack() -> None:
    asked: list[str] = []

    def answer(path: str) -> tuple[int, dict[str, Any]]:
        asked.append(path)
        return 200, {
            "apiVersion": "v1",
            "kind": "NamespaceList",
            "metadata": {},
            "items": [namespace("b"), namespace("a")],
        }

    with api_server(answer) as config:
        assert cluster.namespaces_of(cluster.Access(config), "shop-main-abc123") == ["a", "b"]
    assert "shop-main-abc123" in asked[0]


def test_a_cluster_that_refuses_says_why() -> None:
    with (
        api_server(lambda _: status(403, "namespaces is forbidden: User ann")) as config,
        pytest.raises(OutsideError, match="the cluster refused: namespaces is forbidden: User ann"),
    ):
        cluster.namespaces_of(cluster.Access(config), "one")


def exec_kubeconfig(command: str, *arguments: str) -> str:
    document = json.loads(kubeconfig("http://127.0.0.1:9"))
    program = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": list(arguments)}
    document["users"][0]["user"] = {"exec": program}
    return json.dumps(document)


@pytest.mark.parametrize(
    "config",
    [
        kubeconfig("http://127.0.0.1:9"),
        kubeconfig("https://nowhere.invalid"),
        exec_kubeconfig("no-such-program"),
        exec_kubeconfig("sh", "-c", "echo not logged in >&2; exit 1"),
        exec_kubeconfig("echo", "no credential"),
    ],
    ids=["refused", "no such host", "no kubelogin", "not logged in", "no credential"],
)
def test_a_cluster_that_cannot_be_reached_says_what_to_check(config: str) -> None:
    with pytest.raises(OutsideError) as error:
        cluster.namespace_owner(cluster.Access(config), "one")

    assert "kubectl get namespaces" in str(error.value)


@pytest.mark.parametrize("config", ["", "just a text", "kind: Config", "kind: [Config", "clusters: 7"])
def test_what_is_no_kubeconfig_says_where_it_comes_from(config: str) -> None:
    with pytest.raises(OutsideError) as error:
        cluster.namespace_owner(cluster.Access(config), "one")

    assert "the definition that serves `k8s-cluster`" in str(error.value)


def test_a_cluster_at_hand_is_looked_into_by_its_file_and_context(tmp_path: Path) -> None:
    file = tmp_path / "config"
    with api_server(lambda _: (200, namespace("laptop", **{STACK_LABEL: "laptop"}))) as config:
        file.write_text(json.dumps({**json.loads(config), "current-context": "another"}))
        assert cluster.namespace_owner(cluster.Access(str(file), "x"), "laptop") == "laptop"


def test_a_plan_on_a_cluster_at_hand_is_looked_for_there() -> None:
    config = {"type": "local", "app": "shop", "workloads": ["examples/web/score.yaml"]}
    plan = deployed(CHECKOUT, config, "laptop").plan

    with kubeconfig_at_hand() as file:
        assert cluster.access(plan, {}) == (cluster.Access(str(file), "laptop"),)
        with pytest.raises(OutsideError, match="kubeconfig is none"):  # it names no server
            refuse_foreign_namespace(plan, "laptop", {})
