"""Whether the domain leads to its zone: the name servers that the world is told, and those that Azure gave the zone.

One small question over UDP, as Python's own library can't ask for name servers.
"""

import os
import re
import secrets
import socket
import struct
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from platform_components.errors import InputError, OutsideError
from platform_components.exports import output_name
from platform_components.lifecycle.azure_cli import az
from platform_components.lifecycle.preflight.findings import Check, Finding
from platform_components.plan import Plan

DELEGATION, RECORD = "delegation", "record"
SECONDS = 3.0
_NS, _IN, _RECURSION = 2, 1, 0x0100


def checks(plan: Plan, outputs: Mapping[str, Any], *, new: bool) -> Iterator[Check]:
    """The delegation of each zone that another stack holds; of a new environment also that its records are free."""
    zones: dict[str, list[str]] = {}
    for resource in plan.resources:
        if resource.driver == "azure/dns-record" and "record" in resource.names:
            zones.setdefault(resource.uses["zone"], []).append(resource.names["record"])
    for identity, records in zones.items():
        name, servers, group = (
            outputs.get(output_name(identity, one)) for one in ("name", "name_servers", "resource_group")
        )
        if name is None:
            continue
        place, known = str(name), [str(one) for one in servers or ()]
        yield Check(DELEGATION, place, partial(_delegated, place, known))
        if new and group is not None:
            yield Check(
                RECORD,
                place,
                partial(_free, place, str(group), records),
            )
    for resource in plan.resources:
        if resource.driver == "azure/dns-zone":
            zone = str(resource.inputs["zone_name"])
            yield Check(DELEGATION, zone, partial(_later, zone))


def name_servers(domain: str, server: tuple[str, int]) -> tuple[str, ...]:
    """The name servers of a domain as `server` tells them, in lower case. Raises `OutsideError` without an answer."""
    number = secrets.randbelow(65536)
    question = b"".join(bytes([len(label)]) + label.encode() for label in domain.rstrip(".").split(".")) + b"\0"
    message = struct.pack("!6H", number, _RECURSION, 1, 0, 0, 0) + question + struct.pack("!2H", _NS, _IN)
    try:
        with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(SECONDS)
            asking.connect(server)
            asking.send(message)
            answer = asking.recv(4096)
    except OSError as error:
        raise OutsideError(f"the name server {server[0]} does not answer: {error}") from error
    try:
        return _servers_in(answer, number)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise OutsideError(f"the name server {server[0]} answers with what is no DNS message") from error


def resolver(environment: Mapping[str, str], file: Path = Path("/etc/resolv.conf")) -> tuple[str, int]:
    """Which name server is asked: `PAVE_DNS` (address:port), else the machine's first one."""
    named = environment.get("PAVE_DNS", "")
    if named:
        host, _, port = named.rpartition(":") if named.count(":") == 1 else (named, "", "53")
        if not host or not re.fullmatch("[1-9][0-9]{0,4}", port):
            raise InputError(f"'{named}' is no name server", where="PAVE_DNS", fix="write it as address:port")
        return host, int(port)
    try:
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    except OSError:
        lines = []
    found = next((words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"), None)
    if found is None:
        raise OutsideError("no name server is set up on this machine", fix="name one: PAVE_DNS=address:port")
    return found, 53


def _delegated(domain: str, known: list[str]) -> Iterator[Finding]:
    told = name_servers(domain, resolver(os.environ))
    wanted = {one.rstrip(".").lower() for one in known}
    if wanted & set(told):
        yield Finding(DELEGATION, domain, "ok", "leads to its zone in Azure")
        return
    words = (
        f"leads to {', '.join(told)}, not to its zone" if told else "is not delegated: no name server answers for it"
    )
    fix = f"in the zone above {domain}, put NS records: {', '.join(known) or 'those that the foundation exports'}"
    yield Finding(DELEGATION, domain, "problem", words, fix)


def _later(domain: str) -> list[Finding]:
    fix = "delegate it when this is deployed: the output dns-zone.default/main/name_servers"
    return [Finding(DELEGATION, domain, "ok", "the zone is made here", fix)]


def _free(zone: str, group: str, records: list[str]) -> Iterator[Finding]:
    there = {str(one["name"]) for one in az("network", "dns", "record-set", "list", "-g", group, "-z", zone)}
    taken = sorted(there & set(records))
    if taken:
        fix = "remove what is left over: az network dns record-set a delete, or destroy the environment it belongs to"
        yield Finding(RECORD, zone, "problem", f"holds {', '.join(taken)} already", fix)
    else:
        yield Finding(RECORD, zone, "ok", f"{', '.join(records)}: free")


def _servers_in(answer: bytes, number: int) -> tuple[str, ...]:
    known, flags, questions, answers, _, _ = struct.unpack("!6H", answer[:12])
    if known != number:
        raise IndexError("an answer to another question")
    if flags & 0x000F not in (0, 3):  # 3: there is no such name
        raise OutsideError(f"the name server refuses (code {flags & 0x000F})")
    at = 12
    for _ in range(questions):
        _, at = _name(answer, at)
        at += 4
    found = []
    for _ in range(answers):
        _, at = _name(answer, at)
        kind, _, _, length = struct.unpack("!HHIH", answer[at : at + 10])
        at += 10
        if kind == _NS:
            found.append(_name(answer, at)[0].lower())
        at += length
    return tuple(sorted(found))


def _name(answer: bytes, at: int) -> tuple[str, int]:
    """A name of a message, and where the next thing begins (RFC 1035, 4.1.4: a pointer ends it)."""
    labels: list[str] = []
    end: int | None = None
    for _ in range(128):
        length = answer[at]
        if length >= 0xC0:
            end = end or at + 2
            at = struct.unpack("!H", answer[at : at + 2])[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), end or at + 1
        else:
            labels.append(answer[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
    raise IndexError("a name without end")
