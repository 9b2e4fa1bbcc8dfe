"""Azure resource ids: made from a path and values, taken apart again, compared as ARM compares them.

ARM keeps the letters a caller wrote and ignores their case: `key` is what two spellings of one id share.
"""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
SCOPES = ("scope", "resourceUri")
"""Parameters that are the whole id of any resource: what is put on it lies below it."""


def key(resource_id: str) -> str:
    """The form in which ids are compared and stored."""
    return "/" + resource_id.strip("/").lower()


def parameters_of(path: str) -> tuple[str, ...]:
    """The names of a path's parameters in order, e.g. `subscriptionId`, `resourceGroupName`, `zoneName`."""
    return tuple(_PLACEHOLDER.findall(path))


def format_id(path: str, values: Mapping[str, str]) -> str:
    """The id that a path makes of values; a scope brings its own slashes."""
    return "/" + _PLACEHOLDER.sub(lambda found: values[found[1]].strip("/"), path).strip("/")


def parse_id(path: str, resource_id: str) -> dict[str, str] | None:
    """The values of a path's parameters in an id, or None if the id is of another path."""
    pattern = ""
    end = 0
    for found in _PLACEHOLDER.finditer(path):
        anything = ".+?" if found[1] in SCOPES else "[^/]+"
        pattern += re.escape(path[end : found.start()]) + f"(?P<{found[1]}>{anything})"
        end = found.end()
    pattern += re.escape(path[end:])
    matched = re.fullmatch(pattern.strip("/"), resource_id.strip("/"), re.IGNORECASE)
    return matched.groupdict() if matched else None


def resource_group_id(resource_id: str) -> str | None:
    """The id of the resource group something lies in."""
    found = re.match(r"(/subscriptions/[^/]+/resourceGroups/[^/]+)(/|$)", resource_id, re.IGNORECASE)
    return found[1] if found else None


def type_of(resource_id: str) -> str:
    """ARM's name of the type an id is of, e.g. `Microsoft.Network/virtualNetworks/subnets`."""
    parts = resource_id.strip("/").split("/")
    lower = [part.lower() for part in parts]
    if "providers" not in lower:
        return "Microsoft.Resources/resourceGroups"
    provider = parts[len(parts) - 1 - lower[::-1].index("providers") :]
    return "/".join([provider[1], *provider[2::2]])


def name_of(resource_id: str) -> str:
    """The last part of an id."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def looks_like_id(value: object) -> bool:
    """Whether a value is the id of a resource that lies in a resource group."""
    return isinstance(value, str) and re.match(r"/subscriptions/[^/]+/resourceGroups/[^/]+/.+", value, re.I) is not None
