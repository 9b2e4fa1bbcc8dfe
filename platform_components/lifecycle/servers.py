"""Database servers that an environment has for itself: stopped while it is paused, started before anything needs them.

A stopped flexible server keeps its data, its address and its storage's price. Azure starts it again after seven days,
whatever anybody says: https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-stop-server (`pave sweep`
stops it again).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from platform_components.exports import PLAN_OUTPUT, output_name
from platform_components.lifecycle.azure_cli import az, az_do
from platform_components.lifecycle.progress import Listener
from platform_components.plan import Plan

RESTART_DAYS = 7
"""After so many days Azure starts a stopped server by itself."""
SERVER_DRIVER = "azure/postgres-server"
_STOPPED, _RUNNING = "Stopped", "Ready"
_WAIT_SECONDS = 1800.0
"""Starting one takes minutes."""


def own(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """The ARM ids of the servers that a deployed environment has for itself; a shared one is its foundation's."""
    document = outputs.get(PLAN_OUTPUT)
    if document is None:
        return ()
    plan = Plan.from_json(document, where=PLAN_OUTPUT)
    names = [output_name(one.id, "id") for one in plan.resources if one.driver == SERVER_DRIVER]
    return tuple(str(outputs[name]) for name in names if name in outputs)


def running(ids: Sequence[str]) -> tuple[str, ...]:
    """Those that run. Raises `OutsideError` when Azure can't be asked."""
    return tuple(one for one in ids if _state(one) == _RUNNING)


def stop(ids: Sequence[str], listener: Listener) -> tuple[str, ...]:
    """Stop those that run; which those were."""
    return tuple(_done("stop", one, listener) for one in running(ids))


def start(ids: Sequence[str], listener: Listener) -> tuple[str, ...]:
    """Start those that are stopped; which those were."""
    return tuple(_done("start", one, listener) for one in ids if _state(one) == _STOPPED)


def _done(action: str, identity: str, listener: Listener) -> str:
    listener.noted(f"{action} the database server {identity.rpartition('/')[2]}: this takes minutes")
    az_do("postgres", "flexible-server", action, "--ids", identity, seconds=_WAIT_SECONDS)
    return identity


def _state(identity: str) -> str:
    return str(az("postgres", "flexible-server", "show", "--ids", identity)["state"])
