"""Where a resource is reached, and what its own pods reach: the keys `reached_at` and `reaches` of a definition.

Lists of entries of one shape, which the plan turns into edges, and edges into network policies:

    reached_at:
      - {cidr: 10.100.16.0/24, ports: [5432]}                  # addresses outside the cluster, a range or a list
      - {cidr: 0.0.0.0/0, without: [10.0.0.0/8], ports: [443]}
      - {pods: own, ports: [6379]}                             # the pods that the resource itself makes
      - {namespace: data, pods: {app: redis}, ports: [6379, 53/UDP]}    # pods of another namespace, by their labels
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from platform_components.score.jsonschema import describe, violations
from platform_components.score.placeholders import references
from platform_components.score.positions import DocumentPath

OWN = "own"
"""The pods that a resource makes; they bear its name in the label `app.kubernetes.io/name`."""
KEYS = ("reached_at", "reaches")

_LABEL = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_VALUE = "^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$"
_PORT = "^[1-9][0-9]{0,4}(/(TCP|UDP))?$"
_ENTRY: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["ports"],
    "properties": {
        "cidr": {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1},
        "without": {"type": ["string", "array"], "items": {"type": "string"}},
        "pods": {"type": ["string", "object"], "additionalProperties": {"type": "string", "pattern": _VALUE}},
        "namespace": {"type": "string", "pattern": _LABEL},
        "ports": {
            "type": "array",
            "minItems": 1,
            "items": {"type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": _PORT},
        },
    },
}
SCHEMA: Mapping[str, Any] = {"type": "array", "items": _ENTRY}
"""What stands behind one of the keys, once its placeholders are replaced."""

Finding = tuple[DocumentPath, str, str]
"""Path inside the list, what is wrong, what to do."""


@dataclass(frozen=True)
class Reach:
    """One entry: some addresses or pods, and ports there."""

    ports: tuple[str, ...]
    """Each as `5432/TCP`."""
    cidrs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    pods: str | Mapping[str, str] | None = None
    """`own`, or labels; None with a namespace: all of it."""
    namespace: str | None = None
    """Of pods that are not the resource's own."""


def problems(entries: Any) -> Iterator[Finding]:
    """What is wrong with a list of entries; what holds a placeholder is not known yet."""
    if _is_open(entries):
        return
    found = list(violations(entries, SCHEMA, is_open=_is_open))
    yield from ((one.path, one.message, one.hint) for one in found)
    if found:
        return
    for index, entry in enumerate(entries):
        if isinstance(entry, Mapping):
            yield from (((index, *path), message, hint) for path, message, hint in _entry_problems(entry))


def reaches(entries: Any) -> tuple[Reach, ...]:
    """The entries of a list in which `problems` finds none and nothing is open."""
    return tuple(
        Reach(
            ports=tuple(port_text(port) for port in entry["ports"]),
            cidrs=_listed(entry.get("cidr")),
            without=_listed(entry.get("without")),
            pods=entry.get("pods"),
            namespace=entry.get("namespace"),
        )
        for entry in entries
    )


def port_text(port: int | str, protocol: str = "TCP") -> str:
    """A port with its protocol, as plans write it: `5432/TCP`."""
    return str(port) if isinstance(port, str) and "/" in port else f"{port}/{protocol}"


def _entry_problems(entry: Mapping[str, Any]) -> Iterator[Finding]:
    elsewhere = [key for key in ("pods", "namespace") if key in entry]
    if ("cidr" in entry) == bool(elsewhere):
        yield (), "must say one of `cidr`, and `pods` or `namespace`", "addresses are outside the cluster, pods inside"
        return
    if "without" in entry and "cidr" not in entry:
        yield ("without",), "goes with `cidr` alone", "take it out"
    pods = entry.get("pods")
    if isinstance(pods, str) and not _is_open(pods) and pods != OWN:
        yield ("pods",), f"must be `{OWN}` or a map of labels, not {describe(pods)}", ""
    elif pods == OWN and "namespace" in entry:
        yield ("namespace",), "the resource's own pods are in the environment's namespace", "take it out"
    elif "pods" in entry and "namespace" not in entry and pods != OWN:
        yield ("pods",), "labels are those of pods in another namespace", f"give `namespace`, or say `{OWN}`"
    for port_index, port in enumerate(entry["ports"]):
        number = str(port).partition("/")[0]
        if number.isdigit() and int(number) > 65535:
            yield ("ports", port_index), "there are ports up to 65535", ""
    ranges = list(_ranges(entry, "cidr"))
    for path, text, network in [*ranges, *_ranges(entry, "without")]:
        if network is None:
            yield path, f"'{text}' is no range of addresses", "write it as 10.100.16.0/24; one address as 10.0.0.1/32"
        elif path[0] == "without" and not any(_inside(network, whole) for _, _, whole in ranges):
            yield path, f"'{text}' is no part of `cidr`, so it takes nothing away", "take it out"


def _ranges(entry: Mapping[str, Any], key: str) -> Iterator[tuple[DocumentPath, str, Any]]:
    value = entry.get(key)
    for index, text in enumerate(_listed(value)):
        if _is_open(text):
            continue
        path = (key,) if isinstance(value, str) else (key, index)
        try:
            yield path, text, ip_network(text)
        except ValueError:
            yield path, text, None


def _inside(part: Any, whole: Any) -> bool:
    # Of a range that is not known yet, or none, anything may be a part.
    return whole is None or (part.version == whole.version and part != whole and part.subnet_of(whole))


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _is_open(value: Any) -> bool:
    return isinstance(value, str) and any(True for _ in references(value))
