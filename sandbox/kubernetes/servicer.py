"""The engine's side: each call of the provider protocol, from request to response.

What is decided here is what the official provider decides; what is done to objects is `operations.py`.
"""
# ruff: noqa: N802, ARG002 — names and arguments are the protocol's

import os
import threading
from collections.abc import Mapping
from typing import Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from sandbox.kubernetes import apply, checkpoint, paths
from sandbox.kubernetes.checking import Naming, checked
from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.difference import Change, Difference, differences, projected
from sandbox.kubernetes.errors import ApiError, NoMatchError, NotReadyError, ProviderError, UnreachableError
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.log import EngineLog
from sandbox.kubernetes.objects import (
    REPLACE_UNREADY,
    Kind,
    completed,
    dig,
    is_true,
    kind_of,
    name_of,
    namespace_of,
    object_id,
    resource_type,
    split_id,
    with_metadata,
    without_namespace,
)
from sandbox.kubernetes.operations import Operations, Target
from sandbox.kubernetes.protocol import InitializationError, ProtocolServicer, told
from sandbox.kubernetes.replacement import delete_first, immutable_paths, replaces
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.settings import Settings, settings_difference
from sandbox.kubernetes.values import Manifest, decoded, encoded

# Newer than any SDK asks for: a lower version would make the engine warn.
_VERSION: Final = "999.0.0"

_DIFF_KINDS: Final = {
    (Change.ADDED, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADDED, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETED, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETED, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATED, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATED, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}

_UNREACHABLE_HELP: Final = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


class KubernetesServicer(ProtocolServicer):
    """The provider plugin `kubernetes`, for one cluster."""

    def __init__(self, log: EngineLog, environment: Mapping[str, str] = os.environ) -> None:
        self._log = log
        self._environment = environment
        self._cancelled = threading.Event()
        self._settings = Settings.of({}, {})
        self._namespace = "default"
        self._resources: Resources | None = None
        self._unreachable = "the provider is not configured"

    # The provider itself

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=_VERSION)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._log.attach(request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    @told
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        return settings_difference(decoded(request.olds), decoded(request.news), self._environment)

    @told
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        settings = Settings.of(request.variables, self._environment)
        self._settings = settings
        try:
            target = connection(
                settings.kubeconfig,
                environment=self._environment,
                context=settings.context,
                cluster=settings.cluster,
                namespace=settings.namespace,
            )
            self._namespace = target.namespace
            client = ApiClient(target)
            client.get("/api")
            self._resources = Resources(client)
        except UnreachableError as error:
            # Only operations that need the cluster fail: a preview may come before the cluster does.
            self._unreachable = str(error)
        except ApiError as error:
            self._unreachable = f"unable to load schema information from the API server: {error}"
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=True, supports_autonaming_configuration=True
        )

    # Resources

    @told
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        if self._resources is None and self._settings.skip_update_unreachable:
            self._log.warning(
                request.urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping..."
            )
            return provider_pb2.CheckResponse(inputs=request.olds)
        asked = resource_type(request.urn)
        old, new = decoded(request.olds), completed(decoded(request.news), asked.kind)
        options = request.autonaming if request.HasField("autonaming") else None
        naming = Naming(request.urn, request.randomSeed, options)
        new = checked(new, old, naming, patch=asked.patch, server_side_apply=self._settings.server_side_apply)
        if not dig(new, "metadata", "namespace") and self._is_namespaced(kind_of(new)):
            new = with_metadata(new, namespace=self._namespace)
        return provider_pb2.CheckResponse(inputs=encoded(checkpoint.with_secrets(new)))

    @told
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        asked = resource_type(request.urn)
        new = completed(decoded(request.news), asked.kind)
        kind = kind_of(new)
        old_inputs = completed(decoded(request.old_inputs), kind)
        live = checkpoint.live_object(decoded(request.olds))
        old = completed(projected(live, old_inputs, live if kind.built_in else None), kind)
        old, new = self._same_scope(kind, old), self._same_scope(kind, new)
        if name_of(new):
            # A program may name an object as it was named automatically.
            old = with_metadata(old, name=name_of(live))
        found = differences(old, new, request.ignoreChanges)
        immutable = immutable_paths(
            kind,
            new,
            config_maps_mutable=self._settings.config_maps_mutable,
            secrets_mutable=self._settings.secrets_mutable,
            patch=asked.patch,
        )
        replaced = [paths.text(difference.path) for difference in found if replaces(difference, immutable)]
        if is_true(new, REPLACE_UNREADY) and not self._ready(request.urn, kind, live):
            replaced.append(f'metadata.annotations["{REPLACE_UNREADY}"]')
        changed = bool(found or replaced)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaced,
            deleteBeforeReplace=bool(replaced) and delete_first(new, live),
            detailedDiff={paths.text(difference.path): _property_diff(difference, immutable) for difference in found},
            hasDetailedDiff=True,
        )

    @told
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        if request.preview and self._resources is None:
            return provider_pb2.CreateResponse(properties=request.properties)
        inputs = decoded(request.properties)
        target = _target(request.urn, inputs, request.timeout)
        manager = self._manager(inputs, {})
        operations = self._operations()
        try:
            if request.preview:
                made = operations.preview_create(target, inputs, manager)
                properties = request.properties if made is None else self._outputs(made, inputs, {}, manager)
                return provider_pb2.CreateResponse(properties=properties)
            live = operations.create(target, inputs, manager)
        except NoMatchError as error:
            raise ProviderError(
                f'creation of resource "{request.urn}" with kind {target.kind} failed because the Kubernetes API '
                "server reported that the apiVersion for this resource does not exist. Verify that any required CRDs "
                f"have been created: {error}"
            ) from error
        except NotReadyError as error:
            message = (
                f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported that it '
                f"failed to fully initialize or become live: {error}"
            )
            raise self._initialization_error(error, message, inputs, {}, manager) from error
        except ProviderError as error:
            raise ProviderError(
                f'resource "{request.urn}" was not successfully created by the Kubernetes API server: {error}'
            ) from error
        return provider_pb2.CreateResponse(id=object_id(live), properties=self._outputs(live, inputs, {}, manager))

    @told
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        if self._resources is None:
            return self._unread(request)
        inputs, state = decoded(request.inputs), decoded(request.properties)
        namespace, name = split_id(request.id)
        if not name:
            raise ProviderError(
                f"failed to read resource because of a failure to parse resource name from request ID: {request.id}"
            )
        asked = resource_type(request.urn)
        before = checkpoint.live_object(state)
        known = inputs if inputs.get("kind") else before
        kind = kind_of(known) if known.get("kind") else asked.kind
        target = Target(request.urn, kind, asked.patch, request.timeout)
        manager = self._manager(inputs, state)
        failure: NotReadyError | None = None
        try:
            live = self._operations().read(target, inputs, namespace, name)
        except NotReadyError as error:
            failure, live = error, error.live
        if live is None:
            return provider_pb2.ReadResponse()
        if inputs:
            live_inputs = projected(live, inputs, before if kind.built_in and before else None)
        else:
            live_inputs = checkpoint.imported_inputs(live)
        read_inputs = encoded(checkpoint.with_secrets(live_inputs))
        if failure is not None:
            unready = self._initialization_error(failure, str(failure), live, state, manager)
            unready.detail.id = request.id
            unready.detail.inputs.CopyFrom(read_inputs)
            raise unready
        properties = self._outputs(live, live, state, manager)
        return provider_pb2.ReadResponse(id=request.id, properties=properties, inputs=read_inputs)

    @told
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        if request.preview and self._resources is None:
            return provider_pb2.UpdateResponse(properties=request.news)
        state, inputs = decoded(request.olds), decoded(request.news)
        target = _target(request.urn, inputs, request.timeout)
        before, manager = self._manager(decoded(request.old_inputs), state), self._manager(inputs, state)
        operations = self._operations()
        try:
            live = operations.update(
                target,
                inputs,
                name_of(state),
                manager,
                preview=request.preview,
                ignored=request.ignoreChanges,
            )
        except NoMatchError as error:
            raise ProviderError(
                f'update of resource "{request.urn}" failed because the Kubernetes API server reported that the '
                f"apiVersion for this resource does not exist. Verify that any required CRDs have been created: {error}"
            ) from error
        except NotReadyError as error:
            message = (
                f'the Kubernetes API server reported that "{object_id(error.live)}" failed to fully initialize or '
                f"become live: {error}"
            )
            raise self._initialization_error(error, message, inputs, state, manager) from error
        except ProviderError as error:
            raise ProviderError(f'update of resource "{request.urn}" failed: {error}') from error
        if live is None:
            return provider_pb2.UpdateResponse(properties=request.news)
        if before != manager and not request.preview:
            operations.relinquish(target, live, before)
        return provider_pb2.UpdateResponse(properties=self._outputs(live, inputs, state, manager))

    @told
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        if self._resources is None:
            self._log.warning(request.urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}")
            if not self._settings.delete_unreachable:
                raise ProviderError(f"configured Kubernetes cluster is unreachable. {_UNREACHABLE_HELP}")
            self._tell_removal(request.urn)
            return empty_pb2.Empty()
        state = decoded(request.properties)
        live = checkpoint.live_object(state)
        inputs = decoded(request.old_inputs) or live
        asked = resource_type(request.urn)
        target = Target(request.urn, kind_of(live), asked.patch, request.timeout)
        namespace, name = split_id(request.id)
        self._operations().delete(target, inputs, namespace, name, self._manager(inputs, state))
        return empty_pb2.Empty()

    # Private

    def _operations(self) -> Operations:
        if self._resources is None:
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        return Operations(self._resources, self._settings, self._log, self._cancelled)

    def _manager(self, inputs: Manifest, state: Manifest) -> str:
        return checkpoint.field_manager(
            inputs, state, server_side_apply=self._settings.server_side_apply, client_side=apply.CREATOR
        )

    def _outputs(self, live: Manifest, inputs: Manifest, state: Manifest, manager: str) -> struct_pb2.Struct:
        api_version = checkpoint.initial_api_version(state, inputs)
        return encoded(checkpoint.outputs(live, initial_api_version=api_version, manager=manager))

    def _initialization_error(
        self, error: NotReadyError, message: str, inputs: Manifest, state: Manifest, manager: str
    ) -> InitializationError:
        detail = provider_pb2.ErrorResourceInitFailed(
            id=object_id(error.live),
            properties=self._outputs(error.live, inputs, state, manager),
            reasons=[message, *error.reasons],
        )
        return InitializationError(message, detail)

    def _is_namespaced(self, kind: Kind) -> bool:
        if self._resources is None or kind.cluster_scoped:
            return not kind.cluster_scoped
        try:
            return self._resources.served(kind).namespaced
        except NoMatchError:
            # A custom resource whose definition comes with the update; most are namespaced.
            return True

    def _same_scope(self, kind: Kind, manifest: Manifest) -> Manifest:
        """The object with the namespace that it has even if it does not say so, and with none if it cannot have one."""
        if self._is_namespaced(kind):
            namespace = dig(manifest, "metadata", "namespace") or "default"
            return with_metadata(manifest, namespace=namespace)
        return without_namespace(manifest)

    def _ready(self, urn: str, kind: Kind, live: Manifest) -> bool:
        """Whether an object that is to be replaced when it is not ready is ready; true where nobody can tell."""
        if self._resources is None:
            self._log.warning(urn, "Cluster is unreachable, skipping replaceUnready check")
            return True
        if kind.name != "Job":
            self._log.warning(urn, "replaceUnready annotation is not supported for this resource")
            return True
        return self._operations().ready_now(kind, namespace_of(live), name_of(live))

    def _unread(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """The answer to `Read` when there is no cluster to ask."""
        self._log.warning(request.urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        if self._settings.delete_unreachable:
            self._tell_removal(request.urn)
            return provider_pb2.ReadResponse()
        if self._settings.skip_update_unreachable:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        raise ProviderError(f"failed to read resource state due to unreachable cluster. {_UNREACHABLE_HELP}")

    def _tell_removal(self, urn: str) -> None:
        self._log.info(
            urn,
            "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. "
            "Deleting the unreachable resource from Pulumi state",
        )


def _target(urn: str, inputs: Manifest, timeout: float) -> Target:
    asked = resource_type(urn)
    return Target(urn, kind_of(inputs) if inputs.get("kind") else asked.kind, asked.patch, timeout)


def _property_diff(difference: Difference, immutable: tuple[paths.Path, ...]) -> provider_pb2.PropertyDiff:
    kind = _DIFF_KINDS[difference.change, replaces(difference, immutable)]
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
