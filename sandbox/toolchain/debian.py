"""Debian's packages, fetched and unpacked without installing anything; the system's own `apt` stays as it is."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.toolchain.progress import Life, run


def available() -> bool:
    """Whether this machine has what fetches and unpacks them."""
    return all(shutil.which(program) for program in ("apt-get", "dpkg-deb"))


def fetch(
    packages: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str],
    life: Life,
    closure: bool,
    lists: Path | None = None,
) -> list[str]:
    """Unpack packages into `folder`; with `closure` also all that they depend on. Their file names, sorted.

    Where they come from is what the system's own sources.list says. `lists`: where the lists of packages are kept for
    the next one; None: nowhere.
    """
    work = folder.parent / f".{folder.name}-apt"
    lists = lists or work / "lists"
    known = lists.is_dir()
    for needed in (lists / "partial", work / "cache/archives/partial"):
        needed.mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    options = [
        f"-o=Dir::State={work}",
        f"-o=Dir::State::lists={lists}",
        f"-o=Dir::State::status={work / 'status'}",
        f"-o=Dir::Cache={work / 'cache'}",
        "-o=Debug::NoLocking=true",
        "-o=APT::Sandbox::User=",
        "-qq",
    ]
    archives = work / "cache" / "archives"
    if not known:
        run(["apt-get", *options, "update"], cwd=work, env=environment, life=life)
    if closure:
        wanted = ["--yes", "--no-install-recommends", "--download-only", "install", *packages]
        run(["apt-get", *options, *wanted], cwd=work, env=environment, life=life)
    else:
        run(["apt-get", *options, "download", *packages], cwd=archives, env=environment, life=life)
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(archives.glob("*.deb"))
    for package in found:
        run(["dpkg-deb", "--extract", str(package), str(folder)], cwd=folder, env=environment, life=life)
    shutil.rmtree(work)
    return [package.name for package in found]
