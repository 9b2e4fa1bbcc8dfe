"""Step two of the golden path: match everything an environment needs, follow what the definitions use, and order it.

All problems are collected and told at once; nothing is created, and nothing outside the arguments is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from platform_components.catalog import Catalog
from platform_components.environment import Environment
from platform_components.errors import InputError
from platform_components.plan.asking import Asked, asked
from platform_components.plan.edges import edges
from platform_components.plan.following import Followed, follow
from platform_components.plan.messages import PlanError
from platform_components.plan.model import Plan, PlannedEnvironment, PlannedResource
from platform_components.plan.objections import objections
from platform_components.plan.open_outputs import Named, all_named, refusals
from platform_components.plan.workloads import effective
from platform_components.score.problems import Problem
from platform_components.score.reader import Source


@dataclass(frozen=True)
class Draft:
    """What could be worked out, beside everything that is wrong; a plan if nothing is."""

    environment: Environment
    catalog: Catalog
    asked: Asked
    followed: Followed
    named: Named
    problems: tuple[Problem, ...]

    def plan(self) -> Plan:
        """The plan. Raises `PlanError` with all problems."""
        if self.problems:
            raise PlanError(self.problems)
        used_by: dict[str, list[str]] = {name: [] for name in self.followed.nodes}
        for name, node in self.followed.nodes.items():
            for need in node.edges:
                used_by[need].append(name)
        environment = self.environment
        resources = tuple(
            self._resource(name, tuple(sorted(used_by[name]))) for layer in self.followed.layers for name in layer
        )
        return Plan(
            environment=PlannedEnvironment(
                name=environment.name,
                type=environment.type.name,
                app=environment.app,
                branch=environment.branch,
                values=environment.values or (),
            ),
            resources=resources,
            layers=self.followed.layers,
            workloads=tuple(self.asked.workloads),
            edges=edges(resources, self.asked.workloads, self.followed.nodes),
        )

    def _resource(self, name: str, used_by: tuple[str, ...]) -> PlannedResource:
        node = self.followed.nodes[name]
        identity, match = node.request.identity, node.match
        type_ = self.catalog.types[identity.type]
        assert match is not None
        return PlannedResource(
            id=name,
            type=identity.type,
            class_=identity.class_,
            res_id=identity.res_id,
            definition=match.definition.name,
            definition_at=match.definition.place,
            criteria=str(match.rule.criteria),
            criteria_at=match.rule.definition.place_of(match.rule.criteria),
            pinned=match.pinned,
            driver=match.definition.driver,
            inputs=node.inputs,
            params=node.request.params,
            uses=node.uses,
            depends_on=tuple(sorted(node.edges)),
            names=dict(node.names),
            workload=node.request.workload,
            used_by=used_by,
            secret_outputs=type_.secret_outputs,
            wanted_outputs=tuple(sorted(self.named.get(name, ()))),
            holds_data=type_.holds_data,
            data_in=tuple(node.uses[alias] for alias in match.definition.data_in) if type_.holds_data else (),
            implicit=node.request.implicit,
        )


def make_plan(environment: Environment, sources: Sequence[Source], catalog: Catalog) -> Plan:
    """The plan of an environment. Raises `PlanError` with all problems."""
    return draft(environment, sources, catalog).plan()


def draft(environment: Environment, sources: Sequence[Source], catalog: Catalog) -> Draft:
    """All that can be worked out of an environment, whatever else is wrong with it."""
    catalog.check_pins(environment.pins)
    _check_kind(environment, sources)
    problems: list[Problem] = []
    workloads = effective(sources, environment, problems)
    wishes = asked(environment, workloads, catalog)
    followed = follow(environment, wishes.requests, catalog, {one.workload.name: one.workload for one in workloads})
    named = all_named(wishes.named, followed, catalog)
    problems += [*wishes.problems, *followed.problems, *refusals(named, followed, environment, catalog)]
    problems += objections(workloads, followed, catalog)
    return Draft(environment, catalog, wishes, followed, named, tuple(problems))


def _check_kind(environment: Environment, sources: Sequence[Source]) -> None:
    foundation = environment.type.kind == "foundation"
    if foundation and sources:
        names = ", ".join(sorted(source.workload.name for source in sources))
        raise InputError(
            f"'{environment.type.name}' is a foundation, and a foundation runs no workloads",
            where="platform:workloads",
            fix=f"deploy {names} into an environment of an application type",
        )
    if foundation and not environment.resources:
        raise InputError(
            "a foundation has to list what it shares",
            where="platform:resources",
            fix="for example {cluster: {type: k8s-cluster, id: main}}",
        )
    if not foundation and not sources:
        raise InputError(
            "an environment of an app needs at least one workload", where="platform:workloads", fix="name a Score file"
        )
