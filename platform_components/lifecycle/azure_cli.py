"""The Azure CLI, which is logged in where this program runs: for what no stack's state can answer."""

import json
import os
import shutil
import subprocess
from typing import Any

from platform_components.errors import OutsideError

AZ_TIMEOUT = 120


def az(*arguments: str, timeout: float | None = None) -> Any:
    """What `az ARGUMENTS` answers. Raises `OutsideError` when there is no `az`, or it fails, or takes too long."""
    seconds = timeout or AZ_TIMEOUT
    program = shutil.which("az")
    if program is None:
        raise OutsideError("the Azure CLI `az` was not found", fix="install it and log in: az login")
    try:
        answer = subprocess.run(
            [program, *arguments, "--output", "json"], capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise OutsideError(f"`az {' '.join(arguments)}` did not answer in {seconds:g} s") from error
    if answer.returncode != 0:
        raise OutsideError(f"`az {' '.join(arguments)}` failed", details=answer.stderr.strip().splitlines()[-3:])
    return json.loads(answer.stdout or "[]")


def at_hand() -> bool:
    """Whether there is an Azure CLI."""
    return shutil.which("az") is not None


def subscription() -> str:
    """The subscription that the Azure provider works in without further configuration, else the CLI's own."""
    given = os.environ.get("ARM_SUBSCRIPTION_ID") or os.environ.get("AZURE_SUBSCRIPTION_ID")
    return given or str(az("account", "show")["id"])
