"""Humanitec's published order (openapi MatchingCriteria 0.28.24), its vectors, and brute force beside our index."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_components.catalog import Catalog, Criteria, Definition, ResourceType, Rule
from platform_components.catalog.checks import check_definitions
from platform_components.catalog.matching import Matcher
from platform_components.environment import Context, EnvironmentType
from platform_components.score.positions import Positions
from tests.catalog.world import Driver

CONTEXT = Context(env_type="test", app_id="my-app", env_id="qa-team", res_id="modules.api.externals.db")


def definition(name: str, *criteria: Criteria) -> Definition:
    return Definition(
        name, None, "postgres", "any", "", criteria, {}, (), {}, (), Positions.unknown("d.yaml"), "d.yaml:1"
    )


def winner(*rules: Criteria, class_: str = "default", context: Context = CONTEXT) -> int | None:
    """The number of the rule that wins, each rule in a definition of its own."""
    rule = Matcher(definition(str(number), one) for number, one in enumerate(rules)).rule_for(
        "postgres", class_, context
    )
    return None if rule is None else int(rule.definition.id)


RES = "modules.api.externals.db"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Criteria(env_type="test"), Criteria(env_type="test", app_id="my-app")], 1),
        ([Criteria(app_id="my-app", env_type="test"), Criteria(env_id="qa-team")], 1),
        ([Criteria(res_id=RES), Criteria(env_id="qa-team", app_id="my-app", env_type="test")], 0),
        ([Criteria(), Criteria(env_type="test")], 1),
        ([Criteria(res_id=RES), Criteria(res_id=RES, env_type="test")], 1),
        ([Criteria(env_id="qa-team", env_type="production")], None),
        ([Criteria(env_type="test", app_id="other"), Criteria()], 1),
        ([Criteria(class_="large", res_id=RES), Criteria()], 1),
    ],
)
def test_the_published_vectors(rules: Sequence[Criteria], expected: int | None) -> None:
    assert winner(*rules) == expected
    turned = winner(*reversed(rules))
    assert turned == (None if expected is None else len(rules) - 1 - expected)


def test_a_class_is_served_only_by_rules_of_that_class() -> None:
    rules = [Criteria(), Criteria(env_type="test"), Criteria(res_id=RES)]
    assert winner(*rules, class_="large") is None
    assert winner(*rules, Criteria(class_="large"), class_="large") == 3


def test_an_environment_without_an_app_is_not_served_by_rules_for_one() -> None:
    foundation = replace(CONTEXT, app_id=None)
    assert winner(Criteria(), Criteria(env_type="test"), Criteria(app_id="my-app"), context=foundation) == 1


def test_another_type_has_rules_of_its_own() -> None:
    assert Matcher([definition("one", Criteria())]).rule_for("redis", "default", CONTEXT) is None


FEW = st.sampled_from([None, "a", "b"])
RULES = st.builds(Criteria, st.sampled_from(["default", "large"]), FEW, FEW, FEW, FEW)


def without_duplicates(sets: Sequence[Sequence[Criteria]]) -> list[Definition]:
    """Definitions with these rules, each once: loading refuses a rule that is already given."""
    seen: set[Criteria] = set()
    definitions = []
    for number, rules in enumerate(sets):
        new = [rule for rule in dict.fromkeys(rules) if rule not in seen]
        definitions.append(definition(str(number), *new))
        seen |= set(new)
    return definitions


DEFINITIONS = st.lists(st.lists(RULES, max_size=4), max_size=12).map(without_duplicates)
SOME = st.sampled_from(["a", "b", "c"])
CONTEXTS = st.builds(Context, SOME, st.one_of(st.none(), SOME), SOME, SOME)


def brute_force(definitions: Sequence[Definition], class_: str, context: Context) -> list[Rule]:
    """All rules that match and that no other matching rule beats, by the words of the order."""
    wanted = {"class_": class_} | {name: getattr(context, name) for name in ("res_id", "env_id", "app_id", "env_type")}
    fitting = [
        Rule(one, criteria)
        for one in definitions
        for criteria in one.criteria
        if all(getattr(criteria, name) in (None, value) for name, value in wanted.items())
    ]

    def specific(rule: Rule) -> list[bool]:
        return [getattr(rule.criteria, name) is not None for name in ("res_id", "env_id", "app_id", "env_type")]

    return [rule for rule in fitting if all(specific(rule) >= specific(other) for other in fitting)]


@settings(max_examples=200, deadline=None)
@given(DEFINITIONS, st.lists(st.tuples(st.sampled_from(["default", "large"]), CONTEXTS), min_size=1, max_size=8))
def test_the_index_finds_what_looking_at_every_rule_finds(
    definitions: list[Definition], wishes: list[tuple[str, Context]]
) -> None:
    matcher = Matcher(definitions)
    for class_, context in wishes:
        expected = brute_force(definitions, class_, context)
        assert len(expected) <= 1, "a tie"
        assert matcher.rule_for("postgres", class_, context) == (expected[0] if expected else None)


@settings(deadline=None)
@given(DEFINITIONS, CONTEXTS)
def test_every_loser_is_told_with_a_field_in_which_it_lost(definitions: list[Definition], context: Context) -> None:
    matcher = Matcher(definitions)
    rule = matcher.rule_for("postgres", "default", context)
    others = matcher.candidates("postgres", "default", context, rule)
    assert len(others) == len(definitions) - (rule is not None)
    for other in others:
        assert other.reason
        if other.criteria is None:
            assert other.field == "criteria"
        elif other.failed:
            assert other.field == other.failed[0]
        else:
            assert rule is not None
            assert getattr(other.criteria, other.field) is None
            assert getattr(rule.criteria, other.field) is not None


TYPES = ("ephemeral", "production", "foundation-test")
OF_TYPES = st.builds(Criteria, st.just("default"), FEW, st.none(), FEW, st.sampled_from([None, *TYPES]))


def wins_somewhere(rule: Criteria, matcher: Matcher) -> bool:
    """Whether there is an environment, with names that nobody else has, in which the rule serves something."""
    return any(
        found is not None and found.criteria == rule
        for env_type in TYPES
        if rule.app_id is None or not env_type.startswith("foundation")
        for found in [
            matcher.rule_for(
                "postgres",
                "default",
                Context(
                    env_type,
                    None if env_type.startswith("foundation") else rule.app_id or "nobody's",
                    rule.env_id or "nobody's",
                    rule.res_id or "nobody's",
                ),
            )
        ]
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(OF_TYPES, min_size=1, max_size=4), min_size=1, max_size=4).map(without_duplicates))
def test_an_entry_is_refused_if_and_only_if_it_can_never_win(definitions: list[Definition]) -> None:
    known = {
        name: EnvironmentType(name=name, kind="foundation" if name.startswith("foundation") else "application")
        for name in TYPES
    }
    catalog = Catalog({"postgres": ResourceType("postgres", "")}, tuple(definitions), known, {"any": Driver("any")})
    refused = {problem.message.partition(" can never")[0] for problem in check_definitions(catalog, definitions)}
    matcher = Matcher(definitions)
    never = {str(rule) for one in definitions for rule in one.criteria if not wins_somewhere(rule, matcher)}
    assert refused == never
