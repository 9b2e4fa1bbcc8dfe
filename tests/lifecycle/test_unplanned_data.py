"""What a run made that did not end well is not removed silently by the next one."""

from typing import Any

import pytest

from platform_components.lifecycle.recovery import DATABASE
from platform_components.lifecycle.unplanned_data import refuse_unplanned_losses
from platform_components.naming import ResourceIdentity, logical
from platform_components.plan import Plan, PlannedEnvironment
from platform_components.plan.guard import DataLossError
from platform_components.plan.model import PlannedResource

CACHE = "postgres.default#web.cache"
NAME = f"{logical(ResourceIdentity.parse(CACHE))}-database"


def plan(*identities: str) -> Plan:
    resources = tuple(
        PlannedResource(
            id=identity,
            type=identity.partition(".")[0],
            class_="default",
            res_id=identity.rpartition("#")[2],
            definition="d",
            definition_at="",
            driver="postgres/database",
            inputs={},
        )
        for identity in identities
    )
    environment = PlannedEnvironment(name="shop-main-abc123", type="ephemeral")
    return Plan(environment=environment, resources=resources, layers=(identities,), workloads=())


def state(kind: str = DATABASE, **more: Any) -> dict[str, Any]:
    one = {"urn": f"urn:pulumi:s::platform::{kind}::{NAME}", "type": kind, **more}
    return {"deployment": {"resources": [one]}}


@pytest.mark.parametrize("deployed", [None, plan()], ids=["nothing ever ended well", "it came with a later run"])
def test_data_that_no_plan_knows_stops_the_run_until_a_person_names_it(deployed: Plan | None) -> None:
    with pytest.raises(DataLossError) as error:
        refuse_unplanned_losses(state(), plan(), deployed)
    assert f"--replace-data '{NAME}'" in str(error.value)

    assert refuse_unplanned_losses(state(), plan(), deployed, replace=[NAME]) == {NAME}


@pytest.mark.parametrize(
    ("found", "wanted", "deployed"),
    [
        (state(), plan(CACHE), None),
        (state(), plan(), plan(CACHE)),
        (state("kubernetes:core/v1:ConfigMap"), plan(), None),
        (state(delete=True), plan(), None),
        ({"deployment": None}, plan(), None),
    ],
    ids=["still asked for", "the guard over plans sees it", "no data", "goes already", "nothing there"],
)
def test_nothing_else_is_in_the_way(found: dict[str, Any], wanted: Plan, deployed: Plan | None) -> None:
    assert refuse_unplanned_losses(found, wanted, deployed) == frozenset()
