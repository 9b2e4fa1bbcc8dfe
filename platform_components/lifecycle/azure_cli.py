"""What the Azure CLI answers about what no stack's state can: what is there, what is free, who is asking."""

import json
import os
from typing import Any

from platform_components.azure_cli import asked, complaint
from platform_components.errors import OutsideError


def az(*arguments: str) -> Any:
    """What `az ARGUMENTS` answers.

    Raises `OutsideError` when there is no `az`, it fails, takes too long, or prints no answer: that is none of "nothing
    was found", which it prints as `[]`.
    """
    text = _said(arguments, None)
    try:
        return json.loads(text)
    except ValueError:
        said = text.strip().splitlines()[:1] or ["it printed nothing"]
        raise OutsideError(f"`az {' '.join(arguments)}` gave no answer in JSON", details=said) from None


def az_do(*arguments: str, seconds: float) -> None:
    """Have `az ARGUMENTS` do something that it may print nothing about. Raises `OutsideError` as `az`."""
    _said(arguments, seconds)


def subscription() -> str:
    """The subscription that the Azure provider works in without further configuration, else the CLI's own."""
    given = os.environ.get("ARM_SUBSCRIPTION_ID") or os.environ.get("AZURE_SUBSCRIPTION_ID")
    return given or str(az("account", "show")["id"])


def _said(arguments: tuple[str, ...], seconds: float | None) -> str:
    done = asked(*arguments, "--output", "json", seconds=seconds)
    if done.returncode != 0:
        details = done.stderr.strip().splitlines()[-3:] or [complaint(done)]
        raise OutsideError(f"`az {' '.join(arguments)}` failed", details=details)
    return done.stdout
