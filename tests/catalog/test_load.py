from pathlib import Path

import pytest

from platform_components.catalog import Catalog, CatalogError, load
from platform_components.environment import Context
from platform_components.errors import InputError
from tests.catalog.world import DRIVERS, ENVIRONMENT_TYPES, catalog

HEAD = "id: one\ntype: postgres\n"


def problems(folder: Path, definitions: str, **more: str) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        catalog(folder, definitions, **more)
    return [line.removeprefix("definitions/") for line in str(caught.value).splitlines()]


@pytest.fixture(autouse=True)
def _in_the_platform_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def context(env_type: str = "ephemeral") -> Context:
    return Context(env_type, "shop", "shop-main", "web.db")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("- a\n- b\n", "own.yaml:1:1: is not a map: neither a resource definition nor types"),
        ("id: one\ntype: postgres\n", "own.yaml:1:1: one: driver: is required"),
        ("id: One\ntype: postgres\ndriver: any\n", "own.yaml:1:5: One: id: must match"),
        (HEAD + "driver: any\nimputs: {}\n", "own.yaml:4:1: one: imputs: is not known here"),
        (HEAD + "driver: nay\n", "own.yaml:3:9: one: driver: no driver is called 'nay'"),
        ("id: one\ntype: postgers\ndriver: any\n", "own.yaml:2:7: one: type: no resource type is called 'postgers'"),
        (HEAD + "driver: strict\ninputs:\n  sice: x\n", "own.yaml:5:9: one: inputs.sice: driver strict has no input"),
        (HEAD + "driver: strict\ninputs: {limit: many}\n", "own.yaml:4:17: one: inputs.limit: must be int"),
        (HEAD + "driver: any\ncriteria: [{env: x}]\n", "own.yaml:4:13: one: criteria[0].env: is not known here"),
        (
            HEAD + "driver: any\ncriteria: [{env_type: ephemral}]\n",
            "own.yaml:4:12: one: criteria: no environment type is called 'ephemral', so this can never match",
        ),
        (
            HEAD + "driver: any\ninputs: {x: '${contex.env_id}'}\n",
            "own.yaml:4:13: one: inputs.x: ${contex.env_id}: unk",
        ),
        (HEAD + "driver: any\ninputs: {x: '${context.env}'}\n", "own.yaml:4:13: one: inputs.x: ${context.env}: is not"),
        (HEAD + "driver: any\ninputs: {x: '${stack.regoin}'}\n", "own.yaml:4:13: one: inputs.x: ${stack.regoin}: is"),
        (HEAD + "driver: any\ninputs: {x: '${params}'}\n", "own.yaml:4:13: one: inputs.x: ${params}: says nothing"),
        (
            HEAD + "driver: any\ninputs: {x: ['${params.size}']}\n",
            "own.yaml:4:14: one: inputs.x[0]: ${params.size}: the type 'postgres' has no param 'size'",
        ),
        (
            HEAD + "driver: any\ninputs: {x: '${uses.server}'}\n",
            "own.yaml:4:13: one: inputs.x: ${uses.server}: `uses` ",
        ),
        (
            HEAD + "driver: any\nuses: {s: {type: redis}}\ninputs: {x: '${uses.s.hots}'}\n",
            "own.yaml:5:13: one: inputs.x: ${uses.s.hots}: the type 'redis' has no output 'hots'",
        ),
        (
            HEAD + "driver: any\nuses: {s: {type: redis, id: '${uses.s.host}'}}\n",
            "own.yaml:4:29: one: uses.s.id: ${uses.s.host}: unknown root 'uses'",
        ),
        (HEAD + "driver: any\nuses: {s: {type: rediss}}\n", "own.yaml:4:18: one: uses.s.type: no resource type is ca"),
        (
            HEAD + "driver: any\nuses: {s: {type: redis, params: {size: 1}}}\n",
            "own.yaml:4:40: one: uses.s.params.size: is not known here",
        ),
        (
            HEAD + "driver: any\nuses: {a: {type: redis}, b: {type: redis}}\n",
            "own.yaml:4:29: one: uses.b: is the same resource as a",
        ),
        (HEAD + "driver: any\nuses: {s: {type: postgres}}\n", "own.yaml:4:11: one: uses.s: is the resource itself"),
        (HEAD + "driver: any\ninputs: {x: {$ref: y}}\n", 'own.yaml:4:20: one: inputs.x["$ref"]: the key `$ref` is th'),
        (
            HEAD + "driver: any\ncriteria: [{env_type: ephemeral}]\ninputs: {x: '${environment.sice}'}\n",
            "own.yaml:5:13: one: inputs.x: ${environment.sice}: the environment type 'ephemeral' has no setting 'sice'",
        ),
    ],
)
def test_a_wrong_definition_is_told_with_its_place(tmp_path: Path, definition: str, message: str) -> None:
    assert problems(tmp_path, definition)[0].startswith(message)


def test_a_misspelt_name_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    told = problems(tmp_path, HEAD + "driver: strcit\n")
    assert told[1] == "  did you mean `strict`?"


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    told = problems(tmp_path, HEAD + "driver: nay\n", types="resource_types: {xx: {}}\n")
    assert [line.split(":")[0] for line in told if not line.startswith(" ")] == ["own.yaml", "types.yaml"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="there is no such folder"):
        load([tmp_path / "nowhere"], drivers=DRIVERS)


def test_an_id_taken_twice_names_both_places(tmp_path: Path) -> None:
    told = problems(tmp_path, f"{HEAD}driver: any\n---\n{HEAD}driver: any\n")
    assert told[0].startswith("own.yaml:5:5: one: the id is already taken at definitions/own.yaml:1:5")


def test_criteria_given_twice_name_both_places(tmp_path: Path) -> None:
    rules = "driver: any\ncriteria: [{class: large, env_type: ephemeral}]\n"
    told = problems(tmp_path, f"{HEAD}{rules}---\nid: two\ntype: postgres\n{rules}")
    assert told[0] == (
        "own.yaml:9:12: two: criteria: {class: large, env_type: ephemeral} is already given to 'one' "
        "at definitions/own.yaml:4:12"
    )


def test_criteria_that_can_never_win_name_what_always_beats_them(tmp_path: Path) -> None:
    every = "[{env_type: ephemeral}, {env_type: production}, {env_type: foundation-test}]"
    told = problems(
        tmp_path, f"{HEAD}driver: any\ncriteria: {every}\n---\nid: two\ntype: postgres\ndriver: any\ncriteria: [{{}}]\n"
    )
    assert told[0] == "own.yaml:9:12: two: criteria: {} can never win: every environment type has a more specific entry"
    assert told[1].startswith("  they are: one (definitions/own.yaml:4:12), one (definitions/own.yaml:4:59)")


def test_an_app_in_a_foundation_can_never_match(tmp_path: Path) -> None:
    told = problems(tmp_path, f"{HEAD}driver: any\ncriteria: [{{app_id: shop, env_type: foundation-test}}]\n")
    assert told[0] == (
        "own.yaml:4:12: one: criteria: {app_id: shop, env_type: foundation-test} can never match: "
        "a foundation belongs to no app"
    )


def test_an_entry_for_an_app_is_beaten_where_all_types_of_applications_are(tmp_path: Path) -> None:
    rules = "[{app_id: a, env_type: ephemeral}, {app_id: a, env_type: production}, {app_id: a}]"
    told = problems(tmp_path, f"{HEAD}driver: any\ncriteria: {rules}\n")
    assert told[0].endswith("{app_id: a} can never win: every environment type has a more specific entry")


def test_criteria_that_win_somewhere_are_fine(tmp_path: Path) -> None:
    rules = "[{env_type: ephemeral}, {env_type: production}, {app_id: a, env_type: ephemeral}, {}]"
    assert catalog(tmp_path, f"{HEAD}driver: any\ncriteria: {rules}\n").match("postgres", "default", context())


def test_a_definition_without_criteria_is_never_chosen(tmp_path: Path) -> None:
    known = catalog(tmp_path, f"{HEAD}driver: any\n")
    assert known.match("postgres", "default", context()) is None
    explanation = known.explain("postgres", "default", context())
    assert [other.reason for other in explanation.others] == ["has no criteria, so it is never chosen"]


VERSIONS = f"""
{HEAD}version: 1
driver: any
criteria: [{{}}]
---
{HEAD}version: 2
driver: other
"""


def test_a_new_version_changes_nothing_until_it_is_pinned(tmp_path: Path) -> None:
    known = catalog(tmp_path, VERSIONS)
    current, pinned = (known.match("postgres", "default", context(), pins) for pins in ({}, {"one": 2}))
    assert current is not None
    assert pinned is not None
    assert (current.definition.name, current.definition.driver, current.pinned) == ("one@1", "any", False)
    assert (pinned.definition.name, pinned.definition.driver, pinned.pinned) == ("one@2", "other", True)


def test_a_pin_to_what_is_not_there_names_the_versions_that_are(tmp_path: Path) -> None:
    known = catalog(tmp_path, VERSIONS)
    with pytest.raises(InputError, match=r"platform:pins: no definition is called 'one@3'\n  there are: one@1, one@2"):
        known.check_pins({"one": 3})


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (f"{HEAD}driver: any\n", "only one of them has a version"),
        ("id: one\nversion: 2\ntype: redis\ndriver: any\n", "serves 'redis', but the version at"),
        (f"{HEAD}version: 1\ndriver: any\n", "the id is already taken at"),
        (f"{HEAD}version: 0\ndriver: any\n", "must be at least 1"),
    ],
)
def test_versions_that_do_not_go_together_are_refused(tmp_path: Path, second: str, message: str) -> None:
    assert message in "".join(problems(tmp_path, f"{HEAD}version: 1\ndriver: any\n---\n{second}"))


def test_the_place_of_a_definition_does_not_depend_on_the_checkout(tmp_path: Path) -> None:
    one, two = (catalog(tmp_path / where, f"{HEAD}driver: any\n") for where in ("here", "there"))
    assert one.by_name["one"].place == two.by_name["one"].place == "definitions/own.yaml:1"


def test_folders_below_are_read_too_and_other_files_are_not(tmp_path: Path) -> None:
    below = tmp_path / "definitions" / "types" / "deep"
    below.mkdir(parents=True)
    (below / "mine.yml").write_text("resource_types: {mine: {description: Mine}}\n")
    (below / "notes.txt").write_text("resource_types: {notes: {description: Notes}}\n")
    types = catalog(tmp_path).types
    assert "mine" in types
    assert "notes" not in types


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ("resource_types: {xx: {}}\n", "types.yaml:1:18: resource_types.xx.description: is required"),
        (
            "resource_types: {xx: {description: X, color: red}}\n",
            "types.yaml:1:39: resource_types.xx.color: is not known",
        ),
        (
            "resource_types: {xx: {description: X, outputs: {a: {alias_of: b}}}}\n",
            "types.yaml:1:63: resource_types.xx.outputs.a.alias_of: 'b' is no output",
        ),
        (
            "resource_types: {xx: {description: X, params: {required: [a]}}}\n",
            "types.yaml:1:59: resource_types.xx.params.required[0]: 'a' is no param of the type",
        ),
        (
            "resource_types: {xx: {description: X, params: {properties: {a: {tpye: string}}}}}\n",
            "types.yaml:1:71: resource_types.xx.params.properties.a.tpye: is no JSON Schema word",
        ),
        (
            "resource_types: {xx: {description: X}}\n---\nresource_types: {xx: {description: X}}\n",
            "types.yaml:3:22: resource_types.xx: is already defined at",
        ),
    ],
)
def test_a_wrong_type_is_told_with_its_place(tmp_path: Path, types: str, message: str) -> None:
    assert problems(tmp_path, "", types=types)[0].startswith(message)


def test_a_platform_may_put_its_own_type_in_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    types = "resource_types: {postgres: {description: Ours, outputs: {dsn: {secret: true}}}}\n"
    assert list(catalog(tmp_path, types=types).types["postgres"].outputs) == ["dsn"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{kind: app}", "environment_types.x.kind: input should be 'application' or 'foundation'"),
        ("{}", "environment_types.x.kind: is required"),
        ("{kind: application, colour: red}", "environment_types.x.colour: is not known here"),
        ("{kind: application, ttl: soon}", "environment_types.x.ttl: 'soon' is no length of time"),
        ("{kind: application, ttl: 3}", "environment_types.x.ttl: '3' is no length of time"),
        ("{kind: application, ttl_max: 3d}", "environment_types.x.ttl_max: says something of a `ttl`"),
        ("{kind: application, ttl: 3d, ttl_max: 1d}", "environment_types.x.ttl_max: is shorter than `ttl`"),
        ("{kind: application, ttl: 3d, max_per_app: 0}", "environment_types.x.max_per_app: input should be greater"),
        ("{kind: application, domain: Example}", "environment_types.x.domain: string should match pattern"),
        ("{kind: foundation, ttl: 3d}", "environment_types.x.ttl: is for applications"),
        ("{kind: application, name: y}", "environment_types.x.name: is the key already"),
        ("[]", "environment_types.x: must be a map"),
    ],
)
def test_a_wrong_environment_type_is_told_with_its_place(tmp_path: Path, document: str, message: str) -> None:
    told = problems(tmp_path, f"environment_types: {{x: {document}}}\n")[0]
    assert told.startswith("own.yaml:1:")
    assert message in told


def test_an_environment_type_defined_twice_names_both_places(tmp_path: Path) -> None:
    told = problems(tmp_path, ENVIRONMENT_TYPES)
    assert any(": environment_types.ephemeral: is already defined at " in line for line in told)


def test_what_is_not_yaml_is_told_and_the_rest_is_still_checked(tmp_path: Path) -> None:
    told = problems(tmp_path, "id: [\n", types="resource_types: {xx: {}}\n")
    assert told[0].startswith("own.yaml:1:6: is not YAML")
    assert any(line.startswith("types.yaml:1:") for line in told)


def test_classes_are_those_that_somebody_serves(tmp_path: Path) -> None:
    known: Catalog = catalog(tmp_path, f"{HEAD}driver: any\ncriteria: [{{class: small}}, {{}}]\n")
    assert known.classes("postgres") == ("default", "small")
