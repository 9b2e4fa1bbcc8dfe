"""The Pulumi package: what other languages see, and what they are told when they are wrong."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError

from platform_components import components_page, package
from platform_components.package import COMPONENTS, NAME, PackageProvider
from tests import mocks
from tests.azure.samples import LARGE

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def provider() -> PackageProvider:
    return PackageProvider()


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return components_page.schema()


def construct(provider: PackageProvider, component: str, **inputs: Any) -> mocks.Recorded:
    """What a component makes of inputs as they come over the wire: numbers are floating point there."""

    def make() -> None:
        provider.construct("main", f"{NAME}:index:{component}", as_sent(inputs))

    return mocks.run(make)


def as_sent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_sent(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_sent(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


MAPS = ("parameters", "tags", "metadata")
"""Arguments whose keys are the caller's own."""


def in_their_words(value: Any) -> Any:
    """Arguments as other languages spell them."""
    if isinstance(value, dict):
        return {package._camel_case(key): one if key in MAPS else in_their_words(one) for key, one in value.items()}
    return [in_their_words(one) for one in value] if isinstance(value, list | tuple) else value


def refused(provider: PackageProvider, component: str, **inputs: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(InputPropertiesError) as caught:
        construct(provider, component, **inputs)
    return caught.value.message, {one["property_path"]: one["reason"] for one in caught.value.errors or []}


def test_the_page_and_the_schema_are_those_of_the_classes(schema: dict[str, Any]) -> None:
    """`make docs` writes them."""
    assert (CHECKOUT / components_page.PAGE).read_text(encoding="utf-8") == components_page.page(CHECKOUT)
    assert json.loads((CHECKOUT / components_page.SCHEMA).read_text(encoding="utf-8")) == schema


def test_every_component_is_in_the_package_or_said_not_to_be() -> None:
    import platform_components

    exported = {name.removesuffix("Args") for name in platform_components.__all__ if name.endswith("Args")}
    listed = {each.__name__ for each in (*COMPONENTS, *components_page.IN_PYTHON_ALONE)}

    assert exported == listed
    assert {name for names in components_page._GROUPS.values() for name in names} == listed


@pytest.mark.parametrize("component", [each.__name__ for each in COMPONENTS])
def test_arguments_are_called_in_python_as_the_page_says(component: str, schema: dict[str, Any]) -> None:
    import platform_components

    names = getattr(platform_components, f"{component}Args").__annotations__
    shown = {
        components_page.python_name(one) for one in schema["resources"][f"{NAME}:index:{component}"]["inputProperties"]
    }

    assert shown == set(names)


def test_an_argument_that_nobody_knows_is_refused_and_not_dropped(provider: PackageProvider) -> None:
    said, problems = refused(provider, "Namespace", namespaceNam="shop", quota={"pods": 20, "podz": 1})

    assert said == "Namespace 'main': 2 argument(s) refused"
    assert problems["namespaceNam"].startswith("there is no such argument; did you mean `namespaceName`?")
    assert problems["quota.podz"].startswith("there is no such argument; did you mean `pods`?")


def test_so_is_one_inside_of_a_list_or_a_map(provider: PackageProvider) -> None:
    _, in_list = refused(provider, "PostgresServer", firewallRules=[{"name": "a", "strat": "203.0.113.1"}])
    _, in_map = refused(provider, "Workload", containers={"web": {"image": "nginx", "comand": ["sh"]}})

    assert set(in_list) == {"firewallRules[0].strat"}
    assert set(in_map) == {"containers.web.comand"}


def test_what_a_component_refuses_is_told_by_the_names_of_the_caller(provider: PackageProvider) -> None:
    said, problems = refused(
        provider,
        "DnsRecord",
        resourceGroupName="shop",
        zoneName="example.com",
        recordName="www",
        values=["203.0.113.10"],
        ttlSeconds=-1,
    )

    assert said == "DnsRecord 'main': 1 argument(s) refused"
    assert set(problems) == {"ttlSeconds"}


@pytest.mark.parametrize("component", ["Network", "DnsRecord", "PostgresServer", "KeyVault", "AksCluster"])
def test_what_is_sent_arrives_as_it_does_from_python(component: str, provider: PackageProvider) -> None:
    """Numbers, lists, nested and optional arguments: the same resources with the same inputs."""
    from tests.azure.samples import make

    sent = construct(provider, component, **in_their_words(dict(LARGE[component])))
    own = mocks.run(lambda: make(component, LARGE[component]) and None)

    def made(recorded: mocks.Recorded) -> list[tuple[str, dict[str, Any]]]:
        found = [(one.type, one.inputs) for one in recorded.registrations if not one.component]
        return sorted(found, key=repr)

    assert [kind for kind, _ in made(sent)] == [kind for kind, _ in made(own)]
    assert [inputs for _, inputs in made(sent)] == [inputs for _, inputs in made(own)]


def test_unknown_and_secret_arguments_pass(provider: PackageProvider) -> None:
    record = construct(
        provider,
        "DnsRecord",
        resourceGroupName=pulumi.Output.from_input("shop"),
        zoneName=pulumi.Output.secret("example.com"),
        recordName="www",
        values=["203.0.113.10"],
    )

    assert record.one("azure-native:dns:RecordSet").inputs["zoneName"] == "example.com"
