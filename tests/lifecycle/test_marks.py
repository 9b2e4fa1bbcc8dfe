"""Whose an environment is and when its time is over, in stack tags."""

import getpass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.errors import InputError
from platform_components.lifecycle import marks
from platform_components.lifecycle.marks import Marks

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@given(
    st.builds(
        Marks,
        app=st.text(),
        branch=st.text(),
        env_type=st.text(),
        owner=st.text(),
        foundation=st.text(),
        expires=st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
    )
)
def test_marks_come_back_from_the_tags_as_they_were(made: Marks) -> None:
    assert Marks.of(made.tags()) == made


def test_what_an_environment_has_not_leaves_no_tag() -> None:
    assert Marks(env_type="foundation-nonproduction").tags() == {"pave:type": "foundation-nonproduction"}


def test_tags_of_others_are_no_marks() -> None:
    assert Marks.of({"pulumi:project": "platform", "team": "shop"}) == Marks()


def test_a_branch_is_kept_as_it_was_given() -> None:
    assert Marks(branch="Feature/Größe #1!").tags() == {"pave:branch": "Feature/Größe #1!"}


def test_an_environment_expires_its_lifetime_after_the_last_up() -> None:
    assert marks.expiry(timedelta(days=3), NOW) == NOW + timedelta(days=3)
    assert marks.expiry(None, NOW) is None


def test_expiry_is_told_in_utc_wherever_it_was_set() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    expires = marks.expiry(timedelta(hours=1), there)

    assert Marks(expires=expires).tags() == {"pave:expires": "2026-03-01T13:00:00+00:00"}


def test_an_environment_has_expired_from_its_second_on() -> None:
    entry = Marks(expires=NOW)

    assert not entry.expired(NOW - timedelta(seconds=1))
    assert entry.expired(NOW)
    assert not Marks().expired(NOW)


@pytest.mark.parametrize(
    ("app", "branch", "whose"), [("other", "main", "shop"), ("shop", "Main", "main"), ("shop", "main!", "main")]
)
def test_a_stack_of_another_branch_or_app_is_refused(app: str, branch: str, whose: str) -> None:
    tags = Marks(app="shop", branch="main").tags()

    with pytest.raises(InputError, match=f"belongs to '{whose}'"):
        marks.refuse_other_branch("shop-main-abc123", tags, app, branch)


@pytest.mark.parametrize(("app", "branch"), [("shop", "main"), ("", ""), ("shop", ""), ("", "main")])
def test_ones_own_stack_and_one_that_is_not_named_closer_are_taken(app: str, branch: str) -> None:
    marks.refuse_other_branch("shop-main-abc123", Marks(app="shop", branch="main").tags(), app, branch)


def test_a_stack_that_a_killed_run_left_without_tags_is_taken_on() -> None:
    marks.refuse_other_branch("shop-main-abc123", {}, "shop", "main")


def test_the_owner_is_who_is_named_then_who_commits_then_who_is_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    git = programs / "git"
    git.write_text("#!/bin/sh\necho ann@example.com\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/bin")

    monkeypatch.setenv("PAVE_OWNER", " pipeline 7 ")
    assert marks.owner(tmp_path) == "pipeline 7"
    monkeypatch.delenv("PAVE_OWNER")
    assert marks.owner(tmp_path) == "ann@example.com"
    git.write_text("#!/bin/sh\nexit 1\n")
    assert marks.owner(tmp_path) == getpass.getuser()
    git.unlink()
    monkeypatch.setenv("PATH", str(programs))
    assert marks.owner(tmp_path) == getpass.getuser()
