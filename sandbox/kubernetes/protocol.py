"""The provider protocol's common ground: failures as messages, and the calls that this provider has nothing for."""
# ruff: noqa: N802, ARG002 — names and arguments are the protocol's

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.kubernetes.errors import ProviderError


class InitializationError(Exception):
    """The object exists but did not get ready: the engine keeps it, with the reasons."""

    def __init__(self, message: str, detail: provider_pb2.ErrorResourceInitFailed) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


_Answer = TypeVar("_Answer")


def told(
    method: Callable[[Any, Any, grpc.ServicerContext], _Answer],
) -> Callable[[Any, Any, grpc.ServicerContext], _Answer]:
    """The method with its failures told as the messages that they are, without a traceback."""

    @wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> _Answer:
        abort: Callable[[grpc.StatusCode, str], NoReturn] = context.abort
        try:
            return method(self, request, context)
        except InitializationError as error:
            status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=error.message)
            detail = any_pb2.Any()
            detail.Pack(error.detail, type_url_prefix="type.googleapis.com/")
            status.details.append(detail)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            abort(grpc.StatusCode.UNKNOWN, error.message)
        except ProviderError as error:
            abort(grpc.StatusCode.UNKNOWN, str(error))

    return call


class ProtocolServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers to the calls that are not about objects."""

    @told
    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        if request.tok in ("kubernetes:yaml:decode", "kubernetes:helm:template", "kubernetes:kustomize:directory"):
            raise ProviderError(f"{request.tok} is not supported by the sandbox: declare the objects themselves")
        raise ProviderError(f'unknown Invoke type "{request.tok}"')

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema='{"name": "kubernetes"}')

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        return provider_pb2.GetMappingResponse()

    def GetMappings(
        self, request: provider_pb2.GetMappingsRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        return provider_pb2.GetMappingsResponse()

    def Handshake(self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext) -> Any:
        # The engine then learns what the provider can do from `Configure`.
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Handshake is not implemented")

    def Parameterize(self, request: provider_pb2.ParameterizeRequest, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "packages of custom resources are not supported by the sandbox")

    def Construct(self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext) -> Any:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.type} is not supported by the sandbox: declare the objects themselves",
        )

    def Call(self, request: provider_pb2.CallRequest, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Call is not implemented")
