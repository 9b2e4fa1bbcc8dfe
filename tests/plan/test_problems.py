"""Every way in which a plan can't be made, and what a person reads then."""

from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.plan import PlanError, make_plan
from tests.catalog.world import POSTGRES, SCORE, catalog, environment, sources


@pytest.fixture(autouse=True)
def _in_the_platform_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(definitions: str, *scores: str, types: str = "", of: str = "ephemeral", name: str = "", **config: Any) -> str:
    known = catalog(Path.cwd(), definitions, types=types)
    with pytest.raises(PlanError) as caught:
        make_plan(environment(known, of, name=name, **config), sources(Path("app"), *scores), known)
    return str(caught.value)


def asking(resource: str, workload: str = "web") -> str:
    return (
        f"apiVersion: score.dev/v1b1\nmetadata: {{name: {workload}}}\ncontainers: {{main: {{image: nginx}}}}\n"
        f"resources:\n  db: {resource}\n"
    )


TWO = """
id: postgres-shared
type: postgres
driver: any
criteria: [{env_type: ephemeral}]
---
id: postgres-dedicated
type: postgres
driver: any
criteria: [{env_type: production}]
"""


def test_no_match_names_the_near_misses_and_the_field_that_differs() -> None:
    assert told(TWO, asking("{type: postgres, class: large}"), of="production", name="production") == (
        "app/score0.yaml:5:14: resources.db.type: no resource definition serves 'postgres' (class 'large') in "
        "shop/production\n"
        "  nearest: postgres-dedicated, for class 'default'      definitions/own.yaml:7\n"
        "           postgres-shared, for class 'default' and env_type 'ephemeral'      definitions/own.yaml:2\n"
        "  add a definition with criteria {class: large}, or drop `class` from the resource"
    )


def test_no_definition_at_all_says_so() -> None:
    assert told("", asking("{type: redis}")) == (
        "app/score0.yaml:5:14: resources.db.type: no resource definition serves 'redis' in shop/ephemeral-one "
        "(ephemeral)\n"
        "  no definition is for 'redis' at all\n"
        "  add a definition with criteria {env_type: ephemeral}"
    )


def test_what_a_definition_uses_is_told_with_the_definitions_place() -> None:
    definitions = f"{POSTGRES}uses: {{server: {{type: postgres-server, class: shared, id: main}}}}\n"
    first, *_ = told(definitions, SCORE).splitlines()
    assert first == (
        "definitions/own.yaml:6:16: the definition postgres uses postgres-server as 'server': no resource definition "
        "serves 'postgres-server' (class 'shared') in shop/ephemeral-one (ephemeral)"
    )


def test_a_type_that_does_not_exist_names_the_one_that_was_meant() -> None:
    lines = told("", asking("{type: postgers}")).splitlines()
    assert lines[0] == "app/score0.yaml:5:14: resources.db.type: no resource type is called 'postgers'"
    assert lines[1] == "  did you mean `postgres`?"
    assert "postgres-server" not in lines[2]


def test_the_platforms_own_types_are_not_for_score_files_and_the_message_says_what_is() -> None:
    assert told("", asking("{type: postgres-server}")) == (
        "app/score0.yaml:5:14: resources.db.type: 'postgres-server' is the platform's own\n"
        "  ask for `postgres` instead: a PostgreSQL database of its own, with a role that owns it"
    )
    assert "take it out, or ask the platform team" in told("", asking("{type: network}"))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("{hots: x}", "app/score0.yaml:5:30: resources.db.params.hots: is not known here\n  did you mean `host`?"),
        ("{host: x, path: y, port: 1}", "resources.db.params.path: must match ^/, not be 'y'"),
        ("{host: x}", "resources.db.params.path: is required"),
        ("{host: x, path: /, port: [1]}", "resources.db.params.port: must be a whole number or a string, not a list"),
    ],
)
def test_params_outside_the_contract_are_refused(params: str, message: str) -> None:
    assert message in told("", asking(f"{{type: route, params: {params}}}"))


def test_params_of_a_type_without_any_are_refused() -> None:
    assert "params.size: is not known here\n  the type 'postgres' has no params" in told(
        POSTGRES, asking("{type: postgres, params: {size: 1}}")
    )


def test_one_resource_with_two_sets_of_params_names_both_places() -> None:
    route = "{{type: route, id: one, params: {{host: x, path: /{0}, port: 1}}}}"
    known = catalog(Path.cwd(), POSTGRES.replace("postgres", "route"))
    read = [  # apart, as from a stack's config: nobody has compared them yet
        *sources(Path("api"), asking(route.format("a"), "api")),
        *sources(Path("web"), asking(route.format("b"), "web")),
    ]
    with pytest.raises(PlanError) as caught:
        make_plan(environment(known), read, known)
    assert str(caught.value) == (
        "web/score0.yaml:5:14: resources.db: the resource route.default#one is asked for with other params than at "
        "api/score0.yaml:5:14: resources.db\n"
        "  give both the same, or only one of them"
    )


def test_an_output_that_does_not_exist_is_told_where_it_is_named() -> None:
    assert told(POSTGRES, SCORE.replace("db.host", "db.hots")).splitlines()[:2] == [
        "app/score0.yaml:5:41: containers.web.variables.HOST: ${resources.db.hots}: 'postgres' has no output 'hots'",
        "  did you mean `host`?",
    ]


def test_a_loop_is_told_as_the_loop_it_is_with_the_place_of_every_hop() -> None:
    definitions = """
id: database
type: postgres
driver: any
criteria: [{}]
uses: {cache: {type: redis, id: one}}
---
id: cache
type: redis
driver: any
criteria: [{}]
uses: {queue: {type: amqp, id: one}}
---
id: queue
type: amqp
driver: any
criteria: [{}]
uses: {cache: {type: redis, id: one}}
"""
    assert told(definitions, asking("{type: postgres}")) == (
        "definitions/own.yaml:18:15: these resources wait for each other: "
        "amqp.default#one → redis.default#one → amqp.default#one\n"
        "  amqp.default#one waits for redis.default#one: definitions/own.yaml:18:15: the definition queue uses redis "
        "as 'cache'\n"
        "  redis.default#one waits for amqp.default#one: definitions/own.yaml:12:15: the definition cache uses amqp "
        "as 'queue'\n"
        "  take one of these hops out"
    )


def test_a_loop_through_params_names_the_score_file() -> None:
    route = "{{type: route, params: {{host: '${{resources.{0}.url}}', path: /, port: 1}}}}"
    score = asking(route.format("other")) + f"  other: {route.format('db')}\n"
    known = catalog(Path.cwd(), POSTGRES.replace("postgres", "route"))
    with pytest.raises(InputError) as caught:  # the reader sees this one first
        make_plan(environment(known), sources(Path("app"), score), known)
    assert "other" in str(caught.value)


def test_all_problems_of_all_workloads_are_told_at_once() -> None:
    message = told(TWO, asking("{type: postgers}", "api"), asking("{type: redis}", "web"))
    assert [line.split(":")[0] for line in message.splitlines() if not line.startswith(" ")] == [
        "app/score0.yaml",
        "app/score1.yaml",
    ]


def test_settings_are_checked_again_when_the_environment_has_its_own() -> None:
    definitions = f"{POSTGRES}inputs: {{limit: '${{environment.postgres.connection_limit}}'}}\n"
    definitions = definitions.replace("driver: any", "driver: strict")
    assert told(definitions, SCORE, settings={"postgres": {"connection_limit": "many"}}) == (
        "definitions/own.yaml:6:17: postgres: inputs.limit: must be int\n"
        "  for postgres.default#web.db, asked for by app/score0.yaml:7:14: resources.db"
    )


def test_something_the_environment_does_not_have_is_told_with_where_to_set_it() -> None:
    definitions = f"{POSTGRES}inputs: {{stack: '${{stack.foundation}}'}}\n"
    assert "${stack.foundation}: this environment has none" in (message := told(definitions, SCORE, of="production"))
    assert "set `foundation` of the environment type 'production', or platform:foundation" in message


def test_a_setting_of_another_environment_type_is_told() -> None:
    definitions = f"{POSTGRES}inputs: {{x: '${{environment.postgres.tier}}'}}\n"
    assert "inputs.x: ${environment.postgres.tier}: key 'tier' not found" in told(definitions, SCORE)


def test_an_id_that_is_known_only_later_is_refused() -> None:
    definitions = """
id: route
type: route
driver: any
criteria: [{}]
uses: {cache: {type: redis, id: "for-${params.host}"}}
---
id: dns
type: dns
driver: any
criteria: [{}]
"""
    score = asking("{type: route, params: {host: '${resources.dns.host}', path: /, port: 1}}") + "  dns: {type: dns}\n"
    message = told(definitions, score)
    assert (
        "definitions/own.yaml:6:33: route: uses.cache.id: for-${params.host}: is known only when something" in message
    )


def test_a_workload_that_nobody_has_can_not_be_overridden() -> None:
    message = told(POSTGRES, SCORE, overrides={"wbe": {}}, images={"api": "x"})
    assert "platform:overrides.wbe: there is no workload 'wbe'\n  did you mean `web`?" in message
    assert "platform:images.api: there is no workload 'api'" in message


def test_an_image_that_is_still_open_is_told() -> None:
    score = SCORE.replace("image: nginx", "image: .")
    assert told(POSTGRES, score) == (
        "app/score0.yaml:5:16: containers.web.image: the image is still open\n  supply it: --image web/web=IMAGE"
    )
    known = catalog(Path.cwd(), POSTGRES)
    assert make_plan(environment(known, images={"web": "x"}), sources(Path("app"), score), known)
    assert make_plan(environment(known, name="<env>"), sources(Path("app"), score), known)


def test_two_workloads_of_one_name_are_told() -> None:
    known = catalog(Path.cwd(), POSTGRES)
    one, other = sources(Path("one"), SCORE)[0], sources(Path("two"), SCORE)[0]
    with pytest.raises(
        PlanError, match=r"two/score0.yaml:3:18: metadata.name: the workload 'web' is already read from"
    ):
        make_plan(environment(known), [one, other], known)


def test_an_environment_of_an_app_without_workloads_is_refused() -> None:
    known = catalog(Path.cwd())
    with pytest.raises(InputError, match="platform:workloads: an environment of an app needs at least one workload"):
        make_plan(environment(known), (), known)


def test_a_foundation_has_resources_and_no_workloads() -> None:
    known = catalog(Path.cwd())
    with pytest.raises(InputError, match="platform:resources: a foundation has to list what it shares"):
        make_plan(environment(known, "foundation-test"), (), known)
    with pytest.raises(InputError, match="a foundation runs no workloads"):
        make_plan(environment(known, "foundation-test"), sources(Path("app"), SCORE), known)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"tpye": "redis"}, "platform:resources.db: type: is required"),
        ({"type": "rediss"}, "platform:resources.db: type: no resource type is called 'rediss'"),
        ({"type": "redis", "params": {"a": 1}}, "platform:resources.db: params.a: is not known here"),
        ({"type": "redis", "id": "A B"}, "platform:resources.db: id: must match"),
        ("redis", "platform:resources.db: must be a map"),
    ],
)
def test_a_wrong_entry_of_a_foundation_is_told_with_its_key(entry: Any, message: str) -> None:
    definitions = POSTGRES.replace("postgres", "redis")
    assert told(definitions, of="foundation-test", resources={"db": entry}).startswith(message)


def test_a_pin_to_what_is_not_there_is_told() -> None:
    known = catalog(Path.cwd(), POSTGRES)
    with pytest.raises(InputError, match="platform:pins: no definition is called 'postgres@2'"):
        make_plan(environment(known, pins=["postgres@2"]), sources(Path("app"), SCORE), known)
