"""A platform repository from nothing: what `pave init` writes.

The files are this package's own data, and this project's own definitions, stacks and examples are among them as they
are: in the checkout by link, in a wheel as copies. Nothing that exists is ever written over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platform_components.errors import InputError

TEMPLATES = Path(__file__).parent / "templates" / "repository"
_SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)
_LIBRARY = """# The library with `pave`. It may also stand here as a wheel's path, or as a git address with a commit:
# platform-components[cli,postgres] @ git+https://…@<commit>
platform-components[cli,postgres]=={version}

"""


@dataclass(frozen=True)
class Written:
    """What was done; paths are relative to the repository."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    """Files that were there already."""


def scaffold(folder: Path, *, missing_only: bool = False) -> Written:
    """Write a platform repository into `folder`, which is made if need be.

    Raises `InputError` when it holds anything, but with `missing_only`: then what is there stays, byte for byte.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", where=str(folder))
    there = sorted(path.name for path in folder.iterdir() if path.name != ".git") if folder.exists() else []
    if there and not missing_only:
        raise InputError(
            f"is not empty: it holds {', '.join(there[:5])}{' and more' if len(there) > 5 else ''}",
            where=str(folder),
            fix="name a new folder, or write only what is missing: --force",
        )
    written, kept = [], []
    for path, text in files():
        target = folder / path
        if target.exists() or target.is_symlink():
            kept.append(path)
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"can't be written: {error.strerror}", where=str(target)) from error
        written.append(path)
    return Written(folder, tuple(written), tuple(kept))


def files() -> Iterator[tuple[str, str]]:
    """Each file of a new repository: its path there, and its text."""
    for file in sorted(_below(TEMPLATES)):
        path = file.relative_to(TEMPLATES).as_posix()
        text = file.read_text(encoding="utf-8")
        if path == "requirements.txt":
            text = _requirements(text)
        elif path.startswith("stacks/"):
            text = _SALT.sub("", text)  # in a checkout that has been worked in; a salt is one backend's own
        yield _name(path), text


def _below(folder: Path) -> Iterator[Path]:
    """All files, those behind links too: `Path.rglob` follows none."""
    for path in folder.iterdir():
        if path.name == "__pycache__":
            continue
        yield from _below(path) if path.is_dir() else [path]


def _name(path: str) -> str:
    """Packages need not keep hidden files, and should hold no program that is not theirs."""
    shown = "/".join(f".{part[4:]}" if part.startswith("dot-") else part for part in path.split("/"))
    return shown.removesuffix(".txt") if shown.endswith(".py.txt") else shown


def _requirements(pinned: str) -> str:
    from platform_components import __version__

    return _LIBRARY.format(version=__version__) + pinned
