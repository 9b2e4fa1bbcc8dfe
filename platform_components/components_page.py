"""Every component's inputs, outputs and a program to copy, as docs/components.md; and the Pulumi package's schema.

`python -m platform_components.components_page` writes both in the checkout around the current folder; tests hold them
to the code. The page says what the schema says, and both say what the classes say.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider

from platform_components.environment_component import Environment
from platform_components.package import COMPONENTS, NAME, PackageProvider
from platform_components.postgres import PostgresDatabase, PostgresEntraDatabase

PAGE = Path("docs") / "components.md"
SCHEMA = Path("docs") / "components.schema.json"
PROGRAMS = Path("examples") / "import-components" / "each"
IN_PYTHON_ALONE = (Environment, PostgresDatabase, PostgresEntraDatabase)
_GROUPS = {
    "The whole golden path": ("Environment",),
    "Azure": (
        *("Network", "AksCluster", "Gateway", "PostgresServer", "DnsZone", "DnsRecord"),
        *("ObjectStorage", "KeyVault", "WorkloadIdentity"),
    ),
    "PostgreSQL": ("PostgresDatabase", "PostgresEntraDatabase"),
    "Kubernetes": ("Namespace", "Workload", "Route", "Volume", "S3Gateway"),
}
_INTRODUCTION = """\
What can be imported alone, into a Pulumi program of your own. `make docs` writes this page from the classes
themselves, do not edit it; every program on it is run by a test. [azure.md](azure.md) tells what each Azure
component makes and why, [workloads.md](workloads.md) what a workload becomes.

```sh
pip install platform-components            # `[postgres]` beside it for databases, `[cli]` for `pave`
```

- Arguments are one dictionary: a typed one (`NetworkArgs` of `Network`, and so on), so an editor and mypy know
  every name. *Input* is a plain value or an Output; all others have to be known before anything is made.
- Plain values are checked when the component is made. What is wrong ends the program with one message that names
  the component and each argument, without a traceback and before anything is created: an `InputError`, for those
  who catch it.
- Options are Pulumi's. Providers, `protect` and `deleted_with` reach everything inside.
- `import platform_components` loads no SDK; a name is loaded when it is first used.
- A name that is about to go gives a `DeprecationWarning` for at least one minor release, and stands in the
  [CHANGELOG](../CHANGELOG.md).

**From other languages** the same classes are the Pulumi package `platform-components`: install the wheel, have its
`bin` on `PATH`, and a program in [Pulumi YAML](../examples/yaml-program/Pulumi.yaml), the one language that is
tested, names the types, such as `platform-components:Namespace`. Arguments are spelt in their way there
(`namespaceName`); [components.schema.json](components.schema.json) has all of them. What is unknown is refused, not
dropped. `Environment`, `PostgresDatabase` and `PostgresEntraDatabase` are for Python alone: they hold dynamic
resources, which belong to a program ([pulumi#5455](https://github.com/pulumi/pulumi/issues/5455))."""


def schema() -> dict[str, Any]:
    """The schema of the Pulumi package."""
    return dict(json.loads(str(PackageProvider().schema)))


def page(folder: Path) -> str:
    """The whole page; programs are read from the checkout."""
    every = json.loads(str(ComponentProvider([*COMPONENTS, *IN_PYTHON_ALONE], NAME).schema))
    parts = ["# Components", _INTRODUCTION]
    for title, names in _GROUPS.items():
        parts.append(f"## {title}")
        for name in names:
            parts += _component(name, every, folder)
    return "\n\n".join(parts) + "\n"


def python_name(name: str) -> str:
    """An argument's name in Python, of that in other languages."""
    return re.sub(r"(?<!^)([A-Z])", lambda found: f"_{found[1].lower()}", name)


def program_of(component: str) -> Path:
    """Where the program that shows a component is, in a checkout."""
    return PROGRAMS / f"{python_name(component[0].lower() + component[1:])}.py"


def _component(name: str, every: Mapping[str, Any], folder: Path) -> Iterator[str]:
    found = every["resources"][f"{NAME}:index:{name}"]
    yield f"### {name}"
    yield _text(found.get("description", ""))
    yield f"```python\n{(folder / program_of(name)).read_text(encoding='utf-8')}```"
    required = set(found.get("requiredInputs", ()))
    yield from _table("argument", found["inputProperties"], required)
    for type_ in _types(found["inputProperties"], every):
        below = every["types"][type_]
        yield f"**{type_.rpartition(':')[2]}**: {_line(below.get('description', ''))}"
        yield from _table("key", below["properties"], set(below.get("required", ())))
    yield from _table("output", found["properties"], set(found["properties"]))


def _table(kind: str, properties: Mapping[str, Any], required: set[str]) -> Iterator[str]:
    if not properties:
        return
    rows = [f"| {kind} | type | |", "|---|---|---|"]
    for name in sorted(properties, key=lambda one: (one not in required, list(properties).index(one))):
        mark = "" if name in required else ", optional"
        described = _line(properties[name].get("description", ""))
        given = "" if kind == "output" or properties[name].get("plain") else "Input of "
        rows.append(f"| `{python_name(name)}` | {given}{_type(properties[name])}{mark} | {described} |")
    yield "\n".join(rows)


def _type(found: Mapping[str, Any]) -> str:
    reference = str(found.get("$ref", ""))
    if "#/types/" in reference:
        return f"`{reference.rpartition(':')[2]}`"
    if reference:
        return "any" if reference.endswith("Any") else f"`{reference.rpartition('/')[2]}`"
    if "items" in found:
        return f"list of {_type(found['items'])}"
    if "additionalProperties" in found:
        return f"map of {_type(found['additionalProperties'])}"
    return {"number": "number", "integer": "number", "boolean": "bool"}.get(str(found.get("type")), "text")


def _types(properties: Mapping[str, Any], every: Mapping[str, Any]) -> list[str]:
    """The nested types that properties lead to, each once, in the order they are met."""
    found: dict[str, None] = {}
    waiting = list(properties.values())
    while waiting:
        one = waiting.pop(0)
        waiting += [one[key] for key in ("items", "additionalProperties") if isinstance(one.get(key), dict)]
        name = str(one.get("$ref", "")).rpartition("#/types/")[2]
        if name in every["types"] and name not in found:
            found[name] = None
            waiting += every["types"][name].get("properties", {}).values()
    return list(found)


def _text(description: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in description.split("\n\n"))


def _line(description: str) -> str:
    return " ".join(description.split()).replace("|", "\\|")


def main(folder: Path) -> int:
    """Write the page and the schema."""
    (folder / PAGE).write_text(page(folder), encoding="utf-8")
    (folder / SCHEMA).write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {PAGE} and {SCHEMA}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
