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
    deployed_values: dict[str, str] | None = None
    """`platform:values` of the last deployment, in the clear."""
    history: list[Any] = field(default_factory=list)
    """Its runs, the last one first."""
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
        self.inputs: list[str] = []
        """What was piped into commands."""

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
            case ("stack", "history", "--json", "--page-size", "1", "-s", stack):
                return json.dumps(self.stacks[stack].history)
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

    def run_privately(self, *arguments: str, value: str = "") -> str:
        """Do what `pulumi ARGUMENTS` would; a text is encrypted by writing it backwards, anew each time."""
        self.calls.append(" ".join(arguments))
        self.inputs.append(value)
        stack = arguments[-1]
        values = dict(stack_file.read(self.platform, stack).get("values") or {})
        match arguments:
            case ("config", "set", "--secret", "--raw", "--path", path, "-s", _):
                name = path.removeprefix('platform:values["').removesuffix('"]')
                values[name] = {"secure": f"v{len(self.calls)}:{value[::-1]}"}
                # As the engine: it reads and writes the whole file, and takes 1e5 for a number
                stack_file.write(self.platform, stack, {"values": values, "branch": "100000"})
            case ("stack", "export", "--show-secrets", "-s", _):
                return json.dumps(self.stacks[stack].state())
            case ("config", "--show-secrets", "--json", "-s", _):
                clear = {name: one["secure"].partition(":")[2][::-1] for name, one in values.items()}
                return json.dumps({"platform:values": {"value": json.dumps(clear), "secret": True}})
            case ("stack", "history", "--json", "--show-secrets", "--page-size", "20", "-s", _):
                stack_file.write(self.platform, stack, {"type": "written by the engine"})
                entry = {"value": json.dumps(self.stacks[stack].deployed_values), "secret": True}
                done = {"kind": "update", "result": "succeeded", "config": {"platform:values": entry}}
                return json.dumps([{"kind": "destroy", "result": "succeeded", "config": {}}, done])
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
