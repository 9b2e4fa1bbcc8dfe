"""Pulumi's engine for one platform repository, and its failures in words that a person can act on.

What a stack is for is others' business; here is only what the program and its Automation API answer.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pulumi import automation as auto

from platform_components.errors import BusyError, InputError, OutsideError, PlatformError, UsageError

_PASSPHRASE = re.compile(r"incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE")
_LOCKED = re.compile(r"created by (?P<who>\S+) \(pid (?P<pid>\d+)\) at (?P<time>\S+)")
_STACK_MISSING = re.compile(r"no stack named|no checkpoint found|stack .* not found")


class Engine:
    """The Pulumi program on `PATH`, working in one platform repository.

    Raises `OutsideError` when there is no engine or it is too old for the SDK.
    """

    def __init__(self, platform: Path) -> None:
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
        self._environment = {"PATH": path}

    @cached_property
    def workspace(self) -> auto.LocalWorkspace:
        """The Automation API's view of the platform repository; Pulumi.yaml and `stacks/` are its settings."""
        try:
            return auto.LocalWorkspace(work_dir=str(self.platform), env_vars=self._environment)
        except (OSError, ValueError, auto.InvalidVersionError) as error:
            raise OutsideError(f"the Pulumi engine does not answer: {error}", fix="run `pulumi version`") from error

    def run(self, *arguments: str) -> str:
        """What `pulumi ARGUMENTS` prints; its failure as this program's error."""
        try:
            result = self.workspace.pulumi_command.run(list(arguments), str(self.platform), self._environment)
        except auto.errors.CommandError as error:
            raise explained(error) from error
        return str(result.stdout)

    def stack_names(self) -> tuple[str, ...]:
        """Names of this project's stacks, sorted."""
        summaries = json.loads(self.run("stack", "ls", "--json"))
        return tuple(sorted(str(summary["name"]).rpartition("/")[2] for summary in summaries))

    def has_stack(self, stack: str) -> bool:
        """Whether the backend knows a stack of this name."""
        return stack in self.stack_names()

    def tags(self, stack: str) -> dict[str, str]:
        """The tags of a stack."""
        return {
            str(name): str(value)
            for name, value in json.loads(self.run("stack", "tag", "ls", "--json", "-s", stack)).items()
        }

    def set_tags(self, stack: str, tags: Mapping[str, str]) -> None:
        """Set each tag that differs from what the backend has."""
        before = self.tags(stack)
        for name, value in tags.items():
            if before.get(name) != value:
                self.run("stack", "tag", "set", name, value, "-s", stack)

    def outputs(self, stack: str) -> dict[str, Any]:
        """A stack's outputs as they are stored; secret ones as `[secret]`."""
        outputs = json.loads(self.run("stack", "output", "--json", "-s", stack))
        return dict(outputs)

    def has_resources(self, stack: str) -> bool:
        """Whether the stack's state holds anything."""
        deployment = json.loads(self.run("stack", "export", "-s", stack)).get("deployment") or {}
        return bool(deployment.get("resources"))

    def init(self, stack: str) -> None:
        """Make an empty stack."""
        self.run("stack", "init", stack, "--no-select")

    def remove(self, stack: str, *, keep_settings: bool = False) -> None:
        """Remove an empty stack with its tags, and its settings file unless that is to stay."""
        self.run("stack", "rm", stack, "--yes", *(["--preserve-config"] if keep_settings else []))


def explained(error: auto.errors.CommandError, problems: Sequence[str] = ()) -> PlatformError:
    """The engine's failure as the error a person gets; `problems` are what its events said went wrong."""
    text = str(error)
    if isinstance(error, auto.errors.ConcurrentUpdateError):
        holder = _LOCKED.search(text)
        by = f" by {holder['who']} (pid {holder['pid']}) since {holder['time']}" if holder else ""
        return BusyError(
            f"another operation holds this environment{by}",
            fix="wait for it to end; if that process is gone, `pulumi cancel` removes its lock",
        )
    if _PASSPHRASE.search(text):
        return InputError(
            "the passphrase does not open this stack's secrets",
            where="PULUMI_CONFIG_PASSPHRASE",
            fix="set the passphrase that the stack was made with (or PULUMI_CONFIG_PASSPHRASE_FILE)",
        )
    if _STACK_MISSING.search(text):
        return InputError("the backend has no such stack", fix="`pave list` shows the environments there are")
    return OutsideError("the engine stopped with an error", details=list(problems) or _said(text))


def _said(text: str) -> list[str]:
    """The lines of a failed command that carry its message; not the whole transcript that the API's error repeats."""
    _, _, stderr = text.partition("stderr:")
    lines = [line.strip() for line in (stderr or text).splitlines() if line.strip()]
    return [line for line in lines if line.startswith("error:")] or lines[-5:]


def backend_problem() -> str:
    """What is missing before any stack can be reached; empty when nothing is."""
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    if "PULUMI_BACKEND_URL" in os.environ or (home / "credentials.json").is_file():
        return ""
    return "no backend: set PULUMI_BACKEND_URL or run `pulumi login`"
