"""The provider without a cluster, in this process: what it decides by itself."""

from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.log import EngineLog
from sandbox.kubernetes.servicer import KubernetesServicer
from sandbox.kubernetes.values import UNKNOWN, Manifest, decoded, encoded
from tests.sandbox.kubernetes.plugin import urn_of

CONFIG_MAP = urn_of("kubernetes:core/v1:ConfigMap")
NAMESPACE = urn_of("kubernetes:core/v1:Namespace")


class AbortedError(Exception):
    pass


class Context:
    """What gRPC hands to a method, as far as this provider uses it."""

    def abort(self, code: grpc.StatusCode, message: str) -> NoReturn:
        raise AbortedError(f"{code.name}: {message}")


def servicer(**inputs: str) -> KubernetesServicer:
    made = KubernetesServicer(EngineLog(), {"KUBECONFIG": "/no/such/file"})
    variables = {f"kubernetes:config:{name}": value for name, value in inputs.items()}
    answer = call(made, "Configure", provider_pb2.ConfigureRequest(variables=variables))
    assert answer.supportsPreview
    assert not answer.acceptSecrets
    return made


def call(made: KubernetesServicer, method: str, request: Any) -> Any:
    return getattr(made, method)(request, Context())


def checked(made: KubernetesServicer, urn: str, inputs: Manifest, old: Manifest | None = None) -> Manifest:
    request = provider_pb2.CheckRequest(urn=urn, news=encoded(inputs), olds=encoded(old or {}), randomSeed=b"1")
    return decoded(call(made, "Check", request).inputs)


def test_inputs_are_completed_with_kind_name_and_namespace() -> None:
    done = checked(servicer(), CONFIG_MAP, {"data": {"a": "1"}})
    assert (done["apiVersion"], done["kind"]) == ("v1", "ConfigMap")
    assert done["metadata"]["name"].startswith("thing-")
    assert done["metadata"]["namespace"] == "default"


def test_a_namespace_has_no_namespace() -> None:
    assert "namespace" not in checked(servicer(), NAMESPACE, {})["metadata"]


def test_a_namespace_still_to_come_is_left_alone() -> None:
    done = checked(servicer(), CONFIG_MAP, {"metadata": {"name": "a", "namespace": UNKNOWN}})
    assert done["metadata"]["namespace"] is UNKNOWN
    assert checked(servicer(), CONFIG_MAP, {"metadata": UNKNOWN})["metadata"] is UNKNOWN


def test_an_automatic_name_survives_the_next_check() -> None:
    made = servicer()
    old = checked(made, CONFIG_MAP, {"data": {"a": "1"}})
    assert checked(made, CONFIG_MAP, {"data": {"a": "2"}}, old)["metadata"] == old["metadata"]


def test_what_a_secret_holds_is_secret_whether_the_program_says_so_or_not() -> None:
    inputs = {"metadata": {"name": "s"}, "stringData": {"a": "x"}, "data": {"b": "eA=="}}
    request = provider_pb2.CheckRequest(urn=urn_of("kubernetes:core/v1:Secret"), news=encoded(inputs))
    answer = call(servicer(), "Check", request)
    for field in ("data", "stringData"):
        assert "4dabf18193072939515e22adb298388d" in answer.inputs.fields[field].struct_value.fields


@pytest.mark.parametrize(
    ("token", "inputs", "settings", "message"),
    [
        ("core/v1:ConfigMap", {"metadata": {"generateName": "a-"}}, {}, "generateName. field is not supported"),
        ("core/v1:ConfigMapPatch", {}, {}, r"require the .\.metadata\.name. field"),
        ("core/v1:ConfigMapPatch", {}, {"enableServerSideApply": "false"}, "require Server-Side Apply mode"),
        ("core/v1:ConfigMapList", {}, {}, "cannot be created directly"),
    ],
)
def test_what_cannot_be_made_is_refused(token: str, inputs: Manifest, settings: dict[str, str], message: str) -> None:
    with pytest.raises(AbortedError, match=message):
        checked(servicer(**settings), urn_of(f"kubernetes:{token}"), inputs)


def test_without_server_side_apply_objects_are_labelled() -> None:
    done = checked(servicer(enableServerSideApply="false"), CONFIG_MAP, {"metadata": {"labels": {"a": "b"}}})
    assert done["metadata"]["labels"] == {"a": "b", "app.kubernetes.io/managed-by": "pulumi"}


def test_previews_without_a_cluster_show_the_inputs() -> None:
    made = servicer()
    properties = encoded({"metadata": {"name": "a"}})
    created = call(made, "Create", provider_pb2.CreateRequest(urn=CONFIG_MAP, properties=properties, preview=True))
    updated = call(made, "Update", provider_pb2.UpdateRequest(urn=CONFIG_MAP, news=properties, preview=True))
    assert created.properties == updated.properties == properties
    assert created.id == ""


@pytest.mark.parametrize("method", ["Create", "Update"])
def test_work_without_a_cluster_says_what_is_missing(method: str) -> None:
    request = getattr(provider_pb2, f"{method}Request")(urn=CONFIG_MAP)
    with pytest.raises(AbortedError, match=r"configured Kubernetes cluster is unreachable: .*no such file"):
        call(servicer(), method, request)


def test_a_provider_may_skip_what_it_cannot_reach() -> None:
    made = servicer(skipUpdateUnreachable="true")
    old = {"metadata": {"name": "a"}}
    assert checked(made, CONFIG_MAP, {"metadata": {"name": "b"}}, old) == old
    request = provider_pb2.ReadRequest(urn=CONFIG_MAP, id="a", properties=encoded(old), inputs=encoded(old))
    assert decoded(call(made, "Read", request).inputs) == old


@pytest.mark.parametrize(
    ("method", "request_", "message"),
    [
        ("Invoke", provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode"), "not supported by the sandbox"),
        ("Invoke", provider_pb2.InvokeRequest(tok="kubernetes:x:y"), 'unknown Invoke type "kubernetes:x:y"'),
        ("Construct", provider_pb2.ConstructRequest(type="kubernetes:helm.sh/v4:Chart"), "helm.sh/v4:Chart is not"),
        ("Parameterize", provider_pb2.ParameterizeRequest(), "packages of custom resources"),
        ("Handshake", provider_pb2.ProviderHandshakeRequest(), "UNIMPLEMENTED"),
        ("Call", provider_pb2.CallRequest(), "UNIMPLEMENTED"),
    ],
)
def test_what_this_provider_does_not_do_is_an_error(method: str, request_: Any, message: str) -> None:
    with pytest.raises(AbortedError, match=message):
        call(servicer(), method, request_)


def test_the_engine_is_told_a_version_that_it_has_nothing_to_say_about() -> None:
    assert call(servicer(), "GetPluginInfo", empty_pb2.Empty()).version == "999.0.0"
    assert call(servicer(), "GetMapping", provider_pb2.GetMappingRequest()).data == b""
    assert call(servicer(), "GetMappings", provider_pb2.GetMappingsRequest()).ByteSize() == 0
