"""Table D of the specification's reference implementation, and overrides of files as they are read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_components.score.model import LABEL_PATTERN
from platform_components.score.overrides import Node, OverrideError, Overrides, delete, merge, parse_path, put
from platform_components.score.positions import Place
from platform_components.score.shape import PATTERNS
from tests.score.worlds import container, examined, told, workload

HERE = Place("override")


def changed(document: Mapping[str, Any], path: str, value: Any = None) -> Any:
    before = json.dumps(document)
    node = Node(document, Place("document"))
    parts = parse_path(path)
    result = (delete(node, parts) if value is None else put(node, parts, Node(value, HERE))).value
    assert json.dumps(document) == before
    return result


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a.b", ["a", "b"]),
        ("a.-1", ["a", "-1"]),
        (r"a.b\.c", ["a", "b.c"]),
        (r"a.b\\.c", ["a", "b\\", "c"]),
    ],
)
def test_table_d_a_path_has_its_parts(path: str, parts: list[str]) -> None:
    assert parse_path(path) == parts


@pytest.mark.parametrize(
    ("document", "path", "result"),
    [
        ({}, "a.b", {"a": {"b": "hello"}}),
        ({"a": {"b": [{}]}}, "a.b.0.c", {"a": {"b": [{"c": "hello"}]}}),
        ({"a": [1, 2]}, "a.0", {"a": ["hello", 2]}),
        ({"a": [1]}, "a.-1", {"a": [1, "hello"]}),
        ({"a": [[0]]}, "a.0.-1", {"a": [[0, "hello"]]}),
        ({"a": {"b": 1}}, "a", {"a": "hello"}),
    ],
)
def test_table_d_a_property_is_set(document: Mapping[str, Any], path: str, result: object) -> None:
    assert changed(document, path, "hello") == result


@pytest.mark.parametrize(
    ("document", "path", "result"),
    [
        ({"a": {"b": [{"c": "hello"}]}}, "a.b.0.c", {"a": {"b": [{}]}}),
        ({"a": [1, 2]}, "a.0", {"a": [2]}),
        ({"a": 1}, "b", {"a": 1}),
        ({"a": 1}, "a", {}),
    ],
)
def test_table_d_a_property_is_deleted(document: Mapping[str, Any], path: str, result: object) -> None:
    assert changed(document, path) == result


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"a": []}, "a.b", "a: failed to parse 'b' as array index"),
        ({"a": [0]}, "a.2", "a: cannot set '2' in array: out of range"),
        ({"a": 1}, "a.b", "a: cannot set path in non-map/non-array"),
        ({"a": [1]}, "a.0.b", "a: 0: cannot set path in non-map/non-array"),
        ({"a": [1]}, "a.-1.b", "a: cannot look into '-1' in array: out of range"),
        ({"a": [1]}, "a.１", "a: failed to parse '１' as array index"),
    ],
)
def test_table_d_a_path_that_does_not_fit_is_told(document: Mapping[str, Any], path: str, message: str) -> None:
    with pytest.raises(OverrideError) as caught:
        changed(document, path, "hello")
    assert caught.value.what == message


def test_table_d_a_deleted_item_has_to_be_there() -> None:
    with pytest.raises(OverrideError, match="a: cannot remove '3' in array: out of range"):
        changed({"a": [1]}, "a.3")


def test_table_d_maps_merge_lists_replace_null_deletes() -> None:
    base = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 1, "f": {"g": 1}}
    over = {"a": {"c": 3, "x": 4}, "d": [3], "e": None, "f": "text", "n": {"m": 1}, "none": None}
    before = json.dumps([base, over])
    merged = merge(Node(base, Place("base")), Node(over, HERE)).value
    assert merged == {"a": {"b": 1, "c": 3, "x": 4}, "d": [3], "f": "text", "n": {"m": 1}}
    assert json.dumps([base, over]) == before


def read(folder: Path, *documents: Mapping[str, Any], **overrides: Any) -> Any:
    examination = examined(folder, *map(json.dumps, documents), overrides=Overrides(**overrides))
    assert told(examination.problems, folder) == []
    return [source.workload.to_document() for source in examination.sources]


def refused(folder: Path, *documents: Mapping[str, Any], **overrides: Any) -> list[str]:
    return told(examined(folder, *map(json.dumps, documents), overrides=Overrides(**overrides)).problems, folder)


def test_properties_take_yaml_values_and_apply_in_order(tmp_path: Path) -> None:
    properties = (
        "containers.web.image=nginx:1.29",
        "containers.web.args=[a, b]",
        "containers.web.args.-1=c",
        "containers.web.args.0=",
        r"metadata.annotations.example\.com/owner='1'",
        "service.ports.www.port=80",
        "containers.web.variables={A: 'x=y'}",
        "resources.db=",
    )
    (document,) = read(tmp_path, workload(resources={"db": {"type": "postgres"}}), properties=properties)
    assert document == {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "shop", "annotations": {"example.com/owner": "1"}},
        "service": {"ports": {"www": {"port": 80}}},
        "containers": {"web": {"image": "nginx:1.29", "args": ["b", "c"], "variables": {"A": "x=y"}}},
        "resources": {},
    }


def test_an_overrides_file_merges_and_its_mistakes_are_found_in_it(tmp_path: Path) -> None:
    over = tmp_path / "over.yaml"
    over.write_text("containers:\n  web:\n    variables: {A: b, C: null}\n    command: [run]\n")
    (document,) = read(tmp_path, container(variables={"C": "d", "E": "f"}), file=over)
    assert document["containers"]["web"] == {"image": "nginx", "variables": {"E": "f", "A": "b"}, "command": ["run"]}
    over.write_text("containers:\n  web:\n    image: 1\n")
    assert refused(tmp_path, workload(), file=over) == ["over.yaml:3:12: containers.web.image: must be a string, not 1"]
    over.write_text("- a\n")
    assert refused(tmp_path, workload(), file=over) == ["over.yaml:1:1: an overrides file must be a map"]
    over.write_text("a: [\n")
    assert refused(tmp_path, workload(), file=over)[0].startswith("over.yaml:1:5: is not YAML")
    assert refused(tmp_path, workload(), file=tmp_path / "none.yaml") == [
        "none.yaml: cannot be read: there is no such file"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("containers.web.image", "is no path=value"),
        ("containers.web.args.0.x=1", "containers: web: args: cannot look into '0' in array: out of range"),
        ("containers.web.image.x=1", "containers: web: image: cannot set path in non-map/non-array"),
        ("containers.web.image=[", "the value is not YAML"),
        ("containers.web.image=a\n---\nb", "the value holds several documents"),
        ("a." * 200 + "b=1", "has more than 100 parts"),
        ("cart:containers.web.image=x", "there is no workload 'cart'"),
    ],
)
def test_an_override_that_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    problem, *rest = refused(tmp_path, container(args=[]), properties=(text,))
    assert rest == []
    assert problem.startswith(f"--override-property {text}: {message}".splitlines()[0])


def test_a_mistake_that_an_override_makes_names_the_override(tmp_path: Path) -> None:
    properties = ("containers.web.image=5", "metadata.name=Big")
    assert refused(tmp_path, workload(), properties=properties) == [
        "--override-property containers.web.image=5: containers.web.image: must be a string, not the number 5",
        f"--override-property metadata.name=Big: metadata.name: {PATTERNS[LABEL_PATTERN]}, not 'Big'",
    ]


def test_an_image_is_supplied_to_the_containers_that_wait_for_one(tmp_path: Path) -> None:
    containers = {"web": {"image": "."}, "job": {"image": "."}, "proxy": {"image": "envoy"}}
    (document,) = read(tmp_path, workload(containers=containers), images={"shop": "shop:1"})
    images = {name: one["image"] for name, one in document["containers"].items()}
    assert images == {"web": "shop:1", "job": "shop:1", "proxy": "envoy"}


def test_an_image_replaces_that_of_the_only_container_or_of_the_one_named(tmp_path: Path) -> None:
    (document,) = read(tmp_path, workload(), images={"shop": "shop:1"})
    assert document["containers"]["web"]["image"] == "shop:1"
    two = workload(containers={"web": {"image": "a"}, "job": {"image": "b"}})
    (document,) = read(tmp_path, two, images={"shop/job": "shop:2"})
    assert {name: one["image"] for name, one in document["containers"].items()} == {"web": "a", "job": "shop:2"}
    assert refused(tmp_path, two, images={"shop": "shop:1"}) == [
        "--image shop=shop:1: no container has the image '.', and there are several (job, web)"
    ]
    assert refused(tmp_path, two, images={"shop/cron": "shop:1"}) == [
        "--image shop/cron=shop:1: the workload has no container 'cron' (it has job, web)"
    ]
    assert refused(tmp_path, two, images={"cart": "shop:1"}) == ["--image cart=shop:1: there is no workload 'cart'"]
    assert refused(tmp_path, workload(), images={"shop": ""}) == [
        "--image shop=: containers.web.image: must not be empty"
    ]


def test_an_image_that_is_still_missing_can_be_asked_for(tmp_path: Path) -> None:
    examination = examined(tmp_path, json.dumps(workload(containers={"web": {"image": "."}, "job": {"image": "b"}})))
    assert examination.sources[0].workload.missing_images == ("web",)


def test_with_several_workloads_an_override_says_which_it_means(tmp_path: Path) -> None:
    two = (workload("shop"), workload("cart"))
    properties = ("cart:containers.web.image=cart:1", "shop:containers.web.image=shop:1")
    cart, shop = read(tmp_path, *two, properties=properties)
    assert (cart["containers"]["web"]["image"], shop["containers"]["web"]["image"]) == ("cart:1", "shop:1")
    assert refused(tmp_path, *two, properties=("containers.web.image=x",)) == [
        "--override-property containers.web.image=x: there are several workloads: cart, shop"
    ]
    over = tmp_path / "over.yaml"
    over.write_text("metadata: {name: cart}\ncontainers: {web: {image: cart:2}}\n")
    assert read(tmp_path, *two, file=over)[0]["containers"]["web"]["image"] == "cart:2"
    over.write_text("containers: {web: {image: cart:2}}\n")
    assert refused(tmp_path, *two, file=over) == ["over.yaml: there are several workloads: cart, shop"]


def test_an_aliased_element_is_overridden_in_one_place_only(tmp_path: Path) -> None:
    text = (
        "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\n"
        "containers:\n  web: &web {image: nginx, args: [a]}\n  job: *web\n"
    )
    overrides = Overrides(properties=("containers.job.args.0=b",))
    (source,) = examined(tmp_path, text, overrides=overrides).sources
    assert source.workload.containers["web"].args == ("a",)
    assert source.workload.containers["job"].args == ("b",)
