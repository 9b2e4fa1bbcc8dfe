"""What `pave` prints, step by step."""

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_components.cli.live import Lines, Silent
from platform_components.cli.report import Report
from platform_components.lifecycle.destruction import Proof, Removed
from platform_components.lifecycle.listing import Listed
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.now import LastRun, Now
from platform_components.lifecycle.showing import Shown
from platform_components.lifecycle.survivors import Look
from platform_components.score import Position, Problem
from tests.cli.test_summary import SUMMARY
from tests.cli.worlds import OUTPUTS, branch, foundation, result

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests: nobody is drawn for."""
    monkeypatch.setenv("CI", "true")


def deploy(report: Report, platform: Path, **changes: int) -> None:
    """What one `up` reports."""
    prepared = branch(platform)
    with report.step("Read"):
        pass
    report.read(prepared)
    report.matched(prepared)
    with report.running(prepared.matched.plan) as listener:
        listener.finished("route-web-47d163", "Deploy", "created", 1.24)
        listener.finished("dns-web-15e558", "Create", "", 0.0)
    report.deployed(result(prepared, **changes))


def test_an_up_is_told_in_the_four_steps_words(platform: Path, capsys: Captured) -> None:
    deploy(Report(), platform, created=48, updated=0)

    out = capsys.readouterr().out
    assert out.splitlines()[:3] == [
        "Read     2 workload(s): python-service, web  (0.0 s)",
        "Match    17 resources for shop-main-abc123 (ephemeral)",
        "         dns-zone.default#main               dns-zone-of-the-foundation",
    ]
    assert "Deploy   route.default#web.route             by route: created (1.2 s)" in out
    assert "Create   dns.default#web.dns                 by dns-record: unchanged (0.0 s)" in out
    assert re.search(r"^Done     48 created in \d+\.\d s$", out, re.MULTILINE)
    assert out.endswith("\n\n" + SUMMARY)


def test_an_up_that_changes_nothing_says_so(platform: Path, capsys: Captured) -> None:
    deploy(Report(), platform)

    assert "Done     no change in" in capsys.readouterr().out


def test_quiet_is_the_result_alone(platform: Path, capsys: Captured) -> None:
    deploy(Report(quiet=True), platform, created=48)

    assert capsys.readouterr().out == SUMMARY


def test_machines_get_one_document_and_nothing_else(platform: Path, capsys: Captured) -> None:
    deploy(Report(as_json=True), platform, created=48)

    document = json.loads(capsys.readouterr().out)
    assert document["stack"] == "shop-main-abc123"
    assert document["changes"] == {"created": 48}


def test_a_warning_is_told_with_its_place(platform: Path, capsys: Captured) -> None:
    prepared = branch(platform, "web")
    source = prepared.matched.sources[0]
    path, hint = "containers.web.image", "pin it by its digest"
    warnings = (Problem("schema", path, "is not pinned", Position("s", 9, 5), hint), Problem("schema", path, "is odd"))
    warned = replace(source, warnings=warnings)
    Report().read(replace(prepared, matched=replace(prepared.matched, sources=(warned,))))

    assert capsys.readouterr().out.splitlines()[1:] == [
        "         warning: s:9:5: containers.web.image: is not pinned",
        "           pin it by its digest",
        f"         warning: {source.file}: containers.web.image: is odd",
    ]


def test_a_foundation_is_read_without_workloads(platform: Path, capsys: Captured) -> None:
    Report().read(foundation(platform))

    assert capsys.readouterr().out == "Read     no workloads: a foundation\n"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "nothing would change"),
        ({"created": 2, "updated": 0}, "2 to create"),
        ({"updated": 1, "replaced": 1, "removed": 3}, "1 to update, 1 to replace, 3 to remove"),
    ],
)
def test_a_preview_counts_what_would_be_done(
    platform: Path, capsys: Captured, changes: dict[str, int], text: str
) -> None:
    Report(quiet=True).previewed(result(branch(platform, "web"), **changes))

    assert capsys.readouterr().out == f"Preview  {text}\n"


def test_a_destroy_shows_where_was_looked(capsys: Captured) -> None:
    proof = Proof(
        (Look("DNS a.example", ()), Look("Azure resources", ("/subscriptions/s/one", "/subscriptions/s/two")))
    )
    Report().destroyed("one", Removed(7), proof)
    Report(quiet=True).destroyed("one", Removed(7), Proof(proof.looks[:1]))
    Report(as_json=True).destroyed("one", Removed(7), Proof(proof.looks[:1]))

    text, _, document = capsys.readouterr().out.partition("{")
    assert text == (
        "Removed  7 resources\n"
        "Proved   DNS a.example: nothing left\n"
        "Found    Azure resources: STILL THERE: /subscriptions/s/one, /subscriptions/s/two\n"
        "one is gone\n"
    )
    assert json.loads("{" + document) == {
        "stack": "one",
        "removed": 7,
        "looks": [{"place": "DNS a.example", "survivors": []}],
        "survivors": [],
    }


def test_the_list_marks_what_has_expired_and_leaves_empty_columns_out(capsys: Captured) -> None:
    past, future = (datetime(year, 3, 1, 12, 30, tzinfo=UTC) for year in (2020, 2999))
    Report().listed(
        [
            Listed("one", Marks(app="shop", branch="Größe", env_type="ephemeral", expires=past), "https://one.example"),
            Listed("two", Marks(app="shop", env_type="development", expires=future), ""),
        ]
    )

    assert capsys.readouterr().out.splitlines() == [
        "STACK  TYPE         APP   BRANCH  EXPIRES                       URL",
        "one    ephemeral    shop  Größe   EXPIRED 2020-03-01 12:30 UTC  https://one.example",
        "two    development  shop          2999-03-01 12:30 UTC",
    ]


def test_an_empty_list_says_so(capsys: Captured) -> None:
    Report().listed([])

    assert capsys.readouterr().out == "no environments\n"


def shown(platform: Path) -> Now:
    matched = branch(platform).matched
    expires = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=1)
    marks = Marks(app="shop", branch="main", env_type="ephemeral", owner="ann@example.com", expires=expires)
    entry = Listed("shop-main-abc123", marks, "")
    return Now(entry, LastRun("update", "succeeded", None), Shown(entry, matched.plan, OUTPUTS, matched.catalog.types))


def test_show_says_whose_it_is_and_all_that_up_says(platform: Path, capsys: Captured) -> None:
    Report().shown(shown(platform))

    head, _, summary = capsys.readouterr().out.partition("\n\n\n")
    assert head.splitlines() == [
        "stack       shop-main-abc123",
        "type        ephemeral",
        "app         shop",
        "branch      main",
        "owner       ann@example.com",
        "expires     EXPIRED 2026-03-01 01:00 UTC",
    ]
    assert summary == SUMMARY


def test_machines_are_shown_both_in_one_document(platform: Path, capsys: Captured) -> None:
    Report(as_json=True).shown(shown(platform))

    document = json.loads(capsys.readouterr().out)
    assert document["owner"] == "ann@example.com"
    assert document["namespace"] == "shop-main-abc123"


def test_without_a_terminal_a_run_is_told_in_lines_and_to_machines_not_at_all(platform: Path) -> None:
    plan = branch(platform).matched.plan
    kinds: list[Any] = []
    with redirect_stdout(io.StringIO()):
        for report in (Report(), Report(quiet=True), Report(as_json=True)):
            with report.running(plan) as listener:
                kinds.append(type(listener.listener))

    assert kinds == [Lines, Silent, Silent]
