"""What is rendered is what is deployed: the same objects with the same content, but for what nobody knows beforehand.

Renderer and program share the functions that make arguments and manifests; these tests keep it so.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

import pytest

from platform_components.drivers.registry import DRIVERS
from platform_components.rendering import Rendered, RenderedObject
from platform_components.rendering.drivers import KNOWN, RENDERED
from tests.drivers.world import FOUNDATION_RESOURCES, Made, foundation
from tests.mocks import Registration

from .world import FEATURES, TYPES, deployed_example, examples, rendered, rendered_example

STAND_IN = re.compile(r"<[^<>]+>")
NAMED_BY_CONTENT = re.compile(r"-[0-9a-f]{8}$")
# A feature is the same everywhere but for volumes, which outlive their pods where environments stay
EVERY = [
    *((example, type_) for type_ in TYPES for example in examples(type_)),
    *((feature, "development") for feature in FEATURES),
]


@pytest.mark.parametrize(("example", "type_"), EVERY)
def test_an_example_is_rendered_as_it_is_deployed(example: str, type_: str) -> None:
    assert_same(rendered_example(example, type_), deployed_example(example, type_))


@pytest.mark.parametrize("type_", ["foundation-nonproduction", "foundation-production"])
def test_a_foundation_is_rendered_as_it_is_deployed(type_: str) -> None:
    assert_same(rendered({"type": type_, "resources": FOUNDATION_RESOURCES}, stack=type_), foundation(type_))


def test_no_driver_of_the_cluster_is_forgotten() -> None:
    assert {name for name in DRIVERS if name.startswith("kubernetes/")} <= RENDERED.keys() | KNOWN.keys()


def test_what_is_on_the_cluster_as_a_whole_is_not_said_to_be_elsewhere() -> None:
    drivers = {each.driver for each in rendered_example("python-service", "ephemeral").outside}

    assert drivers >= {"azure/s3", "postgres/database"}
    assert not any(name.startswith("kubernetes/") for name in drivers)


def assert_same(rendering: Rendered, made: Made) -> None:
    """The same objects, with the same content but for stand-ins and unique parts of names."""
    rendered = {key(each.manifest): each for each in rendering.objects}
    registered = {
        key(each.inputs, each.name): each for each in made.recorded.registrations if each.type.startswith("kubernetes:")
    }

    assert sorted(rendered) == sorted(registered)
    assert [problem for each in rendered for problem in differences(rendered[each], registered[each])] == []


def key(manifest: Mapping[str, Any], logical_name: str = "") -> tuple[str, str]:
    """The kind and name of an object; without the part that makes a name unique, if it is made for the object."""
    name = manifest["metadata"].get("name", logical_name)
    return manifest["kind"], name if "immutable" not in manifest else NAMED_BY_CONTENT.sub("", name)


def differences(rendered: RenderedObject, registered: Registration) -> list[str]:
    """Where the two differ, stand-ins and unique parts of names aside."""
    shown, made = dict(rendered.manifest), dict(registered.inputs)
    if shown["kind"] == "Secret":
        shown["data"] = shown.pop("stringData", {})
        made["data"] = {name: base64.b64decode(value).decode() for name, value in made["data"].items()}
        assert all(f"data.{name}" in registered.secrets or "data" in registered.secrets for name in made["data"])
    if "name" not in made["metadata"]:
        shown["metadata"] = {name: value for name, value in shown["metadata"].items() if name != "name"}
    return list(compared(shown, made, shown["kind"]))


def compared(shown: Any, made: Any, place: str) -> list[str]:
    if isinstance(shown, Mapping) and isinstance(made, Mapping):
        found = [f"{place}.{name} is in one of the two" for name in shown.keys() ^ made.keys()]
        return found + [
            each for name in shown.keys() & made.keys() for each in compared(shown[name], made[name], f"{place}.{name}")
        ]
    if isinstance(shown, list | tuple) and isinstance(made, list):
        if len(shown) != len(made):
            return [f"{place}: {len(shown)} instead of {len(made)}"]
        return [
            each
            for index, (one, other) in enumerate(zip(shown, made, strict=True))
            for each in compared(one, other, f"{place}[{index}]")
        ]
    if isinstance(shown, str) and isinstance(made, str) and re.fullmatch(pattern(shown), made, re.DOTALL):
        return []
    return [] if shown == made else [f"{place}: {shown!r} instead of {made!r}"]


def pattern(shown: str) -> str:
    """What a text may be once all is known."""
    known = [NAMED_BY_CONTENT.sub("-\0", part) for part in STAND_IN.split(shown)]
    return ".+".join(re.escape(part).replace("\0", "[0-9a-f]{8}") for part in known)
