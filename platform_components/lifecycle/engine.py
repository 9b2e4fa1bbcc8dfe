"""Pulumi's engine for one platform repository, and its failures in words that a person can act on.

What a stack is for is others' business; here is only what the program and its Automation API answer.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from pulumi import automation as auto

from platform_components.environment import PROJECT
from platform_components.errors import BusyError, Holder, InputError, OutsideError, PlatformError, UsageError
from platform_components.lifecycle import locks
from platform_components.lifecycle.backends import VARIABLE, Place, mend, set_tags_in_files, tags_in_files

_PASSPHRASE = re.compile(r"incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE")
_LOCKED = re.compile(r"(?P<lock>\S+): created by (?P<user>[^@\s]+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<time>\S+)")
# In a backend of files the engine replaces a state in more than one step, and stumbles over what another run is just
# writing: a list of files of which one is gone by then (gocloud.dev/blob/fileblob), a state that is empty for a moment
_BEING_WRITTEN = re.compile(
    r"list bucket: .*code=NotFound|load checkpoint: .*EOF|stack tags file: EOF|unexpected end of JSON input"
)
_READING = (("stack", "ls"), ("stack", "tag", "ls"), ("stack", "output"), ("stack", "export"))
_READING_TRIES = 15
_READING_SECONDS = 0.2
_ROOT_IS_GONE = re.compile(r"no resource named 'urn:.*::pulumi:pulumi:Stack::.*' found")
_STACK_MISSING = re.compile(r"no stack named|no checkpoint found|stack .* not found")


class Engine:
    """The Pulumi program on `PATH`, working in one platform repository, for the time of one command.

    Each call of the program takes a fifth of a second, so what stacks there are and how they are tagged is asked once.
    Raises `OutsideError` when there is no engine or it is too old for the SDK.
    """

    def __init__(self, platform: Path, place: Place = Place()) -> None:  # noqa: B008  # it is immutable
        if shutil.which("pulumi") is None:
            raise OutsideError(
                "the Pulumi engine was not found: no program `pulumi` on PATH",
                fix="install Pulumi, or use this machine's sandbox: python -m sandbox exec -- pave …",
            )
        if not (platform / "Pulumi.yaml").is_file():
            raise UsageError(
                f"{platform} is not a platform repository: it has no Pulumi.yaml",
                fix="name one with --platform DIR or PAVE_PLATFORM",
            )
        self.platform = platform
        # Dynamic providers run in the Python that is first on PATH: it has to be the one that has this library
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self._environment = {"PATH": path, **({VARIABLE: place.backend} if place.backend else {})}
        self.backend = place.backend or os.environ.get(VARIABLE, "")
        """Its URL; empty: where the engine is logged in."""
        self._secrets_provider = place.secrets_provider
        self._opening: Future[auto.LocalWorkspace] | None = None
        self._names: tuple[str, ...] | None = None
        self._tags: dict[str, dict[str, str]] = {}

    def open_soon(self) -> None:
        """Ask the engine for its version in the background: a fifth of a second, in which others read files."""
        pool = ThreadPoolExecutor(max_workers=1)
        self._opening = pool.submit(self._open)
        pool.shutdown(wait=False)

    @cached_property
    def workspace(self) -> auto.LocalWorkspace:
        """The Automation API's view of the platform repository; Pulumi.yaml and `stacks/` are its settings."""
        return self._opening.result() if self._opening else self._open()

    def _open(self) -> auto.LocalWorkspace:
        try:
            return _Workspace(
                work_dir=str(self.platform), env_vars=self._environment, pulumi_command=_RecordedCommand()
            )
        except (OSError, ValueError, auto.InvalidVersionError) as error:
            raise OutsideError(f"the Pulumi engine does not answer: {error}", fix="run `pulumi version`") from error

    def stack(self, name: str) -> auto.Stack:
        """The Automation API's view of a stack that there is."""
        stack = auto.Stack.select(name, self.workspace)
        # After each run the API asks for the outputs and for the run's entry in the history, a call of the engine each:
        # outputs come with the events (`Progress.outputs`), and nobody reads the entry
        stack.outputs = dict  # type: ignore[method-assign]
        stack.info = _no_entry  # type: ignore[method-assign]
        return stack

    def run(self, *arguments: str) -> str:
        """What `pulumi ARGUMENTS` prints; its failure as this program's error."""
        reads = any(arguments[: len(words)] == words for words in _READING)
        return self._patiently(partial(self._answer, *arguments)) if reads else self._answer(*arguments)

    def _patiently(self, answer: Callable[[], str]) -> str:
        """What it answers, asked again while another run is just writing what is read."""
        for _ in range(_READING_TRIES - 1):
            try:
                return answer()
            except BusyError as busy:
                if not busy.passing:
                    raise
                time.sleep(_READING_SECONDS)
                self.mend()
        return answer()

    def mend(self) -> None:
        """Take away what a killed engine has left that no other could read."""
        mend(self.backend, PROJECT)

    def _answer(self, *arguments: str) -> str:
        try:
            result = self.workspace.pulumi_command.run(list(arguments), str(self.platform), self._environment)
        except auto.errors.CommandError as error:
            raise explained(error) from error
        return str(result.stdout)

    def run_privately(self, *arguments: str, value: str = "") -> str:
        """What `pulumi ARGUMENTS` prints, with a secret on its standard input, its standard output, or both.

        Arguments are seen by everybody on the machine; what goes through a pipe is not. Of a failure only the words on
        standard error are told.
        """
        return self._patiently(partial(self._private_answer, arguments, value))

    def _private_answer(self, arguments: Sequence[str], value: str) -> str:
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command,
            input=value,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=self.platform,
            env={**os.environ, **self._environment},
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.replace(value, "<secret>") if value else done.stderr
            result = auto.CommandResult(stdout="", stderr=said, code=done.returncode)
            raise explained(auto.errors.create_command_error(result))
        return done.stdout

    def stack_names(self) -> tuple[str, ...]:
        """Names of this project's stacks, sorted."""
        if self._names is None:
            found = tags_in_files(self.backend, PROJECT)
            self._names = tuple(sorted(self._listed() if found is None else found))
            self._tags |= {stack: tags for stack, tags in (found or {}).items() if stack not in self._tags}
        return self._names

    def stacks_tagged(self, tag: str, value: str) -> frozenset[str]:
        """Names of this project's stacks with this tag: one call, where `tags` may need one for each."""
        found = tags_in_files(self.backend, PROJECT)
        if found is None:
            return frozenset(self._listed("--tag", f"{tag}={value}"))
        return frozenset(stack for stack, tags in found.items() if tags.get(tag) == value)

    def _listed(self, *options: str) -> list[str]:
        summaries = json.loads(self.run("stack", "ls", "--json", *options))
        return [str(summary["name"]).rpartition("/")[2] for summary in summaries]

    def forget(self) -> None:
        """Ask anew what stacks there are and how they are tagged: time has passed, and others are at work, too."""
        self._names = None
        self._tags.clear()

    def has_stack(self, stack: str) -> bool:
        """Whether the backend knows a stack of this name."""
        return stack in self.stack_names()

    def tags(self, stack: str) -> dict[str, str]:
        """The tags of a stack."""
        if stack not in self._tags:
            found = json.loads(self.run("stack", "tag", "ls", "--json", "-s", stack))
            self._tags[stack] = {str(name): str(value) for name, value in found.items()}
        return dict(self._tags[stack])

    def set_tags(self, stack: str, tags: Mapping[str, str]) -> None:
        """Set each tag that differs from what the backend has."""
        before = self.tags(stack)
        differing = {name: value for name, value in tags.items() if before.get(name) != value}
        if not differing:
            return
        if set_tags_in_files(self.backend, PROJECT, stack, differing):
            self._tags[stack] |= differing
            return
        self.mend()
        for name, value in differing.items():
            self.run("stack", "tag", "set", name, value, "-s", stack)
            self._tags[stack][name] = value

    def drop_tags(self, stack: str, *names: str) -> None:
        """Take away those of these tags that there are."""
        going = [name for name in names if name in self.tags(stack)]
        if not going:
            return
        in_files = set_tags_in_files(self.backend, PROJECT, stack, dict.fromkeys(going))
        for name in going:
            if not in_files:
                self.run("stack", "tag", "rm", name, "-s", stack)
            del self._tags[stack][name]

    def outputs(self, stack: str) -> dict[str, Any]:
        """A stack's outputs as they are stored; secret ones as `[secret]`."""
        outputs = json.loads(self.run("stack", "output", "--json", "-s", stack))
        return dict(outputs)

    def state(self, stack: str) -> dict[str, Any]:
        """A stack's state as the backend keeps it: secrets stay encrypted."""
        return dict(json.loads(self.run("stack", "export", "-s", stack)))

    def probe(self, stack: str) -> None:
        """Take the stack's lock for a moment, and change nothing. Raises `BusyError` when somebody holds it."""
        root = f"urn:pulumi:{stack}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack}"
        try:
            self.run("refresh", "--yes", "--skip-preview", "--stack", stack, "--target", root)
        except OutsideError as error:
            # It had the lock by then: a destroy that was killed at its very end leaves notes, and no resource
            if not any(_ROOT_IS_GONE.search(line) for line in error.details):
                raise

    def put_state(self, stack: str, state: Mapping[str, Any]) -> None:
        """Put another state in the place of a stack's."""
        try:
            self.workspace.import_stack(stack, auto.Deployment(state.get("version"), state["deployment"]))
        except auto.errors.CommandError as error:
            raise explained(error) from error

    def restore_settings(self, stack: str) -> None:
        """Write a stack's settings file as its last deployment had it; nothing, if none has ever ended."""
        try:
            self.run("config", "refresh", "--force", "-s", stack)
        except OutsideError as error:
            if not any("no previous deployment" in line for line in error.details):
                raise

    def init(self, stack: str) -> None:
        """Make an empty stack."""
        provider = ["--secrets-provider", self._secrets_provider] if self._secrets_provider else []
        self.run("stack", "init", stack, "--no-select", *provider)
        self._names = None
        self._tags[stack] = {}  # none of ours; what the backend itself may have set is nothing to us

    def remove(self, stack: str, *, keep_settings: bool = False) -> None:
        """Remove an empty stack with its tags, and its settings file unless that is to stay."""
        self.run("stack", "rm", stack, "--yes", *(["--preserve-config"] if keep_settings else []))
        self._names = None
        self._tags.pop(stack, None)


def outputs_in(state: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's outputs in a state; secret ones are encrypted there."""
    for resource in (state.get("deployment") or {}).get("resources") or ():
        if resource["type"] == "pulumi:pulumi:Stack":
            return dict(resource.get("outputs") or {})
    return {}


class _RecordedCommand(auto.PulumiCommand):
    """The engine, whose processes are recorded while they hold a stack."""

    def run(self, args: list[str], *more: Any, **options: Any) -> auto.CommandResult:
        """What `pulumi ARGS` prints."""
        self.command, *command = locks.recorded(["--non-interactive", *args])
        return super().run(command, *more, **options)


class _Workspace(auto.LocalWorkspace):
    """Without what the Automation API does around every run and nobody here needs."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: every command names its stack, and which one a person has selected is theirs to say."""


def _no_entry(show_secrets: bool = True) -> auto.UpdateSummary:  # noqa: ARG001
    return auto.UpdateSummary("", datetime.now(UTC), "", {}, {}, result="")


def explained(error: auto.errors.CommandError, problems: Sequence[str] = ()) -> PlatformError:
    """The engine's failure as the error a person gets; `problems` are what its events said went wrong."""
    text = str(error)
    said = _said(text)
    if isinstance(error, auto.errors.StackAlreadyExistsError):
        return BusyError("another operation has just made this environment", fix="wait for it to end, then try again")
    if isinstance(error, auto.errors.ConcurrentUpdateError):
        return _busy(text)
    if any(map(_BEING_WRITTEN.search, said)):
        busy = BusyError("another run is just writing to the backend", details=said, fix="try again")
        busy.passing = True
        return busy
    # Only in the command's own last words: what a program or a resource says in between may hold anything
    if any(map(_PASSPHRASE.search, said)):
        return InputError(
            "the passphrase does not open this stack's secrets",
            where="PULUMI_CONFIG_PASSPHRASE",
            fix="set the passphrase that the stack was made with (or PULUMI_CONFIG_PASSPHRASE_FILE)",
        )
    if any(map(_STACK_MISSING.search, said)):
        return InputError("the backend has no such stack", fix="`pave list` shows the environments there are")
    return OutsideError("the engine stopped with an error", details=list(problems) or said)


def _busy(text: str) -> BusyError:
    matched = _LOCKED.search(text)
    holder = None
    if matched is not None:
        try:
            since = datetime.fromisoformat(matched["time"])
        except ValueError:
            since = None
        holder = Holder(matched["user"], matched["host"], int(matched["pid"]), since, matched["lock"])
    busy = BusyError(
        f"another operation holds this environment{f': {holder}' if holder else ''}",
        fix="wait for it to end; if that process is gone, `pulumi cancel` removes its lock",
    )
    busy.holder = holder
    return busy


def _said(text: str) -> list[str]:
    """The lines of a failed command that carry its message; not the whole transcript that the API's error repeats."""
    _, _, stderr = text.partition("stderr:")
    lines = [line.strip() for line in (stderr or text).splitlines() if line.strip()]
    return [line for line in lines if line.startswith("error:")] or lines[-5:]
