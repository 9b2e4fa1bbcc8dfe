"""The plugin the engine starts as `pulumi-resource-azure-native`: translates its calls to `checks`, `differences`,
`operations` and `invokes`, and their refusals to messages. It ends when the process that started it is gone.
"""
# ruff: noqa: N802, ARG002 — names and arguments are the protocol's

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.azure import checks, differences, identities, invokes, operations, values
from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.errors import ArmError, NotSimulatedError, UnfinishedError
from sandbox.azure.kind import Kind, Subscription
from sandbox.azure.kinds import kind_of, parse_token
from sandbox.azure.operations import API_VERSION, CREATE_BEFORE_DELETE
from sandbox.azure.store import Resource, Store
from sandbox.azure.values import UNKNOWN, Properties, from_struct, to_struct
from sandbox.errors import SandboxError
from sandbox.state import State

# Above any version an SDK asks for, so that the engine does not warn of an old plugin.
_VERSION = "999.0.0"
_STABLE_OUTPUTS = ("name", "location")
_LARGEST_MESSAGE = 400 * 1024 * 1024

Answer = TypeVar("Answer")


class AzureProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The calls of the provider protocol; github.com/pulumi/pulumi: proto/pulumi/provider.proto."""

    def __init__(self, state: State, environment: Mapping[str, str], engine_address: str = "") -> None:
        self._state = state
        self._environment = environment
        self._engine_address = engine_address
        self._arm_types = ArmTypes.of(environment)
        self._said_unchecked: set[str] = set()
        self._subscription: Subscription | None = None
        self._running = 0
        self._idle = threading.Condition()

    # what the plugin is and can do

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        self._engine_address = request.engine_address or self._engine_address
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=_VERSION)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._engine_address = request.address
        return empty_pb2.Empty()

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema='{"name": "azure-native"}')

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        return provider_pb2.GetMappingResponse()

    def GetMappings(
        self, request: provider_pb2.GetMappingsRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        return provider_pb2.GetMappingsResponse()

    def Parameterize(
        self, request: provider_pb2.ParameterizeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ParameterizeResponse:
        """A package for one API version of one module: pulumi-azure-native, provider_parameterize.go."""

        def answer() -> provider_pb2.ParameterizeResponse:
            given = list(request.args.args)
            if request.HasField("value"):
                value = json.loads(base64.b64decode(request.value.value))
                given = [value["module"], value["version"]]
            module, version = (*given, "", "")[:2]
            if parse_token(f"azure-native:{module}/{version}:Any")[1] is None:
                raise SandboxError(f"'{module}' and '{version}' are not a module and an API version like v20260301")
            return provider_pb2.ParameterizeResponse(name=f"azure-native_{module}_{version}", version=_VERSION)

        return self._answer(context, answer)

    def Construct(
        self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        return self._answer(context, lambda: _refused(f"the component '{request.type}'"))

    def Call(self, request: provider_pb2.CallRequest, context: grpc.ServicerContext) -> provider_pb2.CallResponse:
        return self._answer(context, lambda: _refused(f"the method '{request.tok}'"))

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        # Every operation is short and ends by itself; one that has begun is finished, as ARM would.
        return empty_pb2.Empty()

    # configuration

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        changed = request.old_inputs != request.news
        outcome = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=outcome)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        settings = {name.rsplit(":", 1)[-1]: value for name, value in request.variables.items()}
        self._subscription = self._answer(
            context, lambda: identities.subscription(self._state, Store(self._state), settings, self._environment)
        )
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    # resources

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        def answer() -> provider_pb2.CheckResponse:
            kind, api_version = _kind(request.urn)
            news, olds = from_struct(request.news), from_struct(request.olds)
            checked = checks.check(self._azure, kind, api_version, news, olds, request, self._arm_types)
            self._say_unchecked(checked.unchecked)
            for warning in checked.warnings:
                self._log(warning, request.urn, engine_pb2.WARNING)
            failures = [provider_pb2.CheckFailure(reason=why) for _, why in checked.failures]
            return provider_pb2.CheckResponse(inputs=to_struct(checked.inputs), failures=failures)

        return self._answer(context, answer)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        def answer() -> provider_pb2.DiffResponse:
            kind, _ = _kind(request.urn)
            olds, news = from_struct(request.old_inputs), from_struct(request.news)
            return differences.diff(kind, olds, news)

        return self._answer(context, answer)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        def answer() -> provider_pb2.CreateResponse:
            kind, api_version = _kind(request.urn)
            inputs = from_struct(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=to_struct(_planned(kind, inputs)))
            made = operations.create(self._azure, kind, inputs, api_version)
            return provider_pb2.CreateResponse(id=made.id, properties=to_struct(made.outputs))

        return self._answer(context, answer)

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        def answer() -> provider_pb2.ReadResponse:
            kind, api_version = _kind(request.urn)
            found = operations.read(self._azure, kind, request.id)
            if found is None or found.token != kind.token:
                return provider_pb2.ReadResponse()
            inputs = _live_inputs(found, from_struct(request.inputs), api_version)
            outputs = values.restored(found.outputs, from_struct(request.properties))
            return provider_pb2.ReadResponse(id=found.id, properties=to_struct(outputs), inputs=to_struct(inputs))

        return self._answer(context, answer)

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        def answer() -> provider_pb2.UpdateResponse:
            kind, api_version = _kind(request.urn)
            inputs = from_struct(request.news)
            if request.preview:
                old = from_struct(request.olds)
                stable = {name: old[name] for name in _STABLE_OUTPUTS if name in old}
                return provider_pb2.UpdateResponse(properties=to_struct({**_planned(kind, inputs), **stable}))
            changed = operations.update(self._azure, kind, request.id, inputs, api_version)
            return provider_pb2.UpdateResponse(properties=to_struct(changed.outputs))

        return self._answer(context, answer)

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        def answer() -> empty_pb2.Empty:
            kind, _ = _kind(request.urn)
            operations.delete(self._azure, kind, request.id)
            return empty_pb2.Empty()

        return self._answer(context, answer)

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        def answer() -> provider_pb2.InvokeResponse:
            result = invokes.invoke(self._azure, request.tok, values.plain(from_struct(request.args)))
            return provider_pb2.InvokeResponse(**{"return": to_struct(result)})

        return self._answer(context, answer)

    # help

    @property
    def _azure(self) -> Subscription:
        if self._subscription is None:
            raise SandboxError("the Azure stand-in was called before it was configured")
        return self._subscription

    def finish(self) -> None:
        """Let what has begun come to its end, at once: Azure goes on when nobody waits for it any more."""
        if self._subscription is not None and self._subscription.latency is not None:
            self._subscription.latency.hurry.set()
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def _answer(self, context: grpc.ServicerContext, answer: Callable[[], Answer]) -> Answer:
        """The answer, or its refusal as the one line the user is shown."""
        with self._idle:
            self._running += 1
        try:
            return answer()
        except UnfinishedError as error:
            detail = any_pb2.Any()
            detail.Pack(_unfinished(error), type_url_prefix="type.googleapis.com/")
            status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise
        except (ArmError, NotSimulatedError, SandboxError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _say_unchecked(self, what: str) -> None:
        """Say once what is not checked, and only aloud when nothing is."""
        if what and what not in self._said_unchecked:
            self._said_unchecked.add(what)
            aloud = engine_pb2.INFO if self._arm_types is None else engine_pb2.DEBUG
            self._log(f"Azure sandbox: {what}", "", aloud)

    def _log(self, text: str, urn: str, severity: engine_pb2.LogSeverity.ValueType) -> None:
        if self._engine_address:
            with grpc.insecure_channel(self._engine_address) as channel:
                engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(severity=severity, message=text, urn=urn))


def _refused(what: str) -> NoReturn:
    raise NotSimulatedError(what)


def _kind(urn: str) -> tuple[Kind, str]:
    """The kind of a resource, and the API version its token names, else the SDK's default."""
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    kind = kind_of(token)
    return kind, parse_token(token)[1] or kind.api_version


def _planned(kind: Kind, inputs: Properties) -> Properties:
    """Outputs as far as a preview knows them: what was put in; what ARM adds is unknown, as in azure-native."""
    planned = operations.shown_outputs(kind, inputs, {})
    for path in kind.read_only:
        planned = _with_unknown(planned, path.split("."))
    return {**planned, "name": UNKNOWN}


def _unfinished(error: UnfinishedError) -> provider_pb2.ErrorResourceInitFailed:
    """What azure-native tells the engine of something that exists but did not get ready: provider.go, partialError."""
    outputs = to_struct(error.resource.outputs)
    return provider_pb2.ErrorResourceInitFailed(id=error.resource.id, properties=outputs, reasons=[str(error.why)])


def _with_unknown(properties: Properties, path: list[str]) -> Properties:
    inner = properties.get(path[0])
    if len(path) > 1 and isinstance(inner, dict):
        return {**properties, path[0]: _with_unknown(inner, path[1:])}
    return {**properties, path[0]: UNKNOWN}


def _live_inputs(found: Resource, known: Properties, api_version: str) -> Properties:
    """Inputs as they are now; what ARM never shows comes from what the engine knows."""
    live: Properties = values.restored(found.inputs, known)
    kept = {name: known[name] for name in (CREATE_BEFORE_DELETE, API_VERSION) if name in known}
    return {**live, API_VERSION: api_version, **kept}


def serve(provider: AzureProvider) -> int:
    """Serve on a free loopback port, tell the engine which, and wait until its process is gone."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    # A killed engine does not stop its plugins.
    threading.Thread(target=_leave_with, args=(parent, provider), daemon=True).start()
    server.wait_for_termination()
    return 0


def _leave_with(parent: int, provider: AzureProvider) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    provider.finish()
    os._exit(0)


def main(arguments: list[str]) -> int:
    engine_address = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    return serve(AzureProvider(State.of(os.environ), os.environ, engine_address))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
