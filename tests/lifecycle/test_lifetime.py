"""How long environments live, who may change it, and how many there may be."""

from datetime import UTC, datetime, timedelta

import pytest

from platform_components.cli.live import Silent
from platform_components.environment import Environment, EnvironmentType
from platform_components.errors import BusyError, InputError
from platform_components.lifecycle import lifetime
from platform_components.lifecycle.marks import Decision, Marks
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TYPE = EnvironmentType(name="ephemeral", kind="application", ttl=DAY, ttl_max=7 * DAY, max_per_app=3, max_per_owner=2)
TYPES = {"ephemeral": TYPE}


def stored(expires: datetime | None = None, app: str = "shop", owner: str = "ann", **more: Decision) -> Stored:
    marks = Marks(app=app, branch="main", env_type="ephemeral", owner=owner, expires=expires, **more)
    return Stored(marks.tags())


def extended(engine: Backend, by: timedelta) -> Marks:
    engine.answers["refresh"] = ""
    lifetime.extend(engine, "one", by, TYPES, Silent(), now=NOW)
    return Marks.of(engine.stacks["one"].tags)


@pytest.mark.parametrize(
    ("expires", "end"),
    [(NOW + HOUR, NOW + 3 * HOUR), (NOW - 5 * DAY, NOW + 2 * HOUR)],
    ids=["from its end", "from now, when that is past"],
)
def test_extend_puts_off_the_end(backend: MakeBackend, expires: datetime, end: datetime) -> None:
    assert extended(backend(one=stored(expires)), 2 * HOUR).ends == end


def test_what_is_kept_gets_an_end_again_by_extend(backend: MakeBackend) -> None:
    found = extended(backend(one=stored(kept=Decision("ann", NOW))), HOUR)

    assert (found.kept, found.ends) == (None, NOW + HOUR)


def test_the_end_is_never_further_ahead_than_the_type_allows(backend: MakeBackend) -> None:
    engine = backend(one=stored(NOW + 6 * DAY))

    with pytest.raises(InputError, match="ephemeral environments may until 2026-03-08 12:00 UTC, 1w from now") as error:
        extended(engine, 2 * DAY)

    assert "at most 24h" in error.value.fix
    assert Marks.of(engine.stacks["one"].tags).ends == NOW + 6 * DAY


def test_a_fixed_environment_has_no_end_to_move(backend: MakeBackend) -> None:
    with pytest.raises(InputError, match="'one' is a fixed environment: it does not expire"):
        extended(backend(one=stored()), HOUR)
    with pytest.raises(InputError, match="does not expire"):
        lifetime.keep(backend(one=stored()), "one", "ann", Silent())


def test_what_is_not_there_and_what_is_anothers_is_left_alone(backend: MakeBackend) -> None:
    with pytest.raises(InputError, match="no environment 'one'"):
        extended(backend(), HOUR)
    with pytest.raises(InputError, match="belongs to 'main'"):
        lifetime.extend(backend(one=stored(NOW)), "one", HOUR, TYPES, Silent(), branch="other", now=NOW)


def test_keep_says_who_and_when_and_a_second_one_changes_nothing(backend: MakeBackend) -> None:
    engine = backend(one=stored(NOW))
    engine.answers["refresh"] = ""

    lifetime.keep(engine, "one", "ann@example.com", Silent(), now=NOW)
    lifetime.keep(engine, "one", "bob@example.com", Silent(), now=NOW + DAY)

    assert Marks.of(engine.stacks["one"].tags).kept == Decision("ann@example.com", NOW)
    assert "pave:expires" not in engine.stacks["one"].tags


def test_what_is_removed_while_it_is_waited_for_is_not_said_to_live_on(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = backend(one=stored(NOW))
    monkeypatch.setattr(engine, "probe", engine.stacks.pop)

    with pytest.raises(BusyError, match="removed meanwhile"):
        extended(engine, HOUR)


def over(engine: Backend, app: str, owner: str, stack: str = "new") -> None:
    lifetime.refuse_over_limit(engine, stack, Environment(name=stack, type=TYPE, app=app), owner)


def test_one_more_than_an_owner_or_an_app_may_have_is_refused_with_who_has_which(backend: MakeBackend) -> None:
    engine = backend(one=stored(NOW), two=stored(), three=stored(owner="bob"), other=Stored({"pave:app": "shop"}))

    with pytest.raises(InputError, match="the app 'shop' has 3 ephemeral environments, and may have 3") as error:
        over(engine, "shop", "carl")
    assert "one  main  ann  ends 2026-03-01 12:00 UTC" in error.value.details
    assert "pave sweep" in error.value.fix
    with pytest.raises(InputError, match="ann has 2 ephemeral environments"):
        over(engine, "bank", "ann")


def test_as_many_as_allowed_and_one_that_is_there_already_are_not_refused(backend: MakeBackend) -> None:
    engine = backend(one=stored(NOW), two=stored(), three=stored(owner="bob"))

    over(engine, "bank", "bob")
    over(engine, "shop", "ann", stack="one")
    assert not [call for call in engine.calls if "tag ls" in call]
