"""Whether pods and connections find room."""

import inspect
from decimal import Decimal
from typing import Any

import pytest

from platform_components.azure.workload_identity import MOST_CREDENTIALS
from platform_components.errors import InputError
from platform_components.kubernetes import s3_gateway_objects
from platform_components.kubernetes.quantities import amount
from platform_components.kubernetes.workload_settings import WorkloadSettings
from platform_components.lifecycle.cluster import Capacity
from platform_components.lifecycle.preflight import databases, room
from platform_components.lifecycle.preflight.room import Need
from platform_components.plan import Plan
from tests.lifecycle.preflight.conftest import Prepare


def test_what_a_container_gets_that_says_nothing_is_what_the_component_gives_it() -> None:
    fields = WorkloadSettings.model_fields
    assert fields["default_requests"].default == room.REQUESTS
    assert fields["default_limits"].default == room.LIMITS


def test_what_an_s3_gateway_gets_is_what_the_component_gives_it() -> None:
    text = inspect.getsource(s3_gateway_objects)
    cpu, memory, limit = room.S3_GATEWAY
    assert '"requests": {"cpu": "50m", "memory": "128Mi"}' in text
    assert '"limits": {"memory": "512Mi"}' in text
    assert (cpu, memory, limit) == (amount("50m"), amount("128Mi"), amount("512Mi"))


def test_more_workloads_than_an_identity_has_credentials_for_are_refused_before_anything_is_made(staging: Plan) -> None:
    assert room.MOST_CREDENTIALS == MOST_CREDENTIALS
    one = staging.workloads[0]
    many = [one.model_copy(update={"name": f"web-{number}"}) for number in range(MOST_CREDENTIALS + 1)]

    room.refuse_crowd(staging.model_copy(update={"workloads": tuple(many[1:])}))
    with pytest.raises(InputError, match=r"21 workloads act as one identity, but Azure keeps at most 20"):
        room.refuse_crowd(staging.model_copy(update={"workloads": tuple(many)}))


def test_every_replica_and_every_gateway_counts(staging: Plan) -> None:
    need = room.need(staging)

    assert need.pods == 4  # two of `web`, two in front of its storage
    assert need.memory_limit == 2 * amount("512Mi") + 2 * amount("192Mi")  # what its Score file says


@pytest.mark.parametrize(
    ("quota", "state", "words"),
    [
        ({"cpu": "4", "memory": "8Gi", "pods": 30}, "ok", "4 pods"),
        ({"cpu": "100m", "memory": "8Gi", "pods": 30}, "problem", "CPUs wanted, 100m allowed"),
        ({"cpu": "4", "memory": "64Mi", "pods": 30}, "problem", "MiB wanted, 64Mi allowed"),
        ({"pods": 3}, "problem", "4 pods wanted, 3 allowed"),
        ({}, "ok", "4 pods"),
        ({"cpu": "many"}, "problem", "'many' is no quantity"),
    ],
)
def test_a_quota_that_does_not_hold_the_workloads_is_told(
    staging: Plan, quota: dict[str, Any], state: str, words: str
) -> None:
    (found,) = room.in_quota(staging, quota)

    assert (found.state, words in found.what) == (state, True), found
    assert ("`namespace.quota`" in found.fix) == (state == "problem")


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (Capacity(2, Decimal(4), amount("8Gi"), 50), "ok"),
        (Capacity(2, Decimal("0.1"), amount("8Gi"), 50), "warning"),
        (Capacity(2, Decimal(4), amount("8Mi"), 50), "warning"),
        (Capacity(2, Decimal(4), amount("8Gi"), 0), "warning"),
        (Capacity(0, Decimal(0), Decimal(0), 0), "problem"),
    ],
)
def test_little_room_on_the_nodes_is_a_warning_and_none_a_problem(free: Capacity, state: str) -> None:
    (found,) = room.on_nodes(Need(Decimal("0.2"), amount("256Mi"), amount("512Mi"), 2), free)

    assert found.state == state


@pytest.mark.parametrize(
    ("sku", "connections"),
    [
        ("Standard_B1ms", 35),
        ("Standard_B2s", 414),
        ("Standard_D2ds_v5", 844),
        ("Standard_D4ds_v5", 1703),
        ("Standard_E2ds_v5", 1703),
        ("Standard_B12ms", 3422),
        ("Standard_D64ds_v5", 4985),
        ("Standard_Z9", None),
    ],
)
def test_the_connections_of_a_size_are_those_of_azures_table(sku: str, connections: int | None) -> None:
    assert databases.usable(sku) == connections


@pytest.mark.parametrize(
    ("wanted", "have", "others", "open_now", "state"),
    [
        (20, 35, 0, 1, "ok"),
        (20, 35, 30, 1, "warning"),
        (40, 35, 0, 1, "problem"),
        (20, 35, 0, 35, "problem"),
    ],
)
def test_limits_that_are_promised_are_a_warning_and_what_cannot_be_a_problem(
    wanted: int, have: int, others: int, open_now: int, state: str
) -> None:
    assert databases._judged("a", wanted, have, others=others, open_now=open_now).state == state


def test_a_new_server_of_a_small_size_cannot_keep_what_is_promised(prepared: Prepare) -> None:
    settings = {"postgres": {"sku": "Standard_B1ms", "tier": "Burstable"}}
    plan = prepared("staging", config={"settings": settings}).matched.plan

    (check,) = databases.checks(plan, {})
    (found,) = check.answered()

    assert found.state == "problem"
    assert found.what.startswith("100 wanted at most, 35 usable")


def test_a_server_that_is_down_is_unknown(prepared: Prepare) -> None:
    from platform_components.exports import output_name

    plan = prepared("ephemeral").matched.plan
    server = "postgres-server.shared#main"
    outputs = {output_name(server, "host"): "127.0.0.1", output_name(server, "port"): 9}
    (check,) = databases.checks(plan, outputs)

    (found,) = check.answered()

    assert found.state == "unknown"
    assert "cannot be reached" in found.what


def test_a_namespace_that_could_never_hold_the_pods_is_refused_before_anything_is_made(prepared: Prepare) -> None:
    small = {"namespace": {"quota": {"cpu": "4", "memory": "100Mi", "pods": 30}}}

    room.refuse_small_quota(prepared("ephemeral").matched.plan)
    with pytest.raises(InputError, match=r"quota is too small: .* MiB wanted, 100Mi allowed") as refused:
        room.refuse_small_quota(prepared("ephemeral", config={"settings": small}).matched.plan)
    assert "`namespace.quota`" in str(refused.value)


def test_what_another_driver_makes_of_a_workload_is_not_guessed(staging: Plan) -> None:
    others = [
        one.model_copy(update={"driver": "acme.rollouts:Rollout"}) if one.type == "workload" else one
        for one in staging.resources
    ]

    assert room.need(staging.model_copy(update={"resources": tuple(others)})).pods == 2  # the S3 endpoint's
