"""The order that makes a killed run harmless: check, stack, marks, settings, engine. And a preview leaves nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.automation import CommandResult, EngineEvent, Stack
from pulumi.automation.errors import CommandError, create_command_error
from pulumi.automation.events import OpType, ResOutputsEvent, StepEventMetadata, StepEventStateMetadata

from platform_components.cli.live import Silent
from platform_components.errors import BusyError, ChangedMeanwhileError, InputError, OutsideError
from platform_components.lifecycle import azure_cli, deployment, locks, recovery, servers, stack_file
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.lifecycle.wanted import Prepared, Wanted
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FOUNDATION = Stored(outputs={"platform/contract": 1})


STACK = "pulumi:pulumi:Stack"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hidden"}


def ends(**outputs: Any) -> EngineEvent:
    """What the engine tells of the stack itself, at the end of its program."""
    state = StepEventStateMetadata(STACK, "urn:stack", id="", parent="", provider="", outputs=outputs)
    metadata = StepEventMetadata(OpType.SAME, "urn:stack", STACK, "", new=state)
    return EngineEvent(1, 0, res_outputs_event=ResOutputsEvent(metadata))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the engine was asked to run; each entry is what was there to be seen at that moment."""
    seen: list[Any] = []

    def select(stack: str, engine: Backend) -> SimpleNamespace:
        def look(_: Path) -> None:
            seen.append((dict(engine.stacks[stack].tags), stack_file.read(engine.platform, stack)))

        def up(program: Callable[[], None], on_event: Callable[[EngineEvent], None], **_: Any) -> None:
            monkeypatch.setattr(deployment, "run", look)
            program()
            on_event(ends(url="https://a.example", key=SECRET))

        return SimpleNamespace(up=up, preview=up)

    monkeypatch.setattr(Stack, "select", select)
    return seen


@pytest.fixture
def engine(backend: MakeBackend) -> Iterator[Backend]:
    """An engine with a foundation, whose runs see the backend; the settings that it writes are taken away."""
    made = backend(foundation_nonproduction=FOUNDATION)
    vars(made)["workspace"] = made
    yield made
    for path in (made.platform / "stacks").glob("Pulumi.shop-*"):
        path.unlink()


def wanted(engine: Backend, branch: str = "main", **choice: Any) -> Wanted:
    return Wanted(app="shop", branch=branch, scores=(engine.platform / "examples/web",), **choice)


def prepared(engine: Backend, **choice: Any) -> Prepared:
    return deployment.prepared_for(engine, wanted(engine, **choice))


def touched(engine: Backend) -> list[str]:
    """The commands that changed something."""
    return [
        call
        for call in engine.calls
        if not call.startswith(("stack ls", "stack tag ls", "stack output", "stack export"))
    ]


def test_marks_and_settings_are_there_before_the_engine_makes_anything(engine: Backend, runs: list[Any]) -> None:
    made = prepared(engine)

    deployment.deploy(engine, made, Silent(), now=NOW)

    tags, config = runs[0]
    assert Marks.of(tags).branch == "main"
    assert Marks.of(tags).expires == datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
    assert config == {key: value for key, value in made.config.items() if value is not None}


def after(engine: Backend, when: datetime = NOW, **choice: Any) -> Marks:
    """The marks after a push at this time."""
    made = prepared(engine, **choice)
    deployment.deploy(engine, made, Silent(), now=when)
    return Marks.of(engine.stacks[made.stack].tags)


def test_every_push_renews_the_time_and_none_takes_back_what_was_extended(engine: Backend, runs: list[Any]) -> None:
    assert after(engine).ends == NOW + 3 * DAY
    assert after(engine, NOW + DAY).ends == NOW + 4 * DAY

    engine.set_tags(wanted(engine).stack(), {"pave:expires": (NOW + 9 * DAY).isoformat()})
    assert after(engine, NOW + DAY).ends == NOW + 9 * DAY


def test_a_time_that_is_given_counts_at_once_and_for_later_pushes(engine: Backend, runs: list[Any]) -> None:
    after(engine)

    assert after(engine, ttl="5m").ends == NOW + timedelta(minutes=5)
    assert after(engine, NOW + DAY).ends == NOW + DAY + timedelta(minutes=5)


def test_a_time_that_the_type_does_not_allow_is_refused(engine: Backend) -> None:
    with pytest.raises(InputError, match="60d is longer than ephemeral environments may live"):
        prepared(engine, ttl="60d")
    with pytest.raises(InputError, match="development environments do not expire"):
        prepared(engine, ttl="1d", env_type="development")


def test_what_is_kept_stays_kept_through_pushes(engine: Backend, runs: list[Any]) -> None:
    after(engine)
    stack = wanted(engine).stack()
    engine.set_tags(stack, {"pave:kept": f"ann {NOW.isoformat()}"})

    assert after(engine, NOW + DAY).ends is None
    assert after(engine, NOW + DAY).kept == Decision("ann", NOW)


def test_to_pause_is_no_push_and_the_next_push_resumes(engine: Backend, runs: list[Any]) -> None:
    after(engine)

    paused = after(engine, NOW + DAY, paused=True)
    assert (paused.ends, paused.paused and paused.paused.since) == (NOW + 3 * DAY, NOW + DAY)
    assert runs[-1][1]["paused"] == "true"
    assert after(engine, NOW + 2 * DAY, paused=True).paused == paused.paused
    resumed = after(engine, NOW + 2 * DAY)
    assert (resumed.ends, resumed.paused) == (NOW + 5 * DAY, None)
    assert "paused" not in runs[-1][1]


def test_servers_of_its_own_are_started_before_the_engine_runs(
    engine: Backend, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(servers, "start", lambda ids, listener: started.append(len(runs)))
    after(engine, paused=True)
    engine.stacks[wanted(engine).stack()].outputs["platform/paused"] = True

    after(engine, paused=True)
    assert started == []
    after(engine)
    assert started == [2]


def test_where_it_is_reached_is_marked_afterwards(engine: Backend, runs: list[Any]) -> None:
    assert after(engine).url == "https://a.example"
    assert Marks.of(runs[0][0]).url == ""


def test_secret_outputs_are_never_passed_on(engine: Backend, runs: list[Any]) -> None:
    assert deployment.deploy(engine, prepared(engine), Silent()).outputs == {
        "url": "https://a.example",
        "key": "[secret]",
    }


def test_without_a_foundation_nothing_is_touched(engine: Backend, runs: list[Any]) -> None:
    made = prepared(engine)
    engine.stacks["foundation-nonproduction"] = Stored()

    with pytest.raises(OutsideError):
        deployment.deploy(engine, made, Silent())

    assert (runs, touched(engine)) == ([], [])
    assert not stack_file.path_of(engine.platform, made.stack).exists()


def test_data_that_would_be_lost_stops_it_before_anything_is_touched(engine: Backend, runs: list[Any]) -> None:
    made = prepared(engine)
    document = json.loads(made.matched.plan.to_json())
    for resource in document["resources"]:
        if resource["id"] == "postgres.default#web.db":
            resource["names"]["database"] = "another"
    engine.init(made.stack)
    engine.stacks[made.stack].outputs["platform/plan"] = document
    engine.calls.clear()

    with pytest.raises(InputError, match=r"postgres\.default#web\.db"):
        deployment.deploy(engine, made, Silent())
    assert (runs, touched(engine)) == ([], [])

    deployment.deploy(engine, made, Silent(), replace_data=["postgres.default#web.db"])
    assert len(runs) == 1


def test_another_branchs_stack_is_refused_when_it_is_prepared(engine: Backend) -> None:
    engine.stacks[wanted(engine).stack()] = Stored(Marks(app="shop", branch="Main!").tags())

    with pytest.raises(InputError, match="belongs to 'Main!'"):
        prepared(engine)


def test_a_second_up_goes_on_where_a_killed_one_stopped(engine: Backend, runs: list[Any]) -> None:
    stack = wanted(engine).stack()
    engine.stacks[stack] = Stored()

    deployment.deploy(engine, prepared(engine), Silent(), now=NOW)

    assert Marks.of(engine.stacks[stack].tags).app == "shop"
    assert not any("init" in call for call in engine.calls)
    assert len(runs) == 1


def test_a_preview_of_a_new_environment_leaves_nothing(engine: Backend, runs: list[Any]) -> None:
    made = prepared(engine)

    deployment.preview(engine, made, Silent())

    assert len(runs) == 1
    assert made.stack not in engine.stacks
    assert not stack_file.path_of(engine.platform, made.stack).exists()


def test_a_preview_leaves_the_settings_as_they_were_even_when_it_fails(
    engine: Backend, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.deploy(engine, prepared(engine), Silent())
    path = stack_file.path_of(engine.platform, wanted(engine).stack())
    before = path.read_bytes()
    monkeypatch.setattr(Stack, "select", failing("error: no gateway"))

    with pytest.raises(OutsideError, match="stopped with an error"):
        deployment.preview(engine, prepared(engine, images={"web": "python:4"}), Silent())

    assert path.read_bytes() == before
    assert wanted(engine).stack() in engine.stacks


def test_a_checkout_without_the_settings_takes_them_from_the_backend(engine: Backend) -> None:
    config = {"type": "ephemeral", "app": "shop", "workloads": ["examples/web"]}
    engine.stacks[wanted(engine).stack()] = Stored(config=config)

    restored = deployment.prepared_for(engine, Wanted(app="shop", branch="main"))

    assert [workload.name for workload in restored.matched.plan.workloads] == ["web"]


def test_values_are_encrypted_before_the_engine_makes_anything(engine: Backend, runs: list[Any]) -> None:
    deployment.deploy(engine, prepared(engine, values={"API_KEY": "s3cret"}), Silent())

    _, config = runs[0]
    assert set(config["values"]["API_KEY"]) == {"secure"}
    assert config["branch"] == "main"
    assert "s3cret" not in stack_file.path_of(engine.platform, wanted(engine).stack()).read_text()


def test_a_value_that_is_given_again_is_not_encrypted_anew(engine: Backend, runs: list[Any]) -> None:
    for _ in range(2):
        deployment.deploy(engine, prepared(engine, values={"API_KEY": "s3cret"}), Silent())

    assert runs[1][1] == runs[0][1]


def test_a_preview_with_values_leaves_the_settings_as_they_were(engine: Backend, runs: list[Any]) -> None:
    deployment.deploy(engine, prepared(engine, values={"API_KEY": "s3cret"}), Silent())
    path = stack_file.path_of(engine.platform, wanted(engine).stack())
    before = path.read_bytes()

    deployment.preview(engine, prepared(engine, values={"API_KEY": "another", "B": "x"}), Silent())

    assert list(runs[1][1]["values"]) == ["API_KEY", "B"]
    assert path.read_bytes() == before


def failing(stderr: str) -> Callable[..., SimpleNamespace]:
    """A stack whose runs end with what the engine says."""

    def run(**_: Any) -> None:
        raise CommandError(f"code: 255\nstderr: {stderr}")  # type: ignore[arg-type]

    return lambda *_: SimpleNamespace(up=run, preview=run)


def test_what_an_earlier_run_made_without_being_told_is_taken_on_and_the_engine_goes_on(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    engine.answers["refresh"] = ""

    def select(stack: str, _: Backend) -> SimpleNamespace:
        def up(on_event: Any, **_: Any) -> None:
            attempts.append(len(attempts))
            if len(attempts) < 3:
                on_event.existing[f"urn::{len(attempts)}"] = {"urn": f"urn::{len(attempts)}"}
                raise CommandError("code: 255\nstderr: error: update failed")  # type: ignore[arg-type]

        return SimpleNamespace(up=up)

    monkeypatch.setattr(Stack, "select", select)
    adopted: list[Any] = []

    def adopt(_: Backend, __: str, existing: Any) -> tuple[str, ...]:
        adopted.append([one["urn"] for one in existing])
        return ("thing",)

    monkeypatch.setattr(recovery, "adopt", adopt)

    deployment.deploy(engine, prepared(engine), Silent())

    assert attempts == [0, 1, 2]
    assert adopted == [["urn::1"], ["urn::2"]]


def test_what_is_anothers_ends_the_run_with_what_the_engine_said(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers["refresh"] = ""

    def select(stack: str, _: Backend) -> SimpleNamespace:
        def up(on_event: Any, **_: Any) -> None:
            on_event.existing["urn::1"] = {"urn": "urn::1"}
            raise CommandError("code: 255\nstderr: error: update failed")  # type: ignore[arg-type]

        return SimpleNamespace(up=up)

    monkeypatch.setattr(Stack, "select", select)
    monkeypatch.setattr(recovery, "adopt", lambda *_: ())

    with pytest.raises(OutsideError, match="step Create failed") as caught:
        deployment.deploy(engine, prepared(engine), Silent())

    assert "error: update failed" in caught.value.details


def test_a_stack_that_another_backend_has_is_not_taken_over(
    engine: Backend, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "at_hand", lambda: True)
    monkeypatch.setattr(azure_cli, "az", lambda *_: [{"name": "rg-shop-main"}])
    made = prepared(engine)

    with pytest.raises(InputError, match="is there already, but not in this backend") as error:
        deployment.deploy(engine, made, Silent())

    assert error.value.where == "PULUMI_BACKEND_URL"
    assert (runs, touched(engine)) == ([], [])


def test_what_another_run_changed_while_this_one_waited_is_not_overwritten(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two repositories deploy into one branch: the second one was checked before the first one had ended."""
    monkeypatch.setattr(locks, "_POLL_SECONDS", 0.0)
    stack = wanted(engine).stack()
    engine.stacks[stack] = Stored(outputs={"url": "https://a.example"})
    plan = json.loads(prepared(engine).matched.plan.to_json())

    def select(name: str, _: Backend) -> SimpleNamespace:
        def up(**_: Any) -> None:
            engine.stacks[name].outputs["platform/plan"] = plan
            lock = "file:///l.json: created by ann@elsewhere (pid 1) at 2026-01-02T03:04:05Z"
            said = f"error: the stack is currently locked by 1 lock(s).\n  {lock}"
            raise create_command_error(CommandResult(stdout="", stderr=said, code=255))

        return SimpleNamespace(up=up)

    monkeypatch.setattr(Stack, "select", select)

    made = prepared(engine)
    with pytest.raises(ChangedMeanwhileError, match="another run has changed"):
        deployment.deploy(engine, made, Silent())

    assert not stack_file.path_of(engine.platform, stack).exists()


def test_looking_for_a_killed_runs_notes_keeps_the_record_of_whose_lock_it_left(
    engine: Backend, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run killed between two operations leaves a lock and no notes; the next one has to know whose lock it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine.stacks["one"] = Stored()
    left = tmp_path / "platform-components" / "runs" / "one" / "left.run"
    left.parent.mkdir(parents=True)
    left.write_text(f"{locks._machine()}\n1\n")

    deployment.pick_up(engine, "one", Silent())

    assert left.exists()


def test_an_environment_like_another_takes_what_is_deployed_there(engine: Backend) -> None:
    scores = (engine.platform / "examples/python-service", engine.platform / "examples/web")
    choice = Wanted(app="shop", env="there", env_type="development", scores=scores)
    there = deployment.prepared_for(engine, replace(choice, images={"python-service": "python:there"}))
    outputs = {"platform/plan": json.loads(there.matched.plan.to_json())}
    engine.stacks["there"] = Stored(outputs=outputs)
    engine._names = None

    made = prepared(engine, like="there")

    found = {workload.name: workload for workload in made.matched.plan.workloads}
    assert found.keys() == {"python-service", "web"}
    assert found["python-service"].document["containers"]["python-service"]["image"] == "python:there"


def test_an_environment_is_like_none_of_another_app(engine: Backend) -> None:
    choice = Wanted(app="other", env="there", env_type="development", scores=(engine.platform / "examples/web",))
    plan = deployment.prepared_for(engine, choice).matched.plan
    engine.stacks["there"] = Stored(outputs={"platform/plan": json.loads(plan.to_json())})
    engine._names = None

    with pytest.raises(InputError, match="is of the app 'other', not of 'shop'"):
        prepared(engine, like="there")


def test_an_environment_is_like_none_that_is_not_there(engine: Backend) -> None:
    with pytest.raises(InputError, match="there is no environment 'there'"):
        prepared(engine, like="there")


def test_a_run_that_is_refused_as_busy_leaves_the_settings_and_says_that_nobodys_are_deployed(
    engine: Backend, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepared(engine)
    deployment.deploy(engine, first, Silent(), now=NOW)
    before = stack_file.text_of(engine.platform, first.stack)
    monkeypatch.setattr(deployment, "exclusively", refused)

    with pytest.raises(BusyError):
        deployment.deploy(engine, prepared(engine, images={"web": "busybox"}), Silent(), now=NOW)

    assert stack_file.text_of(engine.platform, first.stack) == before
    assert engine.stacks[first.stack].tags["pave:config"] == "refused"


def refused(*_: object, **__: object) -> None:
    raise BusyError("another operation holds this environment")
