"""Public DNS zones and record sets; the sandbox's DNS server answers from them."""

from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Refusal, Request
from sandbox.azure.store import Resource, Transaction
from sandbox.azure.values import look_up

_ZONE = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/dnsZones/{zoneName}"
)
_VERSION = "2023-07-01-preview"
# record type: the input that holds its records
RECORDS = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CAA": "caaRecords",
    "CNAME": "cnameRecord",
    "MX": "mxRecords",
    "NS": "nsRecords",
    "PTR": "ptrRecords",
    "SOA": "soaRecord",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}


def name_servers(zone: str) -> list[str]:
    """The four name servers Azure gives a zone."""
    number = sum(zone.lower().encode()) % 9 + 1
    return [f"ns{i}-0{number}.azure-dns.{domain}." for i, domain in enumerate(("com", "net", "org", "info"), 1)]


def _check_records(request: Request) -> None:
    record_type, name = str(request.inputs["recordType"]), request.name
    if record_type not in RECORDS:
        text = f"The record type '{record_type}' is not one of {', '.join(RECORDS)}."
        raise ArmError(400, "BadRequest", text)
    if name == "@" and record_type in ("SOA", "NS") and request.old is None:
        raise ArmError(400, "BadRequest", f"The {record_type} record set at the zone apex is made with the zone.")
    if name == "@" and record_type == "CNAME":
        raise ArmError(400, "BadRequest", "CNAME records cannot be created at the zone apex ('@').")
    given = sorted(wire for kind, wire in RECORDS.items() if request.inputs.get(wire) and kind != record_type)
    if given:
        raise ArmError(400, "BadRequest", f"A record set of type '{record_type}' cannot have {', '.join(given)}.")
    records = request.inputs.get(RECORDS[record_type])
    alias = request.inputs.get("targetResource")
    if not records and not alias:
        raise ArmError(400, "BadRequest", f"The record set '{name}' of type '{record_type}' has no records.")
    if not isinstance(request.inputs.get("ttl"), int) and not alias:
        raise ArmError(400, "BadRequest", f"The record set '{name}' must have a TTL.")
    _check_values(record_type, records or [])
    _check_neighbours(request, record_type)


def _check_values(record_type: str, records: Any) -> None:
    if record_type == "A":
        for record in records:
            _address(IPv4Address, record.get("ipv4Address"))
    if record_type == "AAAA":
        for record in records:
            _address(IPv6Address, record.get("ipv6Address"))
    if record_type == "TXT":
        too_long = [text for record in records for text in record.get("value") or [] if len(text.encode()) > 255]
        if too_long:
            raise ArmError(400, "BadRequest", "A string of a TXT record has at most 255 characters.")


def _address(family: type[IPv4Address] | type[IPv6Address], value: Any) -> None:
    try:
        family(str(value))
    except AddressValueError:
        raise ArmError(400, "BadRequest", f"'{value}' is not a valid {family.__name__[:4]} address.") from None


def _check_neighbours(request: Request, record_type: str) -> None:
    """A CNAME stands alone under its name: RFC 1034, section 3.6.2."""
    zone = request.id.rsplit("/", 2)[0]
    for other in request.transaction.list(tokens=[request.kind.token], under=zone):
        same_name = other.name.lower() == request.name.lower() and ids.key(other.id) != ids.key(request.id)
        if same_name and "CNAME" in (record_type, other.inputs.get("recordType")):
            text = f"A CNAME record cannot share the name '{request.name}' with other records."
            raise ArmError(400, "BadRequest", text)


_RECORD_REFUSALS = (
    Refusal(
        "BadRequest",
        "The TTL {found} is not from 1 to 2147483647.",
        "dns/dns-zones-records, time-to-live; approximate",
        lambda request: isinstance(ttl := request.inputs.get("ttl"), int) and not 1 <= ttl <= 2**31 - 1 and str(ttl),
    ),
    Refusal(
        "BadRequest",
        "A record set takes at most 20 records, not {found}.",
        "dns/dns-faq, and azure-subscription-service-limits, Azure DNS limits; approximate",
        lambda request: len(records := _records(request)) > 20 and str(len(records)),
    ),
    Refusal(
        "BadRequest",
        "An alias record set has a target resource or records, not both.",
        "dns/dns-alias; approximate",
        lambda request: look_up(request.inputs, "targetResource.id") and _records(request),
    ),
    Refusal(
        "BadRequest",
        "A TXT record has at most 4096 characters.",
        "dns/dns-zones-records, TXT records; approximate",
        lambda request: any(
            sum(len(text) for text in record.get("value") or []) > 4096
            for record in request.inputs.get("txtRecords") or []
        ),
    ),
)


def _records(request: Request) -> Any:
    found = request.inputs.get(RECORDS.get(str(request.inputs["recordType"]), "")) or []
    return [found] if isinstance(found, dict) else found


def _keep_apex(_: Transaction, record: Resource) -> None:
    """What the zone itself has cannot be deleted: dns/dns-zones-records, SOA and NS records; approximate."""
    if record.name == "@" and record.inputs.get("recordType") in ("SOA", "NS"):
        raise ArmError(
            400, "BadRequest", f"The {record.inputs['recordType']} record set at the apex cannot be deleted."
        )


def _zone_outputs(request: Request) -> dict[str, Any]:
    return {
        "nameServers": name_servers(request.name),
        "numberOfRecordSets": 2,
        "maxNumberOfRecordSets": 10000,
        "etag": str(uuid4()),
    }


def _record_outputs(request: Request) -> dict[str, Any]:
    zone = request.inputs["zoneName"]
    host = zone if request.name == "@" else f"{request.name}.{zone}"
    return {"fqdn": f"{host}.", "provisioningState": "Succeeded", "etag": str(uuid4())}


KINDS = (
    Kind(
        token="azure-native:dns:Zone",
        api_version=_VERSION,
        path=_ZONE,
        name=NameRule(r"[\w-]{1,63}(\.[\w-]{1,63})+", 3, 253, "at least two labels of letters, digits, - and _"),
        has_location=True,
        fixed_location="global",
        immutable=("zoneType",),
        read_only=("nameServers", "numberOfRecordSets", "maxNumberOfRecordSets", "etag"),
        outputs=_zone_outputs,
    ),
    Kind(
        token="azure-native:dns:RecordSet",
        api_version=_VERSION,
        path=f"{_ZONE}/{{recordType}}/{{relativeRecordSetName}}",
        name=NameRule(
            r"@|\*|(\*\.)?[\w-]{1,63}(\.[\w-]{1,63})*",
            1,
            253,
            "labels of letters, digits, - and _; @ for the apex, * first",
        ),
        read_only=("fqdn", "provisioningState", "etag"),
        outputs=_record_outputs,
        rules=(_check_records,),
        refusals=_RECORD_REFUSALS,
        delete_rules=(_keep_apex,),
    ),
)
