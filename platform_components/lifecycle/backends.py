"""Where stacks are kept, and what encrypts their secrets: as the environment type says, unless the caller says else.

`PULUMI_BACKEND_URL` always counts: pipelines, sandboxes and tests set it. Only one thing it may not do is send an
environment into the backend of another type, such as production's stack into the one that branches share.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from platform_components.environment import EnvironmentType
from platform_components.errors import InputError

VARIABLE = "PULUMI_BACKEND_URL"


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


def prune(backend: str, project: str, stack: str, *, keep: int) -> int:
    """Remove a stack's oldest checkpoints and backups from a backend of files, but for the newest `keep` of each.

    Each is a whole state, and the engine never removes one. The history itself stays, without what it was made from.
    Other backends have life-cycle rules of their own. Returns how many were removed.
    """
    where = urlparse(backend)
    if where.scheme != "file":
        return 0
    root = Path(unquote(where.path)).expanduser() / ".pulumi"
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


def _newest_first(folder: Path, ending: str) -> list[Path]:
    """By their names, which end in the nanosecond; compressed ones end in .gz."""
    return sorted(_named(folder, ending), key=lambda file: file.name, reverse=True)


def _named(folder: Path, ending: str) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (file for file in folder.iterdir() if file.name.removesuffix(".gz").endswith(ending))
