"""The Azure CLI, which is logged in where this program runs: one way to start it, for whoever asks.

Its arguments are seen by everybody on the machine and hold names only; its answer comes through a pipe.
"""

import shutil
import subprocess

from platform_components.errors import OutsideError

TIMEOUT_SECONDS = 120.0
"""It starts in about a second, and asks Azure, which may be slow."""


def at_hand() -> bool:
    """Whether there is an Azure CLI on `PATH`."""
    return shutil.which("az") is not None


def asked(*arguments: str, where: str = "", seconds: float | None = None) -> "subprocess.CompletedProcess[str]":
    """What `az ARGUMENTS` ended with and printed; `seconds`: how long it is waited for, 120 unless told.

    `where` is the place that an error names. Raises `OutsideError` when there is no `az`, or it takes too long.
    """
    limit = seconds or TIMEOUT_SECONDS
    program = shutil.which("az")
    if program is None:
        raise OutsideError("the Azure CLI 'az' is not on PATH", where=where, fix="install it and run 'az login'")
    try:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        raise OutsideError(f"'az {_verb(arguments)}' did not answer within {limit:g} s", where=where) from None


def complaint(done: "subprocess.CompletedProcess[str]") -> str:
    """The first line of what it complained about; its exit code where it ended without a word."""
    lines = [line.removeprefix("ERROR: ").strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[0] if lines else f"exit code {done.returncode}"


def _verb(arguments: tuple[str, ...]) -> str:
    words = [word for word in arguments[:4] if not word.startswith("-")]
    return " ".join(words)
