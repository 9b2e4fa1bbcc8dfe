"""Whether pods can run on this machine, and what that takes of the toolchain. Standard library only."""

import os
import sys

from sandbox.node.inside import forbidden
from sandbox.toolchain import ALL, NODE, debian
from sandbox.toolchain.parts import Part


def why_not() -> str:
    """Why pods cannot run on this machine; empty where they can."""
    if not sys.platform.startswith("linux"):
        return "pods run on Linux only"
    if os.geteuid() != 0:
        return "only root may run pods"
    if not debian.available():
        return "containerd and runc come from Debian's packages, and there is no apt-get here"
    return forbidden()


def parts(*, run: bool) -> tuple[Part, ...]:
    """What a sandbox needs of the toolchain: kwok where pods do not run, a node's programs where they do."""
    return (*(part for part in ALL if part.name != "kwok"), *NODE) if run else ALL
