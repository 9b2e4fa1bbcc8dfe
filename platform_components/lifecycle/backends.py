"""Where stacks are kept, and what encrypts their secrets: as the environment type says, unless the caller says else.

`PULUMI_BACKEND_URL` always counts: pipelines, sandboxes and tests set it. Only one thing it may not do is send an
environment into the backend of another type, such as production's stack into the one that branches share.
"""

import contextlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from platform_components.environment import EnvironmentType
from platform_components.errors import InputError

VARIABLE = "PULUMI_BACKEND_URL"
_WRITTEN_AFTER = 1.0
"""Seconds after which a file that is still empty is one that nobody writes any more."""
_STATE_ENDINGS = (".json", ".json.gz", ".json.zst")


@dataclass(frozen=True)
class Place:
    """A backend, and the secrets provider of stacks that are made there."""

    backend: str = ""
    """A URL; empty: where the engine is logged in."""
    secrets_provider: str = ""
    """As `pulumi stack init --secrets-provider` takes it; empty: the engine's own choice, a passphrase for most."""


def place_of(types: Mapping[str, EnvironmentType], name: str, environment: Mapping[str, str] = os.environ) -> Place:
    """Where stacks of the environment type `name` belong; a name that is no type's belongs nowhere in particular.

    Raises `InputError` when the backend that is set is another type's.
    """
    own = types.get(name)
    backend, provider = (own.backend or "", own.secrets_provider or "") if own else ("", "")
    given = environment.get(VARIABLE, "").rstrip("/")
    if not given:
        return Place(backend, provider if backend else "")
    if backend and given == backend.rstrip("/"):
        return Place(backend, provider)
    others = sorted(one.name for one in types.values() if (one.backend or "").rstrip("/") == given)
    if backend and others:
        raise InputError(
            f"is the backend of {', '.join(others)}; {name} environments belong into {backend}",
            where=VARIABLE,
            fix=f"take {VARIABLE} away, and pave uses the environment type's own",
        )
    return Place(given, "")


def tags_in_files(backend: str, project: str) -> dict[str, dict[str, str]] | None:
    """Every stack of a project with its tags, read from a backend of files; None: ask the engine.

    The engine reads each stack's whole state to list them, and answers for the tags of one stack at a time: a fifth of
    a second for each. A layout or a version of tags that is not known here is left to it.
    Source: pulumi/pulumi, pkg/backend/diy, store.go and stack_tags.go.
    """
    folder = _stacks_of(backend, project)
    if folder is None:
        return None
    found: dict[str, dict[str, str]] = {}
    try:
        for file in folder.iterdir():
            name = next((file.name.removesuffix(end) for end in _STATE_ENDINGS if file.name.endswith(end)), "")
            if name:
                found[name] = _tags(file.with_name(f"{name}.pulumi-tags"))
    except (OSError, ValueError):
        return None
    return found


def set_tags_in_files(backend: str, project: str, stack: str, tags: Mapping[str, str | None]) -> bool:
    """Set tags of a stack, or take them away (None), in a backend of files, all at once; False: ask the engine.

    The engine sets one at a time, a fifth of a second each, and a new environment has seven. A layout or a version of
    tags that is not known here is left to it. As there, of two who write at the same moment one may win.
    Source: as of `tags_in_files`; the attributes beside the file hold nothing but defaults and a sum of the content.
    """
    folder = _stacks_of(backend, project)
    if folder is None or not any((folder / f"{stack}{ending}").exists() for ending in _STATE_ENDINGS):
        return False
    file = folder / f"{stack}.pulumi-tags"
    try:
        before = _tags(file)
    except (OSError, ValueError):
        return False
    wanted = {name: value for name, value in {**before, **tags}.items() if value is not None}
    new = file.with_name(f".{stack}-{secrets.token_hex(8)}.new-tags")
    try:
        if wanted:
            # As the engine makes its files: whoever shares the folder shares them
            with new.open("x", encoding="utf-8") as text:
                text.write(json.dumps({"version": 1, "tags": wanted}))
            if file.exists():
                new.chmod(stat.S_IMODE(file.stat().st_mode))
            file.with_name(f"{file.name}.attrs").unlink(missing_ok=True)
            new.replace(file)
        else:
            file.unlink(missing_ok=True)
            file.with_name(f"{file.name}.attrs").unlink(missing_ok=True)
    except OSError:
        new.unlink(missing_ok=True)
        return False
    return True


def _stacks_of(backend: str, project: str) -> Path | None:
    """Where a project's stacks are files, in the layout that is known here; None: ask the engine."""
    root = _files_of(backend)
    try:
        if root is None or "version: 1" not in (root / "meta.yaml").read_text(encoding="utf-8").splitlines():
            return None
    except (OSError, ValueError):
        return None
    return root / "stacks" / project


def _tags(file: Path) -> dict[str, str]:
    """Raises `ValueError` when the file is of another version than the first."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:  # a stack without tags
        return {}
    if not isinstance(document, dict) or document.get("version") != 1:
        raise ValueError(file.name)
    return {str(name): str(value) for name, value in (document.get("tags") or {}).items()}


def mend(backend: str, project: str) -> int:
    """Remove the empty files of attributes that a killed engine has left in a backend of files; how many there were.

    Beside every file the engine keeps one of attributes, and writes it in two steps. Killed in between, it can never
    read that stack again: "failed to load checkpoint: EOF". Without the file it takes the defaults, which is all that
    such files hold. One that is younger than a second is just being written.
    Source: gocloud.dev, blob/fileblob, attrs.go.
    """
    root = _files_of(backend)
    removed = 0
    for file in () if root is None else (root / "stacks" / project).glob("*.attrs"):
        with contextlib.suppress(OSError):
            found = file.stat()
            if found.st_size == 0 and time.time() - found.st_mtime > _WRITTEN_AFTER:
                file.unlink()
                removed += 1
    return removed


def prune(backend: str, project: str, stack: str, *, keep: int) -> int:
    """Remove a stack's oldest checkpoints and backups from a backend of files, but for the newest `keep` of each.

    Each is a whole state, and the engine never removes one. The history itself stays, without what it was made from.
    Other backends have life-cycle rules of their own. Returns how many were removed.
    """
    root = _files_of(backend)
    if root is None:
        return 0
    removed = 0
    for files in (
        _newest_first(root / "history" / project / stack, ".checkpoint.json"),
        _newest_first(root / "backups" / project / stack, ".json"),
    ):
        for file in files[keep:]:
            for one in (file, file.with_name(f"{file.name}.attrs")):
                with contextlib.suppress(OSError):
                    one.unlink(missing_ok=True)
            removed += 1
    return removed


def _files_of(backend: str) -> Path | None:
    """Where a backend of files keeps its own; None: it is another kind of backend."""
    where = urlparse(backend)
    if where.scheme != "file":
        return None
    return Path(unquote(where.netloc + where.path)).expanduser() / ".pulumi"


def _newest_first(folder: Path, ending: str) -> list[Path]:
    """By their names, which end in the nanosecond; compressed ones end in .gz."""
    return sorted(_named(folder, ending), key=lambda file: file.name, reverse=True)


def _named(folder: Path, ending: str) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (file for file in folder.iterdir() if file.name.removesuffix(".gz").endswith(ending))
