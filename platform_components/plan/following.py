"""From wishes to resources: match each, follow what its definition uses and brings along, until nothing is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_components.catalog import Catalog, Match, reach
from platform_components.catalog.checks import path_of
from platform_components.catalog.definitions import Use
from platform_components.environment import Environment
from platform_components.errors import InputError
from platform_components.naming import ResourceIdentity
from platform_components.plan.inputs import OMITTED, Scope, UnresolvedError, resolve, resolve_text, resolved_inputs
from platform_components.plan.messages import conflicting_params, loop_problem, no_match_problem, param_problems
from platform_components.plan.order import layers, loops, reachable
from platform_components.plan.requests import Origin, Request
from platform_components.plan.values import references, shown
from platform_components.score.model import Workload
from platform_components.score.positions import DocumentPath
from platform_components.score.problems import Problem, path_text


@dataclass
class Node:
    """One resource while the plan is made."""

    request: Request
    origins: list[Origin]
    """Everything that asks for it."""
    match: Match | None = None
    uses: dict[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    reached_at: tuple[reach.Reach, ...] | None = None
    """Where it is reached, by its definition; None: where that is reached which it uses."""
    reaches: tuple[reach.Reach, ...] | None = None
    """What its own pods reach, by its definition; None: nothing is said."""
    edges: dict[str, Origin] = field(default_factory=dict)
    """What it waits for, and what says so."""
    awaited: dict[str, Origin] = field(default_factory=dict)
    """What everybody who waits for it waits for, too."""
    expanded: bool = False
    problems: list[Problem] = field(default_factory=list)
    """What keeps its definition from serving it."""


@dataclass
class Followed:
    """All resources of an environment, their order, and what was wrong with them."""

    nodes: dict[str, Node] = field(default_factory=dict)
    layers: tuple[tuple[str, ...], ...] = ()
    problems: list[Problem] = field(default_factory=list)


def follow(
    environment: Environment, requests: Sequence[Request], catalog: Catalog, workloads: Mapping[str, Workload]
) -> Followed:
    """Every resource that the requests lead to."""
    params: dict[str, Request] = {}
    while True:
        following = _Following(environment, catalog, params, workloads)
        following.run(requests)
        if not following.late:
            return following.found
        # Params that came after their resource was worked out: once more, knowing them. Each round knows more of a
        # finite set, so there is an end.
        params |= following.late


class _Following:
    """One round."""

    def __init__(
        self,
        environment: Environment,
        catalog: Catalog,
        params: Mapping[str, Request],
        workloads: Mapping[str, Workload],
    ) -> None:
        self.found = Followed()
        self.late: dict[str, Request] = {}
        self._environment = environment
        self._catalog = catalog
        self._params = params
        self._workloads = workloads
        self._nodes = self.found.nodes
        self._pending: list[Node] = []

    def run(self, requests: Sequence[Request]) -> None:
        for request in requests:
            self._request(request)
        for node in self._pending:  # grows while it is walked
            self._expand(node)
        self._await_companions()
        self._order()

    def _request(self, request: Request) -> None:
        """Note a wish: for a new resource, or one more for a resource that is there already."""
        name = str(request.identity)
        node = self._nodes.get(name)
        if node is None:
            node = Node(request, [request.origin], edges=dict(request.needs))
            if name in self._params and not request.params:
                node.request = request.with_params_of(self._params[name])
                node.edges |= self._params[name].needs
            self._nodes[name] = node
            self._pending.append(node)
            return
        node.origins.append(request.origin)
        for need, origin in request.needs.items():
            node.edges.setdefault(need, origin)
        if not request.params or request.params == node.request.params:
            return
        if node.request.params:
            self.found.problems.append(conflicting_params(name, node.request, request))
        elif node.expanded:
            self.late[name] = request
        else:
            node.request = node.request.with_params_of(request)

    def _expand(self, node: Node) -> None:
        """Match a resource, and follow what its definition uses."""
        identity = node.request.identity
        context = self._environment.context(identity.res_id)
        node.expanded = True
        node.match = self._catalog.match(identity.type, identity.class_, context, self._environment.pins)
        if node.match is None:
            explanation = self._catalog.explain(identity.type, identity.class_, context, self._environment.pins)
            self._note(node, no_match_problem(explanation, self._environment, node.request, self._catalog))
            return
        definition = node.match.definition
        scope = Scope(self._environment, identity, self._catalog.types[identity.type], node.request.params)
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
            node.inputs = resolved_inputs(definition, scope.using(node.uses))
            node.reached_at = self._reaches(node, "reached_at", definition.reached_at, scope)
            node.reaches = self._reaches(node, "reaches", definition.reaches, scope)
        except UnresolvedError as problem:
            self._problem(node, problem.path, problem.message, problem.hint)
            return
        for ref in references(node.inputs):
            origin = Origin(f"the definition {definition.name} names {ref}", definition.position)
            node.edges.setdefault(ref.resource, origin)
        self._check_driver(node)

    def _use(self, use: Use, scope: Scope, node: Node, path: DocumentPath, origin: Origin) -> str:
        """Request what a definition uses. Without an id it is the using resource's own, and its workload's."""
        class_ = resolve_text(use.class_, scope, (*path, "class"))
        id_ = None if use.id is None else resolve_text(use.id, scope, (*path, "id"))
        identity = ResourceIdentity(use.type, class_, id_ or scope.resource.res_id)
        params = resolve(use.params, scope, (*path, "params"))
        assert node.match is not None
        self.found.problems += param_problems(
            shown(params), self._catalog.types[use.type], (*path, "params"), node.match.definition.positions
        )
        needs = {ref.resource: origin for ref in references(params)}
        workload = node.request.workload if id_ is None else None
        self._request(Request(identity, origin, params, workload=workload, needs=needs))
        return str(identity)

    def _reaches(self, node: Node, key: str, entries: Any, scope: Scope) -> tuple[reach.Reach, ...] | None:
        """Once more the entries of a definition, now with this environment's settings and these params."""
        if entries is None:
            return None
        resolved = resolve(entries, scope, (key,))
        if resolved is OMITTED:
            return ()
        found = list(reach.problems(resolved))
        for path, message, hint in found:
            self._problem(node, (key, *path), message, hint)
        return () if found else reach.reaches(resolved)

    def _check_driver(self, node: Node) -> None:
        """Once more against the driver's model: now with this environment's settings and these params."""
        assert node.match is not None
        driver = self._catalog.drivers[node.match.definition.driver]
        inputs = shown(node.inputs)
        problems = driver.check(inputs)
        if not problems and driver.templates:
            problems = driver.check_templates(inputs, resolved=True)
        for where, message in problems:
            what, _, hint = message.partition("\n")
            self._problem(node, ("inputs", *path_of(where, inputs)), what, hint)
        try:
            identity = node.request.identity
            itself = self._workloads.get(identity.res_id) if identity.type == "workload" else None
            node.names = driver.names(self._environment, identity, itself)
        except InputError as error:
            what = f"{error.where}: {error.what}" if error.where else error.what
            self._problem(node, ("driver",), what, error.fix)

    def _problem(self, node: Node, path: DocumentPath, message: str, hint: str = "") -> None:
        """Something a definition says does not work out for this resource."""
        assert node.match is not None
        definition = node.match.definition
        hints = [f"for {node.request.identity}, asked for by {node.request.origin}", hint]
        text = f"{definition.name}: {path_text(path)}"
        position = definition.positions.at(path)
        self._note(node, Problem("resource", text, message, position, "\n".join(filter(None, hints))))

    def _note(self, node: Node, problem: Problem) -> None:
        node.problems.append(problem)
        self.found.problems.append(problem)

    def _await_companions(self) -> None:
        """Whatever waits for a resource waits for what its definition brought along to be awaited."""
        edges = self._edges()
        dependants: dict[str, set[str]] = {name: set() for name in edges}
        for name, needs in edges.items():
            for need in needs:
                dependants[need].add(name)
        pending = [name for name in edges if self._nodes[name].awaited]
        for name in pending:  # grows while it is walked: what was brought along may have brought something, too
            for brought, origin in self._nodes[name].awaited.items():
                needed = reachable(brought, edges)
                for other in sorted(dependants[name] - needed - {brought}):
                    if brought not in edges[other]:
                        self._nodes[other].edges[brought] = origin
                        edges[other].add(brought)
                        dependants[brought].add(other)
                        pending.append(brought)

    def _order(self) -> None:
        edges = self._edges()
        self.found.layers = layers(edges)
        for loop in loops(edges, self.found.layers):
            following = [*loop[1:], loop[0]]
            hops = [(one, self._nodes[one].edges[other]) for one, other in zip(loop, following, strict=True)]
            self.found.problems.append(loop_problem(hops))

    def _edges(self) -> dict[str, set[str]]:
        """What waits for what; a wish that was refused is no resource to wait for."""
        return {name: node.edges.keys() & self._nodes.keys() for name, node in sorted(self._nodes.items())}
