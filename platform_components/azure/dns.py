"""Public DNS: a zone, and single names in it.

Private zones are made where they are needed (`Network`); records for mail and certificates are not covered.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field, model_validator

from platform_components.azure.retries import azure_child
from platform_components.azure.rules import ResourceGroupName, Tags, ZoneName, matching
from platform_components.component import Known, Settings, validated, whole

APEX = "@"
TXT_CHUNK = 255
"""Bytes in one string of a TXT record (RFC 1035); a longer value is several strings."""


class DnsZoneArgs(TypedDict):
    """Arguments of `DnsZone`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the zone."""
    zone_name: pulumi.Input[str]
    """The zone's name, e.g. `dev.example.com`."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the zone."""


class DnsRecordArgs(TypedDict):
    """Arguments of `DnsRecord`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the zone."""
    zone_name: pulumi.Input[str]
    """The zone that holds the record, e.g. `dev.example.com`."""
    record_name: pulumi.Input[str]
    """The name inside the zone: `shop`, `*.shop`, `*` or, for the zone itself, `@`."""
    record_type: NotRequired[str]
    """`A` (default), `AAAA`, `CNAME` or `TXT`."""
    values: Sequence[pulumi.Input[str]]
    """Addresses, texts or, for `CNAME`, the one name it points at."""
    ttl_seconds: NotRequired[pulumi.Input[float]]
    """Seconds that resolvers may keep it, 1 to 2,147,483,647. Default 300; short, because ephemeral hosts move."""
    metadata: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Who made it and for what; a record has no tags."""


class DnsZoneSettings(Settings):
    """`DnsZoneArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    zone_name: Known[ZoneName]
    tags: Tags | None = None


RecordName = Annotated[
    str,
    matching(
        r"@|(?=.{1,253}$)(\*|[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)*",
        "@, or lower-case labels of at most 63 characters joined by dots, of which the first may be *",
    ),
]


class DnsRecordSettings(Settings):
    """`DnsRecordArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    zone_name: Known[ZoneName]
    record_name: Known[RecordName]
    record_type: Literal["A", "AAAA", "CNAME", "TXT"] = "A"
    values: Annotated[tuple[Known[Annotated[str, Field(min_length=1)]], ...], Field(min_length=1)]
    ttl_seconds: Known[Annotated[int, Field(ge=1, le=2_147_483_647)]] = 300
    metadata: Tags | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> "DnsRecordSettings":
        if self.record_type == "CNAME" and len(self.values) != 1:
            raise ValueError(f"values: a CNAME points at exactly one name, not {len(self.values)}")
        if self.record_type == "CNAME" and self.record_name == APEX:
            raise ValueError("a CNAME cannot stand at the apex (@), beside the zone's own records; use A or AAAA")
        versions = {"A": 4, "AAAA": 6}
        if self.record_type in versions:
            for value in self.values:
                if isinstance(value, str) and _address_version(value) != versions[self.record_type]:
                    raise ValueError(f"values: '{value}' is no IPv{versions[self.record_type]} address")
        return self


class DnsZone(pulumi.ComponentResource):
    """A public zone. Its parent zone must delegate to `name_servers`; a zone made again gets others, so protect it.

    An ARM lock is not offered: it would keep every environment from deleting its records. The zone itself is the
    attribute `zone`. Source: https://learn.microsoft.com/azure/dns/dns-zones-records
    """

    id: pulumi.Output[str]
    """ARM id of the zone."""
    name: pulumi.Output[str]
    """The zone's name."""
    resource_group_name: pulumi.Output[str]
    """The resource group it is in."""
    name_servers: pulumi.Output[Sequence[str]]
    """The servers that answer for it, without trailing dots."""

    def __init__(self, name: str, args: DnsZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:DnsZone", name, {}, opts)
        settings = validated(DnsZoneSettings, "DnsZone", name, args)
        from pulumi_azure_native import dns

        self.zone = dns.Zone(
            f"{name}-zone",
            resource_group_name=settings.resource_group_name,
            zone_name=settings.zone_name,
            location="global",
            tags=settings.tags,
            opts=azure_child(self),
        )
        self.id = self.zone.id
        self.name = self.zone.name
        self.resource_group_name = pulumi.Output.from_input(settings.resource_group_name)
        self.name_servers = self.zone.name_servers.apply(lambda servers: [server.rstrip(".") for server in servers])
        self.register_outputs(
            {
                "id": self.id,
                "name": self.name,
                "resource_group_name": self.resource_group_name,
                "name_servers": self.name_servers,
            }
        )


class DnsRecord(pulumi.ComponentResource):
    """One name in a public Azure DNS zone. A name that another stack already holds is refused by the provider.

    The record set itself is the attribute `record_set`.
    """

    fqdn: pulumi.Output[str]
    """Full name without a trailing dot."""

    def __init__(self, name: str, args: DnsRecordArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:DnsRecord", name, {}, opts)
        settings = validated(DnsRecordSettings, "DnsRecord", name, args)
        from pulumi_azure_native import dns

        self.record_set = dns.RecordSet(
            f"{name}-record",
            resource_group_name=settings.resource_group_name,
            zone_name=settings.zone_name,
            relative_record_set_name=settings.record_name,
            record_type=settings.record_type,
            ttl=whole(settings.ttl_seconds),
            metadata=settings.metadata,
            **_records(settings),
            # A CNAME tolerates no other record of its name, so the old one must go first.
            opts=azure_child(self, delete_before_replace=True),
        )
        self.fqdn = self.record_set.fqdn.apply(lambda fqdn: fqdn.rstrip("."))
        self.register_outputs({"fqdn": self.fqdn})


def text_chunks(text: str) -> list[str]:
    """A TXT value as strings of at most 255 bytes, never cut inside a character."""
    chunks = [""]
    for character in text:
        if len((chunks[-1] + character).encode()) > TXT_CHUNK:
            chunks.append("")
        chunks[-1] += character
    return chunks


def _records(settings: DnsRecordSettings) -> dict[str, Any]:
    from pulumi_azure_native import dns

    values = settings.values
    if settings.record_type == "A":
        return {"a_records": [dns.ARecordArgs(ipv4_address=value) for value in values]}
    if settings.record_type == "AAAA":
        return {"aaaa_records": [dns.AaaaRecordArgs(ipv6_address=value) for value in values]}
    if settings.record_type == "CNAME":
        return {"cname_record": dns.CnameRecordArgs(cname=values[0])}
    texts = [pulumi.Output.from_input(value).apply(text_chunks) for value in values]
    return {"txt_records": [dns.TxtRecordArgs(value=text) for text in texts]}


def _address_version(text: str) -> int | None:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return None
