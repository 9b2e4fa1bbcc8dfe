"""Zones and records: what is registered, and which names and values are refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.azure.dns import TXT_CHUNK, text_chunks
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import deploy

RECORD = "azure-native:dns:RecordSet"


def record(**changes: Any) -> dict[str, Any]:
    return deploy("DnsRecord", **changes).one(RECORD).inputs


def test_a_zone_is_global_and_names_its_servers() -> None:
    recorded = deploy("DnsZone")
    assert recorded.one("azure-native:dns:Zone").inputs["location"] == "global"
    assert recorded.result["name_servers"] == ["ns1-01.azure-dns.com", "ns2-01.azure-dns.net"]


@pytest.mark.parametrize(
    ("record_type", "values", "key", "sent"),
    [
        (
            "A",
            ["203.0.113.1", "203.0.113.2"],
            "aRecords",
            [{"ipv4Address": "203.0.113.1"}, {"ipv4Address": "203.0.113.2"}],
        ),
        ("AAAA", ["2001:db8::1"], "aaaaRecords", [{"ipv6Address": "2001:db8::1"}]),
        ("CNAME", ["other.example.com"], "cnameRecord", {"cname": "other.example.com"}),
        ("TXT", ["a", "b"], "txtRecords", [{"value": ["a"]}, {"value": ["b"]}]),
    ],
)
def test_values_go_where_their_type_keeps_them(record_type: str, values: list[str], key: str, sent: Any) -> None:
    given = record(record_type=record_type, values=values)
    assert given["recordType"] == record_type
    assert given[key] == sent
    assert given["ttl"] == 300


@pytest.mark.parametrize(
    ("name", "fqdn"),
    [
        ("@", "dev.example.com"),
        ("*", "*.dev.example.com"),
        ("shop", "shop.dev.example.com"),
        ("*.shop", "*.shop.dev.example.com"),
        ("_acme-challenge", "_acme-challenge.dev.example.com"),
    ],
)
def test_the_full_name_has_no_dot_at_the_end(name: str, fqdn: str) -> None:
    assert deploy("DnsRecord", record_name=name).result == {"fqdn": fqdn}


def test_a_record_says_whose_it_is() -> None:
    assert record(metadata={"owner": "shop"})["metadata"] == {"owner": "shop"}


def test_a_record_is_removed_before_another_type_takes_its_name() -> None:
    assert deploy("DnsRecord").one(RECORD).request.deleteBeforeReplace


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"record_type": "CNAME", "values": ["a.example", "b.example"]}, "exactly one name, not 2"),
        ({"record_type": "CNAME", "record_name": "@", "values": ["a.example"]}, "cannot stand at the apex"),
        ({"values": ["2001:db8::1"]}, "'2001:db8::1' is no IPv4 address"),
        ({"record_type": "AAAA"}, "'203.0.113.10' is no IPv6 address"),
        ({"values": []}, "values: .* at least 1 item"),
        ({"values": ["shop.example"]}, "no IPv4 address"),
        ({"record_type": "MX"}, "record_type: Input should be 'A', 'AAAA', 'CNAME' or 'TXT'"),
        ({"record_name": "Shop"}, "lower-case labels"),
        ({"record_name": "a..b"}, "lower-case labels"),
        ({"record_name": "shop.*"}, "the first may be"),
        ({"record_name": "x" * 64}, "at most 63 characters"),
        ({"ttl_seconds": 0}, "ttl_seconds: Input should be greater than or equal to 1"),
        ({"zone_name": "example"}, "two or more lower-case labels"),
        ({"zone_name": "dev.example.com."}, "without a dot at the end"),
    ],
)
def test_a_record_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("DnsRecord", **changes)


@given(st.text(max_size=2000))
def test_a_long_text_is_cut_between_characters_into_strings_dns_can_carry(text: str) -> None:
    chunks = text_chunks(text)
    assert "".join(chunks) == text
    assert all(len(chunk.encode()) <= TXT_CHUNK for chunk in chunks)
    assert len(chunks) == 1 or all(chunks)


def test_a_text_from_an_output_is_cut_too() -> None:
    import pulumi

    from tests.azure.samples import SMALL, make

    args = {**SMALL["DnsRecord"], "record_type": "TXT", "values": [pulumi.Output.from_input("x" * 256)]}
    recorded = mocks.run(lambda: make("DnsRecord", args) and None)
    assert recorded.one(RECORD).inputs["txtRecords"] == [{"value": ["x" * 255, "x"]}]
