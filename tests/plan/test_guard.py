from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.plan import Plan
from platform_components.plan.guard import DataLossError, data_of, losses, refuse_losses
from tests.plan.worlds import PLATFORM, WEB, plan_of

DB = "postgres.default#web.db"


def changed(folder: Path, old: str = "", new: str = "", score: str = WEB, **config: Any) -> tuple[Plan, Plan]:
    """The plan as it is deployed, and the one after a change to the definitions, the workload or the config."""
    assert not old or old in PLATFORM
    return plan_of(folder / "a"), plan_of(folder / "b", score, platform=PLATFORM.replace(old, new), **config)


def reasons(folder: Path, old: str = "", new: str = "", **more: Any) -> dict[str, tuple[str, ...]]:
    return {loss.resource: loss.reasons for loss in losses(*changed(folder, old, new, **more))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("id: postgres-shared", "id: postgres-renamed"),
        ("limit: ", "limits: "),
        ("id: cache\ntype: redis\ndriver: any", "id: cache\ntype: redis\ndriver: other"),
    ],
)
def test_what_keeps_its_driver_server_and_name_keeps_its_data(tmp_path: Path, old: str, new: str) -> None:
    assert reasons(tmp_path, old, new) == {}


def test_dropping_a_resource_loses_its_data(tmp_path: Path) -> None:
    without = WEB.replace("  db: {type: postgres}\n", "").replace("${resources.db.", "$${resources.db.")
    assert reasons(tmp_path, score=without) == {DB: ("it would be removed",)}


def test_another_driver_loses_the_data(tmp_path: Path) -> None:
    old = "id: postgres-shared\ntype: postgres\ndriver: any"
    assert reasons(tmp_path, old, old.replace("any", "other")) == {DB: ("the driver any would become other",)}


def test_moving_from_shared_to_dedicated_loses_the_data(tmp_path: Path) -> None:
    old = "uses: {server: {type: postgres-server, class: shared, id: main}}"
    assert reasons(tmp_path, old, old.replace("shared", "dedicated")) == {
        DB: ("it would leave postgres-server.shared#main for postgres-server.dedicated#main",)
    }


def test_another_foundation_is_another_server(tmp_path: Path) -> None:
    assert reasons(tmp_path, foundation="organization/platform/other") == {
        DB: (
            (
                "postgres-server.shared#main, which it is in, would be another: stack "
                "'organization/platform/foundation-test' would become 'organization/platform/other'"
            ),
        )
    }


def test_a_server_that_comes_from_elsewhere_loses_the_data_in_it(tmp_path: Path) -> None:
    old = 'driver: stack-reference\ncriteria: [{class: shared}]\ninputs: {stack: "${stack.foundation}"}'
    assert list(reasons(tmp_path, old, "driver: any\ncriteria: [{class: shared}]")) == [DB]


def test_another_physical_name_loses_the_data(tmp_path: Path) -> None:
    deployed = plan_of(tmp_path)
    document = deployed.to_document()
    for resource in document["resources"]:
        if resource["id"] == DB:
            resource["names"] = {"name": "before"}
    old = Plan.from_json(document)
    assert [loss.reasons for loss in losses(old, deployed)] == [
        ("the name 'before' would become 'ephemeral-one-postgres-web-db-3fb794'",)
    ]


def test_data_lives_only_in_what_the_definition_says(tmp_path: Path) -> None:
    """The cache's namespace may change hands; the database says that it lives in nothing but its server."""
    platform = PLATFORM.replace(
        "uses: {server: {type: postgres-server, class: shared, id: main}}",
        "data_in: [server]\n"
        "uses: {server: {type: postgres-server, class: shared, id: main}, space: {type: k8s-namespace, id: main}}",
    )
    one, other = (plan_of(tmp_path / name, platform=platform) for name in "ab")
    document = other.to_document()
    for resource in document["resources"]:
        if resource["type"] == "k8s-namespace":
            resource["names"] = {"name": "another"}
    assert losses(one, Plan.from_json(document)) == ()
    everything = Plan.from_json(plan_of(tmp_path / "c", platform=platform.replace("data_in: [server]\n", "")).to_json())
    assert [loss.resource for loss in losses(everything, Plan.from_json(document))] == [DB]


def test_a_reference_to_another_stacks_server_is_no_data_of_this_one(tmp_path: Path) -> None:
    deployed = plan_of(tmp_path)
    assert deployed.resource("postgres-server.shared#main").holds_data
    assert list(data_of(deployed)) == [DB]


def test_the_message_says_what_changes_what_would_be_lost_and_how_to_want_it(tmp_path: Path) -> None:
    old = "uses: {server: {type: postgres-server, class: shared, id: main}}"
    deployed, wanted = changed(tmp_path, old, old.replace("shared", "dedicated"))
    with pytest.raises(DataLossError) as caught:
        refuse_losses(deployed, wanted)
    assert caught.value.exit_code == 1
    assert str(caught.value) == (
        "ephemeral-one: data would be lost, so nothing was changed\n"
        "  postgres.default#web.db\n"
        "    it would leave postgres-server.shared#main for postgres-server.dedicated#main\n"
        "    what is lost  name ephemeral-one-postgres-web-db-3fb794\n"
        "    served by     postgres-shared (any), because of {env_type: ephemeral}      definitions/own.yaml:2\n"
        "    then by       postgres-shared (any), because of {env_type: ephemeral}      definitions/own.yaml:5\n"
        "  save the data first; then, to lose it: --replace-data 'postgres.default#web.db'"
    )


SHARED = """id: postgres-shared
type: postgres
driver: any
criteria: [{env_type: ephemeral}]
"""
OF_SHOP = """id: postgres-of-shop
type: postgres
driver: any
criteria: [{app_id: shop}]
uses: {server: {type: postgres-server, class: dedicated, id: main}}
---
"""


def test_the_message_names_the_rule_that_changed(tmp_path: Path) -> None:
    deployed, wanted = changed(tmp_path, SHARED, OF_SHOP + SHARED)
    loss = losses(Plan.from_json(deployed.to_json(places=False)), wanted, {"postgres-shared": "definitions/own.yaml:8"})
    assert (loss[0].was, loss[0].now) == (
        "postgres-shared (any), because of {env_type: ephemeral}      definitions/own.yaml:8",
        "postgres-of-shop (any), because of {app_id: shop}      definitions/own.yaml:5",
    )
    gone = losses(deployed, wanted, {})
    assert gone[0].was.endswith("because of {env_type: ephemeral}      no longer there")


def test_a_definition_that_says_data_lives_in_less_of_what_it_uses_is_no_loss(tmp_path: Path) -> None:
    server = "uses: {server: {type: postgres-server, class: shared, id: main}}"
    both = server.replace("}}", "}, space: {type: k8s-namespace, id: main}}")
    deployed = plan_of(tmp_path / "a", platform=PLATFORM.replace(server, both))
    narrowed = plan_of(tmp_path / "b", platform=PLATFORM.replace(server, f"data_in: [server]\n{both}"))
    assert deployed.resource(DB).data_in != narrowed.resource(DB).data_in
    assert losses(deployed, narrowed) == ()


def test_another_server_under_the_same_alias_is_a_loss_however_little_the_data_lives_in(tmp_path: Path) -> None:
    server = "uses: {server: {type: postgres-server, class: shared, id: main}}"
    assert list(reasons(tmp_path, server, "data_in: []\n" + server.replace("shared", "dedicated"))) == [DB]


def test_what_a_custom_driver_makes_is_guarded_though_the_plan_knows_no_names(tmp_path: Path) -> None:
    platform = PLATFORM.replace(SHARED, SHARED.replace("any", "custom")).replace(
        "uses: {server: {type: postgres-server, class: shared, id: main}}\n"
        'inputs: {server: "${uses.server}", limit: "${environment.postgres.connection_limit}"}\n',
        "",
        1,
    )
    deployed = plan_of(tmp_path / "a", platform=platform)
    assert not deployed.resource(DB).names
    without = WEB.replace("  db: {type: postgres}\n", "").replace("${resources.db.", "$${resources.db.")
    assert [loss.resource for loss in losses(deployed, plan_of(tmp_path / "b", without, platform=platform))] == [DB]


def test_what_a_person_has_named_may_be_lost_and_nothing_else(tmp_path: Path) -> None:
    deployed, wanted = changed(tmp_path, foundation="organization/platform/other")
    refuse_losses(deployed, wanted, replace=[DB])
    with pytest.raises(InputError, match=r"--replace-data: 'postgres.default#web.dc' is not deployed in ephemeral-one"):
        refuse_losses(deployed, wanted, replace=["postgres.default#web.dc"])
