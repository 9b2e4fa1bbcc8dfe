"""Makes sure every part is there: from `PATH`, from the cache, or built now, in this order."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.build import GO_FLAGS, NODE_FLAGS, ToolchainError, build
from sandbox.toolchain.cache import cache_root, exclusive, key_of, new_folder
from sandbox.toolchain.parts import ALL, Part, version_of
from sandbox.toolchain.progress import Life, Report

GO_NEEDED = (1, 26)
NODE_NEEDED = (18, 0)


@dataclass(frozen=True)
class Toolchain:
    """Where the programs are."""

    path: tuple[Path, ...]
    """Folders to put first on `PATH`, in this order."""
    postgres: Path
    """The folder with `initdb`, `postgres` and `pg_ctl`."""
    gateway_crds: Path
    """The folder with the Gateway API's resource definitions."""

    def program(self, name: str) -> Path:
        """The full path of one program."""
        found = shutil.which(name, path=os.pathsep.join([*map(str, self.path), os.environ.get("PATH", "")]))
        if found is None:
            raise ToolchainError(
                f"{name} is neither in the toolchain nor on PATH", fix="build it: python -m sandbox.toolchain"
            )
        return Path(found)


def ensure(parts: Sequence[Part] = ALL, report: Report = print) -> Toolchain:
    """Returns the whole toolchain after building those of `parts` that are neither on `PATH` nor in the cache."""
    folders, missing = _located(tuple(dict.fromkeys((*ALL, *parts))))
    wanted = [part for part in missing if part in parts]
    started = time.monotonic()
    for number, part in enumerate(wanted, start=1):
        _build(part, missing[part], f"[{number}/{len(wanted)}] {part.title}", report)
    if wanted:
        report(f"toolchain complete after {_duration(time.monotonic() - started)}")
    return _toolchain(folders)


def folder_of(part: Part, report: Report = print) -> Path:
    """The folder of one part, built if need be: of those that not everybody needs."""
    folders, missing = _located((part,))
    if part in missing:
        _build(part, missing[part], part.title, report)
    return folders[part.name][0]


def find(parts: Sequence[Part] = ALL) -> Toolchain:
    """The toolchain as it is, with nothing built; an error names those of `parts` that are missing."""
    folders, missing = _located(tuple(dict.fromkeys((*ALL, *parts))))
    if names := ", ".join(part.name for part in missing if part in parts):
        raise ToolchainError(f"toolchain: not built yet: {names}", fix="build it: python -m sandbox.toolchain")
    return _toolchain(folders)


def _located(parts: Sequence[Part] = ALL) -> tuple[dict[str, tuple[Path, bool]], dict[Part, Path]]:
    """Per part its folder and whether that is on `PATH` anyway; and the parts whose folder is still to be built."""
    on_path = {part: part.on_path() for part in parts}
    tools = _tools([part for part, folder in on_path.items() if folder is None])
    folders: dict[str, tuple[Path, bool]] = {}
    missing: dict[Part, Path] = {}
    for part, folder in on_path.items():
        if folder is not None:
            folders[part.name] = (folder, True)
            continue
        home = cache_root(os.environ) / f"{part.name}-{key_of(part, flags=GO_FLAGS + NODE_FLAGS, tools=tools[part])}"
        folders[part.name] = (home / part.provides, False)
        if not home.is_dir():
            missing[part] = home
    return folders, missing


def _toolchain(folders: dict[str, tuple[Path, bool]]) -> Toolchain:
    return Toolchain(
        path=tuple(folders[name][0] for name in ("pulumi", "control-plane", "kwok") if not folders[name][1]),
        postgres=folders["postgres"][0],
        gateway_crds=folders["gateway-crds"][0],
    )


def _tools(parts: Sequence[Part]) -> dict[Part, tuple[str, ...]]:
    """The versions of the compilers each part is made with; an error before anything is built where one won't do."""
    go = _required("go", ("env", "GOVERSION"), GO_NEEDED, [part for part in parts if part.needs_go])
    node = _required("node", ("--version",), NODE_NEEDED, [part for part in parts if part.needs_node])
    if node:
        _required("npm", ("--version",), (8,), [part for part in parts if part.needs_node])
    return {part: (go * part.needs_go, node * part.needs_node) for part in parts}


def _required(tool: str, arguments: tuple[str, ...], needed: tuple[int, ...], parts: Sequence[Part]) -> str:
    if not parts:
        return ""
    names = " and ".join(part.name for part in parts)
    least = ".".join(map(str, needed))
    found = shutil.which(tool)
    if found is None:
        raise ToolchainError(
            f"toolchain: {tool} is not on PATH; it makes {names}", fix=f"install {tool} {least} or newer"
        )
    version = version_of(Path(found), *arguments)
    if version < needed:
        shown = ".".join(map(str, version)) or "of an unknown version"
        raise ToolchainError(
            f"toolchain: {found} is {shown}, too old to make {names}", fix=f"install {tool} {least} or newer"
        )
    return ".".join(map(str, version))


def _build(part: Part, home: Path, label: str, report: Report) -> None:
    started = time.monotonic()
    with exclusive(home.parent, part, report):
        if home.is_dir():
            report(f"{label}: built by another process meanwhile")
            return
        report(f"{label} …")
        with new_folder(home, part) as folder:
            build(part, folder, environment=os.environ, life=Life(label, report))
    report(f"{label}: built in {_duration(time.monotonic() - started)}")


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
