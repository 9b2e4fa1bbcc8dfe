"""Which environments there are, and which have expired."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_components.cli.report import ending
from platform_components.environment import EnvironmentType
from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle import listing, showing
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


TYPES = {"ephemeral": EnvironmentType(name="ephemeral", kind="application", ttl_warning=timedelta(hours=2))}


def stored(app: str, branch: str = "", expires: datetime | None = None, **more: Any) -> Stored:
    return Stored(Marks(app=app, branch=branch, env_type="ephemeral", expires=expires, **more).tags())


@pytest.fixture
def engine(backend: MakeBackend) -> Backend:
    return backend(
        one=stored("shop", "Feature/Größe", NOW, url="https://one.example"),
        two=stored("bank"),
        three=stored("shop", "main", NOW + timedelta(hours=1)),
        somebody_elses=Stored(tags={"team": "x"}),
    )


def test_every_environment_is_listed_with_its_branch_as_it_was_given(engine: Backend) -> None:
    listed = {entry.stack: entry.as_json(NOW) for entry in listing.environments(engine, TYPES)}

    assert list(listed) == ["one", "three", "two"]
    assert listed["one"] == {
        "stack": "one",
        "app": "shop",
        "branch": "Feature/Größe",
        "env_type": "ephemeral",
        "owner": None,
        "expires": "2026-03-01T12:00:00+00:00",
        "expired": True,
        "ends_soon": False,
        "kept": None,
        "paused": None,
        "unreadable": [],
        "url": "https://one.example",
    }


def test_the_list_takes_one_call_for_each_stack_and_asks_no_state(engine: Backend) -> None:
    assert [entry.stack for entry in listing.environments(engine, TYPES, app="bank")] == ["two"]
    assert {call.split(" -s ")[0] for call in engine.calls} == {"stack ls --json", "stack tag ls --json"}


def test_one_that_is_removed_while_the_list_is_made_is_left_out(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = engine.tags

    def gone(stack: str) -> dict[str, str]:
        if stack == "two":
            raise InputError("the backend has no such stack")
        return tags(stack)

    monkeypatch.setattr(engine, "tags", gone)

    assert [entry.stack for entry in listing.environments(engine, TYPES)] == ["one", "three"]


def test_the_end_is_told_when_it_is_near_and_not_before(engine: Backend) -> None:
    (three,) = (entry for entry in listing.environments(engine, TYPES) if entry.stack == "three")

    assert three.as_json(NOW)["ends_soon"]
    assert not three.as_json(NOW - timedelta(hours=2))["ends_soon"]
    assert not three.as_json(NOW + timedelta(hours=2))["ends_soon"]


def test_what_somebody_keeps_has_no_end_whatever_its_tags_still_say(backend: MakeBackend) -> None:
    engine = backend(one=stored("shop", "main", NOW, kept=Decision("ann@example.com", NOW)))
    (one,) = listing.environments(engine, TYPES)

    assert one.as_json(NOW)["kept"] == {"by": "ann@example.com", "since": "2026-03-01T12:00:00+00:00"}
    assert (one.as_json(NOW)["expires"], one.as_json(NOW)["expired"]) == (None, False)


def test_where_nothing_is_deployed_nothing_is_listed(backend: MakeBackend) -> None:
    assert listing.environments(backend(), TYPES) == []


def test_an_environment_that_is_not_there_cannot_be_shown(engine: Backend) -> None:
    with pytest.raises(InputError, match="no environment 'four'"):
        showing.environment(engine, "four")


def test_an_environment_whose_first_deployment_did_not_end_says_so(engine: Backend) -> None:
    with pytest.raises(OutsideError, match="no deployment of 'two' has ended yet"):
        showing.environment(engine, "two")


def test_an_environment_is_shown_as_it_was_deployed(backend: MakeBackend) -> None:
    engine = backend(one=Stored())
    wanted = Wanted(app="shop", branch="main", scores=(engine.platform / "examples/web",))
    plan = prepare(engine.platform, wanted, {}, stack="one").matched.plan
    outputs = {"platform/plan": plan.to_document(places=False), "url": "https://one.example", "password": "[secret]"}
    engine.stacks["one"] = Stored(Marks(app="shop", branch="main", env_type="ephemeral").tags(), outputs)

    shown = showing.environment(engine, "one")

    assert shown.plan.to_document(places=False) == plan.to_document(places=False)
    assert (shown.entry.marks.branch, shown.entry.url) == ("main", "https://one.example")
    assert "postgres" in shown.types


@pytest.mark.parametrize("tag", ["expires", "kept", "paused"])
def test_a_tag_that_holds_no_time_is_named_and_hides_no_other_environment(backend: MakeBackend, tag: str) -> None:
    broken = stored("shop", "main", NOW)
    broken.tags[f"pave:{tag}"] = "somebody tomorrow"
    engine = backend(one=broken, two=stored("bank"))

    first, second = listing.environments(engine, TYPES)

    assert second.stack == "two"
    assert first.as_json(NOW)["unreadable"] == [f"pave:{tag}"]
    assert first.as_json(NOW)["expired"] is False
    assert f"pave:{tag} holds no time" in ending(first, NOW)
