"""What the drivers take that make nothing themselves."""

from typing import Literal

from pydantic import Field

from platform_components.drivers.inputs import Inputs


class StackReferenceInputs(Inputs):
    """The same resource, deployed by another stack that exports it."""

    stack: str
    type: str | None = None
    class_: str | None = Field(default=None, alias="class")
    id: str | None = None


class ValuesInputs(Inputs):
    """The developer's own secrets, out of the stack's config."""


class WildcardHostInputs(Inputs):
    """A host below a domain of which every name leads to the gateway already."""

    domain: str
    scheme: Literal["https", "http"] = "https"
    """How its URL begins."""


class KubeconfigInputs(Inputs):
    """A cluster of the machine's own kubeconfig."""

    context: str | None = None
    """None: the current one."""
    path: str | None = None
    """None: where `kubectl` looks, `KUBECONFIG` or `~/.kube/config`."""
