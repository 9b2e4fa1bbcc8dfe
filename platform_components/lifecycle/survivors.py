"""Where something of an environment may still be, and how to look there: each place asked directly, not the state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.drivers.registry import DRIVERS
from platform_components.exports import output_name
from platform_components.lifecycle import cluster
from platform_components.lifecycle.azure_cli import az
from platform_components.lifecycle.engine import Engine
from platform_components.ownership import STACK_TAG
from platform_components.plan import Plan, PlannedResource

_NOWHERE_IN_AZURE = frozenset({"static", "values", "kubeconfig", "wildcard-host"}) | {
    name for name in DRIVERS if name.startswith("kubernetes/")
}
"""Drivers that make nothing in Azure; of those that are not built in, only their code says it."""


@dataclass(frozen=True)
class Look:
    """One place, and what of the environment is there."""

    place: str
    survivors: tuple[str, ...]
    nothing: str = "nothing left"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"place": self.place, "survivors": list(self.survivors)}


def looks(stack: str, plan: Plan, outputs: Mapping[str, Any]) -> Iterator[Look]:
    """Every place where resources of this plan are made; `outputs` are the stack's, from before it was destroyed."""
    for one in cluster.access(plan, outputs)[:1]:
        yield Look("Kubernetes namespaces", tuple(cluster.namespaces_of(one, stack)))
    yield from _databases(plan, outputs)
    yield from _records(plan, outputs)
    if all(resource.driver in _NOWHERE_IN_AZURE for resource in plan.resources) and plan.resources:
        return  # on a laptop there may be no `az`
    found = az("resource", "list", "--tag", f"{STACK_TAG}={stack}")
    groups = az("group", "list", "--tag", f"{STACK_TAG}={stack}")
    yield Look("Azure resources", tuple(sorted({str(item["id"]) for item in [*found, *groups]})))


def foundation_places(engine: Engine, plan: Plan) -> dict[str, Any]:
    """The outputs of the foundations that a plan refers to: where to look when the stack itself has none yet."""
    found: dict[str, Any] = {}
    for stack in {str(one.inputs["stack"]).rpartition("/")[2] for one in plan.resources if _is_reference(one)}:
        if engine.has_stack(stack):
            found |= engine.outputs(stack)
    return found


def _databases(plan: Plan, outputs: Mapping[str, Any]) -> Iterator[Look]:
    for resource in plan.resources:
        if resource.driver not in {"postgres/database", "postgres/entra-database"}:
            continue
        server = plan.resource(resource.uses["server"])
        host, administrator = (outputs.get(output_name(server.id, name)) for name in ("host", "administrator"))
        if not _is_reference(server) or host is None or resource.inputs.get("on_destroy") == "keep":
            continue
        port = int(outputs.get(output_name(server.id, "port"), 5432))
        found = _objects(str(host), port, str(administrator), resource.names["database"], resource.names["role"])
        yield Look(f"PostgreSQL {host}", found)


def _records(plan: Plan, outputs: Mapping[str, Any]) -> Iterator[Look]:
    for resource in plan.resources:
        if resource.driver != "azure/dns-record":
            continue
        zone = plan.resource(resource.uses["zone"])
        name, group = (outputs.get(output_name(zone.id, key)) for key in ("name", "resource_group"))
        if name is None or not _is_reference(zone):
            continue
        records = az("network", "dns", "record-set", "list", "-g", str(group), "-z", str(name))
        wanted = resource.names["record"]
        found = tuple(
            f"{record['name']} ({record['type'].rpartition('/')[2]})" for record in records if record["name"] == wanted
        )
        yield Look(f"DNS {wanted}.{name}", found)


def _objects(host: str, port: int, administrator: str, database: str, role: str) -> tuple[str, ...]:
    from platform_components.postgres.connection import Server, connect

    query = """
        SELECT 'database ' || datname FROM pg_catalog.pg_database WHERE datname = %s
        UNION ALL SELECT 'role ' || rolname FROM pg_catalog.pg_roles WHERE rolname = %s"""
    with connect(Server(host=host, port=port, administrator=administrator), "postgres") as connection:
        return tuple(str(row[0]) for row in connection.execute(query, (database, role)).fetchall())


def _is_reference(resource: PlannedResource) -> bool:
    return resource.driver == "stack-reference"
