"""Transient refusals: which codes are asked again, how long, and how often."""

import asyncio
from typing import Any

import pulumi
import pytest

from platform_components.azure import retries
from platform_components.azure.retries import DELAYS, HOOK, TRANSIENT, delay, transient_code
from tests.azure.samples import COMPONENTS, LARGE, deploy


def refusal(code: str, message: str = "later") -> str:
    return f'Status=409 Code="{code}" Message="{message}"'


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_what_passes_by_itself_is_tried_again(code: str) -> None:
    assert transient_code(refusal(code)) == code


@pytest.mark.parametrize(
    "message",
    [
        refusal("ResourceGroupNotFound"),
        refusal("StorageAccountAlreadyTaken"),
        refusal("InternalServerError"),
        refusal("OperationNotAllowed", "Operation could not be completed as it results in exceeding approved quota"),
        refusal("NotServerBusyAtAll"),
        "",
    ],
)
def test_what_does_not_is_told_at_once(message: str) -> None:
    assert transient_code(message) is None


def test_an_operation_that_runs_on_the_cluster_is_waited_for() -> None:
    message = refusal("OperationNotAllowed", "Operation is not allowed: Another operation is in progress")
    assert transient_code(message) == "OperationNotAllowed"


def test_waits_grow_are_spread_and_end() -> None:
    assert [delay(failures, 0.5) for failures in range(1, 9)] == list(DELAYS)
    assert delay(1, 0.0) == DELAYS[0] / 2
    assert delay(1, 1.0) == DELAYS[0] * 1.5
    assert delay(len(DELAYS) + 1, 0.5) is None


@pytest.mark.parametrize(
    ("errors", "again"),
    [
        ([refusal("ServerBusy")], True),
        ([refusal("ServerBusy")] * len(DELAYS), True),
        ([refusal("ServerBusy")] * (len(DELAYS) + 1), False),
        ([refusal("QuotaExceeded"), refusal("ServerBusy")], False),
        ([], False),
    ],
)
def test_the_hook_asks_again_a_few_times(errors: list[str], again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_time(_seconds: float) -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", no_time)
    monkeypatch.setattr(pulumi.log, "info", lambda _text: None)
    args = pulumi.ErrorHookArgs("urn", "id", "name", "type", failed_operation="create", errors=errors)
    decision: Any = retries._ask_again(args)
    with asyncio.Runner() as runner:
        assert runner.run(decision) is again


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_azure_resource_asks_the_one_hook(component: str) -> None:
    recorded = deploy(component, LARGE[component])
    assert recorded.monitor.hooks == [HOOK]
    for each in recorded.registrations:
        asked = list(each.request.hooks.on_error)
        assert asked == ([HOOK] if each.type.startswith("azure-native:") else []), each.name
