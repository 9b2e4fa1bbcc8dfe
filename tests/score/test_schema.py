"""The JSON Schema for editors: what it completes and refuses, with a platform's types and without."""

from typing import Any

import pytest

from platform_components.score.jsonschema import unknown_words, violations
from platform_components.score.schema import DIALECT, workload_schema
from tests.score.worlds import CONTRACTS, container, workload

CLASSES = {"postgres": ["default", "large"]}
NARROWED = workload_schema(CONTRACTS, CLASSES)


def refused(document: dict[str, Any], schema: Any = NARROWED) -> list[str]:
    return [".".join(str(step) for step in found.path) for found in violations(document, schema)]


def asking(**resource: Any) -> dict[str, Any]:
    return workload(resources={"db": resource})


def test_it_says_which_dialect_it_is_and_uses_no_word_unknown_here() -> None:
    for schema in (workload_schema(), NARROWED):
        assert schema["$schema"] == DIALECT
        assert unknown_words(schema) == ()


def test_every_element_is_described() -> None:
    def undescribed(name: str, node: Any) -> list[str]:
        properties = node.get("properties", {})
        return [
            f"{name}.{key}" for key, one in properties.items() if "description" not in one and "deprecated" not in one
        ]

    schema = workload_schema()
    nodes = {"": schema, **{name: node for name, node in schema["$defs"].items() if not name.startswith("Listed")}}
    assert [found for name, node in nodes.items() for found in undescribed(name, node)] == []


@pytest.mark.parametrize(
    "document",
    [
        workload(),
        asking(type="postgres"),
        asking(type="postgres", **{"class": "large"}, params={"extensions": ["pgcrypto"], "version": 17}),
        asking(type="postgres", params={"version": "${resources.other.version}"}),
        asking(type="route", params={"host": "${resources.dns.host}", "path": "/", "port": 80}),
        asking(type="environment", **{"class": "anything"}),
        container(
            files=[{"target": "/a", "content": ["x"]}], volumes=[{"target": "/b", "source": "c", "read_only": True}]
        ),
    ],
)
def test_what_the_platform_serves_is_accepted(document: dict[str, Any]) -> None:
    assert refused(document) == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (asking(type="kafka"), "resources.db.type"),
        (asking(type="postgres-server"), "resources.db.type"),
        (asking(type="postgres", **{"class": "huge"}), "resources.db.class"),
        (asking(type="postgres", params={"size": 1}), "resources.db.params.size"),
        (asking(type="postgres", params={"version": 15}), "resources.db.params.version"),
        (asking(type="route"), "resources.db.params"),
        (asking(type="route", params={"host": "a", "path": "/"}), "resources.db.params.port"),
        (asking(type="s3", params={"a": 1}), "resources.db.params.a"),
        (container(files={"/a": {}}), "containers.web.files./a"),
        (container(livenessProbe={}), "containers.web.livenessProbe"),
    ],
)
def test_what_it_does_not_serve_is_refused_where_it_stands(document: dict[str, Any], path: str) -> None:
    assert path in ".".join(refused(document)) or path.rpartition(".")[0] in refused(document)


def test_without_a_platform_any_type_is_accepted() -> None:
    assert refused(asking(type="kafka", params={"x": 1}), workload_schema()) == []
