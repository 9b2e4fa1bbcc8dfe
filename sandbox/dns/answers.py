"""The answer to one DNS message, as an authoritative server gives it: records, NODATA or NXDOMAIN with the zone's SOA,
REFUSED for what lies in none of its zones.
"""

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from sandbox.azure.store import Store
from sandbox.dns.zones import RecordSet, Zone, relative, zone_of
from sandbox.edge import blobs, sign_in

_LONGEST_CHAIN = 8
_SHORT = 5
_SMALLEST_UDP = 512
# What an answer over UDP may have however much the asker takes: dnsflagday.net/2020
_LARGEST_UDP = 1232


def answer(store: Store, wire: bytes, *, udp: bool, azure: str | None = None) -> bytes | None:
    """The answer to a message, or None for what is no question.

    `azure`: the address of what stands in Azure's place for running pods; None: pods do not run.
    """
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    response = dns.message.make_response(query)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
    else:
        _fill(store, response, query.question[0], azure)
    if not udp:
        return response.to_wire()
    limit = min(max(query.payload, _SMALLEST_UDP), _LARGEST_UDP)
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer.clear()
        response.authority.clear()
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=limit)


def _fill(store: Store, response: dns.message.Message, question: dns.rrset.RRset, azure: str | None) -> None:
    host = question.name.to_text(omit_final_dot=True).lower()
    zone = zone_of(store, host)
    if zone is None and azure is not None and (host == sign_in.HOST or host.endswith(blobs.SUFFIX)):
        _say_azures(store, response, question, host, azure)
        return
    if zone is None or question.rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
        return
    response.flags |= dns.flags.AA
    wanted = dns.rdatatype.to_text(question.rdtype)
    for _ in range(_LONGEST_CHAIN):
        name = relative(host, zone.name)
        source: str | None = name
        if not zone.has(name):
            source = zone.wildcard_for(name)
        if source is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            _say_nothing_found(response, zone)
            return
        found = _found(zone, source, wanted)
        if not found:
            _say_nothing_found(response, zone)
            return
        response.answer += [_rrset(host, each) for each in found]
        alias = next((each for each in found if each.type == "CNAME"), None)
        if alias is None or wanted in ("CNAME", "ANY"):
            return
        host = alias.values[0].rstrip(".").lower()
        if relative(host, zone.name) == host:  # it goes on in another zone, which the asker looks up itself
            return


def _say_azures(
    store: Store, response: dns.message.Message, question: dns.rrset.RRset, host: str, address: str
) -> None:
    response.flags |= dns.flags.AA
    if host != sign_in.HOST and blobs.account_of(store, host) is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == dns.rdatatype.A:
        response.answer.append(_rrset(host, RecordSet("@", "A", _SHORT, (address,))))


def _found(zone: Zone, name: str, wanted: str) -> list[RecordSet]:
    own = [each for each in zone.record_sets if each.name == name]
    if wanted == "ANY":
        return own
    return [each for each in own if each.type == wanted] or [each for each in own if each.type == "CNAME"]


def _say_nothing_found(response: dns.message.Message, zone: Zone) -> None:
    soa = zone.records("@", "SOA")
    if soa is not None:
        response.authority.append(_rrset(zone.name, soa))


def _rrset(host: str, records: RecordSet) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(
        dns.name.from_text(host), records.ttl, dns.rdataclass.IN, dns.rdatatype.from_text(records.type), records.values
    )
