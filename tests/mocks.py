"""A monitor that records what a program registers: inputs, options, parents and what is secret.

`run(program)` is all most tests need. The monitor answers as Azure and Kubernetes would as far as components read
answers back; a test that needs another answer gives it in `answers`.
"""

import asyncio
import base64
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import resource as sdk_resource
from pulumi.runtime import rpc, set_mocks
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-0000000000aa"
STACK_TYPE = "pulumi:pulumi:Stack"

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Registration:
    """One resource as the engine would see it. Option names are the engine's; `inputs` hold plain values."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    secrets: frozenset[str]
    """Dotted paths of the inputs that are secret."""
    request: Any
    """The protobuf request, for what has no field here."""

    @property
    def component(self) -> bool:
        return not self.request.custom

    @property
    def protect(self) -> bool:
        return bool(self.request.protect)

    @property
    def depends_on(self) -> list[str]:
        """URNs: explicit dependencies and those that follow from inputs."""
        return sorted(self.request.dependencies)

    @property
    def ignore_changes(self) -> list[str]:
        return list(self.request.ignoreChanges)

    @property
    def aliases(self) -> list[Any]:
        """Those the program gave; the SDK's own (other API versions of one type) are not counted."""
        return [alias for alias in self.request.aliases if not alias.spec.type]

    @property
    def deleted_with(self) -> str:
        return str(self.request.deletedWith)

    @property
    def retain_on_delete(self) -> bool:
        return bool(self.request.retainOnDelete)

    @property
    def additional_secret_outputs(self) -> list[str]:
        return list(self.request.additionalSecretOutputs)

    @property
    def providers(self) -> dict[str, str]:
        return dict(self.request.providers)


class Recorder(MockMonitor):
    """Keeps every registration, in order; a URN that comes twice is an error, as it is in the engine."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.registrations: list[Registration] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        self.hooks: list[str] = []

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != STACK_TYPE:
            if any(known.urn == urn for known in self.registrations):
                raise AssertionError(f"two resources have the URN {urn}")
            secret_paths: set[str] = set()
            raw = rpc.deserialize_properties(request.object, keep_unknowns=True)
            inputs = _plain(raw, "", secret_paths)
            recorded = Registration(
                request.type, request.name, urn, request.parent, inputs, frozenset(secret_paths), request
            )
            self.registrations.append(recorded)
        monitor: Any = super()
        return monitor.RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn in self.outputs:
            raise AssertionError(f"register_outputs was called twice for {request.urn}")
        self.outputs[request.urn] = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        monitor: Any = super()
        return monitor.RegisterResourceOutputs(request)

    def RegisterErrorHook(self, request: Any) -> Any:
        self.hooks.append(request.name)
        monitor: Any = super()
        return monitor.RegisterErrorHook(request)


@dataclass
class Recorded:
    """What one run of a program registered."""

    monitor: Recorder
    result: Any = None
    """What the program returned, Outputs resolved."""

    @property
    def registrations(self) -> list[Registration]:
        return self.monitor.registrations

    def all(self, type_: str) -> list[Registration]:
        """Every resource whose type is, or ends in, `type_` (`:ManagedCluster`)."""
        return [found for found in self.registrations if found.type == type_ or found.type.endswith(type_)]

    def one(self, type_: str) -> Registration:
        """The only resource of a type."""
        found = self.all(type_)
        assert len(found) == 1, f"{len(found)} resources of type {type_}: {[each.name for each in found]}"
        return found[0]

    def named(self, name: str) -> Registration:
        """The only resource with a logical name."""
        found = [each for each in self.registrations if each.name == name]
        assert len(found) == 1, f"{len(found)} resources named {name}: {[each.type for each in found]}"
        return found[0]

    def outputs(self, type_: str) -> dict[str, Any]:
        """What the only component of a type registered as its outputs."""
        return self.monitor.outputs[self.one(type_).urn]


@dataclass
class Cloud(Mocks):
    """Answers registrations and calls from the tables below."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By resource type or call token; wins over the built-in answers."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.custom is False:  # None: a resource that is read, such as a reference to another stack
            return "", dict(args.inputs)
        identity, extra = _identity(args)
        answer = self.answers.get(args.typ) or ANSWERS.get(args.typ)
        state = {**args.inputs, **extra}
        return identity, {**state, **(answer(state) if answer else {})}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answer = self.answers.get(args.token) or CALLS.get(args.token)
        if answer is None:
            raise AssertionError(f"no answer for the call {args.token}")
        return dict(answer(args.args)), []


def run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    answers: Mapping[str, Answer] | None = None,
    project: str = "platform",
    stack: str = "test",
) -> Recorded:
    """Run `program` against the recorder; an error it raises comes out of here."""
    recorder = Recorder(Cloud(answers or {}))
    if _no_event_loop():
        asyncio.set_event_loop(asyncio.new_event_loop())
    set_mocks(recorder.mocks, project=project, stack=stack, preview=preview, monitor=recorder)
    recorded = Recorded(recorder)

    def keep(value: Any) -> None:
        recorded.result = value

    def body() -> Any:
        return pulumi.Output.from_input(program()).apply(keep)

    awaited: Any = pulumi_mocks.test
    with _hooks_heard(recorder):
        awaited(body)()
    return recorded


@contextmanager
def _hooks_heard(recorder: Recorder) -> Iterator[None]:
    """SDKs before mocks knew of hooks have nobody who takes them: pulumi 3.255."""
    before = sdk_resource._get_callbacks

    async def callbacks() -> Any:
        found = await before()
        return (
            SimpleNamespace(register_error_hook=lambda hook: recorder.hooks.append(hook.name))
            if found is None
            else found
        )

    with patch.object(sdk_resource, "_get_callbacks", callbacks):
        yield


def assert_component_conventions(recorded: Recorded, *, aliased: Sequence[str] = ()) -> None:
    """What holds for every component: parents, names, no leaked options, outputs registered."""
    by_urn = {each.urn: each for each in recorded.registrations}
    for each in recorded.registrations:
        parent = by_urn.get(each.parent)
        if parent is not None:
            assert parent.component, f"{each.name}: its parent {parent.name} is no component"
            assert each.name.startswith(f"{parent.name}-"), f"{each.name} does not start with {parent.name}-"
            assert each.name in aliased or not each.aliases, f"{each.name} has aliases: {each.aliases}"
        if each.component:
            assert each.urn in recorded.monitor.outputs, f"{each.name}: register_outputs was not called"


def _no_event_loop() -> bool:
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        return True
    return False


def _plain(value: Any, path: str, secret_paths: set[str]) -> Any:
    """`value` without the signatures of secrets; their paths go to `secret_paths`."""
    if rpc.is_rpc_secret(value):
        secret_paths.add(path)
        return _plain(rpc.unwrap_rpc_secret(value), path, secret_paths)
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{path}.{key}" if path else key, secret_paths) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}[{index}]", secret_paths) for index, item in enumerate(value)]
    # On the wire every number is a double.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _guid(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


# What a kind is called in ARM's ids, and which inputs name it and its parents.
ARM_KINDS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "ManagedCluster": ("Microsoft.ContainerService", (("managedClusters", "resourceName"),)),
    "AgentPool": (
        "Microsoft.ContainerService",
        (("managedClusters", "resourceName"), ("agentPools", "agentPoolName")),
    ),
    "MaintenanceConfiguration": (
        "Microsoft.ContainerService",
        (("managedClusters", "resourceName"), ("maintenanceConfigurations", "configName")),
    ),
    "UserAssignedIdentity": ("Microsoft.ManagedIdentity", (("userAssignedIdentities", "resourceName"),)),
    "FederatedIdentityCredential": (
        "Microsoft.ManagedIdentity",
        (
            ("userAssignedIdentities", "resourceName"),
            ("federatedIdentityCredentials", "federatedIdentityCredentialResourceName"),
        ),
    ),
    "VirtualNetwork": ("Microsoft.Network", (("virtualNetworks", "virtualNetworkName"),)),
    "Subnet": ("Microsoft.Network", (("virtualNetworks", "virtualNetworkName"), ("subnets", "subnetName"))),
    "NetworkSecurityGroup": ("Microsoft.Network", (("networkSecurityGroups", "networkSecurityGroupName"),)),
    "NatGateway": ("Microsoft.Network", (("natGateways", "natGatewayName"),)),
    "PublicIPAddress": ("Microsoft.Network", (("publicIPAddresses", "publicIpAddressName"),)),
    "PrivateEndpoint": ("Microsoft.Network", (("privateEndpoints", "privateEndpointName"),)),
    "PrivateZone": ("Microsoft.Network", (("privateDnsZones", "privateZoneName"),)),
    "VirtualNetworkLink": (
        "Microsoft.Network",
        (("privateDnsZones", "privateZoneName"), ("virtualNetworkLinks", "virtualNetworkLinkName")),
    ),
    "Zone": ("Microsoft.Network", (("dnszones", "zoneName"),)),
    "RecordSet": ("Microsoft.Network", (("dnszones", "zoneName"), ("", "recordType"), ("", "relativeRecordSetName"))),
    "Server": ("Microsoft.DBforPostgreSQL", (("flexibleServers", "serverName"),)),
    "StorageAccount": ("Microsoft.Storage", (("storageAccounts", "accountName"),)),
    "BlobContainer": (
        "Microsoft.Storage",
        (("storageAccounts", "accountName"), ("blobServices/default/containers", "containerName")),
    ),
    "Vault": ("Microsoft.KeyVault", (("vaults", "vaultName"),)),
}


def _identity(args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
    """The id of a new resource, and the outputs that follow from its name."""
    kind = args.typ.rsplit(":", 1)[-1]
    if args.typ.startswith("kubernetes:") and "metadata" in args.inputs:
        metadata = dict(args.inputs["metadata"])
        metadata.setdefault("name", f"{args.name}-00000000")
        if kind not in {"Namespace", "ClusterRole", "ClusterRoleBinding"}:
            metadata.setdefault("namespace", "default")
        place = f"{metadata['namespace']}/" if "namespace" in metadata else ""
        return f"{place}{metadata['name']}", {"metadata": metadata}
    if args.typ.startswith("azure-native:"):
        group = f"{SUBSCRIPTION}/resourceGroups/{args.inputs.get('resourceGroupName', 'none')}"
        if kind == "ResourceGroup":
            name = str(args.inputs.get("resourceGroupName", f"{args.name}00000000"))
            return f"{SUBSCRIPTION}/resourceGroups/{name}", {"name": name}
        if kind in ARM_KINDS:
            provider, parts = ARM_KINDS[kind]
            names = [str(args.inputs.get(key, f"{args.name}00000000")) for _, key in parts]
            path = "/".join(
                f"{collection}/{part}" if collection else part
                for (collection, _), part in zip(parts, names, strict=True)
            )
            return f"{group}/providers/{provider}/{path}", {"name": names[-1]}
        return f"{group}/providers/Test/{kind}/{args.name}", {"name": args.name}
    return args.name, {}


def _identity_outputs(state: Mapping[str, Any]) -> dict[str, Any]:
    name = str(state["name"])
    return {"clientId": _guid(f"client {name}"), "principalId": _guid(f"principal {name}"), "tenantId": TENANT}


def _cluster_outputs(state: Mapping[str, Any]) -> dict[str, Any]:
    name = str(state["name"])
    kubelet = {"objectId": _guid(f"kubelet {name}"), "clientId": _guid(f"kubelet client {name}")}
    # Given as a list of ids, answered as a map of what they are.
    identity = {**state["identity"], "userAssignedIdentities": {}}
    return {
        "identity": identity,
        "currentKubernetesVersion": f"{state.get('kubernetesVersion', '1.35')}.1",
        "fqdn": f"{name}.hcp.westeurope.azmk8s.io",
        "identityProfile": {"kubeletidentity": kubelet},
        "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://oidc.example/{_guid(name)}/"},
    }


def exec_kubeconfig(user: str = "") -> str:
    """What AKS answers with `format=exec`; `user` replaces the user entry."""
    exec_user = """{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: [get-token,
      --environment, AzurePublicCloud, --server-id, 6dae42f8-4368-4678-94ff-3960e28e3630, --client-id, some-client,
      --tenant-id, some-tenant, --login, devicecode], env: null, provideClusterInfo: false}}"""
    return f"""apiVersion: v1
kind: Config
clusters: [{{name: main, cluster: {{server: 'https://main.example:443', certificate-authority-data: Q0E=}}}}]
contexts: [{{name: main, context: {{cluster: main, user: someone}}}}]
current-context: main
users: [{{name: someone, user: {user or exec_user}}}]
"""


ANSWERS: dict[str, Answer] = {
    "azure-native:managedidentity:UserAssignedIdentity": _identity_outputs,
    "azure-native:containerservice/v20260301:ManagedCluster": _cluster_outputs,
    "azure-native:containerservice:ManagedCluster": _cluster_outputs,
    "azure-native:dbforpostgresql:Server": lambda state: {
        "fullyQualifiedDomainName": f"{state['name']}.postgres.database.azure.com"
    },
    "azure-native:network:PublicIPAddress": lambda _: {"ipAddress": "203.0.113.10"},
    "azure-native:dns:Zone": lambda _: {"nameServers": ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."]},
    "azure-native:dns:RecordSet": lambda state: {
        "fqdn": f"{state['zoneName']}."
        if state["relativeRecordSetName"] == "@"
        else f"{state['relativeRecordSetName']}.{state['zoneName']}."
    },
    "azure-native:storage:StorageAccount": lambda state: {
        "primaryEndpoints": {"blob": f"https://{state['name']}.blob.core.windows.net/"}
    },
    "azure-native:keyvault:Vault": lambda state: {
        "properties": {**state.get("properties", {}), "vaultUri": f"https://{state['name']}.vault.azure.net/"}
    },
    "pulumi-python:dynamic/platform-components:GeneratedPassword": lambda _: {
        "value": {rpc._special_sig_key: rpc._special_secret_sig, "value": "GeneratedPassword0GeneratedPassw"}
    },
}

CALLS: dict[str, Answer] = {
    "azure-native:containerservice:listManagedClusterUserCredentials": lambda _: {
        "kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(exec_kubeconfig().encode()).decode()}]
    },
    "azure-native:authorization:getClientConfig": lambda _: {
        "clientId": _guid("client"),
        "objectId": _guid("object"),
        "subscriptionId": SUBSCRIPTION.rsplit("/", 1)[-1],
        "tenantId": TENANT,
    },
}
