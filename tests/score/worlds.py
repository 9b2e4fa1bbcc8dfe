"""What the tests of the reader share: a workload to change, contracts, and what is told of a text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_components.score.overrides import Overrides
from platform_components.score.problems import Problem
from platform_components.score.reader import Examination, examine


@dataclass(frozen=True)
class Type:
    """A resource type."""

    outputs: Collection[str] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    required: Collection[str] = ()
    open_outputs: bool = False
    developer: bool = True
    instead: str = ""


CONTRACTS: Mapping[str, Type] = {
    "postgres": Type(
        ("host", "port", "name", "database", "username", "user", "password"),
        {"extensions": {"type": "array", "items": {"type": "string"}}, "version": {"enum": [16, 17]}},
    ),
    "postgres-server": Type(("host",), developer=False, instead="postgres"),
    "network": Type((), developer=False),
    "s3": Type(("bucket", "endpoint")),
    "dns": Type(("host", "url")),
    "route": Type(
        (),
        {
            "host": {"type": "string"},
            "path": {"type": "string", "pattern": "^/"},
            "port": {"type": ["integer", "string"]},
        },
        required=("host", "path", "port"),
    ),
    "environment": Type(open_outputs=True),
    "volume": Type(("source",)),
    "thing": Type(params={"a": {}, "b": {}, "c": {}}, open_outputs=True),
}


def workload(name: str = "shop", **changes: Any) -> dict[str, Any]:
    """A Score document with some of its top-level keys replaced; None leaves one out."""
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": name},
        "containers": {"web": {"image": "nginx"}},
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def container(**elements: Any) -> dict[str, Any]:
    """A Score document whose only container `web` has the given elements."""
    return workload(containers={"web": {"image": "nginx", **elements}})


def examined(
    folder: Path,
    *texts: str | bytes,
    overrides: Overrides | None = None,
    contracts: Mapping[str, Type] | None = None,
    schema_only: bool = False,
) -> Examination:
    """What the reader says of texts, as files a.yaml, b.yaml, … in a folder."""
    paths = []
    for name, text in zip("abcdefgh", texts, strict=False):
        path = folder / f"{name}.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(path)
    return examine(paths, overrides=overrides, contracts=contracts, schema_only=schema_only)


def told(problems: Collection[Problem], folder: Path) -> list[str]:
    """The first line of each problem, without the folder."""
    return [str(problem).splitlines()[0].replace(f"{folder}/", "") for problem in problems]
