"""Every kind of Azure resource the sandbox simulates, by token; whatever is not here is an error, never a success."""

import re

from sandbox.azure import ids
from sandbox.azure.errors import NotSimulatedError
from sandbox.azure.kind import Kind, indexed
from sandbox.azure.kinds import containers, dns, identity, monitoring, network, postgres, resources, storage

KINDS: dict[str, Kind] = indexed(
    [
        *resources.KINDS,
        *network.KINDS,
        *identity.KINDS,
        *containers.KINDS,
        *postgres.KINDS,
        *dns.KINDS,
        *storage.KINDS,
        *monitoring.KINDS,
    ]
)


def parse_token(token: str) -> tuple[str, str | None]:
    """A type token without its API version, and the version: `azure-native:dns/v20230701preview:Zone`."""
    found = re.fullmatch(r"(azure-native:\w+)/v(\d{4})(\d{2})(\d{2})(\w*)(:\w+)", token)
    if found is None:
        return token, None
    module, year, month, day, label, name = found.groups()
    return module + name, f"{year}-{month}-{day}" + (f"-{label}" if label else "")


def kind_of(token: str) -> Kind:
    """The kind of a token, whatever API version it names."""
    kind = KINDS.get(parse_token(token)[0])
    if kind is None:
        raise NotSimulatedError(f"'{token}'")
    return kind


def kind_of_id(resource_id: str) -> Kind | None:
    """The kind an ARM id is of, or None if the sandbox has no such kind."""
    return next((kind for kind in KINDS.values() if ids.parse_id(kind.path, resource_id) is not None), None)
