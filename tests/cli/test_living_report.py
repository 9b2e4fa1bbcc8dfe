"""What the verbs of an environment's life say to people and to machines."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from platform_components.cli.living_report import LifeReport
from platform_components.cli.report import ending, length
from platform_components.lifecycle.listing import Listed
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.lifecycle.orphans import Orphan
from platform_components.lifecycle.pausing import Paused
from platform_components.lifecycle.sweeping import Swept, Task

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN = Decision("ann@example.com", NOW)
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        (Marks(), ""),
        (Marks(expires=NOW + 9 * HOUR), "2026-03-01 21:00 UTC"),
        (Marks(expires=NOW + 3 * HOUR), "2026-03-01 15:00 UTC (soon: in 3 h)"),
        (Marks(expires=NOW), "EXPIRED 2026-03-01 12:00 UTC"),
        (Marks(expires=NOW, kept=ANN), "kept by ann@example.com on 2026-03-01"),
        (Marks(expires=NOW + 9 * HOUR, paused=ANN), "2026-03-01 21:00 UTC, paused"),
        (Marks(paused=ANN), "paused"),
    ],
)
def test_the_end_of_an_environment_is_told_in_a_few_words(marks: Marks, text: str) -> None:
    assert ending(Listed("one", marks, "", 4 * HOUR), NOW) == text


@pytest.mark.parametrize(("time", "text"), [(30 * HOUR, "30 h"), (1.5 * HOUR, "90 min"), (-HOUR, "0 min")])
def test_how_far_off_it_is(time: timedelta, text: str) -> None:
    assert length(time) == text


def paused(**changes: Any) -> Paused:
    result: Any = SimpleNamespace(prepared=SimpleNamespace(stack="one"), changes={"updated": 2})
    return Paused(**{"result": result, "stopped": (), "running": (), "costs": (), **changes})


def test_a_pause_says_what_runs_on_and_what_still_costs_money(capsys: Capture) -> None:
    LifeReport().paused(paused(stopped=("psql-one",), running=("CronJob backup",), costs=("a disk",)))

    said = capsys.readouterr().out
    assert "stopped      database server psql-one; Azure starts it after 7 days" in said
    assert "still runs   CronJob backup: the platform did not make it" in said
    assert "still costs  a disk" in said


def test_where_all_is_shared_nothing_costs_money(capsys: Capture) -> None:
    LifeReport(quiet=True).paused(paused())

    assert "still costs  nothing of its own: what it stands on is shared" in capsys.readouterr().out


def swept(*results: Any) -> Swept:
    orphan = Orphan("namespace", "gone", "cluster", "gone", "shop", lambda: None)
    tasks = [Task("environment", "one", "one", "its time was over"), Task("server", "/x/psql", "two", "it is paused")]
    tasks.append(Task("orphan", str(orphan), "gone", "the stack 'gone' is gone", orphan=orphan))
    ended = [task.ended(*result) if result else task for task, result in zip(tasks, results, strict=True)]
    return Swept(tuple(ended), (), 3)


def test_a_look_says_what_would_be_done_and_why_and_does_nothing(capsys: Capture) -> None:
    report, found = LifeReport(), swept(None, None, None)

    report.found(found)
    report.swept(found, doing=False)

    assert capsys.readouterr().out.splitlines() == [
        "1 environment(s) whose time is over",
        "  remove one: its time was over",
        "1 thing(s) left of stacks that are gone",
        "  remove namespace gone (cluster): the stack 'gone' is gone",
        "1 server(s) of paused environments that run",
        "  stop server psql: it is paused",
        "3 to do, 3 living; nothing was done; `pave sweep --yes` does it",
    ]


def test_the_sums_can_be_checked_and_what_went_wrong_is_named(capsys: Capture) -> None:
    LifeReport().swept(swept(("skipped", "ann holds it"), ("done",), ("survived", "it is still there")), doing=True)

    assert capsys.readouterr().out.splitlines() == [
        "skipped  one: ann holds it",
        "survived namespace gone (cluster): it is still there",
        "1 stopped, 1 skipped, 1 survived; 3 living",
    ]


def test_machines_get_one_document(capsys: Capture) -> None:
    LifeReport(as_json=True).swept(swept(("done",), ("done",), ("failed", "no")), doing=True)

    document = json.loads(capsys.readouterr().out)
    assert (document["dry_run"], document["living"], document["unknown"]) == (False, 3, [])
    assert [task["result"] for task in document["tasks"]] == ["done", "done", "failed"]
    assert document["tasks"][2]["place"] == "cluster"
