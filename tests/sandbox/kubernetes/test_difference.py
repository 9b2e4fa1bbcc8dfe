import base64

import pytest
from hypothesis import given

from sandbox.kubernetes.difference import Change, differences, projected
from sandbox.kubernetes.paths import text
from sandbox.kubernetes.values import UNKNOWN, Manifest
from tests.sandbox.kubernetes.test_values import VALUES


def found(old: Manifest, new: Manifest, *ignored: str) -> dict[str, Change]:
    return {text(difference.path): difference.change for difference in differences(old, new, ignored)}


@given(VALUES)
def test_nothing_differs_from_itself(value: object) -> None:
    assert differences({"it": value}, {"it": value}) == []
    assert projected({"it": value}, {"it": value}) == {"it": value}


def test_each_property_that_differs_is_named() -> None:
    old = {"a": 1, "b": {"c": [1, 2, 3], "gone": "x"}, "same": True}
    new = {"a": 2, "b": {"c": [1, 5], "new": {}}, "same": True}
    assert found(old, new) == {
        "a": Change.UPDATED,
        "b.c[1]": Change.UPDATED,
        "b.c[2]": Change.DELETED,
        "b.gone": Change.DELETED,
        "b.new": Change.ADDED,
    }


def test_true_is_not_one() -> None:
    assert found({"a": 1}, {"a": True}) == {"a": Change.UPDATED}
    assert found({"a": 1}, {"a": 1.0}) == {}


def test_what_is_not_known_yet_may_differ() -> None:
    assert found({"a": 1}, {"a": UNKNOWN, "b": UNKNOWN}) == {"a": Change.UPDATED, "b": Change.ADDED}


def test_ignored_paths_do_not_differ() -> None:
    old, new = {"spec": {"replicas": 1, "containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "b"}]}}
    assert found(old, new, "spec.replicas", "spec.containers[*].image") == {}
    assert found(old, new, "spec.containers") == {"spec.replicas": Change.DELETED}


@pytest.mark.parametrize(
    ("live", "written"),
    [("1", "1000m"), ("512Mi", "0.5Gi"), ("500m", 0.5), ("10", 10), ("1G", "1e9"), ("1Gi", "1073741824")],
)
def test_quantities_are_compared_by_value(live: object, written: object) -> None:
    inputs = {"resources": {"requests": {"cpu": written}}}
    assert projected({"resources": {"requests": {"cpu": live}}}, inputs) == inputs


def test_what_only_looks_like_a_quantity_is_compared_by_spelling() -> None:
    assert projected({"env": {"value": "1"}}, {"env": {"value": "1000m"}}) == {"env": {"value": "1"}}
    assert projected({"limits": {"cpu": "2"}}, {"limits": {"cpu": "1000m"}}) == {"limits": {"cpu": "2"}}


def test_what_the_api_server_adds_is_left_out_and_what_it_omits_stays() -> None:
    live = {"spec": {"type": "ClusterIP", "ports": [{"port": 80, "protocol": "TCP"}]}, "status": {}}
    inputs = {"spec": {"ports": [{"port": 80}], "hostNetwork": False, "externalIPs": [], "selector": {}}}
    assert projected(live, inputs) == inputs


def test_what_was_taken_away_is_missing() -> None:
    assert projected({"labels": {}}, {"labels": {"a": "1"}}) == {"labels": {}}


def test_named_items_are_found_wherever_they_are() -> None:
    live = {"containers": [{"name": "proxy", "image": "p"}, {"name": "web", "image": "w"}]}
    inputs = {"containers": [{"name": "web", "image": "w"}]}
    assert projected(live, inputs) == inputs


def test_other_items_are_found_by_their_place() -> None:
    assert projected({"args": ["a", "x", "c"]}, {"args": ["a", "b"]}) == {"args": ["a", "x"]}


def test_the_text_of_a_secret_is_compared_with_its_data() -> None:
    data = {"same": base64.b64encode(b"1").decode(), "other": base64.b64encode(b"3").decode()}
    inputs = {"kind": "Secret", "stringData": {"same": "1", "other": "2", "gone": "4"}}
    assert projected({"kind": "Secret", "data": data}, inputs)["stringData"] == {"same": "1", "other": "3"}


def test_what_the_api_server_never_took_is_no_drift() -> None:
    inputs = {"spec": {"typo": 1, "items": [{"name": "a", "typo": 1}], "gone": 1}}
    before = {"spec": {"items": [{"name": "a"}], "gone": 1}}
    live = {"spec": {"items": [{"name": "a"}]}}
    assert projected(live, inputs, before) == {"spec": {"typo": 1, "items": [{"name": "a", "typo": 1}]}}
    assert projected(live, inputs) == {"spec": {"items": [{"name": "a"}]}}
