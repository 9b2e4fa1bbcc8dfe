"""A backend in memory behind the real `Engine`: it answers the few commands that are run, and remembers all of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import OutsideError
from platform_components.lifecycle import stack_file
from platform_components.lifecycle.engine import Engine


@dataclass
class Stored:
    """One stack of the backend."""

    tags: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    resources: list[Any] = field(default_factory=list)
    config: dict[str, Any] | None = None
    """That of the last deployment; None: none has ended."""
    pending: list[Any] = field(default_factory=list)
    """The notes that a killed run left."""

    def state(self) -> dict[str, Any]:
        """As `pulumi stack export` prints it."""
        root = {"urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", "type": "pulumi:pulumi:Stack"}
        resources = [{**root, "outputs": self.outputs}] if self.outputs else []
        return {
            "version": 3,
            "deployment": {"resources": [*resources, *self.resources], "pending_operations": self.pending},
        }


class Backend(Engine):
    """An engine whose program is this object."""

    def __init__(self, platform: Path, stacks: Mapping[str, Stored]) -> None:
        super().__init__(platform)
        self.stacks = dict(stacks)
        self.calls: list[str] = []
        self.answers: dict[str, str] = {}
        """To further commands, by their first word."""

    def run(self, *arguments: str) -> str:
        """Do what `pulumi ARGUMENTS` would."""
        self.calls.append(" ".join(arguments))
        match arguments:
            case ("stack", "ls", "--json"):
                return json.dumps([{"name": name} for name in self.stacks])
            case ("stack", "tag", "ls", "--json", "-s", stack):
                return json.dumps(self.stacks[stack].tags)
            case ("stack", "tag", "set", name, value, "-s", stack):
                self.stacks[stack].tags[name] = value
            case ("stack", "output", "--json", "-s", stack):
                return json.dumps(self.stacks[stack].outputs)
            case ("stack", "export", "-s", stack):
                return json.dumps(self.stacks[stack].state())
            case ("config", "refresh", "--force", "-s", stack):
                config = self.stacks[stack].config
                if config is None:
                    said = "error: getting latest configuration: no previous deployment"
                    raise OutsideError("the engine stopped with an error", details=[said])
                stack_file.write(self.platform, stack, config)
            case ("stack", "init", stack, "--no-select"):
                self.stacks[stack] = Stored()
            case ("stack", "rm", stack, "--yes", *_):
                del self.stacks[stack]
            case (word, *_) if word in self.answers:
                return self.answers[word]
            case _:
                raise AssertionError(f"nobody answers: pulumi {' '.join(arguments)}")
        return ""


def program_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str = "exit 1") -> None:
    """A program `pulumi` that does what `script` says, and nothing else but the system's programs on `PATH`."""
    folder.mkdir(exist_ok=True)
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
