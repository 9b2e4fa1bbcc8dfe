"""What the reader has to know of resource types; the catalogue provides it, the reader never looks for it."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol


class Contract(Protocol):
    """What a resource type promises to the developer who asks for it."""

    @property
    def outputs(self) -> Collection[str]:
        """The names that come back, aliases included."""

    @property
    def params(self) -> Mapping[str, Mapping[str, Any]]:
        """A JSON Schema for each param a developer may set."""

    @property
    def required(self) -> Collection[str]:
        """The params that a developer has to set."""

    @property
    def open_outputs(self) -> bool:
        """Whether any name comes back, as with the type `environment`."""

    @property
    def developer(self) -> bool:
        """Whether a Score file may ask for the type; others are the platform's own."""

    @property
    def instead(self) -> str:
        """What a Score file asks for instead, if it may not ask for this; empty if there is no such type."""


Contracts = Mapping[str, Contract]
"""Contracts by resource type."""
