"""The logs of an environment: which containers, which lines, and never a secret."""

import pytest

from platform_components.errors import InputError
from platform_components.lifecycle.logs import Source, Wanted, excerpt, followed, sources
from platform_components.lifecycle.masking import Mask
from platform_components.lifecycle.reader import reading
from tests.lifecycle.namespaces import cluster
from tests.lifecycle.objects import container, pod

SECRET = "hunter2-" + "4f9a"
WEB = Source("web-1", "web", "web")


def pods() -> list[dict[str, object]]:
    with_side = pod(container("web"), container("proxy"))
    with_side["metadata"]["creationTimestamp"] = "2026-03-01T10:00:00Z"
    newer = pod(container("seed"), name="seed-1")
    newer["metadata"] |= {"labels": {}, "creationTimestamp": "2026-03-01T11:00:00Z"}
    return [with_side, newer]


def test_all_containers_of_all_pods_the_newest_first() -> None:
    with cluster(pods=pods()) as there, reading(there.kubeconfig) as reader:
        found = sources(reader, "shop")

    assert [(one.pod, one.workload, one.container) for one in found] == [
        ("seed-1", "seed-1", "seed"),
        ("web-1", "web", "web"),
        ("web-1", "web", "proxy"),
    ]
    assert [one.title for one in found] == ["seed-1/seed", "web-1", "web-1/proxy"]


def test_one_workload_and_one_container_can_be_chosen() -> None:
    with cluster(pods=pods()) as there, reading(there.kubeconfig) as reader:
        assert [one.container for one in sources(reader, "shop", workload="web")] == ["web", "proxy"]
        assert sources(reader, "shop", workload="web", container="web") == [WEB]
        with pytest.raises(InputError, match="no pod of 'shop' has a workload 'wep'") as error:
            sources(reader, "shop", workload="wep")

    assert "web/proxy, web/web" in error.value.fix


def test_where_no_pod_is_there_is_no_mistake_in_a_name() -> None:
    with cluster() as there, reading(there.kubeconfig) as reader:
        assert sources(reader, "shop", workload="web") == []


def test_lines_are_asked_for_as_wanted_and_shown_without_secrets() -> None:
    wanted = Wanted(tail=5, since_seconds=60, previous=True)
    with cluster(logs={"web": f"one\nthe key is {SECRET}\n"}) as there, reading(there.kubeconfig) as reader:
        found = excerpt(reader, "shop", WEB, wanted, Mask([SECRET]))

    assert found.lines == ("one", "the key is ******")
    assert there.queries == [{"container": "web", "tailLines": "5", "sinceSeconds": "60", "previous": "true"}]
    assert found.as_json()["lines"] == ["one", "the key is ******"]


def test_a_log_that_is_not_there_says_why() -> None:
    with cluster() as there, reading(there.kubeconfig) as reader:
        found = excerpt(reader, "shop", WEB, Wanted(), Mask([]))

    assert (found.lines, found.none) == ((), "container is waiting to start")


def test_several_logs_are_followed_until_the_last_has_ended() -> None:
    chosen = [WEB, Source("web-1", "web", "proxy"), Source("web-1", "web", "late")]
    logs = {"web": f"a\n{SECRET}\n", "proxy": "b\n"}
    with cluster(logs=logs) as there, reading(there.kubeconfig) as reader:
        told = sorted(
            (source.container, line)
            for source, line in followed(reader, "shop", chosen, Wanted(tail=3), Mask([SECRET]))
        )

    assert told == [("late", "(container is waiting to start)"), ("proxy", "b"), ("web", "******"), ("web", "a")]
    assert all(query["follow"] == "true" and query["tailLines"] == "3" for query in there.queries)
