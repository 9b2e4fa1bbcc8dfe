"""The verbs that need no engine, as a person sees them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pave

WEB = "examples/web"
TYPE = ("--env-type", "ephemeral")


def test_a_plan_shows_each_layer_with_the_definition_and_the_names(pave: Pave) -> None:
    ended = pave("plan", WEB, "--app", "shop", "--branch", "main")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0] == "shop-main-309755 (ephemeral): 13 resources"
    assert lines[1].split()[0] == "1"
    database = next(line for line in lines if "postgres.default#web.db" in line)
    assert "postgres-shared" in database
    assert "database shop_main_web_db_" in database
    assert lines[-1].endswith("workload web, service web")


def test_a_plan_is_the_same_every_time_and_for_machines(pave: Pave) -> None:
    first, second = (pave("plan", WEB, *TYPE, "--json").out for _ in range(2))

    assert first == second
    assert {resource["type"] for resource in json.loads(first)["resources"]} >= {"postgres", "dns", "s3", "workload"}


def test_a_plan_needs_neither_an_app_nor_a_name(pave: Pave) -> None:
    out = pave("plan", WEB, *TYPE).out

    assert out.startswith("<env> (ephemeral): ")


def test_a_fixed_environments_plan_is_that_of_its_settings(pave: Pave) -> None:
    out = pave("plan", "--env", "development").out

    assert out.startswith("development (development): ")
    assert "workload.default#python-service" in out
    assert "workload.default#web" in out


def test_a_foundations_plan_is_that_of_its_settings(pave: Pave) -> None:
    out = pave("plan", "--env", "foundation-nonproduction").out

    assert "k8s-cluster.default#main" in out
    assert "cluster-aks" in out


def test_an_image_and_an_override_are_in_the_plan(pave: Pave) -> None:
    document = json.loads(
        pave(
            *("plan", WEB, *TYPE, "--json", "--image", "web=python:3.12"),
            *("--override-property", 'containers.web.variables.EXTRA="1"'),
        ).out
    )

    container = document["workloads"][0]["document"]["containers"]["web"]
    assert container["image"] == "python:3.12"
    assert container["variables"]["EXTRA"] == "1"


def test_validate_counts_what_is_right_and_shows_what_is_wrong(pave: Pave, tmp_path: Path) -> None:
    assert (
        pave("validate", "examples/python-service", "examples/web").out
        == "2 workload(s) without a problem: python-service, web\n"
    )
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {a: {imagee: b}}\n")

    ended = pave("validate", str(wrong))

    assert ended.code == 1
    assert f"error: {wrong}:3:" in ended.out
    assert "image" in ended.out


def test_validate_for_machines_has_no_text_beside_the_document(pave: Pave) -> None:
    assert json.loads(pave("validate", "examples", "--json").out) == {"problems": [], "warnings": []}


def test_validate_works_outside_of_a_platform_repository(
    pave: Pave, platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert pave("validate", str(platform / "examples")).code == 0
    assert pave("validate", str(platform / "examples"), "--schema-only", "-q").out == ""


def test_the_schema_knows_the_platforms_types(pave: Pave) -> None:
    assert "postgres" in json.dumps(json.loads(pave("schema").out))


def test_explain_says_which_definition_serves_and_why(pave: Pave) -> None:
    ended = pave("explain", WEB, "--resource", "db", *TYPE)

    assert ended.code == 0
    assert "postgres-shared" in ended.out
    assert isinstance(json.loads(pave("explain", WEB, "--resource", "db", *TYPE, "--json").out), list)


@pytest.mark.parametrize(
    ("form", "begins"),
    [("mermaid", ("flowchart", "graph")), ("dot", ("digraph",)), ("svg", ("<?xml", "<svg")), ("html", ("<!",))],
)
def test_a_graph_is_drawn_in_every_form(pave: Pave, form: str, begins: tuple[str, ...]) -> None:
    out = pave("graph", WEB, *TYPE, "--format", form).out

    assert out.lower().startswith(begins)


def test_the_catalogue_lists_types_and_shows_one(pave: Pave) -> None:
    assert "postgres" in pave("catalog").out
    assert "postgres-shared" in pave("catalog", "postgres").out
    assert json.loads(pave("catalog", "postgres", "--json").out)


VERSIONS = """id: cache
version: 1
type: redis
driver: static
criteria: [{app_id: shop}]
inputs: {host: one.example.com, port: 6379, username: default, password: not-a-real-one}
---
id: cache
version: 2
type: redis
driver: static
inputs: {host: two.example.com, port: 6379, username: default, password: not-a-real-one}
"""
CACHED = """apiVersion: score.dev/v1b1
metadata: {name: cached}
containers: {main: {image: nginx}}
resources: {cache: {type: redis}}
"""


def test_a_new_version_of_a_definition_is_tried_in_one_environment_first(
    pave: Pave, platform: Path, tmp_path: Path
) -> None:
    """And its folder may be that environment's own."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "cache.yaml").write_text(VERSIONS)
    (tmp_path / "cached.yaml").write_text(CACHED)
    stacks = [platform / "stacks" / f"Pulumi.{name}.yaml" for name in ("tries", "waits")]
    try:
        for path, pins in zip(stacks, ("[cache@2]", "[]"), strict=True):
            path.write_text(
                f"config:\n  platform:type: development\n  platform:app: shop\n  platform:pins: {pins}\n"
                f"  platform:definitions: [{tmp_path / 'more'}]\n"
            )
        tries, waits = (pave("plan", str(tmp_path / "cached.yaml"), "--env", name) for name in ("tries", "waits"))
        explained = pave("explain", str(tmp_path / "cached.yaml"), "--env", "tries", "--resource", "cache")
    finally:
        for path in stacks:
            path.unlink()

    assert "cache@2" in tries.out
    assert "cache@1" in waits.out
    assert "served by cache@2 (static), pinned by platform:pins" in explained.out


def test_validate_knows_the_platforms_annotations_wherever_it_is(pave: Pave, tmp_path: Path) -> None:
    score = tmp_path / "score.yaml"
    score.write_text(
        "apiVersion: score.dev/v1b1\nmetadata:\n  name: web\n  annotations: {k8s.score.dev/kind: Deploymnt}\n"
        "containers: {web: {image: nginx}}\n"
    )

    ended = pave("validate", str(score))

    assert ended.code == 1
    assert "score.yaml:4:37: " in ended.out
    assert "did you mean `Deployment`?" in ended.out
    assert pave("validate", "--schema-only", str(score)).code == 0
