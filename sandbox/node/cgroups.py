"""A node's own cgroups, in every hierarchy: made before the kubelet, which makes none at the top; removed after it."""

import contextlib
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def make(name: str) -> None:
    """The group in every hierarchy that there is (version 1), or in the one (version 2)."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):  # without, no process can be put there: cgroups(7), cpuset
            if (hierarchy / file).exists() and not (group / file).read_text().strip():
                (group / file).write_text((hierarchy / file).read_text())
        controllers = hierarchy / "cgroup.controllers"
        if hierarchy == _ROOT and controllers.exists():
            words = " ".join(f"+{one}" for one in controllers.read_text().split())
            with contextlib.suppress(OSError):  # those that this machine does not give away
                (hierarchy / "cgroup.subtree_control").write_text(words)


def remove(name: str, *, seconds: float = 5) -> None:
    """Take the group and all below it away; its processes have ended, or do so now."""
    until = time.monotonic() + seconds
    for hierarchy in _hierarchies():
        top = hierarchy / name
        while top.exists():
            for group in sorted((top, *top.rglob("*/")), key=lambda one: len(one.parts), reverse=True):
                with contextlib.suppress(OSError):
                    group.rmdir()
            if top.exists():
                if time.monotonic() > until:
                    break
                time.sleep(0.05)


def left(name: str) -> list[Path]:
    """What is still there of it."""
    return [hierarchy / name for hierarchy in _hierarchies() if (hierarchy / name).exists()]


def _hierarchies() -> list[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    return sorted(one for one in _ROOT.iterdir() if one.is_dir() and not one.is_symlink() and one.is_mount())
