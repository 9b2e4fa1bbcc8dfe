"""Whether database servers have connections left: asked of a server that is there, read off its size of a new one.

A connection limit is the most that a role may have, not what is set aside for it: that all limits together are more
than the server has is usual where environments are many and idle, and is a warning. That one environment's own limits
can't be met is a problem.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from platform_components.exports import output_name
from platform_components.lifecycle.preflight.findings import Check, Finding
from platform_components.plan import Plan, PlannedResource

NAME = "connections"
RESERVED = 15
"""What Azure keeps of a flexible server's connections for itself: postgresql/flexible-server/concepts-limits."""
# The same page: by memory of the size; 5,000 from 64 GiB on
_BY_MEMORY = {2: 50, 4: 429, 8: 859, 16: 1718, 32: 3437}
_MOST = 5000
_BURSTABLE_MEMORY = {"B1ms": 2, "B2s": 4, "B2ms": 8, "B4ms": 16, "B8ms": 32, "B12ms": 48, "B16ms": 64, "B20ms": 80}
_MEMORY_PER_CPU = {"D": 4, "E": 8}
_ASKED = """
    SELECT current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
             + coalesce(current_setting('reserved_connections', true)::int, 0),
           (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend')::int,
           (SELECT coalesce(sum(rolconnlimit), 0) FROM pg_catalog.pg_roles
             WHERE rolcanlogin AND rolconnlimit > 0 AND NOT rolname = ANY(%s))::int"""


def usable(sku: str) -> int | None:
    """The connections that a size leaves to users: 35 of a B1ms; None: a size that is not in Azure's table."""
    name = sku.removeprefix("Standard_")
    sized = re.fullmatch(r"([DE])(\d+)[a-z]*_v\d+", name)
    memory = _MEMORY_PER_CPU[sized[1]] * int(sized[2]) if sized else _BURSTABLE_MEMORY.get(name)
    if memory is None:
        return None
    most = next((count for size, count in reversed(_BY_MEMORY.items()) if memory >= size), 0)
    return (_MOST if memory >= 64 else most) - RESERVED


def checks(plan: Plan, outputs: Mapping[str, Any]) -> Iterator[Check]:
    """One for each server that databases of the plan are on; `outputs` are the foundation's."""
    servers: dict[str, list[PlannedResource]] = {}
    for resource in plan.resources:
        if resource.driver in {"postgres/database", "postgres/entra-database"}:
            servers.setdefault(resource.uses["server"], []).append(resource)
    for identity, databases in servers.items():
        server = plan.resource(identity)
        limits = [one.inputs.get("connection_limit") for one in databases]
        wanted = sum(limit for limit in limits if isinstance(limit, int))
        if server.driver == "azure/postgres-server":
            sku = str(server.inputs.get("sku") or "")
            yield Check(NAME, sku, partial(_by_size, sku, wanted))
            continue
        host, port, administrator = (
            outputs.get(output_name(identity, one)) for one in ("host", "port", "administrator")
        )
        if host is not None:
            roles = [one.names["role"] for one in databases if "role" in one.names]
            place = (str(host), int(port or 5432), str(administrator))
            yield Check(
                NAME,
                f"PostgreSQL {host}",
                partial(_asked, place, wanted, roles),
            )


def _by_size(sku: str, wanted: int) -> Iterator[Finding]:
    have = usable(sku)
    if have is None:
        yield Finding(NAME, sku, "unknown", "could not ask: the size is not in Azure's table of connections")
    else:
        yield _judged(sku, wanted, have, others=0, open_now=0)


def _asked(place: tuple[str, int, str], wanted: int, roles: list[str]) -> Iterator[Finding]:
    from platform_components.postgres.connection import Server, connect

    with connect(Server(*place), "postgres") as connection:
        row = connection.execute(_ASKED, (roles,)).fetchone()
    assert row is not None
    most, reserved, open_now, others = (int(value) for value in row)
    yield _judged(f"PostgreSQL {place[0]}", wanted, most - reserved, others=others, open_now=open_now)


def _judged(subject: str, wanted: int, have: int, *, others: int, open_now: int) -> Finding:
    words = f"{wanted} wanted at most, {have} usable, {others} promised to others, {open_now} open"
    if wanted > have:
        fix = "lower `postgres.connection_limit` of the environment type, or choose a larger `sku` for the server"
        return Finding(NAME, subject, "problem", words, fix)
    if open_now >= have:
        return Finding(NAME, subject, "problem", words, "end environments that nobody needs: pave list")
    if wanted + others > have:
        fix = "fine while most are idle; else lower `postgres.connection_limit` or choose a larger `sku`"
        return Finding(NAME, subject, "warning", words, fix)
    return Finding(NAME, subject, "ok", words)
