"""Whether pods can run on this machine, and what that takes of the toolchain. Standard library only."""

import argparse
import os
import sys
from typing import cast, get_args

from sandbox.node.inside import forbidden
from sandbox.state import Pods, State
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


def add_option(parser: argparse.ArgumentParser) -> None:
    """`--pods`, which counts before SANDBOX_PODS."""
    parser.add_argument(
        "--pods",
        type=_kind,  # and not `choices`, which a default from the environment is not held against
        metavar="{real,kwok}",
        default=os.environ.get("SANDBOX_PODS") or None,
        help="whether pods run (as root, on Debian) or kwok makes them ready; default: as before; new: run if they can",
    )


def _kind(text: str) -> Pods:
    if text in get_args(Pods):
        return cast(Pods, text)
    raise argparse.ArgumentTypeError(f"'{text}' (or SANDBOX_PODS): write real or kwok")


def will_run(state: State | None, asked: Pods | None) -> bool:
    """Whether pods run: how an existing sandbox began counts, then what is asked for. `state` None: in a new one."""
    chosen = state.load_settings().get("pods", "kwok") if state and state.exists else asked
    return chosen == "real" or (chosen is None and not why_not())


def parts(*, run: bool) -> tuple[Part, ...]:
    """What a sandbox needs of the toolchain: kwok where pods do not run, a node's programs where they do."""
    return (*(part for part in ALL if part.name != "kwok"), *NODE) if run else ALL
