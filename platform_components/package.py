"""The components as a Pulumi package, for programs in Pulumi YAML and other languages.

`pulumi-resource-platform-components` on `PATH` is that package: the engine starts it where a program names one of its
types. What the classes say is what the schema says. Not in it: databases, and whole environments, which may hold some;
dynamic resources belong to a program in Python (pulumi/pulumi#5455).
"""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import ConstructResult
from pulumi.provider import main as serve
from pulumi.provider.experimental.analyzer import PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from platform_components import __version__, azure, kubernetes
from platform_components.errors import PlatformError
from platform_components.score.problems import did_you_mean

NAME = "platform-components"
COMPONENTS: tuple[type[pulumi.ComponentResource], ...] = (
    azure.AksCluster,
    azure.DnsRecord,
    azure.DnsZone,
    azure.Gateway,
    azure.KeyVault,
    azure.Network,
    azure.ObjectStorage,
    azure.PostgresServer,
    azure.WorkloadIdentity,
    kubernetes.Namespace,
    kubernetes.Route,
    kubernetes.S3Gateway,
    kubernetes.Volume,
    kubernetes.Workload,
)
_PLACE = re.compile(r"[a-z0-9_.]+(?=: )")


class PackageProvider(ComponentProvider):
    """Makes components for the engine, and refuses what the SDK's own host would drop: inputs that nobody knows."""

    def __init__(self) -> None:
        super().__init__(list(COMPONENTS), NAME, version=__version__)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make one component. A mistake of the caller's is told as the engine tells such: by property."""
        component = resource_type.rpartition(":")[2]
        known = self._component_defs.get(component)
        unknown = list(self._unknown(inputs, known.inputs)) if known else []
        if unknown:
            raise _refused(component, name, unknown)
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if not isinstance(error.inner, PlatformError):
                raise
            said = error.inner.details or (error.inner.what,)
            problems = [_by_property(line) for line in said]
        raise _refused(component, name, problems)

    def _unknown(
        self, inputs: Mapping[str, Any], properties: Mapping[str, PropertyDefinition], path: str = ""
    ) -> Iterator[tuple[str, str]]:
        """Inputs that the schema does not have, nested ones too, each with what is wrong."""
        for name, value in inputs.items():
            if name not in properties:
                yield f"{path}{name}", f"there is no such argument; {did_you_mean(name, properties)}"
                continue
            known = properties[name]
            for below, one, of in _nested(f"{path}{name}", value, known):
                type_ = self.get_type_definition(of) if of.ref else None
                if type_ is not None and isinstance(one, Mapping):
                    yield from self._unknown(one, type_.properties, f"{below}.")


def _nested(path: str, value: Any, known: PropertyDefinition) -> Iterator[tuple[str, Any, PropertyDefinition]]:
    """The values within a value that may be of a type with properties of its own."""
    yield path, value, known
    if known.items and isinstance(value, list):
        for index, one in enumerate(value):
            yield f"{path}[{index}]", one, known.items
    if known.additional_properties and isinstance(value, Mapping):
        for key, one in value.items():
            yield f"{path}.{key}", one, known.additional_properties


def _by_property(line: str) -> tuple[str, str]:
    """A problem as Python programs are told it, by the name that other languages use."""
    place = _PLACE.match(line)
    if place is None:
        return "", line
    return _camel_case(place[0]), line[place.end() + 2 :]


def _camel_case(path: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)


def _refused(component: str, name: str, problems: list[tuple[str, str]]) -> InputPropertiesError:
    return InputPropertiesError(
        f"{component} '{name}': {len(problems)} argument(s) refused",
        [{"property_path": path, "reason": reason} for path, reason in problems],
    )


def main() -> None:
    """Serve the engine that has started this program."""
    serve(PackageProvider(), sys.argv[1:])


if __name__ == "__main__":
    main()
