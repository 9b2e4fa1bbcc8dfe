"""Step two of the golden path: match everything an environment needs, follow what the definitions use, and order it.

All problems are collected and told at once; nothing is created, and nothing outside the arguments is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_components.catalog import Catalog, Match, ResourceType
from platform_components.catalog.definitions import Use
from platform_components.catalog.problems import texts
from platform_components.environment import Environment
from platform_components.errors import InputError
from platform_components.naming import DEFAULT_CLASS, MAIN, ResourceIdentity, is_example
from platform_components.plan.inputs import Scope, UnresolvedError, resolve, resolve_text
from platform_components.plan.messages import (
    PlanError,
    conflicting_params,
    foundation_problem,
    loop_problem,
    no_match_problem,
    not_for_developers,
    param_problems,
    unknown_type,
)
from platform_components.plan.model import Plan, PlannedEnvironment, PlannedResource, PlannedWorkload
from platform_components.plan.order import layers, loops, reachable
from platform_components.plan.requests import Origin, Request, resolve_params
from platform_components.plan.values import references, shown
from platform_components.plan.workloads import effective, outputs_named, planned
from platform_components.score.placeholders import references as placeholders_in
from platform_components.score.positions import DocumentPath, Position
from platform_components.score.problems import Problem, path_text
from platform_components.score.reader import Source

IMPLICIT = ("k8s-cluster", "k8s-namespace", "workload-identity")
"""What every environment of an app has one of, whoever asks."""


def make_plan(environment: Environment, sources: Sequence[Source], catalog: Catalog) -> Plan:
    """The plan of an environment. Raises `PlanError` with all problems."""
    catalog.check_pins(environment.pins)
    problems: list[Problem] = []
    _check_kind(environment, sources)
    workloads = effective(sources, environment, problems)
    params: dict[str, Request] = {}
    while True:
        builder = _Builder(environment, catalog, workloads, params)
        builder.build()
        if not builder.late:
            break
        params |= builder.late
    if problems or builder.problems:
        raise PlanError([*problems, *builder.problems])
    return builder.plan()


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
            "an environment of an app needs at least one workload",
            where="platform:workloads",
            fix="name a Score file",
        )


@dataclass
class _Node:
    """One resource while the plan is made."""

    request: Request
    origins: list[Origin]
    match: Match | None = None
    uses: dict[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    edges: dict[str, Origin] = field(default_factory=dict)
    """What it waits for, and what says so."""
    awaited: dict[str, Origin] = field(default_factory=dict)
    """What everybody who waits for it waits for, too."""


class _Builder:
    """Follows requests until nothing new is asked for."""

    def __init__(
        self,
        environment: Environment,
        catalog: Catalog,
        workloads: Sequence[Source],
        params: Mapping[str, Request],
    ) -> None:
        self.problems: list[Problem] = []
        self.late: dict[str, Request] = {}
        """Params that came when their resource was already worked out: another round has to know them first."""
        self._environment = environment
        self._catalog = catalog
        self._workloads = workloads
        self._params = params
        self._nodes: dict[str, _Node] = {}
        self._pending: list[_Node] = []
        self._planned: list[PlannedWorkload] = []
        self._wanted: dict[str, set[str]] = {}
        self._layers: tuple[tuple[str, ...], ...] = ()

    def build(self) -> None:
        """Everything that is asked for, first by people, then by definitions; then its order."""
        for source in self._workloads:
            self._workload(source)
        self._foundation_resources()
        if self._environment.type.kind == "application":
            for type_ in IMPLICIT:
                identity = ResourceIdentity(type_, DEFAULT_CLASS, MAIN)
                origin = Origin(f"every environment of an app has a {type_}")
                self._request(Request(identity, origin, {}, implicit=True))
        for node in self._pending:  # grows while it is walked
            self._expand(node)
        self._await_companions()
        self._order()

    def plan(self) -> Plan:
        """The plan, once there are no problems."""
        used_by: dict[str, list[str]] = {name: [] for name in self._nodes}
        for name, node in self._nodes.items():
            for need in node.edges:
                used_by[need].append(name)
        environment = self._environment
        return Plan(
            environment=PlannedEnvironment(
                name=environment.name, type=environment.type.name, app=environment.app, branch=environment.branch
            ),
            resources=tuple(
                self._resource(name, tuple(sorted(used_by[name]))) for layer in self._layers for name in layer
            ),
            layers=self._layers,
            workloads=tuple(self._planned),
            versions={"platform-components": _version()},
        )

    def _resource(self, name: str, used_by: tuple[str, ...]) -> PlannedResource:
        node = self._nodes[name]
        identity, match = node.request.identity, node.match
        type_ = self._catalog.types[identity.type]
        assert match is not None
        return PlannedResource(
            id=name,
            type=identity.type,
            class_=identity.class_,
            res_id=identity.res_id,
            definition=match.definition.name,
            definition_at=match.definition.place,
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
            wanted_outputs=tuple(sorted(self._wanted.get(name, ()))),
            holds_data=type_.holds_data,
            implicit=node.request.implicit,
        )

    def _workload(self, source: Source) -> None:
        workload = source.workload
        identities = {
            name: str(ResourceIdentity(one.type, one.class_, one.id or f"{workload.name}.{name}"))
            for name, one in sorted(workload.resources.items())
        }
        types: dict[str, ResourceType] = {}
        for name, one in sorted(workload.resources.items()):
            type_ = self._catalog.types.get(one.type)
            path = ("resources", name)
            at = source.positions.at((*path, "type"))
            if type_ is None:
                self.problems.append(unknown_type(one.type, self._catalog.types, (*path, "type"), at))
                continue
            types[name] = type_
            if not type_.developer:
                self.problems.append(not_for_developers(type_, self._catalog.types, (*path, "type"), at))
                continue
            self.problems += param_problems(one.params, type_, (*path, "params"), source.positions)
            params, needs = self._developers_params(source, name, identities)
            origin = Origin(path_text(path), at)
            identity = ResourceIdentity.parse(identities[name])
            self._request(Request(identity, origin, params, workload=None if one.id else workload.name, needs=needs))
        for _, reference in outputs_named(source):
            self._want(identities, types, reference.keys)
        self._planned.append(planned(source, identities, self._catalog.types, self.problems))
        if workload.missing_images and not is_example(self._environment):
            for container in workload.missing_images:
                image = ("containers", container, "image")
                at = source.positions.at(image)
                hint = f"supply it: --image {workload.name}/{container}=IMAGE"
                self.problems.append(Problem("override", path_text(image), "the image is still open", at, hint))
        needs = {
            identities[name]: Origin(
                f"the workload asks for {path_text(('resources', name))}", source.positions.at(("resources", name))
            )
            for name in identities
        }
        own = ResourceIdentity("workload", DEFAULT_CLASS, workload.name)
        origin = Origin(f"the workload '{workload.name}'", source.positions.at(("metadata", "name")))
        self._request(Request(own, origin, {}, workload=workload.name, implicit=True, needs=needs))

    def _want(self, identities: Mapping[str, str], types: Mapping[str, ResourceType], keys: Sequence[str]) -> None:
        """Note which of an open type's outputs somebody names."""
        name, *rest = keys
        if rest and name in types and types[name].open_outputs:
            self._wanted.setdefault(identities[name], set()).add(rest[0])

    def _developers_params(
        self, source: Source, name: str, identities: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], Mapping[str, Origin]]:
        path = ("resources", name, "params")
        workload = source.workload

        def fail(inside: DocumentPath, message: str) -> None:
            at = source.positions.at((*path, *inside))
            self.problems.append(Problem("placeholder", path_text((*path, *inside)), message, at))

        params = resolve_params(workload.resources[name].params, workload.metadata, identities, fail)
        needs: dict[str, Origin] = {}
        for inside, text in texts(workload.resources[name].params):
            for reference in placeholders_in(text):
                if reference.root == "resources" and reference.keys and reference.keys[0] in identities:
                    what = f"{path_text((*path, *inside))} names ${{{reference.text}}}"
                    need = identities[reference.keys[0]]
                    needs.setdefault(need, Origin(what, source.positions.at((*path, *inside))))
        return params, needs

    def _foundation_resources(self) -> None:
        identities = {}
        for name, entry in sorted(self._environment.resources.items()):
            problem = foundation_problem(name, entry)
            if problem:
                self.problems.append(problem)
            else:
                identities[name] = ResourceIdentity(
                    entry["type"], entry.get("class", DEFAULT_CLASS), entry.get("id", name)
                )
        for name, identity in identities.items():
            where = f"platform:resources.{name}"
            position = Position(where)
            type_ = self._catalog.types.get(identity.type)
            if type_ is None:
                self.problems.append(unknown_type(identity.type, self._catalog.types, ("type",), position))
                continue
            given = self._environment.resources[name].get("params", {})
            self.problems += param_problems(given, type_, ("params",), None, position)

            def fail(inside: DocumentPath, message: str, position: Position = position) -> None:
                self.problems.append(Problem("placeholder", path_text(("params", *inside)), message, position))

            params = resolve_params(given, {}, {one: str(other) for one, other in identities.items()}, fail)
            origin = Origin("the foundation lists it", position)
            needs = {ref.resource: Origin("its params name it", position) for ref in references(params)}
            self._request(Request(identity, origin, params, needs=needs))

    def _request(self, request: Request) -> None:
        """Note a wish for a resource: new, or one more for a resource that is there already."""
        name = str(request.identity)
        node = self._nodes.get(name)
        if node is None:
            seeded = self._params.get(name)
            node = _Node(request, [request.origin], edges=dict(request.needs or {}))
            if seeded is not None and not request.params:
                node.request = _with_params(request, seeded)
                node.edges |= seeded.needs or {}
            self._nodes[name] = node
            self._pending.append(node)
            return
        node.origins.append(request.origin)
        for need, origin in (request.needs or {}).items():
            node.edges.setdefault(need, origin)
        if not request.params or request.params == node.request.params:
            return
        if node.request.params:
            self.problems.append(conflicting_params(name, node.request, request))
        elif node.match is None:
            node.request = _with_params(node.request, request)
        else:
            self.late[name] = request

    def _expand(self, node: _Node) -> None:
        """Match a resource, and follow what its definition uses."""
        identity = node.request.identity
        environment, catalog = self._environment, self._catalog
        context = environment.context(identity.res_id)
        node.match = catalog.match(identity.type, identity.class_, context, environment.pins)
        if node.match is None:
            explanation = catalog.explain(identity.type, identity.class_, context, environment.pins)
            self.problems.append(no_match_problem(explanation, environment, node.request, catalog))
            return
        definition = node.match.definition
        type_ = catalog.types[identity.type]
        scope = Scope(environment, identity, type_, node.request.params)
        try:
            for alias, use in sorted(definition.uses.items()):
                origin = Origin(f"the definition {definition.name} uses {use.type} as '{alias}'", use.position)
                used = self._use(use, scope, node, ("uses", alias), origin)
                node.uses[alias] = used
                node.edges.setdefault(used, origin)
            for index, use in enumerate(definition.also):
                origin = Origin(f"the definition {definition.name} also asks for {use.type}", use.position)
                brought = self._use(use, scope, node, ("also", index), origin)
                if use.waits:
                    self._nodes[brought].edges.setdefault(str(identity), origin)
                if use.awaited:
                    node.awaited[brought] = origin
            scope = Scope(environment, identity, type_, node.request.params, node.uses)
            node.inputs = resolve(definition.inputs, scope, ("inputs",))
        except UnresolvedError as problem:
            self._definition_problem(node, problem.path, problem.message, problem.hint)
            return
        for ref in references(node.inputs):
            node.edges.setdefault(
                ref.resource, Origin(f"the definition {definition.name} names {ref}", definition.position)
            )
        self._check_driver(node)

    def _use(self, use: Use, scope: Scope, node: _Node, path: DocumentPath, origin: Origin) -> str:
        """Request what a definition uses. Without an id it is the using resource's own, and its workload's."""
        class_ = resolve_text(use.class_, scope, (*path, "class"))
        id_ = None if use.id is None else resolve_text(use.id, scope, (*path, "id"))
        identity = ResourceIdentity(use.type, class_, id_ or scope.resource.res_id)
        params = resolve(use.params, scope, (*path, "params"))
        needs = {ref.resource: origin for ref in references(params)}
        workload = node.request.workload if id_ is None else None
        assert node.match is not None
        type_ = self._catalog.types[use.type]
        for problem in param_problems(shown(params), type_, (*path, "params"), node.match.definition.positions):
            self.problems.append(problem)
        self._request(Request(identity, origin, params, workload=workload, needs=needs))
        return str(identity)

    def _check_driver(self, node: _Node) -> None:
        """Once more against the driver's model: now with this environment's settings and these params."""
        assert node.match is not None
        definition = node.match.definition
        driver = self._catalog.drivers[definition.driver]
        for where, message in driver.check(shown(node.inputs)):
            self._definition_problem(node, ("inputs", *where.split(".")), message)
        try:
            node.names = driver.names(self._environment, node.request.identity)
        except InputError as error:
            what = f"{error.where}: {error.what}" if error.where else error.what
            self._definition_problem(node, ("driver",), what, error.fix)

    def _definition_problem(self, node: _Node, path: DocumentPath, message: str, hint: str = "") -> None:
        assert node.match is not None
        definition = node.match.definition
        asked = f"for {node.request.identity}, asked for by {node.request.origin}"
        text = f"{definition.name}: {path_text(path)}"
        position = definition.positions.at(path)
        self.problems.append(Problem("resource", text, message, position, "\n".join(filter(None, [asked, hint]))))

    def _await_companions(self) -> None:
        """Whatever waits for a resource waits for what its definition brought along to be awaited."""
        edges = {name: node.edges.keys() for name, node in self._nodes.items()}
        for name, node in sorted(self._nodes.items()):
            for brought, origin in node.awaited.items():
                needed = reachable(brought, edges) if brought in self._nodes else set()
                for other in self._nodes.values():
                    identity = str(other.request.identity)
                    if name in other.edges and identity != brought and identity not in needed:
                        other.edges.setdefault(brought, origin)

    def _order(self) -> None:
        known = {
            name: {need for need in node.edges if need in self._nodes} for name, node in sorted(self._nodes.items())
        }
        self._layers = layers(known)
        for loop in loops(known, self._layers):
            hops = [(one, self._nodes[one].edges[following]) for one, following in _pairs(loop)]
            self.problems.append(loop_problem(hops))


def _with_params(request: Request, other: Request) -> Request:
    needs = {**(request.needs or {}), **(other.needs or {})}
    return Request(request.identity, request.origin, other.params, request.workload, request.implicit, needs)


def _pairs(loop: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(loop, [*loop[1:], loop[0]], strict=True)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("platform-components")
    except PackageNotFoundError:
        return "source"
