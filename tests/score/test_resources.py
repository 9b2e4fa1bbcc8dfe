"""Table C of the specification's reference implementation: identities, shared resources, order; and what is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_components.errors import InputError
from platform_components.score.reader import embed, parse
from platform_components.score.resources import Request, in_order, loops_among, merge, requests_of
from platform_components.score.yaml import load
from tests.score.worlds import examined, told, workload


def asked(workload: str = "example", **resources: dict[str, Any]) -> tuple[Request, ...]:
    return requests_of({"resources": resources}, workload)


@pytest.mark.parametrize(
    ("request_", "identity"),
    [
        (Request("work", "my-res", "res-type"), "res-type.default#work.my-res"),
        (Request("work", "my-res", "res-type", ""), "res-type.default#work.my-res"),
        (Request("work", "my-res", "res-type", "something"), "res-type.something#work.my-res"),
        (Request("work", "my-res", "res-type", id="something"), "res-type.default#something"),
    ],
)
def test_table_c_a_resource_has_an_identity(request_: Request, identity: str) -> None:
    assert request_.identity == identity


def test_table_c_nothing_asked_is_nothing_needed() -> None:
    assert merge(asked()) == ({}, ())


def test_table_c_each_identity_is_needed_once() -> None:
    requests = asked(
        one={"type": "thing"},
        two={"type": "thing2", "class": "banana"},
        three={
            "type": "thing3",
            "class": "apple",
            "id": "dog",
            "metadata": {"annotations": {"foo": "bar"}},
            "params": {"color": "green"},
        },
        four={"type": "thing4", "id": "elephant"},
        five={"type": "thing4", "id": "elephant", "metadata": {"x": "y"}, "params": {"color": "blue"}},
    )
    merged, conflicts = merge(requests)
    assert conflicts == ()
    assert set(merged) == {
        "thing.default#example.one",
        "thing2.banana#example.two",
        "thing3.apple#dog",
        "thing4.default#elephant",
    }
    assert merged["thing4.default#elephant"].params == {"color": "blue"}
    assert merged["thing4.default#elephant"].metadata == {"x": "y"}


@pytest.mark.parametrize(
    ("element", "first", "second", "message"),
    [
        ("metadata", {"a": 1}, {"a": 1}, None),
        ("params", {"a": 1}, {"a": 1}, None),
        ("metadata", {"a": 1}, {"a": 2}, "multiple definitions with different metadata"),
        ("params", {"a": 1}, {"a": 2}, "multiple definitions with different params"),
        ("params", {}, {"a": 2}, "multiple definitions with different params"),
    ],
)
def test_table_c_a_shared_resource_is_described_in_one_way(
    element: str, first: object, second: object, message: str | None
) -> None:
    shared = {"type": "thing", "id": "elephant"}
    merged, conflicts = merge(asked(one={**shared, element: first}, two={**shared, element: second}))
    assert list(merged) == ["thing.default#elephant"]
    expected = [f"resource 'thing.default#elephant': {message}"] if message else []
    assert [str(conflict) for conflict in conflicts] == expected


def test_table_c_a_workload_more_changes_nothing_that_was_known() -> None:
    one, two = asked("one", db={"type": "thing"}), asked("two", db={"type": "thing"})
    known, _ = merge(one)
    both, _ = merge([*one, *two])
    assert list(known) == ["thing.default#one.db"]
    assert list(both) == ["thing.default#one.db", "thing.default#two.db"]


def test_table_c_the_first_workload_that_asks_is_the_source_of_a_shared_resource() -> None:
    resources = {"one": {"type": "thing"}, "two": {"type": "thing2", "id": "dog"}}
    merged, _ = merge([*asked("example2", **resources), *asked("example1", **resources)])
    assert len(merged) == 3
    assert merged["thing2.default#dog"].workload == "example1"


def test_table_c_the_workload_that_gives_params_is_the_source() -> None:
    plain, with_params = {"type": "thing", "id": "dog"}, {"type": "thing", "id": "dog", "params": {"a": "b"}}
    merged, _ = merge([*asked("a", one=plain), *asked("b", two=with_params), *asked("c", three=plain)])
    assert merged["thing.default#dog"].workload == "b"


def test_table_c_dotted_annotations_survive_storing() -> None:
    metadata = {"annotations": {"some.dotted.key/a.b": "c"}, "other": {"x.y": None}}
    document = workload(resources={"db": {"type": "postgres", "metadata": metadata}})
    stored = json.loads(json.dumps(embed(parse(document))))
    assert stored == document
    assert load(yaml.safe_dump(embed(parse(document))), "stored.yaml").value == document
    assert parse(stored).workload.resources["db"].metadata == metadata


def using(*names: str) -> dict[str, Any]:
    return {"type": "thing", "params": {f"p{index}": f"${{resources.{name}.x}}" for index, name in enumerate(names)}}


@pytest.mark.parametrize(
    ("resources", "order"),
    [
        ({}, []),
        ({"res": {"type": "thing"}}, ["res"]),
        ({"res2": {"type": "thing"}, "res1": {"type": "thing"}}, ["res1", "res2"]),
        ({"res1": using("res2"), "res2": using()}, ["res2", "res1"]),
        ({"res3": using("res1"), "res1": using("res2"), "res2": using()}, ["res2", "res1", "res3"]),
        (
            {f"res{n}": using(f"res{n + 1}") for n in range(1, 6)} | {"res6": using()},
            ["res6", "res5", "res4", "res3", "res2", "res1"],
        ),
    ],
)
def test_table_c_resources_come_after_what_they_use(resources: dict[str, Any], order: list[str]) -> None:
    assert in_order(asked(**resources)) == tuple(f"thing.default#example.{name}" for name in order)


@pytest.mark.parametrize(
    ("resources", "loop"),
    [
        ({"res": using("res")}, ["res"]),
        ({"res1": using("res2"), "res2": using("res1")}, ["res1", "res2"]),
        ({"a1": using("b1"), "b1": using("c1"), "c1": using("b1")}, ["b1", "c1"]),
    ],
)
def test_table_c_a_loop_of_params_is_an_error_that_knows_its_way(resources: dict[str, Any], loop: list[str]) -> None:
    requests = asked(**resources)
    with pytest.raises(InputError, match="a cycle exists involving resource param placeholders"):
        in_order(requests)
    assert [[edge.request.name for edge in one] for one in loops_among(requests)] == [loop]


def test_table_c_an_unknown_resource_in_params_is_an_error() -> None:
    with pytest.raises(InputError, match="workload 'example' resource 'a1': refers to unknown resource names 'b1'"):
        in_order(asked(a1=using("b1")))


def test_a_shared_resource_with_params_in_one_workload_only_is_ordered_once() -> None:
    # score-go puts it into both of its sets (see docs/conformance.md).
    shared = {"type": "thing", "id": "dog"}
    requests = [*asked("a", one=shared), *asked("b", one={**shared, "params": using("two")["params"]}, two=using())]
    assert in_order(requests) == ("thing.default#b.two", "thing.default#dog")


def test_contradictions_between_files_are_told_with_both_places(tmp_path: Path) -> None:
    first = workload("cart", resources={"db": {"type": "postgres", "id": "main", "params": {"a": "1"}}})
    second = workload("shop", resources={"data": {"type": "postgres", "id": "main", "params": {"a": "2"}}})
    (problem,) = examined(tmp_path, json.dumps(first), json.dumps(second)).problems
    assert told([problem], tmp_path) == [
        "b.yaml:1:164: resources.data.params: differs from what resources.db.params at a.yaml:1:162 says of it"
    ]
    assert problem.hint.startswith("both ask for postgres.default#main")


def test_a_name_that_two_workloads_have_is_a_problem(tmp_path: Path) -> None:
    text = json.dumps(workload())
    assert told(examined(tmp_path, text, text).problems, tmp_path) == [
        "b.yaml:1:55: metadata.name: the workload 'shop' was already read from a.yaml"
    ]


def test_a_loop_through_two_files_is_told_hop_by_hop(tmp_path: Path) -> None:
    def of(name: str, own: str, other: str) -> str:
        resources = {
            "mine": {"type": "thing", "id": own, "params": {"p": "${resources.other.x}"}},
            "other": {"type": "thing", "id": other},
        }
        return json.dumps(workload(name, resources=resources))

    (problem,) = examined(tmp_path, of("aa", "one", "two"), of("bb", "two", "one")).problems
    assert "closes a loop of params" in problem.message
    assert [line.split(" at ")[0] for line in problem.hint.splitlines()] == [
        "aa's mine uses ${resources.other…}",
        "bb's mine uses ${resources.other…}",
    ]
