"""What a pipeline shows beside a pull request."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_components.cli.live import Silent
from platform_components.cli.markdown import Timed, page
from platform_components.cli.report import Report
from platform_components.errors import OutsideError
from platform_components.lifecycle.destruction import Proof, Removed
from platform_components.lifecycle.survivors import Look
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.cli.worlds import branch, foundation, result

EXPIRES = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def deployed(platform: Path, file: Path, *, name: str = "main", expires: datetime | None = EXPIRES) -> str:
    """The page of one `up`."""
    wanted = Wanted(app="shop", branch=name, scores=(platform / "examples/web",))
    prepared = prepare(platform, wanted, {}, stack="shop-main-abc123")
    report = Report(quiet=True)
    with report.step("Read"):
        pass
    with report.running(prepared.matched.plan) as listener:
        listener.started("dns-web-15e558", "Create")
        listener.finished("dns-web-15e558", "Create", "created", 0.5)
        listener.finished("route-web-47d163", "Deploy", "", 0.2)
    with page(file, "pave up") as told:
        told.deployed(result(prepared, created=3, updated=0), report, expires)
    return file.read_text()


def test_a_deployment_is_told_with_url_changes_definitions_times_and_expiry(platform: Path, tmp_path: Path) -> None:
    text = deployed(platform, tmp_path / "summary.md")

    assert "### shop, branch `main`, is deployed" in text
    assert "](https://web-shop-main.dev.example.com/)**" in text
    assert "| changed | 3 created |" in text
    assert all(f"{step} 0." in text for step in ("Read", "Create", "Deploy", "all"))
    assert "2026-03-04 12:00 UTC" in text
    assert "`pave extend 3d --app shop --branch main`" in text
    assert "| web | db | `postgres.default#web.db` | `postgres-shared` |" in text
    assert "| `dns.default#web.dns` | created |" in text
    assert "route.default#web.route` | " not in text.partition("What changed")[2]


def test_what_was_there_before_stays(platform: Path, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("before\n")

    assert deployed(platform, tmp_path / "summary.md").startswith("before\n### ")


@pytest.mark.parametrize("name", ["a`b", "a|b", "<b>x</b>", "[x](http://evil)", "$(reboot)"])
def test_a_branch_name_is_neither_markup_nor_a_command(platform: Path, tmp_path: Path, name: str) -> None:
    text = deployed(platform, tmp_path / "summary.md", name=name)

    title, expiry = text.splitlines()[0], next(line for line in text.splitlines() if "pave extend" in line)
    fence = "``" if "`" in name else "`"
    assert f"{fence}{' ' if '`' in name else ''}{name}" in title
    assert "--branch '" in expiry or not set("`|<[$") & set(name)
    assert expiry.replace("\\|", "").count("|") == 3


def test_what_never_expires_says_nothing_of_it(platform: Path, tmp_path: Path) -> None:
    assert "expires" not in deployed(platform, tmp_path / "summary.md", expires=None)


def test_a_run_that_fails_is_told_and_still_fails(tmp_path: Path) -> None:
    with pytest.raises(OutsideError), page(tmp_path / "summary.md", "pave up of shop-main"):
        raise OutsideError("the server is ```down```", fix="start it")

    text = (tmp_path / "summary.md").read_text()
    assert text.startswith("### pave up of shop-main failed\n\n````\nthe server is ```down```\n  start it\n````\n")


def test_a_destroy_tells_where_it_looked_and_what_it_found(tmp_path: Path) -> None:
    proof = Proof((Look("DNS", ()), Look("PostgreSQL", ("role shop",))))
    with page(tmp_path / "summary.md", "pave destroy") as told:
        told.destroyed("shop-main", Removed(7), proof)

    text = (tmp_path / "summary.md").read_text()
    assert "`shop-main` is not gone" in text
    assert "| PostgreSQL | role shop |" in text
    assert "| DNS | nothing left |" in text


def test_a_preview_tells_what_would_change(platform: Path, tmp_path: Path) -> None:
    prepared = foundation(platform)
    with page(tmp_path / "summary.md", "pave preview") as told:
        told.previewed(result(prepared), Report())

    assert "`foundation-nonproduction`: what `pave up` would do\n\nnothing" in (tmp_path / "summary.md").read_text()


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    with page(None, "pave destroy") as told:
        told.destroyed("shop-main", Removed(0), Proof(()))

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="--summary"), page(tmp_path / "no" / "summary.md", "x") as told:
        told.destroyed("shop-main", Removed(0), Proof(()))


def test_times_of_a_step_go_from_its_first_beginning_to_its_last_end() -> None:
    moments = iter([1.0, 2.0, 5.0, 9.0])
    timed = Timed(Silent(), clock=lambda: next(moments))
    timed.started("a", "Create")
    timed.started("b", "Create")
    timed.finished("a", "Create", "created", 4.0)
    timed.finished("b", "Create", "", 7.0)

    assert timed.seconds == {"Create": 8.0}
    assert timed.changes == {"a": "created", "b": ""}


def test_the_page_holds_no_more_than_the_report(platform: Path, tmp_path: Path) -> None:
    """The deployed plan of two workloads, one of which opens no port."""
    prepared = branch(platform)
    report = Report(quiet=True)
    with report.running(prepared.matched.plan):
        pass
    with page(tmp_path / "summary.md", "pave up") as told:
        told.deployed(result(prepared), report, None)

    assert "| note | python-service opens no port" in (tmp_path / "summary.md").read_text()


def test_a_page_that_cannot_be_written_hides_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OutsideError, match="the engine stopped"), page(tmp_path / "no" / "summary.md", "pave up"):
        raise OutsideError("the engine stopped with an error")

    assert "--summary" in capsys.readouterr().err
