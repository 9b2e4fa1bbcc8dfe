"""The golden path as a component: a team's own Pulumi program deploys an environment with three lines.

What it makes is what `pave up` makes; what `pave` does around that (data guard, expiry, proof after a destroy) is not
here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

from platform_components.component import Settings, validated
from platform_components.creation import Creation
from platform_components.errors import PlatformError
from platform_components.exports import NAMESPACE_OUTPUT, URL_OUTPUT
from platform_components.repository import OWN_DEFINITIONS, catalog_in, deployed_with


class EnvironmentArgs(TypedDict):
    """What an environment is made of. All of it is known before anything is made: nothing is an Output."""

    type: str
    """The environment type, such as `ephemeral`: a profile of settings among the definitions."""
    app: NotRequired[str]
    """The app, 1 to 40 of `a-z`, `0-9`, `-`. Required, but not for foundations."""
    workloads: NotRequired[Sequence[Any]]
    """Paths of Score files or folders of them, relative to the program's folder; or whole documents."""
    definitions: NotRequired[Sequence[str]]
    """Folders of definitions, resource types and environment types, relative to the program's folder. Default: those
    that come with the library, as `pave init` writes them."""
    environment_name: NotRequired[str]
    """What names are made from, unique among all environments. Default: the stack's name."""
    branch: NotRequired[str]
    """The branch, as git spells it, if the environment is one's."""
    foundation: NotRequired[str]
    """The stack that shared resources come from, `organization/project/stack`. Default: the environment type's."""
    location: NotRequired[str]
    """Azure region. Default: the environment type's."""
    domain: NotRequired[str]
    """Hosts are made below it. Default: the environment type's."""
    owner: NotRequired[str]
    """The team or person that it belongs to."""
    images: NotRequired[Mapping[str, str]]
    """Images by `workload`, or by `workload/container`, in the place of those in the Score files."""
    overrides: NotRequired[Mapping[str, Any]]
    """By workload, what is merged over its Score document."""
    settings: NotRequired[Mapping[str, Any]]
    """Overlays the settings of the environment type."""
    resources: NotRequired[Mapping[str, Any]]
    """What a foundation is made of, in the shape of a Score file's `resources`."""


class _EnvironmentSettings(Settings):
    """That every name is one of the arguments; what they hold, `environment_from_config` checks."""

    type: Any
    app: Any = None
    workloads: Any = None
    definitions: Sequence[str] | None = None
    environment_name: str | None = None
    branch: Any = None
    foundation: Any = None
    location: Any = None
    domain: Any = None
    owner: Any = None
    images: Any = None
    overrides: Any = None
    settings: Any = None
    resources: Any = None


class Environment(pulumi.ComponentResource):
    """Reads workloads, matches what they ask for, creates it, and deploys them with it: one environment of a stack.

    Raises `InputError`, and Pulumi shows its message alone, for whatever a person wrote wrong in the arguments, a Score
    file or a definition; nothing is made then.
    """

    namespace: pulumi.Output[str | None]
    """The Kubernetes namespace of the workloads; None for a foundation."""
    url: pulumi.Output[str | None]
    """Where the first workload that has an address is reached; None when none has."""
    outputs: pulumi.Output[Mapping[str, Any]]
    """Everything that is made and not secret, by `<type>.<class>/<id>/<output>`."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """`name` is only its name in the stack; a stack holds one environment."""
        given = validated(_EnvironmentSettings, "Environment", name, args).model_dump(exclude_none=True)
        super().__init__("platform-components:index:Environment", name, {}, opts)
        folders = [Path(folder) for folder in given.pop("definitions", ())] or [OWN_DEFINITIONS]
        called = given.pop("environment_name", None) or pulumi.get_stack()
        try:
            created = Creation(deployed_with(catalog_in(folders), Path(), given, called), self)
            created.create_all()
        except PlatformError as error:
            raise pulumi.RunError(str(error)) from None
        outputs = dict(created.outputs())
        self.namespace = pulumi.Output.from_input(outputs.get(NAMESPACE_OUTPUT))
        self.url = pulumi.Output.from_input(outputs.get(URL_OUTPUT))
        self.outputs = pulumi.Output.from_input(outputs)
        self.register_outputs({"namespace": self.namespace, "url": self.url, "outputs": self.outputs})
