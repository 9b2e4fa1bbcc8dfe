"""The provider as the engine calls it: every kind through its whole life, and refusals as one line."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.kinds import KINDS
from sandbox.azure.latency import SECONDS
from sandbox.azure.operations import tidy_location
from sandbox.azure.provider import AzureProvider
from sandbox.azure.store import Store
from sandbox.azure.values import UNKNOWN, Secret, from_struct, plain, to_struct
from sandbox.state import CHECKOUT, State
from tests.sandbox.azure.samples import ENDPOINTS, FIREWALL_RULE, PUBLIC_SERVER, SAMPLES, Inputs, Outputs
from tests.sandbox.azure.world import LOGIN, Azure

Response = provider_pb2.DiffResponse


class RefusedError(Exception):
    """What the user would read."""


class Context:
    """As much of a call's context as the provider uses."""

    def __init__(self) -> None:
        self.details = b""

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        ((_, self.details),) = metadata

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise RefusedError(details)


class Engine:
    """Calls the provider as the engine does."""

    def __init__(self, state: State, arm_types: ArmTypes | None = None, **settings: str) -> None:
        self.provider: Any = AzureProvider(state, LOGIN)
        self.provider._arm_types = arm_types
        variables = {f"azure-native:config:{name}": value for name, value in settings.items()}
        self.context = Context()
        self.provider.Configure(provider_pb2.ConfigureRequest(variables=variables), self.context)

    @staticmethod
    def urn(token: str, name: str = "x") -> str:
        return f"urn:pulumi:dev::shop::component${token}::{name}"

    def check(self, token: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=self.urn(token), news=to_struct(news), olds=to_struct(olds or {}), randomSeed=b"seed"
        )
        return self.provider.Check(request, self.context)

    def checked(self, token: str, news: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.check(token, news)
        assert [each.reason for each in answer.failures] == []
        return from_struct(answer.inputs)

    def create(self, token: str, inputs: Mapping[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=self.urn(token), properties=to_struct(inputs), preview=preview)
        answer = self.provider.Create(request, self.context)
        return answer.id, from_struct(answer.properties)

    def diff(self, token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(urn=self.urn(token), old_inputs=to_struct(olds), news=to_struct(news))
        return self.provider.Diff(request, self.context)

    def read(self, token: str, resource_id: str, inputs: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.ReadRequest(id=resource_id, urn=self.urn(token), inputs=to_struct(inputs or {}))
        return self.provider.Read(request, self.context)

    def update(
        self, token: str, resource_id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            id=resource_id, urn=self.urn(token), olds=to_struct(olds), news=to_struct(news), preview=preview
        )
        return from_struct(self.provider.Update(request, self.context).properties)

    def delete(self, token: str, resource_id: str) -> None:
        self.provider.Delete(provider_pb2.DeleteRequest(id=resource_id, urn=self.urn(token)), self.context)


@pytest.fixture
def engine(azure: Azure, arm_types: ArmTypes | None) -> Engine:
    azure.delete(azure.store.list()[0])
    return Engine(azure.subscription.state, arm_types, location="westeurope")


def test_every_kind_lives_a_whole_life(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample of each kind: valid for Azure's types, planned without invented values, made, read, kept, removed."""
    monkeypatch.setattr("sandbox.azure.operations._WRITE_SECONDS", 0)
    made: Outputs = {}
    ids: list[tuple[str, str]] = []
    lives: list[tuple[str, Inputs]] = [*SAMPLES.items(), ("azure-native:dbforpostgresql:Server", PUBLIC_SERVER)]
    lives.append(("azure-native:dbforpostgresql:FirewallRule", FIREWALL_RULE))
    lives.insert(
        list(SAMPLES).index("azure-native:network:PrivateEndpoint"), ("azure-native:network:Subnet", ENDPOINTS)
    )
    assert {token for token, _ in lives} == set(KINDS) == set(SECONDS)
    for token, sample in lives:
        inputs = engine.checked(token, sample(made))
        _, planned = engine.create(token, inputs, preview=True)
        resource_id, outputs = engine.create(token, inputs)
        made.setdefault("endpoints" if sample is ENDPOINTS else token, {**plain(outputs), "id": resource_id})
        ids.append((token, resource_id))
        _assert_plan_holds(token, planned, outputs)
        answer = engine.read(token, resource_id, inputs)
        assert from_struct(answer.inputs) == inputs
        assert from_struct(answer.properties) == outputs
        assert engine.diff(token, inputs, from_struct(answer.inputs)).changes == Response.DIFF_NONE
        again = from_struct(engine.check(token, sample(made), inputs).inputs)
        assert engine.diff(token, inputs, again).changes == Response.DIFF_NONE
        engine.update(token, resource_id, outputs, inputs)
    for token, resource_id in reversed(ids):
        engine.delete(token, resource_id)
        assert engine.read(token, resource_id).id == ""


def _assert_plan_holds(token: str, planned: dict[str, Any], outputs: dict[str, Any], path: str = "") -> None:
    """Every output that a plan does not call unknown is what it becomes."""
    for name, value in outputs.items():
        where = f"{token} {path}{name}"
        if name in ("type", "azureApiVersion") and not path:
            continue
        assert name in planned or KINDS[token].singleton, f"{where} is not in the plan"
        if planned.get(name) is UNKNOWN or (name == "agentPoolProfiles"):
            continue
        if isinstance(value, dict) and isinstance(planned.get(name), dict):
            _assert_plan_holds(token, planned[name], value, f"{path}{name}.")
        elif name in planned:
            assert planned[name] == value, where


def test_an_import_needs_the_id_alone(engine: Engine) -> None:
    made: Outputs = {}
    token = "azure-native:resources:ResourceGroup"
    inputs = engine.checked(token, SAMPLES[token](made))
    resource_id, _ = engine.create(token, inputs)
    answer = engine.read(token, resource_id.upper())
    imported = from_struct(answer.inputs)
    assert answer.id == resource_id
    assert engine.diff(token, imported, engine.checked(token, SAMPLES[token](made))).changes == Response.DIFF_NONE


def test_a_change_behind_the_programs_back_is_seen(engine: Engine, state: State) -> None:
    token = "azure-native:resources:ResourceGroup"
    inputs = engine.checked(token, SAMPLES[token]({}))
    resource_id, _ = engine.create(token, inputs)
    with Store(state).writing() as transaction:
        found = transaction.get(resource_id)
        assert found is not None
        found.inputs["tags"]["a"] = "changed"
        transaction.put(found)
    live = from_struct(engine.read(token, resource_id, inputs).inputs)
    assert list(engine.diff(token, live, inputs).detailedDiff) == ["tags.a"]


def test_a_planned_change_keeps_name_and_location_alone(engine: Engine) -> None:
    token = "azure-native:managedidentity:UserAssignedIdentity"
    engine.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "g", "location": "westeurope"})
    inputs = engine.checked(token, {"resourceGroupName": "g", "resourceName": "shop"})
    resource_id, outputs = engine.create(token, inputs)
    planned = engine.update(token, resource_id, outputs, {**inputs, "tags": {"a": "b"}}, preview=True)
    assert (planned["name"], planned["location"], planned["tags"]) == ("shop", "westeurope", {"a": "b"})
    assert planned["principalId"] is UNKNOWN


def test_secrets_come_back_secret(engine: Engine) -> None:
    token = "azure-native:resources:ResourceGroup"
    inputs = engine.checked(token, {"resourceGroupName": "g", "tags": {"k": Secret("hunter2")}})
    assert inputs["tags"]["k"] == Secret("hunter2")
    resource_id, outputs = engine.create(token, inputs)
    assert outputs["tags"]["k"] == Secret("hunter2")
    answer = engine.read(token, resource_id, inputs)
    assert from_struct(answer.inputs)["tags"]["k"] == Secret("hunter2")


def test_a_refusal_is_one_line_in_arms_words(engine: Engine) -> None:
    token = "azure-native:dns:Zone"
    inputs = engine.checked(token, {"resourceGroupName": "nowhere", "zoneName": "a.example", "location": "global"})
    with pytest.raises(RefusedError) as refused:
        engine.create(token, inputs)
    assert str(refused.value) == (
        'Status=404 Code="ResourceGroupNotFound" Message="Resource group \'nowhere\' could not be found."'
    )


def test_a_package_of_one_api_version_is_served(engine: Engine) -> None:
    """As `pulumi package add azure-native containerservice v20260301` makes it."""
    value = base64.b64encode(json.dumps({"module": "containerservice", "version": "v20260301"}).encode())
    by_sdk = provider_pb2.ParameterizeRequest(
        value=provider_pb2.ParameterizeRequest.ParametersValue(name="x", version="1.0.0", value=value)
    )
    arguments = provider_pb2.ParameterizeRequest.ParametersArgs(args=["containerservice", "v20260301"])
    for request in (by_sdk, provider_pb2.ParameterizeRequest(args=arguments)):
        answer = engine.provider.Parameterize(request, engine.context)
        assert answer.name == "azure-native_containerservice_v20260301"
    with pytest.raises(RefusedError, match="are not a module and an API version like v20260301"):
        engine.provider.Parameterize(provider_pb2.ParameterizeRequest(), engine.context)


def test_a_wait_that_failed_hands_over_the_state(engine: Engine, state: State) -> None:
    """As azure-native does, so that the engine keeps what was made and the next update mends it."""
    (state.azure / "faults.yaml").write_text("faults: [{code: Timeout, when: after}]")
    token = "azure-native:resources:ResourceGroup"
    inputs = engine.checked(token, {"resourceGroupName": "new"})
    with pytest.raises(RefusedError, match=r"^operation timed out$"):
        engine.create(token, inputs)
    status = status_pb2.Status.FromString(engine.context.details)
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    assert failed.id.endswith("/resourceGroups/new")
    assert list(failed.reasons) == ["operation timed out"]
    assert from_struct(failed.properties)["properties"] == {"provisioningState": "Succeeded"}
    assert engine.read(token, failed.id, inputs).id == failed.id


def test_an_unknown_type_is_refused_at_once(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="does not simulate 'azure-native:cache:Redis'"):
        engine.check("azure-native:cache:Redis", {})
    calls: list[Callable[[], object]] = [
        lambda: engine.provider.Call(provider_pb2.CallRequest(tok="a:b:c"), engine.context),
        lambda: engine.provider.Construct(provider_pb2.ConstructRequest(type="a:b:c"), engine.context),
        lambda: engine.provider.Invoke(provider_pb2.InvokeRequest(tok="azure-native:a:getB"), engine.context),
    ]
    for call in calls:
        with pytest.raises(RefusedError, match="does not simulate"):
            call()


def test_nothing_works_without_a_log_in(state: State) -> None:
    provider: Any = AzureProvider(state, {})
    with pytest.raises(RefusedError, match="az login"):
        provider.Configure(provider_pb2.ConfigureRequest(), Context())


def test_other_settings_of_the_provider_are_a_change(engine: Engine) -> None:
    request = provider_pb2.DiffRequest(
        old_inputs=to_struct({"location": "westeurope"}), news=to_struct({"location": "northeurope"})
    )
    assert engine.provider.DiffConfig(request, engine.context).changes == Response.DIFF_SOME
    same = provider_pb2.DiffRequest(old_inputs=request.news, news=request.news)
    assert engine.provider.DiffConfig(same, engine.context).changes == Response.DIFF_NONE


def test_locations_have_one_spelling() -> None:
    assert tidy_location("West Europe") == "westeurope"


def test_the_plugin_serves_and_ends_with_its_parent(state: State) -> None:
    """The real process: it prints its port, answers, and is gone soon after the process that started it."""
    plugin = f"{sys.executable} -m sandbox.azure.provider"
    environment = {**os.environ, **LOGIN, "SANDBOX_STATE": str(state.root)}
    parent = subprocess.Popen(
        ["/bin/sh", "-c", f"{plugin} & echo $!; wait"], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    try:
        plugin_process, port = int(parent.stdout.readline()), parent.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == "999.0.0"
            stub.Cancel(empty_pb2.Empty())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10
        while _runs(plugin_process):
            assert time.monotonic() < deadline, "the plugin outlived its parent"
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def _runs(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123 - proc(5), no file of ours
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
