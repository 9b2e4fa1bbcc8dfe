"""Why a resource is served as it is: the winner, every loser and the first field in which it lost, and what follows.

Works for resources that nobody serves, too; that is when the question is asked most.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_components.catalog import Catalog, Explanation
from platform_components.environment import Environment
from platform_components.errors import InputError
from platform_components.naming import DEFAULT_CLASS, ResourceIdentity
from platform_components.plan.build import Draft, draft
from platform_components.plan.values import Ref, shown_inputs
from platform_components.score.problems import Problem, did_you_mean
from platform_components.score.reader import Source


@dataclass(frozen=True)
class Winner:
    """The definition that serves the resource."""

    definition: str
    at: str
    driver: str
    criteria: str
    """The entry that matched, as it reads in YAML."""
    criteria_at: str
    pinned: bool


@dataclass(frozen=True)
class Loser:
    """A definition of the same type that does not."""

    definition: str
    at: str
    criteria: str
    """The entry that came nearest; empty if it has none."""
    field: str
    """The first field in which it lost."""
    reason: str


@dataclass(frozen=True)
class Explained:
    """Everything there is to say about how one resource is served."""

    id: str
    type: str
    class_: str
    context: Mapping[str, str | None]
    asked_by: tuple[str, ...]
    """Each with its place."""
    winner: Winner | None
    losers: tuple[Loser, ...]
    uses: Mapping[str, str]
    depends_on: tuple[str, ...]
    names: Mapping[str, str]
    inputs: Mapping[str, Any]
    """After resolution: what is not known yet as `${identity.output}`, what is secret as `<secret>`."""
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """The explanation as `--json` prints it."""
        return {
            "id": self.id,
            "type": self.type,
            "class": self.class_,
            "context": dict(self.context),
            "asked_by": list(self.asked_by),
            "winner": None if self.winner is None else vars(self.winner),
            "losers": [vars(loser) for loser in self.losers],
            "uses": dict(self.uses),
            "depends_on": list(self.depends_on),
            "names": dict(self.names),
            "inputs": self.inputs,
            "problems": [problem.to_dict() for problem in self.problems],
        }


def explain(
    environment: Environment, sources: Sequence[Source], catalog: Catalog, resource: str
) -> tuple[Explained, ...]:
    """How a resource is served: an identity, `workload.name`, or a name that one or several workloads use."""
    found = draft(environment, sources, catalog)
    names = _meant(resource, found)
    return tuple(_explained(name, found) for name in names)


def _meant(resource: str, found: Draft) -> tuple[str, ...]:
    """The identities that a person means; an error that lists what there is if none."""
    nodes = found.followed.nodes
    if resource in nodes:
        return (resource,)
    by_name: dict[str, list[str]] = {}
    for workload in found.asked.workloads:
        for name, identity in workload.resources.items():
            by_name.setdefault(name, []).append(identity)
            by_name.setdefault(f"{workload.name}.{name}", []).append(identity)
    for identity, node in nodes.items():
        by_name.setdefault(node.request.identity.type, []).append(identity)
    names = tuple(name for name in dict.fromkeys(by_name.get(resource, ())) if name in nodes)
    if names:
        return names
    for problem in found.problems:  # a resource that was refused before it could be matched
        if problem.path.startswith(f"resources.{resource.rpartition('.')[2]}"):
            raise InputError(str(problem))
    raise InputError(
        f"there is no resource '{resource}'",
        where="--resource",
        fix=did_you_mean(resource, [*by_name, *nodes], of="there are"),
    )


def _explained(name: str, found: Draft) -> Explained:
    node = found.followed.nodes[name]
    identity = node.request.identity
    environment = found.environment
    context = environment.context(identity.res_id)
    explanation = found.catalog.explain(identity.type, identity.class_, context, environment.pins)
    return Explained(
        id=name,
        type=identity.type,
        class_=identity.class_,
        context={
            "env_type": context.env_type,
            "app_id": context.app_id,
            "env_id": context.env_id,
            "res_id": context.res_id,
        },
        asked_by=tuple(dict.fromkeys(map(str, node.origins))),
        winner=_winner(explanation),
        losers=tuple(
            Loser(
                definition=one.definition.name,
                at=one.definition.place,
                criteria="" if one.criteria is None else str(one.criteria),
                field=one.field,
                reason=one.reason,
            )
            for one in explanation.others
        ),
        uses=dict(node.uses),
        depends_on=tuple(sorted(node.edges)),
        names=dict(node.names),
        inputs=shown_inputs(
            node.inputs,
            secret_outputs=found.catalog.types[identity.type].secret_outputs,
            hide=lambda ref: _is_secret(ref, found),
        ),
        problems=tuple(node.problems),
    )


def _winner(explanation: Explanation) -> Winner | None:
    match = explanation.match
    if match is None:
        return None
    return Winner(
        definition=match.definition.name,
        at=match.definition.place,
        driver=match.definition.driver,
        criteria=str(match.rule.criteria),
        criteria_at=match.rule.definition.place_of(match.rule.criteria),
        pinned=match.pinned,
    )


def _is_secret(ref: Ref, found: Draft) -> bool:
    type_ = found.catalog.types[ResourceIdentity.parse(ref.resource).type]
    return ref.output is not None and type_.secret(ref.output)


def as_text(explained: Explained) -> str:
    """The explanation as people read it."""
    class_ = "" if explained.class_ == DEFAULT_CLASS else f", class '{explained.class_}'"
    context = ", ".join(f"{key} {value}" for key, value in explained.context.items() if value is not None)
    lines = [f"{explained.id}{class_}", f"  context: {context}"]
    lines += [f"  asked for by {origin}" for origin in explained.asked_by]
    winner = explained.winner
    if winner is None:
        lines.append("  served by nobody")
    else:
        pinned = ", pinned by platform:pins" if winner.pinned else ""
        lines.append(f"  served by {winner.definition} ({winner.driver}){pinned}      {winner.at}")
        lines.append(f"    because of {winner.criteria}      {winner.criteria_at}")
    width = max((len(loser.definition) for loser in explained.losers), default=0)
    if explained.losers:
        lines.append("  not by")
        lines += [f"    {loser.definition:{width}}  {loser.reason}      {loser.at}" for loser in explained.losers]
    for title, entries in (("names", explained.names), ("uses", explained.uses), ("inputs", explained.inputs)):
        if entries:
            lines.append(f"  {title}")
            key_width = max(map(len, entries))
            lines += [f"    {key:{key_width}}  {_line(value)}" for key, value in sorted(entries.items())]
    lines += [f"  {line}" for problem in explained.problems for line in str(problem).splitlines()]
    return "\n".join(lines)


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
