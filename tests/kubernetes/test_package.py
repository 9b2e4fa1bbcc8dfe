"""How the package is imported, and what other languages see of it."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

import platform_components.kubernetes as package
from platform_components.postgres import PostgresDatabase

COMPONENTS = [package.Namespace, package.Route, package.S3Gateway, package.Volume, package.Workload, PostgresDatabase]


def test_every_exported_name_is_there() -> None:
    assert [name for name in package.__all__ if getattr(package, name).__name__ != name] == []
    with pytest.raises(AttributeError, match="has no attribute 'Ingress'"):
        _ = package.Ingress


@pytest.mark.parametrize(
    "statement",
    [
        "import platform_components.kubernetes, platform_components.postgres",
        "from platform_components.kubernetes import *",
    ],
)
def test_importing_loads_neither_the_kubernetes_sdk_nor_psycopg(statement: str) -> None:
    program = (
        f"import sys\n{statement}\nprint([name for name in ('pulumi_kubernetes', 'psycopg') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def schema() -> Any:
    """What other languages' SDKs are generated from."""
    return json.loads(ComponentProvider(COMPONENTS, name="platform-components").schema or "")


def test_other_languages_see_every_component(schema: Any) -> None:
    assert {name.rpartition(":")[2] for name in schema["resources"]} == {each.__name__ for each in COMPONENTS}


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_input_and_output_says_what_it_is(schema: Any, component: type) -> None:
    described = schema["resources"][f"platform-components:index:{component.__name__}"]
    for place in ("inputProperties", "properties"):
        assert [name for name, one in described[place].items() if not one.get("description")] == []


def test_nested_arguments_say_what_they_are(schema: Any) -> None:
    silent = [
        f"{kind}.{name}"
        for kind, described in schema["types"].items()
        for name, one in described["properties"].items()
        if not one.get("description")
    ]
    assert silent == []
