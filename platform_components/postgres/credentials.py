"""How whoever runs this logs in to a server: with a token of their own Azure identity, fetched when it is needed.

No credential is an input of a resource, so none is in a stack's state.
"""

import threading
import time
from functools import lru_cache

from platform_components.azure_cli import asked, complaint
from platform_components.errors import OutsideError

_COMMAND = (
    *("account", "get-access-token"),
    *("--resource-type", "oss-rdbms"),
    *("--query", "accessToken"),
    *("--output", "tsv"),
)


_KEPT_SECONDS = 60
"""Shorter than any token lives that `az` gives: at least five minutes. It takes a second or two for each, and every
connection needs one."""
_ONE_AT_A_TIME = threading.Lock()


def access_token() -> str:
    """A token that PostgreSQL servers on Azure take as password of an Entra role that the caller belongs to.

    The same answer for a minute, in this process's memory alone. Raises `OutsideError` when there is none to be had.
    """
    minute = int(time.monotonic() / _KEPT_SECONDS)  # who had to wait for an answer takes that one
    with _ONE_AT_A_TIME:
        answer = _answer(minute)
    if isinstance(answer, OutsideError):
        raise answer
    return answer


@lru_cache(maxsize=1)
def _answer(_minute: int) -> str | OutsideError:
    try:
        return _asked()
    except OutsideError as error:
        return error


def _asked() -> str:
    done = asked(*_COMMAND, where="log-in to PostgreSQL")
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        raise OutsideError(
            f"no token for PostgreSQL: {complaint(done)}",
            fix="try 'az account get-access-token'",
        )
    return token
