"""What is held at zero while an environment is paused, and what is not touched."""

from typing import Any

import pytest

from platform_components.pausing import SCALED, SERVICE, SUSPENDED, at_zero


@pytest.mark.parametrize("type_", SCALED)
def test_pods_go_and_all_else_stays_as_it_was_said(type_: str) -> None:
    props = {"metadata": {"name": "web"}, "spec": {"replicas": 3, "template": {"spec": {}}}}

    assert at_zero(type_, props) == {**props, "spec": {"replicas": 0, "template": {"spec": {}}}}
    assert props["spec"] == {"replicas": 3, "template": {"spec": {}}}


def test_what_an_autoscaler_scales_is_at_zero_too() -> None:
    assert at_zero(SCALED[0], {"spec": {"template": {}}}) == {"spec": {"template": {}, "replicas": 0}}


def test_a_cron_job_is_suspended() -> None:
    assert at_zero(SUSPENDED, {"spec": {"schedule": "@daily"}}) == {"spec": {"schedule": "@daily", "suspend": True}}


def test_nobody_waits_for_a_service_that_nothing_answers_behind() -> None:
    found = at_zero(SERVICE, {"metadata": {"annotations": {"team": "x"}}, "spec": {"type": "ClusterIP"}})

    assert found is not None
    assert found["metadata"]["annotations"] == {"team": "x", "pulumi.com/skipAwait": "true"}
    assert found["spec"] == {"type": "ClusterIP"}


@pytest.mark.parametrize(
    "type_", ["kubernetes:core/v1:Namespace", "kubernetes:batch/v1:Job", "azure-native:storage:StorageAccount"]
)
def test_everything_else_is_left_alone(type_: str) -> None:
    props: dict[str, Any] = {"spec": {"replicas": 3}}

    assert at_zero(type_, props) is None
