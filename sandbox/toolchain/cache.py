"""Where built parts are kept, under which key, and how two builds at once stay out of each other's way."""

import fcntl
import hashlib
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.toolchain.parts import Part


def cache_root(environment: Mapping[str, str]) -> Path:
    """`$PLATFORM_TOOLCHAIN_CACHE`, else a folder in the user's cache: never in the checkout."""
    if chosen := environment.get("PLATFORM_TOOLCHAIN_CACHE"):
        return Path(chosen).expanduser().absolute()
    user = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(user).expanduser().absolute() / "platform-components" / "toolchain"


def key_of(part: Part, *, flags: tuple[str, ...], tools: tuple[str, ...]) -> str:
    """16 hex digits that change with everything the result depends on."""
    digest = hashlib.sha256()
    for recipe in part.recipes:
        for file in sorted(recipe.iterdir()):
            if file.is_file():
                digest.update(f"{recipe.name}/{file.name}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    digest.update(repr((part.steps, flags, tools, platform.system(), platform.machine())).encode())
    return digest.hexdigest()[:16]


@contextmanager
def exclusive(root: Path, part: Part, report: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock of one part; a second build waits for the first and says so."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / f".{part.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"{part.title}: another build of it is under way, waiting for that one")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def new_folder(target: Path, part: Part) -> Iterator[Path]:
    """A folder to build into, renamed to `target` at the end; call it with the part's lock held."""
    prefix = f".building-{part.name}-"
    for left in target.parent.glob(f"{prefix}*"):  # of a build that was killed: nobody else can hold the lock
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        yield folder
        folder.chmod(0o755)
        folder.replace(target)
    finally:
        if folder.exists():
            shutil.rmtree(folder)
