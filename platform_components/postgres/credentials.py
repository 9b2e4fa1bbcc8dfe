"""How whoever runs this logs in to a server: with a token of their own Azure identity, fetched for each call.

No credential is an input of a resource, so none is in a stack's state.
"""

import shutil
import subprocess

from platform_components.errors import OutsideError

_COMMAND = (
    *("az", "account", "get-access-token"),
    *("--resource-type", "oss-rdbms"),
    *("--query", "accessToken"),
    *("--output", "tsv"),
)
_TIMEOUT_SECONDS = 120


def access_token() -> str:
    """A token that PostgreSQL servers on Azure take as password of an Entra role that the caller belongs to."""
    program = shutil.which(_COMMAND[0])
    if program is None:
        raise OutsideError(
            "the Azure CLI 'az' is not on PATH; it gives the token to log in to PostgreSQL with",
            fix="install it and run 'az login'",
        )
    try:
        done = subprocess.run(
            [program, *_COMMAND[1:]], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise OutsideError(f"'az account get-access-token' did not answer within {_TIMEOUT_SECONDS} s") from None
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        reason = next((line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}")
        raise OutsideError(
            f"no token for PostgreSQL: {reason.removeprefix('ERROR: ').strip()}",
            fix="try 'az account get-access-token'",
        )
    return token
