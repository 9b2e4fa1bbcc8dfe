"""Factories of small worlds: a catalogue from a few lines of YAML, an environment, a workload."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_components.catalog import Catalog, load
from platform_components.catalog.drivers import Objection, Wish
from platform_components.environment import Environment, environment_from_config
from platform_components.naming import ResourceIdentity, logical
from platform_components.score.model import Workload
from platform_components.score.reader import Source, read_all

ENVIRONMENT_TYPES = """
environment_types:
  ephemeral:
    kind: application
    foundation: organization/platform/foundation-test
    location: westeurope
    domain: dev.example.com
    settings: &settings {size: small, postgres: {connection_limit: 10}, labels: {}, unset: null}
  production:
    kind: application
    domain: example.com
    settings: {size: large, postgres: {connection_limit: 200}, labels: {}, unset: null}
  foundation-test:
    kind: foundation
    location: westeurope
    settings: *settings
"""

# What every environment of an app has, from a driver that takes anything.
IMPLICIT = """
id: cluster
type: k8s-cluster
driver: any
criteria: [{}]
---
id: namespace
type: k8s-namespace
driver: any
criteria: [{}]
---
id: identity
type: workload-identity
driver: any
criteria: [{}]
---
id: workload
type: workload
driver: any
criteria: [{}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
"""

SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  web: {image: nginx, variables: {HOST: "${resources.db.host}", PASSWORD: "${resources.db.password}"}}
resources:
  db: {type: postgres}
"""

POSTGRES = """
id: postgres
type: postgres
driver: any
criteria: [{}]
"""


@dataclass(frozen=True)
class Driver:
    """A driver that takes what its table says, or anything."""

    name: str
    known: Mapping[str, type] | None = None
    makes: bool = True
    gives: tuple[str, ...] | None = None
    """Of a type that takes any name; None: whatever is named."""
    stores: bool = False
    templates: tuple[str, ...] = ()
    embedded: tuple[str, str] | None = None

    def check_templates(self, inputs: Mapping[str, Any], *, resolved: bool) -> list[tuple[str, str]]:
        return []

    def outputs(self, inputs: Mapping[str, Any]) -> Mapping[str, bool | None] | None:
        return None

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        if self.known is None:
            return []
        problems = [(name, f"driver {self.name} has no input '{name}'") for name in inputs if name not in self.known]
        problems += [
            (name, f"must be {kind.__name__}")
            for name, kind in self.known.items()
            if name in inputs and "${" not in str(inputs[name]) and not isinstance(inputs[name], kind)
        ]
        return problems

    def names(
        self, environment: Environment, resource: ResourceIdentity, workload: Workload | None = None
    ) -> Mapping[str, str]:
        return {"name": f"{environment.name}-{logical(resource)}"} if self.makes else {}

    def objections(self, wish: Wish) -> tuple[Objection, ...]:
        return ()

    def refusal(self, environment: Environment, output: str) -> tuple[str, str] | None:
        if self.gives is None or output in self.gives:
            return None
        return f"'{output}' is not set", f"set: {', '.join(self.gives)}"


DRIVERS = {
    "any": Driver("any"),
    "other": Driver("other"),
    "custom": Driver("custom", makes=False),
    "strict": Driver("strict", {"size": str, "limit": int, "host": str}),
    "stack-reference": Driver("stack-reference", {"stack": str}, makes=False),
    "some": Driver("some", gives=("API_KEY", "TOKEN")),
    "store": Driver("store", stores=True),
}


@dataclass
class Platform:
    """A platform repository's definitions folder, in a place of its own."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="platform-")) / "definitions")

    def write(self, **files: str) -> "Platform":
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return self

    def load(self) -> Catalog:
        return load([self.folder], drivers=DRIVERS)


def catalog(folder: Path, definitions: str = "", *, types: str = "", environments: str = ENVIRONMENT_TYPES) -> Catalog:
    """A catalogue of these definitions, beside what every environment of an app needs."""
    files = {"implicit": IMPLICIT, "environments": environments}
    files |= {"own": definitions} if definitions else {}
    files |= {"types": types} if types else {}
    return Platform(folder / "definitions").write(**files).load()


def environment(known: Catalog, of: str = "ephemeral", *, name: str = "", **config: Any) -> Environment:
    """An environment of this type."""
    foundation = known.environment_types[of].kind == "foundation"
    app = {} if foundation else {"app": "shop"}
    types = known.environment_types
    return environment_from_config({"type": of, **app, **config}, stack=name or f"{of}-one", types=types)


def sources(folder: Path, *texts: str) -> tuple[Source, ...]:
    """Workloads, each read from a file of its own, without looking at the catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, text in enumerate(texts):
        paths.append(folder / f"score{index}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    return read_all(paths)
