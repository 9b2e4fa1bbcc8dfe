"""The examples of `examples/features`, read and made into objects."""

from typing import Any

from platform_components.score import Source, examine
from tests.drivers.offline import Objects, objects_of, platform
from tests.drivers.world import CHECKOUT

FOLDER = CHECKOUT / "examples" / "features"
FEATURES = sorted(path.name for path in FOLDER.iterdir())
CONFIG: dict[str, Any] = {"values": {"API_KEY": "sk-live"}}
"""What an environment of an example needs beside its files."""


def read(feature: str) -> tuple[Source, ...]:
    """The workloads of an example, with nothing wrong with any."""
    found = examine([FOLDER / feature], contracts=platform().types)
    assert found.problems == ()
    assert found.warnings == ()
    return found.sources


def made(feature: str, type_: str = "ephemeral") -> Objects:
    """The objects of the workload that is called like its feature."""
    sources = read(feature)
    return objects_of(*sources, name=feature, type_=type_, **CONFIG)
