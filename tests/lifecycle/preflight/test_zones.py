"""Whether a domain leads to its zone, asked of a name server that this test is."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from platform_components.errors import InputError, OutsideError
from platform_components.exports import output_name
from platform_components.lifecycle.preflight import zones
from platform_components.lifecycle.preflight.findings import answers
from platform_components.plan import Plan
from tests.lifecycle.preflight.conftest import Prepare, Subscription

SERVERS = ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."]
Serve = Callable[[Callable[[bytes], bytes]], tuple[str, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers one question on a port of its own."""
    opened: list[socket.socket] = []

    def start(answer: Callable[[bytes], bytes]) -> tuple[str, int]:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        opened.append(server)

        def run() -> None:
            question, asker = server.recvfrom(4096)
            server.sendto(answer(question), asker)

        threading.Thread(target=run, daemon=True).start()
        host, port = server.getsockname()
        return host, port

    yield start
    for one in opened:
        one.close()


def told(*servers: str, code: int = 0) -> Callable[[bytes], bytes]:
    """A name server's answer with these."""

    def answer(question: bytes) -> bytes:
        response = dns.message.make_response(dns.message.from_wire(question))
        response.set_rcode(dns.rcode.Rcode(code))
        if servers:
            response.answer.append(dns.rrset.from_text(response.question[0].name, 60, "IN", "NS", *servers))
        return response.to_wire()

    return answer


def test_the_name_servers_of_a_domain_are_those_that_are_told(serve: Serve) -> None:
    assert zones.name_servers("dev.example.com", serve(told("NS1-01.azure-dns.COM.", SERVERS[1]))) == (
        "ns1-01.azure-dns.com",
        "ns2-01.azure-dns.net",
    )
    assert zones.name_servers("dev.example.com", serve(told(code=3))) == ()


@pytest.mark.parametrize(
    "answer", [lambda question: question[:2], lambda _: b"", lambda question: question[:2] + b"\xc0" * 40, told(code=5)]
)
def test_an_answer_that_is_none_is_an_error(serve: Serve, answer: Callable[[bytes], bytes]) -> None:
    with pytest.raises(OutsideError):
        zones.name_servers("dev.example.com", serve(answer))


def test_a_name_server_that_is_silent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "SECONDS", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(OutsideError, match="does not answer"):
            zones.name_servers("dev.example.com", silent.getsockname())


def test_the_machines_own_name_server_is_asked_unless_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# comment\nsearch example.com\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n")

    assert zones.resolver({}, file) == ("10.0.0.2", 53)
    assert zones.resolver({"PAVE_DNS": "127.0.0.1:5353"}, file) == ("127.0.0.1", 5353)
    assert zones.resolver({"PAVE_DNS": "fd00::1"}, file) == ("fd00::1", 53)
    with pytest.raises(OutsideError, match="PAVE_DNS"):
        zones.resolver({}, tmp_path / "none")


@pytest.fixture
def outputs() -> dict[str, object]:
    zone = "dns-zone.default#main"
    return {
        output_name(zone, "name"): "dev.example.com",
        output_name(zone, "name_servers"): SERVERS,
        output_name(zone, "resource_group"): "other",
    }


@pytest.fixture
def branch(prepared: Prepare) -> Plan:
    return prepared("ephemeral").matched.plan


@pytest.mark.parametrize(
    ("servers", "state", "words"),
    [
        (SERVERS[:1], "ok", "leads to its zone"),
        (["ns.elsewhere.example."], "problem", "leads to ns.elsewhere.example, not to its zone"),
        ([], "problem", "is not delegated"),
    ],
)
def test_a_domain_that_leads_elsewhere_is_told_with_the_records_to_put(
    monkeypatch: pytest.MonkeyPatch,
    serve: Serve,
    branch: Plan,
    outputs: dict[str, object],
    servers: list[str],
    state: str,
    words: str,
) -> None:
    monkeypatch.setenv("PAVE_DNS", ":".join(map(str, serve(told(*servers)))))

    (found,) = answers(list(zones.checks(branch, outputs, new=False)))

    assert (found.state, words in found.what) == (state, True)
    assert (SERVERS[0] in found.fix) == (state == "problem")


def test_a_record_that_is_there_already_is_told(
    subscription: Subscription, branch: Plan, outputs: dict[str, object]
) -> None:
    record = branch.resource("dns.default#web.dns").names["record"]
    zone = "Microsoft.Network/dnsZones/dev.example.com"
    subscription.holds(zone, "dns:Zone")
    (check,) = [one for one in zones.checks(branch, outputs, new=True) if one.name == "record"]
    assert [one.state for one in check.answered()] == ["ok"]

    subscription.holds(f"{zone}/A/{record}", "dns:RecordSet", {"recordType": "A"})

    (found,) = check.answered()
    assert (found.state, record in found.what) == ("problem", True)


def test_the_zone_that_a_foundation_makes_is_delegated_later(prepared: Prepare) -> None:
    config = {"resources": {"zone": {"type": "dns-zone", "id": "main"}}}
    plan = prepared("foundation-nonproduction", config=config).matched.plan

    (found,) = answers(list(zones.checks(plan, {}, new=True)))

    assert (found.state, "name_servers" in found.fix) == ("ok", True)


@pytest.mark.parametrize("named", ["127.0.0.1:abc", ":53", "host:0", "host:123456"])
def test_a_name_server_that_is_none_is_refused(named: str) -> None:
    with pytest.raises(InputError, match="is no name server"):
        zones.resolver({"PAVE_DNS": named})
