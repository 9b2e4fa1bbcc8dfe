"""What `pave show` and `pave logs` print of a living environment."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platform_components.cli import looking
from platform_components.cli.looking import state_lines
from platform_components.cli.report import Report
from platform_components.lifecycle import engine, now, place
from platform_components.lifecycle.listing import Listed
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.masking import Mask
from platform_components.lifecycle.now import LastRun, Now
from platform_components.lifecycle.place import Opened, Place
from platform_components.lifecycle.reasons import PodState, WorkloadState
from tests.cli.conftest import Pave
from tests.lifecycle.namespaces import Cluster, cluster
from tests.lifecycle.objects import container, pod

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = Listed("shop-main-abc123", Marks(app="shop", branch="main", env_type="ephemeral"), "")
SECRET = "hunter2-" + "4f9a"
WELL = WorkloadState("Deployment", "web", "web", 2, 2, 0, 3, ("web:2",), AT - timedelta(minutes=150), "ready")
BAD = WorkloadState(
    "Job",
    "seed",
    "seed",
    1,
    0,
    0,
    0,
    ("seed:1",),
    AT - timedelta(seconds=40),
    "failed",
    ("BackoffLimitExceeded: too often",),
    (PodState("seed-1", ("container seed: Error (exit code 1)",), ()),),
)


def lines(**seen: Any) -> list[str]:
    return list(state_lines(Now(ENTRY, seen.pop("last_run", None), None, **seen), AT))


def test_each_workload_has_a_row_and_what_is_not_well_its_reasons() -> None:
    assert lines(workloads=(WELL, BAD)) == [
        "WORKLOAD  KIND        READY  STATE   RESTARTS  AGE  IMAGE",
        "web       Deployment  2/2    ready   3         2h   web:2",
        "seed      Job         0/1    failed            40s  seed:1",
        "",
        "Job seed: 0 of 1 ready, failed",
        "  BackoffLimitExceeded: too often",
        "  pod seed-1",
        "    container seed: Error (exit code 1)",
    ]


def test_a_run_that_ended_well_needs_no_words() -> None:
    assert lines(last_run=LastRun("update", "succeeded", AT)) == []


def test_a_run_that_failed_says_when_and_at_what() -> None:
    assert lines(last_run=LastRun("update", "failed", AT, ("shop/web did not become ready",))) == [
        "the last run (update) failed at 2026-03-01 12:00 UTC",
        "  shop/web did not become ready",
        "",
    ]
    assert lines(last_run=LastRun("update", "killed", None))[0] == "the last run (update) was killed"


def test_a_cluster_that_is_down_is_said() -> None:
    assert lines(not_looked="the cluster does not answer") == ["the cluster does not answer"]


def test_one_whose_first_run_failed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    seen = Now(ENTRY, LastRun("update", "failed", AT), None, (WELL,), ("volume claim data has no volume: Pending",))

    Report().shown(seen)
    text = capsys.readouterr().out
    Report(as_json=True).shown(seen)
    document = json.loads(capsys.readouterr().out)

    assert "no deployment of it has ended yet: run `pave up` again" in text
    assert "volume claim data has no volume" in text
    assert (document["deployed"], document["branch"], document["urls"]) == (False, "main", {})
    assert document["workloads"][0]["ready"] == 2


@pytest.mark.parametrize(
    ("seconds", "age"), [(0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (172800, "2d")]
)
def test_an_age_is_told_in_the_largest_unit_that_fits_twice(seconds: float, age: str) -> None:
    assert looking._age(seconds) == age


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """An environment with one pod of two containers, of which one wrote a secret."""
    monkeypatch.setattr(engine, "Engine", lambda folder, *_: SimpleNamespace(platform=folder))
    monkeypatch.setattr(place, "opened", lambda *_: Opened(None, Mask([SECRET])))
    logs = {"web": f"started\nkey {SECRET}\n", "proxy": ""}
    with cluster(logs=logs, pods=[pod(container("web"), container("proxy"))]) as found:
        monkeypatch.setattr(now, "place", lambda *_: Place(found.kubeconfig, "shop"))
        yield found


def test_logs_say_whose_lines_they_are_and_no_secret(pave: Pave, there: Cluster) -> None:
    ended = pave("logs", "--env", "a", "--tail", "7", "--since", "10m", "--previous")

    assert (ended.code, ended.out) == (0, "web-1 | started\nweb-1 | key ******\n")
    assert there.queries[0] == {"container": "web", "tailLines": "7", "sinceSeconds": "600", "previous": "true"}


def test_the_lines_of_one_container_are_alone(pave: Pave, there: Cluster) -> None:
    assert pave("logs", "--env", "a", "--container", "web").out == "started\nkey ******\n"
    assert pave("logs", "--env", "a", "--container", "proxy").out == "no lines\n"


def test_machines_get_the_lines_of_each_container(pave: Pave, there: Cluster) -> None:
    document = json.loads(pave("logs", "--env", "a", "--json").out)

    assert [(one["container"], one["lines"]) for one in document] == [("web", ["started", "key ******"]), ("proxy", [])]


def test_followed_lines_come_as_they_are_written(pave: Pave, there: Cluster) -> None:
    assert pave("logs", "--env", "a", "-f").out == "web-1 | started\nweb-1 | key ******\n"


def test_without_the_right_to_decrypt_no_line_is_shown(
    pave: Pave, there: Cluster, monkeypatch: pytest.MonkeyPatch, platform: Path
) -> None:
    monkeypatch.setattr(place, "opened", lambda *_: None)

    ended = pave("logs", "--env", "a")

    assert (ended.code, ended.out) == (4, "")
    assert "kubectl --namespace shop logs" in ended.err


def test_a_workload_that_is_not_there_is_told_with_those_that_are(pave: Pave, there: Cluster) -> None:
    ended = pave("logs", "--env", "a", "--workload", "wep")

    assert ended.code == 1
    assert "web/proxy, web/web" in ended.err
