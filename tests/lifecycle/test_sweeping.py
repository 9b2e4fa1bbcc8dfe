"""What a sweep does, what it leaves, and how it ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from platform_components.cli.live import Silent
from platform_components.errors import OutsideError
from platform_components.lifecycle import servers, sweeping
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.lifecycle.orphans import Looked, Orphan
from platform_components.lifecycle.sweeping import Result, Swept, Task
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BASE = "foundation-nonproduction"
Around = Callable[[Looked], list[str]]


def stored(expires: datetime | None = None, app: str = "shop", env_type: str = "ephemeral", **more: Decision) -> Stored:
    return Stored(Marks(app=app, branch="main", env_type=env_type, expires=expires, **more).tags())


@pytest.fixture
def engine(backend: MakeBackend) -> Backend:
    return backend(
        over=stored(NOW),
        living=stored(NOW + timedelta(hours=1)),
        kept=stored(NOW, kept=Decision("ann", NOW)),
        banks=stored(NOW, app="bank"),
        development=stored(env_type="development"),
        foundation_nonproduction=stored(NOW, app="", env_type=BASE),  # whatever its tags say
    )


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Around:
    """Lets orphans be found, until they have been removed; the list says which were."""

    def found(looked: Looked) -> list[str]:
        removed: list[str] = []

        def look(*_: object) -> Looked:
            return Looked(tuple(one for one in looked.orphans if one.name not in removed), looked.unknown)

        monkeypatch.setattr(sweeping, "look_for_orphans", look)
        return removed

    found(Looked((), ()))
    return found


def orphan(name: str, remove: Callable[[], None], stack: str = "gone") -> Orphan:
    return Orphan("namespace", name, "cluster", stack, "shop", remove)


def swept(engine: Engine, found: Swept, results: dict[str, Result] | None = None) -> Swept:
    def destroy(stack: str) -> Task:
        return Task("environment", stack, stack, "").ended((results or {}).get(stack, "done"), "said")

    return sweeping.sweep(engine, found, destroy, Silent(), workers=2)


@pytest.mark.usefixtures("around")
def test_only_environments_whose_time_is_over_are_to_go(engine: Backend) -> None:
    found = sweeping.look(engine, now=NOW)

    assert [task.stack for task in found.tasks] == ["banks", "over"]
    assert (found.living, found.exit_code) == (3, 0)
    assert [task.stack for task in sweeping.look(engine, app="bank", now=NOW).tasks] == ["banks"]


@pytest.mark.usefixtures("around")
def test_looking_changes_nothing(engine: Backend) -> None:
    sweeping.look(engine, now=NOW)

    assert {call.split(" -s ")[0] for call in engine.calls} <= {"stack ls --json", "stack tag ls --json"}


@pytest.mark.usefixtures("around")
@pytest.mark.parametrize(
    ("results", "code"),
    [
        ({}, 0),
        ({"over": "skipped"}, 0),
        ({"over": "failed"}, 4),
        ({"over": "survived"}, 6),
        ({"over": "failed", "banks": "survived"}, 6),
    ],
)
def test_the_exit_code_says_the_worst_and_one_failure_stops_no_other(
    engine: Backend, results: dict[str, Result], code: int
) -> None:
    done = swept(engine, sweeping.look(engine, now=NOW), results)

    assert {task.stack: task.result for task in done.tasks} == {"banks": "done", "over": "done", **results}
    assert done.exit_code == code


def test_orphans_are_removed_and_looked_for_again(engine: Backend, around: Around) -> None:
    removed = around(Looked((orphan("one", lambda: removed.append("one")),), ()))

    done = swept(engine, sweeping.look(engine, app="shop", now=NOW))

    assert [(task.name, task.result) for task in done.tasks] == [("over", "done"), ("namespace one", "done")]


def test_an_orphan_that_is_still_there_has_survived(
    engine: Backend, around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "GONE_SECONDS", 0)
    around(Looked((orphan("one", lambda: None),), ()))

    done = swept(engine, sweeping.look(engine, now=NOW))

    assert [task.name for task in done.having("survived")] == ["namespace one"]
    assert done.exit_code == 6


def test_an_orphan_that_cannot_be_removed_is_told_with_the_reason(engine: Backend, around: Around) -> None:
    def locked() -> None:
        raise OutsideError("`az group delete` failed", details=["ScopeLocked"])

    removed = around(Looked((orphan("one", locked), orphan("two", lambda: removed.append("two"))), ()))

    done = swept(engine, sweeping.look(engine, now=NOW))

    assert [(task.name, task.result) for task in done.tasks][2:] == [
        ("namespace one", "failed"),
        ("namespace two", "done"),
    ]
    assert "ScopeLocked" in " ".join(done.tasks[2].details)


def test_an_orphan_whose_stack_has_been_made_in_between_lives(engine: Backend, around: Around) -> None:
    removed = around(Looked((orphan("one", lambda: removed.append("one")),), ()))
    found = sweeping.look(engine, now=NOW)
    engine.stacks["gone"] = stored(NOW)

    done = swept(engine, found)

    assert [(task.stack, task.result) for task in done.tasks if task.kind == "orphan"] == [("gone", "skipped")]
    assert removed == []


def test_what_could_not_be_looked_at_ends_with_4_and_the_rest_is_done(engine: Backend, around: Around) -> None:
    around(Looked((), ("cluster: it does not answer",)))

    done = swept(engine, sweeping.look(engine, now=NOW))

    assert [task.result for task in done.tasks] == ["done", "done"]
    assert (done.unknown, done.exit_code) == (("cluster: it does not answer",), 4)


@pytest.mark.usefixtures("around")
def test_a_server_of_a_paused_environment_that_azure_has_started_is_stopped_again(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    monkeypatch.setattr(servers, "own", lambda outputs: ("/x/psql-one",))
    monkeypatch.setattr(servers, "running", lambda ids: ids)
    monkeypatch.setattr(servers, "stop", lambda ids, listener: stopped.extend(ids))
    engine = backend(one=stored(paused=Decision("ann", NOW)), two=stored())

    found = sweeping.look(engine, now=NOW)
    assert stopped == []
    done = swept(engine, found)

    assert [(task.kind, task.stack, task.result) for task in done.tasks] == [("server", "one", "done")]
    assert stopped == ["/x/psql-one"]


@pytest.mark.usefixtures("around")
def test_a_server_that_cannot_be_asked_after_is_not_known(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: object) -> tuple[str, ...]:
        raise OutsideError("`az` failed")

    monkeypatch.setattr(servers, "running", down)

    found = sweeping.look(backend(one=stored(paused=Decision("ann", NOW))), now=NOW)

    assert (found.unknown, found.exit_code) == (("servers of one: `az` failed",), 4)


@pytest.mark.usefixtures("around")
def test_machines_read_what_came_of_each(engine: Backend) -> None:
    document = sweeping.look(engine, app="shop", now=NOW).as_json()

    assert document == {
        "tasks": [
            {
                "kind": "environment",
                "name": "over",
                "stack": "over",
                "why": "its time was over at 2026-03-01 12:00 UTC",
                "result": "to_do",
                "details": [],
            }
        ],
        "unknown": [],
        "living": 3,
    }
