"""Azure's transient refusals: which they are, and how long to wait before asking again.

The engine asks a hook after every failure; it says yes a few times and only to what passes by itself. Ordering comes
first (`depends_on` where Azure takes one writer at a time); this is for writers that the program does not know.
"""

import asyncio
import random
import re
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor, get_root_resource, monitor_supports_feature

from platform_components.component import child

TRANSIENT = frozenset(
    {
        "AnotherOperationInProgress",
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "PrincipalNotFound",
        "RetryableError",
        "ServerBusy",
        "ServerIsBusy",
        "ServerIsNotReady",
        "ServiceUnavailable",
        "TooManyRequests",
    }
)
"""Codes in ARM's answers that say: later. `OperationNotAllowed` says so only while another operation runs; it is a used
up quota, too. `InternalServerError` is not here: the thing may have been made."""

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0)
"""Seconds before each further attempt: two minutes in all, which is what Entra ID takes to know a new principal."""

HOOK = "platform-components/azure-transient-errors"
"""Kept in the state of every resource. Where the program does not run, as in `pulumi destroy`, nothing is retried and
the engine shows Azure's own error."""

_hooks: "WeakKeyDictionary[Any, pulumi.ErrorHook]" = WeakKeyDictionary()


def azure_child(component: pulumi.ComponentResource, **extra: Any) -> pulumi.ResourceOptions:
    """Options of an Azure resource that `component` makes: a child whose transient failures are tried again."""
    return child(component, hooks=_hooks_of_azure(), **extra)


def tried_again(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Options of an Azure resource that stands alone: its transient failures are tried again, too."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=_hooks_of_azure()))


def _hooks_of_azure() -> pulumi.ResourceHookBinding | None:
    hook = transient_errors()
    return pulumi.ResourceHookBinding(on_error=[hook]) if hook is not None else None


def transient_errors() -> pulumi.ErrorHook | None:
    """The program's hook, registered when it is first asked for; None where an engine or component host has none."""
    monitor = get_monitor()
    supported = monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS)
    if monitor is None or get_root_resource() is None or not supported:
        return None
    if monitor not in _hooks:
        _hooks[monitor] = pulumi.ErrorHook(HOOK, _ask_again)
    return _hooks[monitor]


def transient_code(message: str) -> str | None:
    """The code in an error of Azure's that makes another attempt worth while."""
    found = next((code for code in TRANSIENT if re.search(rf"\b{code}\b", message)), None)
    if found is None and re.search(r"\bOperationNotAllowed\b", message) and re.search(r"in[- ]progress", message):
        return "OperationNotAllowed"
    return found


def delay(failures: int, fraction: float) -> float | None:
    """Seconds to wait after so many failures, spread by half either way (`fraction` from 0 to 1); None: give up."""
    return DELAYS[failures - 1] * (0.5 + fraction) if failures <= len(DELAYS) else None


async def _ask_again(args: pulumi.ErrorHookArgs) -> bool:
    code = transient_code(args.errors[0]) if args.errors else None
    seconds = delay(len(args.errors), random.random())
    if code is None or seconds is None:
        return False
    pulumi.log.info(
        f"{code}; {args.failed_operation} is tried again in {seconds:.0f} s (attempt {len(args.errors) + 1})"
    )
    await asyncio.sleep(seconds)
    return True
