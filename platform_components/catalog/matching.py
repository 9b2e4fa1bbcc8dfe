"""Which definition serves a resource, by Humanitec's published order, and why no other does.

Class is an equality filter. Of the criteria whose every field equals the context's, the one wins that names `res_id`;
on a tie the one that names `env_id`, then `app_id`, then `env_type`. Duplicates are refused when definitions are
loaded, so no tie remains.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from platform_components.catalog.definitions import FIELDS, Criteria, Definition
from platform_components.environment import Context

Values = tuple[str | None, ...]

# Every combination of fields, most specific first: presence compared field by field is the order of binary numbers.
_SHAPES = tuple(tuple(bool(number >> (3 - bit) & 1) for bit in range(4)) for number in range(15, -1, -1))


@dataclass(frozen=True)
class Rule:
    """One entry of one definition's criteria."""

    definition: Definition
    criteria: Criteria


@dataclass(frozen=True)
class Candidate:
    """A definition of the right type that does not serve the resource, by the entry that came nearest."""

    definition: Definition
    criteria: Criteria | None
    """None: it has no criteria, so it is never chosen."""
    failed: tuple[str, ...]
    """The fields that differ from the context; empty: it matches, but another one is more specific."""
    field: str
    """The first field in which it lost."""
    reason: str


class Matcher:
    """The rules of all definitions, indexed: a match looks at sixteen keys at most, however many rules there are."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions: dict[str, list[Definition]] = {}
        self._rules: dict[tuple[str, str], dict[Values, Rule]] = {}
        self._shapes: dict[tuple[str, str], tuple[tuple[bool, ...], ...]] = {}
        for definition in definitions:
            self._definitions.setdefault(definition.type, []).append(definition)
            for criteria in definition.criteria:
                rules = self._rules.setdefault((definition.type, criteria.class_), {})
                rules.setdefault(criteria.values, Rule(definition, criteria))
        for key, rules in self._rules.items():
            used = {tuple(value is not None for value in values) for values in rules}
            self._shapes[key] = tuple(shape for shape in _SHAPES if shape in used)

    def rule_for(self, type_: str, class_: str, context: Context) -> Rule | None:
        """The rule that wins, if any matches."""
        key = (type_, class_)
        rules = self._rules.get(key)
        if rules is None:
            return None
        wanted = values_of(context)
        for shape in self._shapes[key]:
            values = tuple(value if used else None for value, used in zip(wanted, shape, strict=True))
            # A foundation has no app: shapes that name one can't match there.
            if tuple(value is not None for value in values) == shape and values in rules:
                return rules[values]
        return None

    def candidates(self, type_: str, class_: str, context: Context, winner: Rule | None) -> tuple[Candidate, ...]:
        """Every other definition of the type, nearest first, each by its nearest entry."""
        found = [
            _candidate(definition, class_, context, winner)
            for definition in self._definitions.get(type_, ())
            if winner is None or definition is not winner.definition
        ]
        return tuple(sorted(found, key=_nearness))

    def of_type(self, type_: str) -> tuple[Definition, ...]:
        """All definitions of a type, in the order of their files."""
        return tuple(self._definitions.get(type_, ()))


def values_of(context: Context) -> Values:
    """The context's fields in the order of `FIELDS`."""
    return (context.res_id, context.env_id, context.app_id, context.env_type)


def presence(criteria: Criteria) -> tuple[bool, ...]:
    """Which fields an entry names, most specific first: what two matching entries are compared by."""
    return tuple(value is not None for value in criteria.values)


def _differing(criteria: Criteria, class_: str, context: Context) -> Iterator[str]:
    if criteria.class_ != class_:
        yield "class"
    for name, value, wanted in zip(FIELDS, criteria.values, values_of(context), strict=True):
        if value is not None and value != wanted:
            yield name


def _candidate(definition: Definition, class_: str, context: Context, winner: Rule | None) -> Candidate:
    entries = [
        _entry(definition, criteria, tuple(_differing(criteria, class_, context)), class_, context, winner)
        for criteria in definition.criteria
    ]
    if not entries:
        return Candidate(definition, None, (), "criteria", "has no criteria, so it is never chosen")
    return min(entries, key=_nearness)


def _entry(
    definition: Definition,
    criteria: Criteria,
    failed: tuple[str, ...],
    class_: str,
    context: Context,
    winner: Rule | None,
) -> Candidate:
    if failed:
        name = failed[0]
        own = criteria.class_ if name == "class" else getattr(criteria, name)
        wanted = class_ if name == "class" else getattr(context, name)
        has = "here there is none" if wanted is None else f"here it is '{wanted}'"
        return Candidate(definition, criteria, failed, name, f"is for {name} '{own}', {has}")
    assert winner is not None
    pairs = zip(FIELDS, presence(criteria), presence(winner.criteria), strict=True)
    name = next(name for name, own, other in pairs if own != other)
    return Candidate(definition, criteria, (), name, f"matches, but does not name {name}, as the winner does")


def _nearness(candidate: Candidate) -> tuple[bool, int, tuple[bool, ...], str, int]:
    """No criteria last; then by how many fields differ, then the more specific, then by name."""
    criteria = candidate.criteria
    specific = () if criteria is None else tuple(not named for named in presence(criteria))
    return (
        criteria is None,
        len(candidate.failed),
        specific,
        candidate.definition.id,
        candidate.definition.version or 0,
    )
