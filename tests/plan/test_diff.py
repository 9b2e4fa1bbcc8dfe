from pathlib import Path
from typing import Any

from platform_components.plan import Plan
from platform_components.plan.diff import as_text, differences
from platform_components.plan.fingerprints import fingerprint, key_name
from tests.plan.worlds import PLATFORM, WEB, plan_of


def told(one: Plan, other: Plan) -> list[tuple[str, str, Any, Any]]:
    return [(one.section, one.path, one.one, one.other) for one in differences(one, other)]


def test_two_environments_of_one_kind_do_not_differ_by_their_names(tmp_path: Path) -> None:
    one, other = (plan_of(tmp_path / name, name=name) for name in ("development-one", "development-two"))
    assert one.to_json() != other.to_json()
    assert differences(one, other) == ()
    assert as_text((), "one", "two") == "one and two do not differ"


def test_images_variables_and_files_are_told_by_their_path(tmp_path: Path) -> None:
    changed = WEB.replace("web:1", "web:2").replace("LOG_LEVEL: info", "LOG_LEVEL: debug\n      NEW: x")
    changed = changed.replace("level=info", "level=debug")
    assert told(plan_of(tmp_path / "a"), plan_of(tmp_path / "b", changed)) == [
        ("images", "web: containers.web.image", "shop/web:1", "shop/web:2"),
        ("variables", "web: containers.web.variables.LOG_LEVEL", "info", "debug"),
        ("variables", "web: containers.web.variables.NEW", None, "x"),
        ("files", 'web: containers.web.files["/etc/app.conf"].content', "level=info", "level=debug"),
    ]


def test_a_workload_that_only_one_has_is_told_with_its_image(tmp_path: Path) -> None:
    api = "apiVersion: score.dev/v1b1\nmetadata: {name: api}\ncontainers: {main: {image: shop/api:1}}\n"
    found = told(plan_of(tmp_path / "a", WEB, api), plan_of(tmp_path / "b", WEB))
    assert ("workloads", "api", "main shop/api:1", None) in found


def test_other_definitions_and_their_inputs_are_told(tmp_path: Path) -> None:
    found = told(plan_of(tmp_path / "a"), plan_of(tmp_path / "b", of="production"))
    assert ("environment", "type", "ephemeral", "production") in found
    assert (
        "resources",
        "postgres.default#web.db: definition",
        "postgres-shared (any)",
        "postgres-dedicated (any)",
    ) in found
    assert ("resources", "postgres-server.dedicated#main", None, "server (any)") in found
    assert ("inputs", "postgres.default#web.db: limit", 10, 200) in found
    assert (
        "inputs",
        "postgres.default#web.db: server",
        "${postgres-server.shared#main}",
        "${postgres-server.dedicated#main}",
    ) in found


def test_one_environment_before_and_after_differs_by_its_names_too(tmp_path: Path) -> None:
    now = plan_of(tmp_path)
    document = now.to_document()
    document["resources"][-1]["names"] = {"name": "before"}
    assert [(path, one) for _, path, one, _ in told(Plan.from_json(document), now)] == [
        ("workload.default#web: names.name", "before")
    ]


def test_a_secret_input_is_never_told(tmp_path: Path) -> None:
    inputs = "inputs: {x: '${uses.db.password}', y: 'a ${uses.db.password}', password: 's3cret'}"
    platform = PLATFORM.replace('inputs: {database: "${context.env_id}-cache"}', inputs)
    platform = platform.replace("uses: {namespace:", "uses: {db: {type: postgres, id: other}, namespace:")
    one, two, three = (
        plan_of(tmp_path / "a"),
        plan_of(tmp_path / "b", platform=platform),
        plan_of(tmp_path / "c", platform=platform.replace("s3cret", "0ther")),
    )
    text = as_text(differences(one, two), "a", "b")
    assert "a <secret>" in text
    assert "password}" not in text
    assert "s3cret" not in text
    assert told(two, three) == [("inputs", "redis.default#web.cache: password", "<secret>", "<secret>")]


def test_secrets_are_compared_by_fingerprint_where_the_key_is_the_same(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)

    def deployed(value: str, key: bytes) -> Plan:
        prints = {"values.API_KEY": fingerprint(value, key=key)}
        return plan.model_copy(update={"fingerprints": prints, "fingerprint_key": key_name(key)})

    assert told(deployed("a", b"k"), deployed("a", b"k")) == []
    assert [path for _, path, _, _ in told(deployed("a", b"k"), deployed("b", b"k"))] == ["values.API_KEY"]
    assert told(deployed("a", b"k"), deployed("b", b"other")) == []
    section, path, one, other = told(deployed("a", b"k"), plan)[0]
    assert (section, path, other) == ("secrets", "values.API_KEY", None)
    assert one.startswith("<secret> ")


def test_a_fingerprint_tells_equal_values_apart_from_others_and_nothing_else() -> None:
    assert fingerprint("s3cret", key=b"k") == fingerprint("s3cret", key=b"k")
    assert fingerprint("s3cret", key=b"k") != fingerprint("s3cret", key=b"l") != fingerprint("other", key=b"l")
    assert len(fingerprint("s3cret", key=b"k")) == 16


def test_the_text_shows_both_sides_of_everything_that_differs(tmp_path: Path) -> None:
    found = differences(plan_of(tmp_path / "a"), plan_of(tmp_path / "b", WEB.replace("web:1", "web:2")))
    assert as_text(found, "development", "a branch") == (
        "images\n  web: containers.web.image\n    development  shop/web:1\n    a branch     shop/web:2"
    )
    assert found[0].to_dict() == {
        "section": "images",
        "path": "web: containers.web.image",
        "kind": "changed",
        "one": "shop/web:1",
        "other": "shop/web:2",
    }
