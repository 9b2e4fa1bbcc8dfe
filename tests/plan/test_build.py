"""What a plan holds, as a user of it sees it; what is wrong is in test_problems."""

from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import Catalog
from platform_components.plan import Plan, PlannedResource, make_plan
from tests.catalog.world import POSTGRES, SCORE, catalog, environment, sources

DB = "postgres.default#web.db"


def plan_of(
    folder: Path, definitions: str, *scores: str, known: Catalog | None = None, of: str = "ephemeral", **config: Any
) -> Plan:
    known = known or catalog(folder, definitions)
    return make_plan(environment(known, of, **config), sources(folder / "app", *scores), known)


def inputs_of(folder: Path, inputs: str, score: str = SCORE, **config: Any) -> Any:
    """The inputs of the postgres resource of a workload, from a definition with these inputs."""
    return plan_of(folder, f"{POSTGRES}inputs: {inputs}\n", score, **config).resource(DB).inputs


def workload(name: str, **resources: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in resources.items())
    return f"apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\ncontainers: {{main: {{image: nginx}}}}\n" + (
        f"resources:\n{lines}" if lines else ""
    )


def test_an_environment_of_an_app_has_a_cluster_a_namespace_and_an_identity_whoever_asks(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "", workload("web"))
    assert [one.id for one in plan.resources if one.implicit] == [
        "k8s-cluster.default#main",
        "k8s-namespace.default#main",
        "workload-identity.default#main",
        "workload.default#web",
    ]


def test_a_private_resource_belongs_to_its_workload_and_a_shared_one_to_none(tmp_path: Path) -> None:
    shared = "{type: postgres, id: orders}"
    plan = plan_of(tmp_path, POSTGRES, workload("web", db=shared), workload("api", db=shared, own="{type: postgres}"))
    found = {one.id: (one.workload, one.used_by) for one in plan.resources if one.type == "postgres"}
    assert found == {
        "postgres.default#orders": (None, ("workload.default#api", "workload.default#web")),
        "postgres.default#api.own": ("api", ("workload.default#api",)),
    }


def test_a_workload_waits_for_everything_it_asks_for(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, POSTGRES, SCORE)
    assert DB in plan.resource("workload.default#web").depends_on
    assert plan.layers[-1] == ("workload.default#web",)


def test_independent_resources_share_a_layer_and_everything_follows_what_it_needs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, POSTGRES, SCORE, workload("api", db="{type: postgres}"))
    position = {identity: number for number, layer in enumerate(plan.layers) for identity in layer}
    for resource in plan.resources:
        assert all(position[need] < position[resource.id] for need in resource.depends_on)
    assert position["postgres.default#web.db"] == position["postgres.default#api.db"] == 0
    assert [one.id for one in plan.resources] == [identity for layer in plan.layers for identity in layer]


USES = """
id: database
type: postgres
driver: any
criteria: [{}]
uses:
  server: {type: postgres-server, class: shared, id: main}
  own: {type: redis}
  by_context: {type: redis, class: "${context.env_type}", id: "for-${context.app_id}"}
inputs:
  server: ${uses.server}
  host: ${uses.server.host}
  url: "redis://${uses.own.host}:${uses.own.port}"
---
id: server
type: postgres-server
driver: stack-reference
criteria: [{class: shared}]
inputs: {stack: "${stack.foundation}"}
---
id: cache
type: redis
driver: any
criteria: [{}, {class: ephemeral}]
"""


def test_uses_are_matched_named_and_ordered_too(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, USES, SCORE)
    assert plan.resource(DB).uses == {
        "server": "postgres-server.shared#main",
        "own": "redis.default#web.db",
        "by_context": "redis.ephemeral#for-shop",
    }
    assert set(plan.resource(DB).depends_on) == set(plan.resource(DB).uses.values())
    assert plan.resource("redis.default#web.db").workload == "web"
    assert plan.resource("redis.ephemeral#for-shop").workload is None
    assert plan.resource("postgres-server.shared#main").inputs == {"stack": "organization/platform/foundation-test"}


def test_what_is_not_known_yet_stands_as_a_reference_that_keeps_its_type_or_as_a_template(tmp_path: Path) -> None:
    server, cache = "postgres-server.shared#main", "redis.default#web.db"
    assert plan_of(tmp_path, USES, SCORE).resource(DB).inputs == {
        "server": {"$ref": server},
        "host": {"$ref": server, "output": "host"},
        "url": {"$template": ["redis://", {"$ref": cache, "output": "host"}, ":", {"$ref": cache, "output": "port"}]},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${environment.size}", "small"),
        ("${environment.postgres.connection_limit}", 10),
        ("${environment.postgres}", {"connection_limit": 10}),
        ("limit ${environment.postgres.connection_limit}", "limit 10"),
        ("${environment.postgres}!", '{"connection_limit":10}!'),
        ("${context.env_type}/${context.app_id}/${context.env_id}", "ephemeral/shop/ephemeral-one"),
        ("${context.res_id} ${context.class}", "web.db default"),
        ("${stack.name} ${stack.type} ${stack.project}", "ephemeral-one ephemeral platform"),
        ("${stack.location}", "westeurope"),
        ("$${stack.location}", "${stack.location}"),
        ("100 $", "100 $"),
    ],
)
def test_what_is_known_is_filled_in(tmp_path: Path, text: str, value: Any) -> None:
    assert inputs_of(tmp_path, f"{{x: '{text}'}}") == {"x": value}


def test_settings_of_the_environment_win_over_those_of_its_type(tmp_path: Path) -> None:
    config = {"postgres": {"connection_limit": 99}}
    assert inputs_of(tmp_path, "{x: '${environment.postgres.connection_limit}'}", settings=config) == {"x": 99}


def test_a_setting_without_a_value_leaves_its_key_out_so_that_the_drivers_default_counts(tmp_path: Path) -> None:
    assert inputs_of(tmp_path, "{x: '${environment.unset}', y: ['${environment.unset}', 1]}") == {"y": [1]}


TYPES = """
resource_types:
  thing:
    description: A thing
    params:
      required: [size]
      properties: {size: {type: integer}, color: {default: red}, label: {}, host: {type: string}}
    outputs: {name: {}, token: {secret: true}, port: {type: integer}}
"""
THING = """
id: thing
type: thing
driver: any
criteria: [{}]
"""


def thing(folder: Path, inputs: str, params: str, **more: str) -> PlannedResource:
    known = catalog(folder, f"{THING}inputs: {inputs}\n", types=TYPES)
    score = workload("web", it=f"{{type: thing, params: {params}}}", **more)
    return plan_of(folder, "", score, known=known).resource("thing.default#web.it")


def test_a_definition_uses_a_developers_param_only_where_it_names_it(tmp_path: Path) -> None:
    assert thing(tmp_path, "{}", "{size: 3, label: x}").inputs == {}
    assert thing(tmp_path, "{number: '${params.size}', text: 'is ${params.size}'}", "{size: 3}").inputs == {
        "number": 3,
        "text": "is 3",
    }


def test_a_param_that_nobody_set_takes_the_contracts_default_or_is_left_out(tmp_path: Path) -> None:
    inputs = "{color: '${params.color}', label: '${params.label}'}"
    assert thing(tmp_path, inputs, "{size: 3}").inputs == {"color": "red"}


def test_params_may_name_metadata_and_other_resources_and_are_always_texts(tmp_path: Path) -> None:
    params = "{size: '${resources.other.port}', label: '${metadata.name}', host: 'x-${resources.other.name}'}"
    inputs = "{size: '${params.size}', url: 'https://${params.host}/${params.label}'}"
    made = thing(tmp_path, inputs, params, other="{type: thing, params: {size: 1, host: other, label: x}}")
    other = "thing.default#web.other"
    assert made.params == {
        "size": {"$template": [{"$ref": other, "output": "port"}]},
        "label": "web",
        "host": {"$template": ["x-", {"$ref": other, "output": "name"}]},
    }
    assert made.inputs == {
        "size": {"$template": [{"$ref": other, "output": "port"}]},
        "url": {"$template": ["https://x-", {"$ref": other, "output": "name"}, "/web"]},
    }
    assert made.depends_on == (other,)


def test_a_part_of_a_structured_param_keeps_its_type(tmp_path: Path) -> None:
    assert thing(tmp_path, "{x: '${params.label.a}'}", "{size: 1, label: {a: [1, 2]}}").inputs == {"x": [1, 2]}


def test_the_params_of_a_use_follow_what_it_is_used_for(tmp_path: Path) -> None:
    definitions = f"""{THING}
---
id: database
type: postgres
driver: any
criteria: [{{}}]
uses: {{it: {{type: thing, params: {{size: 7, label: "${{context.res_id}}"}}}}}}
"""
    known = catalog(tmp_path, definitions, types=TYPES)
    plan = plan_of(tmp_path, "", SCORE, known=known)
    assert plan.resource("thing.default#web.db").params == {"size": 7, "label": "web.db"}


def test_params_count_whoever_asks_first(tmp_path: Path) -> None:
    """The shared thing is asked for without params before it is used with some."""
    types = TYPES.replace("required: [size]", "required: []")
    definitions = """
id: thing
type: thing
driver: any
criteria: [{}]
uses: {cache: {type: redis, id: "for-${params.size}"}}
inputs: {size: "${params.size}"}
---
id: cache
type: redis
driver: any
criteria: [{}]
---
id: database
type: postgres
driver: any
criteria: [{}]
uses: {it: {type: thing, id: shared, params: {size: 7}}}
"""
    known = catalog(tmp_path, definitions.replace("for-${params.size}", "for-${context.app_id}"), types=types)
    score = workload("web", aa="{type: thing, id: shared}", zz="{type: postgres}")
    plan = plan_of(tmp_path, "", score, known=known)
    assert plan.resource("thing.default#shared").inputs == {"size": 7}


ALSO = """
id: database
type: postgres
driver: any
criteria: [{}]
also:
  - {type: redis, id: backup, waits: true}
  - {type: volume, waits: true, awaited: true}
---
id: cache
type: redis
driver: any
criteria: [{}]
---
id: disk
type: volume
driver: any
criteria: [{}]
uses: {namespace: {type: k8s-namespace, id: main}}
"""


def test_what_a_definition_also_asks_for_waits_and_is_waited_for_as_it_says(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ALSO, SCORE)
    assert plan.resource("redis.default#backup").depends_on == (DB, "volume.default#web.db")
    assert plan.resource("volume.default#web.db").depends_on == ("k8s-namespace.default#main", DB)
    assert set(plan.resource("workload.default#web").depends_on) == {
        DB,
        "volume.default#web.db",
        "k8s-cluster.default#main",
        "k8s-namespace.default#main",
    }


def test_a_variable_or_file_is_secret_if_anything_in_it_is(tmp_path: Path) -> None:
    score = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  web:
    image: nginx
    variables:
      HOST: ${resources.db.host}
      URL: postgresql://${resources.db.user}:${resources.db.password}@${resources.db.host}
      ALIAS: ${resources.storage.aws_secret_key}
      KEY: ${resources.mine.API_KEY}
      ESCAPED: $${resources.db.password}
    files:
      /etc/secret: {content: "x ${resources.db.password}"}
      /etc/plain: {content: "x ${resources.db.host}"}
      /etc/raw: {content: "x ${resources.db.password}", noExpand: true}
  side: {image: nginx, variables: {A: b}}
resources:
  db: {type: postgres}
  storage: {type: s3}
  mine: {type: environment}
"""
    definitions = "---".join(
        f"\nid: {one}\ntype: {one}\ndriver: any\ncriteria: [{{}}]\n" for one in ("s3", "environment")
    )
    planned = plan_of(tmp_path, f"{POSTGRES}---{definitions}", score)
    assert planned.workload("web").secret_variables == {"web": ("ALIAS", "KEY", "URL")}
    assert planned.workload("web").secret_files == {"web": ("/etc/secret",)}
    assert planned.resource("environment.default#web.mine").wanted_outputs == ("API_KEY",)
    assert planned.resource("s3.default#web.storage").secret_outputs == ("aws_secret_key", "secret_key")


def test_which_resources_hold_data_and_how_they_are_called_is_in_the_plan(tmp_path: Path) -> None:
    database = plan_of(tmp_path, POSTGRES, SCORE).resource(DB)
    assert database.holds_data
    assert database.names == {"name": "ephemeral-one-postgres-web-db-3fb794"}
    assert database.definition_at == "definitions/own.yaml:2"


def test_images_and_overrides_of_the_environment_are_applied(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "images": {"web": "shop/web@sha256:1"},
        "overrides": {"web": {"resources": {"db": {"class": "large"}}}},
    }
    plan = plan_of(tmp_path, POSTGRES.replace("{}", "{class: large}"), SCORE, **config)
    assert plan.workload("web").document["containers"]["web"]["image"] == "shop/web@sha256:1"
    assert plan.workload("web").resources == {"db": "postgres.large#web.db"}


def test_a_pin_puts_one_environment_on_another_version(tmp_path: Path) -> None:
    versions = f"{POSTGRES}version: 1\n---\nid: postgres\nversion: 2\ntype: postgres\ndriver: other\n"
    current = plan_of(tmp_path, versions, SCORE).resource(DB)
    pinned = plan_of(tmp_path, versions, SCORE, pins=["postgres@2"]).resource(DB)
    assert (current.definition, current.driver, current.pinned) == ("postgres@1", "any", False)
    assert (pinned.definition, pinned.driver, pinned.pinned) == ("postgres@2", "other", True)


def test_a_foundation_is_made_of_what_it_lists_and_what_that_uses(tmp_path: Path) -> None:
    listed = {"db": {"type": "postgres-server", "class": "shared", "id": "main"}, "cache": {"type": "redis"}}
    definitions = USES.replace(
        "driver: stack-reference", "driver: any\nuses: {group: {type: resource-group, id: main}}"
    )
    definitions += "---\nid: group\ntype: resource-group\ndriver: any\ncriteria: [{}]\n"
    definitions = definitions.replace('inputs: {stack: "${stack.foundation}"}', "")
    plan = plan_of(tmp_path, definitions, of="foundation-test", resources=listed)
    assert [one.id for one in plan.resources] == [
        "redis.default#cache",
        "resource-group.default#main",
        "postgres-server.shared#main",
    ]
    assert not any(one.implicit for one in plan.resources)


def test_the_same_input_gives_the_same_bytes_in_whatever_order_it_comes(tmp_path: Path) -> None:
    known = catalog(tmp_path, USES)
    read = sources(tmp_path / "app", SCORE, workload("api", db="{type: postgres}"))
    of = environment(known)
    assert make_plan(of, read, known).to_json() == make_plan(of, read[::-1], known).to_json()


def test_a_plan_survives_being_written(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, USES, SCORE)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.to_json() == plan.to_json()


def test_without_places_a_plan_does_not_change_when_a_file_is_commented_or_moved(tmp_path: Path) -> None:
    one = plan_of(tmp_path / "a", USES, SCORE)
    other = plan_of(tmp_path / "b", f"# a comment\n\n{USES}", f"# another\n{SCORE}")
    assert one.to_json() != other.to_json()
    assert one.to_json(places=False) == other.to_json(places=False)


def test_what_was_brought_along_may_bring_something_along_that_is_waited_for_as_well(tmp_path: Path) -> None:
    definitions = """
id: database
type: postgres
driver: any
criteria: [{}]
also: [{type: redis, waits: true, awaited: true}]
---
id: cache
type: redis
driver: any
criteria: [{}]
also: [{type: volume, waits: true, awaited: true}]
---
id: disk
type: volume
driver: any
criteria: [{}]
"""
    needs = set(plan_of(tmp_path, definitions, SCORE).resource("workload.default#web").depends_on)
    assert {DB, "redis.default#web.db", "volume.default#web.db"} <= needs
