"""How whoever runs this logs in to a server: with a token of their own Azure identity, fetched for each call.

No credential is an input of a resource, so none is in a stack's state.
"""

from platform_components.azure_cli import asked, complaint
from platform_components.errors import OutsideError

_COMMAND = (
    *("account", "get-access-token"),
    *("--resource-type", "oss-rdbms"),
    *("--query", "accessToken"),
    *("--output", "tsv"),
)


def access_token() -> str:
    """A token that PostgreSQL servers on Azure take as password of an Entra role that the caller belongs to."""
    done = asked(*_COMMAND, where="log-in to PostgreSQL")
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        raise OutsideError(
            f"no token for PostgreSQL: {complaint(done)}",
            fix="try 'az account get-access-token'",
        )
    return token
