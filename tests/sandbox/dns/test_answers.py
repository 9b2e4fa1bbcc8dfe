"""The DNS server over real sockets: what it says of its zones, of names that are not there, and of others' zones."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from sandbox.azure.store import Resource, Store
from sandbox.dns.answers import answer
from sandbox.dns.server import servers
from sandbox.state import State

GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/dnsZones"
SERVERS = ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."]
Ask = Callable[..., dns.message.Message]


def _zone(name: str) -> Resource:
    return Resource(f"{GROUP}/{name}", "azure-native:dns:Zone", "v", {}, {"nameServers": SERVERS})


def _records(zone: str, name: str, record_type: str, **records: Any) -> Resource:
    resource_id = f"{GROUP}/{zone}/{record_type}/{name}"
    return Resource(
        resource_id, "azure-native:dns:RecordSet", "v", {"recordType": record_type, "ttl": 60, **records}, {}
    )


def _a(zone: str, name: str, *addresses: str) -> Resource:
    return _records(zone, name, "A", aRecords=[{"ipv4Address": address} for address in addresses])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(State(tmp_path / "state"))
    zone = "dev.example.com"
    held = [
        _zone(zone),
        _zone("sub.dev.example.com"),
        _a(zone, "@", "10.0.0.1"),
        _a(zone, "www", "10.0.0.2", "10.0.0.3"),
        _a(zone, "*", "10.0.0.4"),
        _a(zone, "a.b", "10.0.0.5"),
        _a("sub.dev.example.com", "www", "10.0.1.1"),
        _records(zone, "www", "AAAA", aaaaRecords=[{"ipv6Address": "fd00::1"}]),
        _records(zone, "alias", "CNAME", cnameRecord={"cname": "www.dev.example.com"}),
        _records(zone, "away", "CNAME", cnameRecord={"cname": "elsewhere.example.net"}),
        _records(zone, "text", "TXT", txtRecords=[{"value": ['say "hi"', "and\\more"]}]),
        _records(zone, "long", "TXT", txtRecords=[{"value": [f"{i}" * 250]} for i in range(8)]),
        _records(zone, "child", "NS", nsRecords=[{"nsdname": "ns.example.net"}]),
    ]
    with store.writing() as transaction:
        for resource in held:
            transaction.put(resource)
    return store


@pytest.fixture
def ask(store: Store) -> Iterator[Ask]:
    """Asks the running server, over UDP unless told otherwise."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = servers(store, "127.0.0.1", port)
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in running]
    for thread in threads:
        thread.start()

    def send(host: str, record_type: str = "A", *, tcp: bool = False, **options: Any) -> dns.message.Message:
        query = dns.message.make_query(host, record_type, **options)
        via = dns.query.tcp if tcp else dns.query.udp
        return via(query, "127.0.0.1", timeout=5, port=port)

    yield send
    for server in running:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def values(message: dns.message.Message) -> list[str]:
    return sorted(str(item) for rrset in message.answer for item in rrset)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    ("host", "record_type", "expected"),
    [
        ("www.dev.example.com", "A", ["10.0.0.2", "10.0.0.3"]),
        ("WWW.Dev.Example.Com", "A", ["10.0.0.2", "10.0.0.3"]),
        ("www.dev.example.com", "AAAA", ["fd00::1"]),
        ("dev.example.com", "A", ["10.0.0.1"]),
        ("dev.example.com", "NS", SERVERS),
        ("anything.dev.example.com", "A", ["10.0.0.4"]),
        ("deeper.anything.dev.example.com", "A", ["10.0.0.4"]),
        ("www.sub.dev.example.com", "A", ["10.0.1.1"]),
        ("alias.dev.example.com", "A", ["10.0.0.2", "10.0.0.3", "www.dev.example.com."]),
        ("alias.dev.example.com", "CNAME", ["www.dev.example.com."]),
        ("away.dev.example.com", "A", ["elsewhere.example.net."]),
        ("text.dev.example.com", "TXT", ['"say \\"hi\\"" "and\\\\more"']),
        ("child.dev.example.com", "NS", ["ns.example.net."]),
    ],
)
def test_records_are_answered_with_authority(
    ask: Ask, host: str, record_type: str, expected: list[str], tcp: bool
) -> None:
    answer = ask(host, record_type, tcp=tcp)
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.flags & dns.flags.AA
    assert values(answer) == sorted(expected)


@pytest.mark.parametrize(
    ("host", "record_type", "code"),
    [
        ("www.dev.example.com", "TXT", dns.rcode.NOERROR),
        ("b.dev.example.com", "A", dns.rcode.NOERROR),
        ("x.b.dev.example.com", "A", dns.rcode.NXDOMAIN),
        ("nothing.sub.dev.example.com", "A", dns.rcode.NXDOMAIN),
        ("anything.dev.example.com", "TXT", dns.rcode.NOERROR),
    ],
)
def test_a_name_without_such_records_is_told_from_one_that_is_not_there(
    ask: Ask, host: str, record_type: str, code: dns.rcode.Rcode
) -> None:
    answer = ask(host, record_type)
    assert answer.rcode() == code
    assert values(answer) == []
    assert [dns.rdatatype.to_text(rrset.rdtype) for rrset in answer.authority] == ["SOA"]


def test_others_zones_are_refused(ask: Ask) -> None:
    for host in ("example.com", "example.net", "notdev.example.com", "."):
        answer = ask(host)
        assert answer.rcode() == dns.rcode.REFUSED
        assert not answer.flags & dns.flags.AA


def test_what_does_not_fit_into_a_datagram_is_fetched_over_tcp(ask: Ask) -> None:
    assert ask("long.dev.example.com", "TXT").flags & dns.flags.TC
    assert ask("long.dev.example.com", "TXT", use_edns=0, payload=4096).flags & dns.flags.TC
    assert len(values(ask("long.dev.example.com", "TXT", tcp=True))) == 8


def test_a_new_record_is_answered_at_once(ask: Ask, store: Store) -> None:
    with store.writing() as transaction:
        transaction.put(_a("dev.example.com", "new", "10.0.0.9"))
    assert values(ask("new.dev.example.com")) == ["10.0.0.9"]
    with store.writing() as transaction:
        transaction.remove(f"{GROUP}/dev.example.com/A/new")
    assert values(ask("new.dev.example.com")) == ["10.0.0.4"]


def test_what_is_no_question_gets_no_answer(ask: Ask, store: Store) -> None:
    from sandbox.dns.answers import answer

    assert answer(store, b"nonsense", udp=True) is None
    reply = dns.message.make_response(dns.message.make_query("dev.example.com", "A"))
    assert answer(store, reply.to_wire(), udp=True) is None


@pytest.mark.parametrize(
    ("host", "azure", "code", "expected"),
    [
        ("login.microsoftonline.com", "127.64.0.2", dns.rcode.NOERROR, ["127.64.0.2"]),
        ("ShopData.blob.core.windows.net", "127.64.0.2", dns.rcode.NOERROR, ["127.64.0.2"]),
        ("nobody.blob.core.windows.net", "127.64.0.2", dns.rcode.NXDOMAIN, []),
        ("www.core.windows.net", "127.64.0.2", dns.rcode.REFUSED, []),
        ("login.microsoftonline.com", None, dns.rcode.REFUSED, []),
    ],
)
def test_where_pods_run_azures_own_names_lead_to_what_stands_in_its_place(
    store: Store, host: str, azure: str | None, code: int, expected: list[str]
) -> None:
    account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/shopdata"
    with store.writing() as transaction:
        transaction.put(Resource(account, "azure-native:storage:StorageAccount", "v", {}, {}))

    said = answer(store, dns.message.make_query(host, "A").to_wire(), udp=True, azure=azure)

    assert said is not None
    message = dns.message.from_wire(said)
    assert (message.rcode(), values(message)) == (code, expected)
