"""An app of ten workloads on a cluster at hand, with neither foundation nor cloud."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Pave

pytestmark = pytest.mark.e2e

LAPTOP = ("--app", "shop", "--env", "laptop")
UP = ("up", "examples/shop", *LAPTOP, "--env-type", "local", "--yes")


@pytest.fixture(scope="module")
def laptop(pave: Pave) -> Iterator[Pave]:
    """The app, deployed; when it is destroyed nothing of it is left."""
    pave.run(*UP)
    yield pave
    proof = pave.json("destroy", *LAPTOP, "--yes")
    assert proof["survivors"] == []
    assert [look["place"] for look in proof["looks"]] == ["Kubernetes namespaces"]  # nobody asks Azure


def found(pave: Pave, *what: str) -> list[dict[str, Any]]:
    """Objects of the environment's namespace."""
    answer = pave.execute("kubectl", "get", ",".join(what), "--namespace", "laptop", "--output", "json")
    items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
    return items


def test_a_second_up_changes_nothing(laptop: Pave) -> None:
    assert laptop.json(*UP)["changes"] == {}


def test_ten_workloads_share_a_database_a_cache_a_queue_and_a_bucket(laptop: Pave) -> None:
    def variable(name: str, *workloads: str) -> set[str]:
        return {laptop.cluster.container_environment(one, one, "laptop")[name] for one in workloads}

    assert len(found(laptop, "deployments.apps")) == 10 + 1  # the cache is one, too
    assert len(found(laptop, "statefulsets.apps")) == 3
    assert len(variable("DATABASE_URL", "products", "inventory", "orders", "payments", "reports")) == 1
    assert len(variable("CACHE_URL", "api", "cart", "products", "recommendations")) == 1
    assert len(variable("QUEUE_URL", "orders", "payments", "mailer", "reports")) == 1
    assert len(variable("AWS_SECRET_ACCESS_KEY", "products", "reports")) == 1
    assert variable("INVENTORY_URL", "cart", "orders") == {"http://inventory:80"}


def test_the_frontend_has_a_host_on_this_machine(laptop: Pave) -> None:
    shown = laptop.json("show", *LAPTOP)
    host = found(laptop, "ingresses.networking.k8s.io")[0]["spec"]["rules"][0]["host"]

    assert host.endswith(".apps.localhost")
    assert f"http://{host}/" in json.dumps(shown)


def test_credentials_are_in_secrets_alone(laptop: Pave) -> None:
    everything = json.dumps(found(laptop, "deployments", "statefulsets", "pods", "services", "configmaps", "ingresses"))
    url = laptop.cluster.container_environment("orders", "orders", "laptop")["DATABASE_URL"]
    password = url.partition("://")[2].partition("@")[0].partition(":")[2]

    assert len(password) == 32
    assert password not in everything
    assert password not in laptop.pulumi("stack", "output", "--json", "--stack", "laptop").stdout
