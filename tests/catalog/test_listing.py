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

outputs
  host      The server's host name (string)
  port      The server's port (integer)
  username  The user (string)
  password  The user's password (string, secret)

served by
  cache-of-production (other) in production      definitions/own.yaml:7
  cache (any) in ephemeral      definitions/own.yaml:2
  cache (any) everywhere, class large, only for app_id shop      definitions/own.yaml:2
  never chosen, but by a pin: cache-on-trial

in a Score file
  resources:
    cache:
      type: redis"""
    )


def test_params_are_told_with_what_they_may_be(tmp_path: Path) -> None:
    known = catalog(tmp_path)
    text = type_text(listed(known, "horizontal-pod-autoscaler"), known)
    assert "  minReplicas                     The least pods (integer, default 2)" in text
    assert "  port  The workload's service port, by number or name (integer or string, required)" in type_text(
        listed(known, "route"), known
    )


def test_the_overview_parts_what_can_be_asked_for_from_what_can_not(tmp_path: Path) -> None:
    known = catalog(tmp_path, REDIS)
    served, unserved, own = overview_text(known).split("\n\n")
    assert "  redis  " in served
    assert "  mongodb  " in unserved
    assert "  k8s-cluster  " in own
    assert all_listed(known)[0].type.name == "redis"


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
