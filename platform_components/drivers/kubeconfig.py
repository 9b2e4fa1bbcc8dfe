"""The kubeconfig of the machine: which file, which context. What is secret in it stays there."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from platform_components.errors import InputError
from platform_components.score.problems import did_you_mean

AT_HAND = "kubeconfig"
"""The driver that serves it."""


@dataclass(frozen=True)
class AtHand:
    """A cluster that this machine knows how to reach."""

    path: str
    """The file that says how; programs read it where it is."""
    context: str


def at_hand(
    path: str | None = None, context: str | None = None, *, environment: Mapping[str, str] = os.environ
) -> AtHand:
    """The cluster of a context, or of the current one. Raises `InputError` when there is no such file or context."""
    files = [Path(path).expanduser()] if path else _files(environment)
    contents = {file: _contents(file) for file in files if path or file.is_file()}
    wanted = context or next(
        (str(one["current-context"]) for one in contents.values() if one.get("current-context")), ""
    )
    if not contents or not wanted:
        what = "names no current context" if contents else f"there is none: {os.pathsep.join(map(str, files))}"
        fix = "start a cluster (k3d cluster create, kind create cluster), or name another file in KUBECONFIG"
        raise InputError(what, where="kubeconfig", fix=fix)
    known: list[str] = []
    for file, one in contents.items():
        names = [str(each.get("name")) for each in one.get("contexts") or () if isinstance(each, Mapping)]
        if wanted in names:
            return AtHand(str(file.absolute()), wanted)
        known += names
    raise InputError(f"has no context '{wanted}'", where="kubeconfig", fix=did_you_mean(wanted, known, of="contexts"))


def _files(environment: Mapping[str, str]) -> Sequence[Path]:
    """Where `kubectl` looks."""
    named = [Path(part).expanduser() for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    return named or [Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"]


def _contents(file: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no YAML"
        raise InputError(f"{file} can't be read: {reason}", where="kubeconfig") from None
    return found if isinstance(found, Mapping) else {}
