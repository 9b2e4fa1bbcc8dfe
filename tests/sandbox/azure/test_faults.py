"""Calls that fail because a file says so: which, how often, and what is there afterwards."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.azure import invokes, operations
from sandbox.azure.errors import ArmError, UnfinishedError
from sandbox.azure.faults import CODES, Faults
from sandbox.azure.kinds import kind_of
from sandbox.azure.store import Store
from sandbox.errors import SandboxError
from sandbox.state import State
from tests.sandbox.azure.test_operations import GUID, assignment
from tests.sandbox.azure.world import Azure

ZONE, IDENTITY = "azure-native:dns:Zone", "azure-native:managedidentity:UserAssignedIdentity"


@pytest.fixture
def file(azure: Azure, tmp_path: Path) -> Path:
    """The file of faults, empty."""
    file = tmp_path / "faults.yaml"
    file.write_text("")
    store, state = azure.store, azure.subscription.state
    faults = Faults.of(state, store, {"SANDBOX_AZURE_FAULTS": str(file)})
    azure.subscription = replace(azure.subscription, faults=faults)
    return file


def write(file: Path, *faults: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump({"faults": list(faults)}))


def outcome(azure: Azure, name: str = "dev.example.com") -> str:
    try:
        azure.create(ZONE, zoneName=name)
    except ArmError as error:
        return error.code
    return "made"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_known_code_is_told_in_arms_words_and_nothing_happens(azure: Azure, file: Path, code: str) -> None:
    write(file, {"code": code})
    with pytest.raises(ArmError) as refused:
        azure.create(ZONE, zoneName="dev.example.com")
    assert azure.store.list(tokens=[ZONE]) == []
    words = "operation timed out" if code == "Timeout" else f'Status={CODES[code][0]} Code="{code}" Message="'
    assert str(refused.value).startswith(words)
    assert "{" not in str(refused.value)
    assert outcome(azure) == "made"


def test_a_code_of_ones_own_comes_with_its_status_and_words(azure: Azure, file: Path) -> None:
    write(file, {"code": "Maintenance", "status": 503, "message": "Come back on Monday."})
    with pytest.raises(ArmError, match=r'^Status=503 Code="Maintenance" Message="Come back on Monday."$'):
        azure.create(ZONE, zoneName="dev.example.com")


@pytest.mark.parametrize(
    ("fault", "outcomes"),
    [
        ({}, ["TooManyRequests", "made", "made"]),
        ({"times": 2}, ["TooManyRequests", "TooManyRequests", "made"]),
        ({"times": "always"}, ["TooManyRequests"] * 3),
        ({"skip": 1}, ["made", "TooManyRequests", "made"]),
        ({"name": "b.*"}, ["made", "TooManyRequests", "made"]),
        ({"kind": "Microsoft.Network/dnsZones"}, ["TooManyRequests", "made", "made"]),
        ({"kind": "azure-native:dns:*"}, ["TooManyRequests", "made", "made"]),
        ({"kind": "azure-native:storage:*"}, ["made", "made", "made"]),
        ({"operation": "delete"}, ["made", "made", "made"]),
        ({"operation": ["create", "delete"]}, ["TooManyRequests", "made", "made"]),
    ],
)
def test_a_fault_strikes_what_it_names_as_often_as_it_says(
    azure: Azure, file: Path, fault: dict[str, Any], outcomes: list[str]
) -> None:
    write(file, {"code": "TooManyRequests", **fault})
    assert [outcome(azure, f"{name}.example.com") for name in "abc"] == outcomes


def test_chance_with_a_seed_is_the_same_chance_again(azure: Azure, file: Path) -> None:
    fault = {"code": "InternalServerError", "probability": 0.5, "seed": 7, "times": "always"}

    def run(prefix: str) -> list[str]:
        azure.store.list()
        with azure.store.writing() as transaction:
            transaction.forget_faults()
        return [outcome(azure, f"{prefix}{number}.example.com") for number in range(20)]

    write(file, fault)
    first = run("a")
    assert set(first) == {"InternalServerError", "made"}
    assert run("b") == first
    write(file, {**fault, "seed": 8})
    assert run("c") != first


def test_concurrent_providers_share_the_counters(azure: Azure, file: Path) -> None:
    write(file, {"code": "ServerBusy", "times": 3})
    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(lambda number: outcome(azure, f"z{number}.example.com"), range(24)))
    assert outcomes == {"ServerBusy": 3, "made": 21}


def test_the_file_is_read_at_every_call(azure: Azure, file: Path) -> None:
    assert outcome(azure, "a.example.com") == "made"
    write(file, {"code": "ServerBusy"})
    assert outcome(azure, "b.example.com") == "ServerBusy"
    file.write_text(json.dumps({"faults": [{"code": "ServerBusy"}, {"code": "ServerBusy"}]}))
    assert [outcome(azure, f"{name}.example.com") for name in "cd"] == ["ServerBusy", "made"]


def test_updates_reads_deletes_and_functions_fail_too(azure: Azure, file: Path) -> None:
    made = azure.create(ZONE, zoneName="dev.example.com")
    write(file, {"code": "InternalServerError", "operation": "*", "times": 4})
    with pytest.raises(ArmError, match="InternalServerError"):
        operations.read(azure.subscription, kind_of(ZONE), made.id)
    with pytest.raises(ArmError, match="InternalServerError"):
        invokes.invoke(
            azure.subscription, "azure-native:dns:getZone", {"resourceGroupName": "g", "zoneName": made.name}
        )
    with pytest.raises(ArmError, match="InternalServerError"):
        azure.update(made, tags={"a": "b"})
    with pytest.raises(ArmError, match="InternalServerError"):
        azure.delete(made)
    kept = azure.get(made)
    assert kept is not None
    assert kept.tags == {}
    azure.delete(made)


def test_a_wait_that_fails_leaves_the_thing_and_its_state(azure: Azure, file: Path) -> None:
    write(file, {"code": "Timeout", "when": "after"})
    with pytest.raises(UnfinishedError, match="operation timed out") as failed:
        azure.create(ZONE, zoneName="dev.example.com")
    assert failed.value.resource.outputs["nameServers"]
    assert azure.get(failed.value.resource) is not None


def test_a_lost_answer_leaves_the_thing_and_nobody_knows(azure: Azure, file: Path) -> None:
    write(file, {"code": "GatewayTimeout", "when": "lost"})
    assert outcome(azure) == "GatewayTimeout"
    with pytest.raises(ArmError, match=r"^cannot create already existing resource '/subscriptions/"):
        azure.create(ZONE, zoneName="dev.example.com")
    (made,) = azure.store.list(tokens=[ZONE])
    write(file, {"code": "GatewayTimeout", "when": "lost", "operation": "delete"})
    with pytest.raises(ArmError, match="GatewayTimeout"):
        azure.delete(made)
    assert azure.store.list(tokens=[ZONE]) == []
    azure.delete(made)


def test_a_new_principal_is_not_known_at_once(azure: Azure, file: Path) -> None:
    write(file, {"code": "PrincipalNotFound", "first_seconds": 60, "kind": "*:RoleAssignment"})
    identity = azure.create(IDENTITY, resourceName="shop")
    principal = identity.outputs["principalId"]
    for _ in range(2):
        with pytest.raises(ArmError, match=f"Principal {principal.replace('-', '')} does not exist"):
            assignment(azure, principal)
    write(file, {"code": "PrincipalNotFound", "first_seconds": 0.001, "kind": "*:RoleAssignment"})
    assignment(azure, principal)
    assignment(azure, GUID, "Group", roleAssignmentName=GUID.replace("3", "4"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("faults: [", "faults.yaml: while parsing"),
        ("- code: ServerBusy", "it must hold 'faults', a list"),
        ("fault: []", "it must hold 'faults', a list"),
        ("faults: [ServerBusy]", "faults\\[0\\]: it must be an object with a code, not 'ServerBusy'"),
        ("faults: [{kind: x}]", "a fault needs a code"),
        ("faults: [{code: Busy}]", "'Busy' is not known .*; give its status and message"),
        ("faults: [{code: ServerBusy, tims: 2}]", "'tims' is not a field of a fault"),
        ("faults: [{code: ServerBusy, times: 0}]", "times: 0 is neither a number from 1 on nor 'always'"),
        ("faults: [{code: ServerBusy, times: often}]", "times: 'often' is neither"),
        ("faults: [{code: ServerBusy, times: true}]", "times: True is not what it takes"),
        ("faults: [{code: ServerBusy, operation: make}]", "'make' is not one of create"),
        ("faults: [{code: ServerBusy, when: later}]", "'later' is not one of before, after, lost"),
        ("faults: [{code: ServerBusy, probability: 2}]", "2 is not above 0 and at most 1"),
        ("faults: [{code: ServerBusy, skip: -1}]", "cannot be negative"),
    ],
)
def test_a_file_that_makes_no_sense_is_an_error_not_ignored(azure: Azure, file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(SandboxError, match=problem):
        outcome(azure)


def test_a_file_that_is_named_and_not_there_is_an_error(state: State) -> None:
    with pytest.raises(SandboxError, match="SANDBOX_AZURE_FAULTS: there is no file /nowhere"):
        Faults.of(state, Store(state), {"SANDBOX_AZURE_FAULTS": "/nowhere"})
