import json
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.plan.explain import Explained, as_text, explain
from tests.catalog.world import catalog, environment, sources
from tests.plan.worlds import PLATFORM, WEB


@pytest.fixture(autouse=True)
def _in_the_platform_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def explained(resource: str, *scores: str, platform: str = PLATFORM, **config: Any) -> tuple[Explained, ...]:
    known = catalog(Path.cwd(), platform)
    return explain(environment(known, **config), sources(Path("app"), *(scores or (WEB,))), known, resource)


def test_the_winner_the_losers_and_what_follows_are_told_with_their_places() -> None:
    (one,) = explained("db")
    assert as_text(one) == (
        """postgres.default#web.db
  context: env_type ephemeral, app_id shop, env_id ephemeral-one, res_id web.db
  asked for by app/score0.yaml:12:14: resources.db
  served by postgres-shared (any)      definitions/own.yaml:2
    because of {env_type: ephemeral}      definitions/own.yaml:5
  not by
    postgres-dedicated  is for env_type 'production', here it is 'ephemeral'      definitions/own.yaml:9
  names
    name  ephemeral-one-postgres-web-db-3fb794
  uses
    server  postgres-server.shared#main
  inputs
    limit   10
    server  ${postgres-server.shared#main}"""
    )


def test_a_loser_that_matches_is_told_with_the_field_that_it_does_not_name() -> None:
    platform = PLATFORM.replace("criteria: [{env_type: production}]", "criteria: [{}]")
    (one,) = explained("db", platform=platform)
    assert [(loser.definition, loser.field, loser.reason) for loser in one.losers] == [
        ("postgres-dedicated", "env_type", "matches, but does not name env_type, as the winner does")
    ]


def test_a_resource_that_nobody_serves_is_explained_as_well() -> None:
    (one,) = explained("db", WEB.replace("{type: postgres}", "{type: postgres, class: large}"))
    assert one.winner is None
    assert {loser.field for loser in one.losers} == {"class"}
    assert "served by nobody" in as_text(one)
    assert "no resource definition serves 'postgres' (class 'large')" in as_text(one)


def test_what_is_wrong_elsewhere_does_not_hide_an_explanation() -> None:
    (one,) = explained("db", WEB.replace("{type: redis}", "{type: mongodb}"))
    assert one.winner is not None
    assert one.problems == ()


def test_a_pinned_definition_says_so() -> None:
    platform = PLATFORM.replace("id: postgres-shared\n", "id: postgres-shared\nversion: 1\n")
    platform += "---\nid: postgres-shared\nversion: 2\ntype: postgres\ndriver: other\n"
    (one,) = explained("db", platform=platform, pins=["postgres-shared@2"])
    assert "served by postgres-shared@2 (other), pinned by platform:pins" in as_text(one)


def test_secrets_in_inputs_are_masked() -> None:
    platform = PLATFORM.replace(
        "inputs: {database:", "inputs: {url: 'x:${uses.db.password}@${uses.db.host}', database:"
    )
    platform = platform.replace("uses: {namespace:", "uses: {db: {type: postgres, id: other}, namespace:")
    (one,) = explained("cache", platform=platform)
    assert one.inputs["url"] == "x:<secret>@${postgres.default#other.host}"


@pytest.mark.parametrize("name", ["db", "web.db", "postgres", "postgres.default#web.db"])
def test_a_resource_may_be_named_in_several_ways(name: str) -> None:
    assert [one.id for one in explained(name)] == ["postgres.default#web.db"]


def test_a_name_that_several_workloads_use_explains_all_of_them() -> None:
    assert [one.id for one in explained("db", WEB, WEB.replace("name: web", "name: api"))] == [
        "postgres.default#api.db",
        "postgres.default#web.db",
    ]


def test_a_name_that_nobody_uses_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match=r"--resource: there is no resource 'dbb'\n  did you mean `db`\?"):
        explained("dbb")


def test_a_resource_that_was_refused_is_told_why() -> None:
    with pytest.raises(InputError, match="'postgres-server' is the platform's own"):
        explained("db", WEB.replace("{type: postgres}", "{type: postgres-server}"))


def test_the_explanation_is_plain_data_as_well() -> None:
    (one,) = explained("db")
    assert json.loads(json.dumps(one.to_dict()))["winner"]["definition"] == "postgres-shared"
