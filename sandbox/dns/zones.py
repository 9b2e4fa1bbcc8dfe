"""Zones as the Azure stand-in keeps them, read for one question: which records a name has, and whether it exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.azure.store import Resource, Store

_ZONE, _RECORD_SET = "azure-native:dns:Zone", "azure-native:dns:RecordSet"
# azure-docs: dns/dns-zones-records: what Azure puts into a new zone
_SOA_TTL, _NS_TTL = 3600, 172800
_SOA_TIMES = "1 3600 300 2419200 300"


@dataclass(frozen=True)
class RecordSet:
    """The records of one name and type, in the text form of zone files."""

    name: str
    """Relative to the zone: `@`, `*`, `www`."""
    type: str
    ttl: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Zone:
    """One zone with everything in it."""

    name: str
    record_sets: tuple[RecordSet, ...]

    def records(self, name: str, record_type: str) -> RecordSet | None:
        """The records of a name and type, wildcards not considered."""
        return next((each for each in self.record_sets if each.name == name and each.type == record_type), None)

    def has(self, name: str) -> bool:
        """Whether a name exists: it has records, or something below it has (RFC 4592, "empty non-terminal")."""
        return any(each.name == name or each.name.endswith(f".{name}") for each in self.record_sets)

    def wildcard_for(self, name: str) -> str | None:
        """The wildcard that answers for a name that does not exist: the one at its closest encloser, RFC 4592."""
        labels = name.split(".")
        for count in range(1, len(labels) + 1):
            encloser = ".".join(labels[count:])
            wildcard = f"*.{encloser}" if encloser else "*"
            if not encloser or self.has(encloser):
                return wildcard if any(each.name == wildcard for each in self.record_sets) else None
        return None


def zone_of(store: Store, host: str) -> Zone | None:
    """The zone a host lies in, the longest if several do; None if it is nobody's here."""
    host = host.rstrip(".").lower()
    with store.reading() as transaction:
        zones = [each for each in transaction.list(tokens=[_ZONE]) if _within(host, each.name.lower())]
        if not zones:
            return None
        zone = max(zones, key=lambda each: len(each.name))
        sets = [_record_set(each) for each in transaction.list(tokens=[_RECORD_SET], under=zone.id)]
    return Zone(zone.name.lower(), (*_own(zone), *(each for each in sets if each is not None)))


def relative(host: str, zone: str) -> str:
    """A host's name inside its zone; `@` for the zone itself."""
    host = host.rstrip(".").lower()
    return "@" if host == zone else host.removesuffix(f".{zone}")


def _within(host: str, zone: str) -> bool:
    return host == zone or host.endswith(f".{zone}")


def _own(zone: Resource) -> Sequence[RecordSet]:
    servers: list[str] = zone.outputs["nameServers"]
    soa = f"{servers[0]} azuredns-hostmaster.microsoft.com. {_SOA_TIMES}"
    return [RecordSet("@", "SOA", _SOA_TTL, (soa,)), RecordSet("@", "NS", _NS_TTL, tuple(servers))]


def _record_set(resource: Resource) -> RecordSet | None:
    record_type = str(resource.inputs["recordType"])
    ttl = int(resource.inputs.get("ttl") or 3600)
    values = _values(record_type, resource.inputs)
    return RecordSet(resource.name.lower(), record_type, ttl, tuple(values)) if values else None


def _values(record_type: str, inputs: dict[str, Any]) -> list[str]:
    if record_type == "A":
        return [record["ipv4Address"] for record in inputs.get("aRecords") or []]
    if record_type == "AAAA":
        return [record["ipv6Address"] for record in inputs.get("aaaaRecords") or []]
    if record_type == "CNAME":
        record = inputs.get("cnameRecord")
        return [_absolute(record["cname"])] if record else []
    if record_type == "NS":
        return [_absolute(record["nsdname"]) for record in inputs.get("nsRecords") or []]
    if record_type == "TXT":
        return [" ".join(_quoted(text) for text in record["value"]) for record in inputs.get("txtRecords") or []]
    return []


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
