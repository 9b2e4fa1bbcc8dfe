import json
from pathlib import Path

import pytest

from platform_components.catalog.listing import all_listed, listed, overview_text, type_text
from platform_components.errors import InputError
from tests.catalog.world import catalog

REDIS = """
id: cache
type: redis
driver: any
criteria: [{}, {class: large, app_id: shop}]
---
id: cache-of-production
type: redis
driver: other
criteria: [{env_type: production}]
---
id: cache-on-trial
type: redis
driver: other
"""


def test_a_type_is_told_with_its_outputs_who_serves_it_where_and_an_example(tmp_path: Path) -> None:
    known = catalog(tmp_path, REDIS)
    assert (
        type_text(listed(known, "redis"), known)
        == """redis: A Redis server

in a Score file
  resources:
    cache:
      type: redis

outputs, such as ${resources.cache.host}
  host      The server's host name (string)
  port      The server's port (integer)
  username  The user (string)
  user      the same as `username` (string)
  password  The user's password (string, secret)

served
  production                                     by cache-of-production (other)      definitions/own.yaml:7
  ephemeral                                      by cache (any)      definitions/own.yaml:2
  class large: everywhere, only for app_id shop  by cache (any)      definitions/own.yaml:2
  never, but by a pin: cache-on-trial"""
    )


def test_params_are_told_with_what_they_may_be(tmp_path: Path) -> None:
    known = catalog(tmp_path)
    text = type_text(listed(known, "horizontal-pod-autoscaler"), known)
    assert "  minReplicas                     The least pods (integer, default 2)" in text
    assert "  port  The workload's service port, by number or name (integer or string, required)" in type_text(
        listed(known, "route"), known
    )


def test_the_overview_says_what_is_served_where_with_its_params_and_outputs(tmp_path: Path) -> None:
    known = catalog(tmp_path, REDIS + "---\nid: route\ntype: route\ndriver: any\ncriteria: [{}]\n")
    served, unserved, own, _ = overview_text(known).split("\n\n")
    assert [line.strip() for line in served.splitlines()] == [
        "For Score files",
        "redis                      A Redis server",
        "gives  host, port, username, password!",
        "where  production by cache-of-production",
        "ephemeral by cache",
        "class large: everywhere, only for app_id shop by cache",
        "route                      A path of a host that leads to a port of the workload",
        "takes  host*, path*, port*",
        "gives  url",
        "where  everywhere by route",
    ]
    assert "  mongodb                    A MongoDB database; holds data" in unserved
    assert "  k8s-cluster  " in own
    assert all_listed(known)[0].type.name == "redis"


def test_a_type_that_takes_any_name_says_so(tmp_path: Path) -> None:
    known = catalog(tmp_path, "id: env\ntype: environment\ndriver: any\ncriteria: [{}]\n")
    assert "outputs, such as ${resources.env.NAME}\n  any name  secret" in type_text(
        listed(known, "environment"), known
    )
    assert "gives  any name!" in overview_text(known)


def test_a_type_that_is_not_for_score_files_says_what_is(tmp_path: Path) -> None:
    known = catalog(tmp_path)
    assert "the platform's own: Score files ask for postgres" in type_text(listed(known, "postgres-server"), known)


def test_a_type_that_is_not_there_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no resource type is called 'rediss'\n  did you mean `redis`\?"):
        listed(catalog(tmp_path), "rediss")


def test_the_listing_is_plain_data_as_well(tmp_path: Path) -> None:
    found = json.loads(json.dumps(listed(catalog(tmp_path, REDIS), "redis").to_dict()))
    assert found["outputs"]["password"]["secret"] is True
    assert found["never_chosen"] == ["cache-on-trial"]
    assert [(one["definition"], one["wins_in"]) for one in found["serving"]] == [
        ("cache-of-production", ["production"]),
        ("cache", ["ephemeral", "foundation-test"]),
        ("cache", ["ephemeral", "production", "foundation-test"]),
    ]
