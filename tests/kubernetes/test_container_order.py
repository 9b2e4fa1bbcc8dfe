"""Which containers of a pod start before which."""

from dataclasses import dataclass, field

import pytest

from platform_components.kubernetes.container_order import Readiness, container_order


@dataclass(frozen=True)
class Container:
    before: dict[str, Readiness] = field(default_factory=dict)
    liveness: object = None
    readiness: object = None
    startup: object = None


def test_without_an_order_all_start_together() -> None:
    order = container_order({"b": Container(), "a": Container()})
    assert (order.first, order.then) == ((), ("a", "b"))


def test_one_that_others_wait_for_starts_first() -> None:
    order = container_order({"migrate": Container({"web": "complete"}), "web": Container()})
    assert (order.first, order.then) == ((("migrate", "complete"),), ("web",))


def test_a_chain_and_a_diamond_keep_their_order() -> None:
    chain = container_order({"a": Container(), "b": Container({"a": "complete"}), "c": Container({"b": "complete"})})
    assert [name for name, _ in chain.first] == ["c", "b"]
    diamond = container_order(
        {
            "d": Container({"b": "complete", "c": "complete"}),
            "b": Container({"a": "complete"}),
            "c": Container({"a": "complete"}),
            "a": Container(),
        }
    )
    assert [name for name, _ in diamond.first] == ["d", "b", "c"]
    assert diamond.then == ("a",)


@pytest.mark.parametrize(
    ("before", "reached"),
    [
        ({"a": "started"}, "started"),
        ({"a": "started", "b": "started"}, "started"),
        ({"a": "started", "b": "healthy"}, "healthy"),
    ],
)
def test_the_most_that_anybody_waits_for_counts(before: dict[str, Readiness], reached: Readiness) -> None:
    order = container_order({"proxy": Container(before, readiness=object()), "a": Container(), "b": Container()})
    assert order.first == (("proxy", reached),)


def test_complete_is_also_started() -> None:
    order = container_order({"x": Container({"a": "complete", "b": "started"}), "a": Container(), "b": Container()})
    assert order.first == (("x", "complete"),)


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        ({"a": Container({"b": "started"})}, "containers.a.before: there is no container 'b'"),
        (
            {"a": Container({"b": "started"}), "b": Container({"a": "started"})},
            "containers wait for each other: ",
        ),
        ({"a": Container({"a": "started"})}, "containers wait for each other: a before a"),
        (
            {"a": Container({"b": "complete", "c": "healthy"}), "b": Container(), "c": Container()},
            "a container that completes is not there any more to be healthy",
        ),
        (
            {"a": Container({"b": "complete"}, liveness=object()), "b": Container()},
            "a container that completes has no liveness probe",
        ),
        ({"a": Container({"b": "healthy"}), "b": Container()}, "'healthy' needs a probe in 'a' that tells"),
    ],
)
def test_an_order_that_a_pod_cannot_keep_is_refused(containers: dict[str, Container], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        container_order(containers)
