"""What stacks there are, asked as rarely as possible; and the engine's failures in words that a person can act on."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError, create_command_error

from platform_components.errors import BusyError, OutsideError, PlatformError, UsageError
from platform_components.lifecycle import engine as engine_module
from platform_components.lifecycle.engine import Engine, explained
from tests.lifecycle.backend import Backend, Stored, program_on_path
from tests.lifecycle.conftest import MakeBackend

LOCKED = """
error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock
  file with `pulumi cancel`.
  file:///state/.pulumi/locks/organization/platform/one/4e0.json: created by ann@desk (pid 4711) at 2026-01-02T03:04:05Z
"""


def failure(stderr: str, stdout: str = "") -> CommandError:
    """The Automation API's error for a command that said this."""
    return create_command_error(_Said(stdout, stderr))  # type: ignore[arg-type]


class _Said:
    def __init__(self, stdout: str, stderr: str) -> None:
        self.stdout, self.stderr, self.code = stdout, stderr, 255

    def __repr__(self) -> str:
        return f"\n code: {self.code}\n stdout: {self.stdout}\n stderr: {self.stderr}"


def test_one_command_asks_once_what_stacks_there_are_and_how_they_are_tagged(backend: MakeBackend) -> None:
    engine: Backend = backend(one=Stored(tags={"pave:app": "shop"}), two=Stored())

    assert engine.has_stack("one")
    assert engine.has_stack("two")
    assert engine.stack_names() == ("one", "two")
    assert engine.tags("one") == engine.tags("one") == {"pave:app": "shop"}
    assert engine.calls == ["stack ls --json", "stack tag ls --json -s one"]


@pytest.mark.parametrize(
    "said",
    [
        "list bucket: blob (code=NotFound): lstat /state/two.json.bak.18e.tmp: no such file",
        "failed to load checkpoint: EOF",
        "failed to load stack tags: failed to read stack tags file: EOF",
    ],
)
def test_what_another_run_is_just_writing_is_read_again(
    said: str, tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_READING_SECONDS", 0)
    stumbles = f"echo 'error: {said}' >&2; touch {tmp_path}/done; exit 255"
    answers = (
        f'[ "$1" = version ] && echo v3.255.0 && exit; [ -e {tmp_path}/done ] && echo \'[{{"name": "one"}}]\' && exit'
    )
    program_on_path(tmp_path / "bin", monkeypatch, f"{answers}\n{stumbles}")

    assert Engine(platform).stack_names() == ("one",)


def test_what_changes_something_is_not_done_again_by_itself(
    tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = f'[ "$1" = version ] && echo v3.255.0 && exit; echo x >> {tmp_path}/calls'
    program_on_path(
        tmp_path / "bin", monkeypatch, f"{answers}\necho 'error: failed to load checkpoint: EOF' >&2; exit 255"
    )

    with pytest.raises(BusyError, match="just writing") as error:
        Engine(platform).run("refresh", "--yes")

    assert error.value.passing
    assert (tmp_path / "calls").read_text() == "x\n"


def test_a_new_stack_is_known_from_then_on_and_a_removed_one_no_more(backend: MakeBackend) -> None:
    engine: Backend = backend()

    engine.init("new")
    assert engine.has_stack("new")
    engine.remove("new")
    assert not engine.has_stack("new")


def test_only_tags_that_differ_are_written(backend: MakeBackend) -> None:
    engine: Backend = backend(one=Stored(tags={"pave:app": "shop", "pave:owner": "ann"}))

    engine.set_tags("one", {"pave:app": "shop", "pave:owner": "bob"})
    engine.set_tags("one", {"pave:app": "shop", "pave:owner": "bob"})

    assert engine.stacks["one"].tags == {"pave:app": "shop", "pave:owner": "bob"}
    assert [call for call in engine.calls if "set" in call] == ["stack tag set pave:owner bob -s one"]


def test_what_engine_tags_returns_is_the_callers_own(backend: MakeBackend) -> None:
    engine: Backend = backend(one=Stored(tags={"pave:app": "shop"}))

    engine.tags("one").clear()

    assert engine.tags("one") == {"pave:app": "shop"}


def test_a_machine_without_the_engine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="no program `pulumi` on PATH"):
        Engine(tmp_path)


def test_a_folder_that_is_no_platform_repository_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_on_path(tmp_path / "bin", monkeypatch)

    with pytest.raises(UsageError, match=r"has no Pulumi\.yaml"):
        Engine(tmp_path)


def test_an_engine_that_is_too_old_says_so(tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_on_path(tmp_path / "bin", monkeypatch, "echo v2.0.0")

    with pytest.raises(OutsideError, match="the Pulumi engine does not answer"):
        Engine(platform).run("stack", "ls")


def test_a_failing_command_ends_in_what_the_engine_said(
    tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "error: open /nowhere/at/all: no such file or directory"
    program_on_path(
        tmp_path / "bin", monkeypatch, f'test "$1" = version && echo v3.255.0 || {{ echo "{said}" >&2; exit 1; }}'
    )

    with pytest.raises(OutsideError) as error:
        Engine(platform).stack_names()

    assert error.value.details == (said,)


def test_a_run_asks_the_engine_for_nothing_but_itself(
    tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "calls"
    program_on_path(tmp_path / "bin", monkeypatch, f'test "$1" = version && echo v3.255.0 && exit; echo "$*" >> {log}')
    engine = Engine(platform)
    engine.open_soon()

    engine.stack("one").destroy()

    assert [call.split()[1] for call in log.read_text().splitlines()] == ["destroy"]


@pytest.mark.parametrize(
    ("stderr", "exit_code", "words"),
    [
        (LOCKED, 5, ("ann@desk", "pid 4711", "2026-01-02T03:04:05Z", "pulumi cancel")),
        ("error: [409] Conflict: Another update is currently in progress.", 5, ("another operation",)),
        ("error: getting secrets manager: incorrect passphrase", 1, ("PULUMI_CONFIG_PASSPHRASE",)),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", 1, ("PULUMI_CONFIG_PASSPHRASE",)),
        ("error: no stack named 'one' found", 1, ("no such stack", "pave list")),
        ("error: stack 'organization/platform/one' already exists", 5, ("just made this environment",)),
        ("error: failed to read the bucket", 4, ("failed to read the bucket",)),
    ],
)
def test_each_failure_has_its_exit_code_and_says_what_to_do(
    stderr: str, exit_code: int, words: tuple[str, ...]
) -> None:
    error = explained(failure(stderr))

    assert error.exit_code == exit_code
    assert [word for word in words if word not in str(error)] == []


def test_a_failed_run_says_what_went_wrong_with_which_resource_instead_of_the_transcript() -> None:
    error: PlatformError = explained(
        failure("error: update failed", stdout="Updating (one)…\n + hundred resources"), ["route-web: no such gateway"]
    )

    assert error.details == ("route-web: no such gateway",)
    assert "hundred resources" not in str(error)


def test_words_of_a_resource_are_not_taken_for_the_engines_own() -> None:
    said = "tag platform-stack=one: image not found\n  passphrase must be set by the application"

    error = explained(failure("error: update failed", stdout=said), [said])

    assert error.exit_code == 4
    assert error.details == (said,)


def test_a_failure_without_an_error_line_shows_its_last_lines() -> None:
    error = explained(failure("\n".join(f"line {number}" for number in range(20))))

    assert error.details == tuple(f"line {number}" for number in range(15, 20))


@pytest.mark.parametrize(
    ("said", "free"),
    [
        ("no resource named 'urn:pulumi:one::platform::pulumi:pulumi:Stack::platform-one' found", True),
        ("no resource named 'urn:pulumi:one::platform::a:b:C::web' found", False),
        ("the server is down", False),
    ],
)
def test_a_stack_of_which_nothing_but_notes_is_left_can_be_held(
    said: str, free: bool, tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `make chaos` found: a destroy that was killed after its last resource was gone."""
    script = f'[ "$1" = version ] && echo v3.255.0 && exit; cat >&2 <<E\nerror: {said}\nE\nexit 255'
    program_on_path(tmp_path / "bin", monkeypatch, script)

    with nullcontext() if free else pytest.raises(OutsideError):
        Engine(platform).probe("one")
