"""A plugin on the sandbox's cluster, a namespace and a Pulumi project of each test's own."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.resources import Resources
from tests.sandbox.kubernetes.plugin import Plugin, Project

NAMESPACE = Kind("", "v1", "Namespace")


@pytest.fixture(scope="session")
def environment(sandbox: Any) -> dict[str, str]:
    """The environment in which the sandbox's tools work."""
    return {**os.environ, **sandbox.environment}


@pytest.fixture(scope="session")
def cluster(environment: dict[str, str]) -> Resources:
    """The sandbox's API server, to look at what the provider did."""
    return Resources(ApiClient(connection("", environment=environment)))


@pytest.fixture
def namespace(cluster: Resources) -> Iterator[str]:
    """A namespace of this test alone."""
    name = f"provider-test-{secrets.token_hex(4)}"
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.create(NAMESPACE, manifest, {})
    yield name
    if cluster.find(NAMESPACE, "", name) is not None:
        cluster.delete(NAMESPACE, "", name, propagation="Background")


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Plugin]]:
    """Start a plugin with these provider inputs; it is stopped after the test."""
    running: list[Plugin] = []

    def started(inputs: Mapping[str, str] | None = None, extra: Mapping[str, str] | None = None) -> Plugin:
        plugin = Plugin({**environment, **(extra or {})}, inputs or {})
        running.append(plugin)
        return plugin

    yield started
    for plugin in running:
        plugin.stop()


@pytest.fixture(scope="session")
def _plugin_of_all(environment: dict[str, str]) -> Iterator[Plugin]:
    running = Plugin(environment, {})
    yield running
    running.stop()


@pytest.fixture
def plugin(_plugin_of_all: Plugin) -> Plugin:
    """A plugin on the sandbox's cluster, the same for all tests; its lines are this test's."""
    _plugin_of_all.engine.lines.clear()
    return _plugin_of_all


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str]) -> Iterator[Project]:
    """A new project; what it still has deployed is destroyed after the test."""
    trial = Project(tmp_path, environment)
    yield trial
    if trial.resources():
        trial.pulumi("destroy", "--yes", "--skip-preview")
