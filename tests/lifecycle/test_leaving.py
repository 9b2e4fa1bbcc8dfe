"""One repository's workloads leave; what the others brought stays."""

import json
from pathlib import Path

import pytest

from platform_components.errors import InputError
from platform_components.lifecycle.leaving import leaving
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.lifecycle.conftest import MakeBackend, Stored


@pytest.fixture
def deployed(platform: Path) -> Stored:
    wanted = Wanted(app="shop", branch="main", scores=(platform / "examples/python-service", platform / "examples/web"))
    plan = prepare(platform, wanted, {}, stack="shop-main").matched.plan
    return Stored(outputs={"platform/plan": json.loads(plan.to_json())})


def test_the_others_stay_and_the_data_of_those_that_go_is_meant_to_go(backend: MakeBackend, deployed: Stored) -> None:
    going = leaving(backend(shop_main=deployed), "shop-main", ["web"])

    assert (going.workloads, going.staying) == (("web",), ("python-service",))
    assert going.data
    assert all(".web" in identity or "#web." in identity for identity in going.data)


def test_with_the_last_workload_nothing_stays(backend: MakeBackend, deployed: Stored) -> None:
    assert leaving(backend(shop_main=deployed), "shop-main", ["web", "python-service"]).staying == ()


def test_a_workload_that_is_not_there_is_told_unless_that_is_fine(backend: MakeBackend, deployed: Stored) -> None:
    engine = backend(shop_main=deployed)

    with pytest.raises(InputError, match="has no workload 'shipping'") as refused:
        leaving(engine, "shop-main", ["shipping"])
    assert "python-service, web" in str(refused.value)
    assert leaving(engine, "shop-main", ["shipping"], if_there=True).workloads == ()
