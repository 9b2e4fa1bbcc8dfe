"""What people ask for: workloads by their Score files, a foundation by its list, and what every environment has.

Each wish becomes a `Request`; what definitions need beside that is followed in `following`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from platform_components.catalog import Catalog
from platform_components.catalog.problems import texts
from platform_components.environment import Environment
from platform_components.naming import DEFAULT_CLASS, MAIN, ResourceIdentity, is_example
from platform_components.plan.messages import foundation_problem, not_for_developers, param_problems, unknown_type
from platform_components.plan.model import PlannedWorkload
from platform_components.plan.open_outputs import Named, Place
from platform_components.plan.requests import Origin, Request, resolve_params
from platform_components.plan.values import references
from platform_components.plan.workloads import outputs_named, planned
from platform_components.score.model import Workload
from platform_components.score.placeholders import references as placeholders_in
from platform_components.score.positions import DocumentPath, Position
from platform_components.score.problems import Problem, path_text
from platform_components.score.reader import Source

IMPLICIT = ("k8s-cluster", "k8s-namespace", "workload-identity")
"""What every environment of an app has one of, whoever asks."""


@dataclass
class Asked:
    """All wishes of people, and what was wrong with them."""

    requests: list[Request] = field(default_factory=list)
    workloads: list[PlannedWorkload] = field(default_factory=list)
    named: Named = field(default_factory=dict)
    """The outputs that workloads name of types that take any name."""
    problems: list[Problem] = field(default_factory=list)


def identities(workload: Workload) -> dict[str, str]:
    """The identities of the resources that a workload asks for, by the names it uses for them."""
    return {
        name: str(ResourceIdentity(one.type, one.class_, one.id or f"{workload.name}.{name}"))
        for name, one in sorted(workload.resources.items())
    }


def itself(workload: str) -> str:
    """The identity of a workload's own resource."""
    return str(ResourceIdentity("workload", DEFAULT_CLASS, workload))


def asked(environment: Environment, workloads: Sequence[Source], catalog: Catalog) -> Asked:
    """Everything that is asked for before any definition is looked at."""
    found = Asked()
    for source in workloads:
        _Asking(source, environment, catalog, found).ask()
    _foundation(environment, catalog, found)
    if environment.type.kind == "application":
        for type_ in IMPLICIT:
            origin = Origin(f"every environment of an app has a {type_}")
            found.requests.append(Request(ResourceIdentity(type_, DEFAULT_CLASS, MAIN), origin, {}, implicit=True))
    return found


class _Asking:
    """The wishes of one workload."""

    def __init__(self, source: Source, environment: Environment, catalog: Catalog, found: Asked) -> None:
        self._source = source
        self._workload = source.workload
        self._environment = environment
        self._types = catalog.types
        self._found = found
        self._identities = identities(self._workload)

    def ask(self) -> None:
        for name in self._identities:
            self._resource(name)
        for path, reference in outputs_named(self._source):
            name, *rest = reference.keys
            type_ = self._types.get(self._workload.resources[name].type) if name in self._identities else None
            if rest and type_ is not None and type_.open_outputs and rest[0] not in type_.outputs:
                told = f"${{{reference.text}}}"
                place = Place(path_text(path), told, self._source.positions.at(path), self._part_of(path, told))
                self._found.named.setdefault(self._identities[name], {}).setdefault(rest[0], []).append(place)
        self._images()
        self._found.workloads.append(planned(self._source, self._identities, self._types, self._found.problems))
        self._itself()

    def _part_of(self, path: DocumentPath, told: str) -> str:
        """What of a variable or file needs its text to be known: that it is longer, or a file's mode."""
        _, container, kind, key = path
        of = self._workload.containers[str(container)]
        if kind == "variables":
            return "" if of.variables[str(key)] == told else "a part of a longer text"
        file = of.files[str(key)]
        if file.content != told:
            return "a part of a longer text"
        return "a file with a mode of its own" if file.mode is not None else ""

    def _resource(self, name: str) -> None:
        wish = self._workload.resources[name]
        path = ("resources", name)
        at = self._source.positions.at((*path, "type"))
        type_ = self._types.get(wish.type)
        if type_ is None:
            self._found.problems.append(unknown_type(wish.type, self._types, (*path, "type"), at))
            return
        if not type_.developer:
            self._found.problems.append(not_for_developers(type_, self._types, (*path, "type"), at))
            return
        self._found.problems += param_problems(wish.params, type_, (*path, "params"), self._source.positions)

        def fail(inside: DocumentPath, message: str) -> None:
            where = (*path, "params", *inside)
            self._found.problems.append(
                Problem("placeholder", path_text(where), message, self._source.positions.at(where))
            )

        self._found.requests.append(
            Request(
                ResourceIdentity.parse(self._identities[name]),
                Origin(path_text(path), at),
                resolve_params(wish.params, self._workload.metadata, self._identities, fail),
                workload=None if wish.id else self._workload.name,
                needs=dict(self._needs_of_params(name)),
            )
        )

    def _needs_of_params(self, name: str) -> Iterator[tuple[str, Origin]]:
        """The resources that the params of one lead to, each with the first place that says so."""
        seen = set()
        for inside, text in texts(self._workload.resources[name].params):
            for reference in placeholders_in(text):
                need = self._identities.get(reference.keys[0]) if reference.root == "resources" else None
                if need is not None and need not in seen:
                    seen.add(need)
                    path = ("resources", name, "params", *inside)
                    what = f"{path_text(path)} names ${{{reference.text}}}"
                    yield need, Origin(what, self._source.positions.at(path))

    def _images(self) -> None:
        """An image left open is fine only where nothing is deployed."""
        if is_example(self._environment):
            return
        for container in self._workload.missing_images:
            path = ("containers", container, "image")
            hint = f"supply it: --image {self._workload.name}/{container}=IMAGE"
            at = self._source.positions.at(path)
            self._found.problems.append(Problem("override", path_text(path), "the image is still open", at, hint))

    def _itself(self) -> None:
        """The workload is a resource as well, and waits for all that it asks for."""
        at = self._source.positions.at
        needs = {
            identity: Origin(f"the workload asks for {path_text(('resources', name))}", at(("resources", name)))
            for name, identity in self._identities.items()
        }
        identity = ResourceIdentity.parse(itself(self._workload.name))
        origin = Origin(f"the workload '{self._workload.name}'", at(("metadata", "name")))
        self._found.requests.append(
            Request(identity, origin, {}, workload=self._workload.name, implicit=True, needs=needs)
        )


def _foundation(environment: Environment, catalog: Catalog, found: Asked) -> None:
    """What a foundation lists, in Score's own shape; an entry without an id is named after its key."""
    identities: dict[str, ResourceIdentity] = {}
    for name, entry in sorted(environment.resources.items()):
        problem = foundation_problem(name, entry)
        if problem:
            found.problems.append(problem)
        else:
            identities[name] = ResourceIdentity(entry["type"], entry.get("class", DEFAULT_CLASS), entry.get("id", name))
    names: Mapping[str, str] = {name: str(identity) for name, identity in identities.items()}
    for name, identity in identities.items():
        position = Position(f"platform:resources.{name}")
        type_ = catalog.types.get(identity.type)
        if type_ is None:
            found.problems.append(unknown_type(identity.type, catalog.types, ("type",), position))
            continue
        given = environment.resources[name].get("params", {})
        found.problems += param_problems(given, type_, ("params",), None, position)

        def fail(inside: DocumentPath, message: str, position: Position = position) -> None:
            found.problems.append(Problem("placeholder", path_text(("params", *inside)), message, position))

        params = resolve_params(given, {}, names, fail)
        needs = {ref.resource: Origin("its params name it", position) for ref in references(params)}
        found.requests.append(Request(identity, Origin("the foundation lists it", position), params, needs=needs))
