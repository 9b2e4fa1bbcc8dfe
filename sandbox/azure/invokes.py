"""Functions a program calls: reading a resource, and the credentials ARM hands out.

A kubeconfig is the exec form AKS returns for clusters with Entra ID: no credential in it, and it points at the
sandbox's own API server.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from sandbox.azure import ids, keys
from sandbox.azure.errors import ArmError, NotSimulatedError, not_found
from sandbox.azure.faults import Call
from sandbox.azure.kind import Kind, Subscription
from sandbox.azure.kinds import KINDS, parse_token
from sandbox.azure.store import Resource
from sandbox.azure.values import Secret, look_up

# azure-docs: aks/kubelogin-authentication: the AKS server application and its client
AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
AKS_CLIENT_ID = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"

_CLUSTER = KINDS["azure-native:containerservice:ManagedCluster"]
_ACCOUNT = KINDS["azure-native:storage:StorageAccount"]


def invoke(subscription: Subscription, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The result of one function; an error for one the sandbox does not have."""
    plain_token, _ = parse_token(token)
    if subscription.faults is not None:
        subscription.faults.raise_before(Call("invoke", plain_token, plain_token, token, _name(arguments)))
    if subscription.latency is not None:
        subscription.latency.take("invoke", plain_token)
    if plain_token in _FUNCTIONS:
        return _FUNCTIONS[plain_token](subscription, arguments)
    package, module, name = plain_token.split(":")
    kind = KINDS.get(f"{package}:{module}:{name.removeprefix('get')}") if name.startswith("get") else None
    if kind is None:
        raise NotSimulatedError(f"the function '{token}'")
    resource = _existing(subscription, kind, arguments)
    return {"id": resource.id, **_without_fingerprints(resource.outputs)}


def _name(arguments: Mapping[str, Any]) -> str:
    """What a function is about: the last of its arguments that is a name."""
    names = [str(value) for name, value in arguments.items() if name.endswith("Name") and name != "resourceGroupName"]
    return names[-1] if names else ""


def _client_config(subscription: Subscription, _: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "clientId": subscription.client_id,
        "objectId": subscription.object_id,
        "subscriptionId": subscription.subscription_id,
        "tenantId": subscription.tenant_id,
    }


def _user_credentials(subscription: Subscription, arguments: Mapping[str, Any]) -> dict[str, Any]:
    cluster = _existing(subscription, _CLUSTER, arguments)
    if look_up(cluster.inputs, "aadProfile.managed") is not True:
        raise NotSimulatedError("credentials of a cluster without aadProfile.managed (they hold a client key)")
    if arguments.get("format") not in (None, "exec"):
        raise NotSimulatedError(f"kubeconfigs of the format '{arguments['format']}'; use exec")
    name = f"clusterUser_{ids.name_of(ids.resource_group_id(cluster.id) or '')}_{cluster.name}"
    content = yaml.safe_dump(_kubeconfig(subscription, cluster, name), sort_keys=False)
    return {"kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(content.encode()).decode()}]}


def _kubeconfig(subscription: Subscription, cluster: Resource, user: str) -> dict[str, Any]:
    api_server = _api_server(subscription)
    arguments = ["get-token", "--login", "devicecode", "--server-id", AKS_SERVER_ID, "--client-id", AKS_CLIENT_ID]
    arguments += ["--tenant-id", subscription.tenant_id, "--environment", "AzurePublicCloud"]
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "args": arguments,
        "command": "kubelogin",
        "env": None,
        "provideClusterInfo": False,
    }
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": api_server, "name": cluster.name}],
        "contexts": [{"context": {"cluster": cluster.name, "user": user}, "name": cluster.name}],
        "current-context": cluster.name,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": user, "user": {"exec": command}}],
    }


def _api_server(subscription: Subscription) -> dict[str, str]:
    """Address and CA of the sandbox's API server, as the administrator's own kubeconfig has them."""
    try:
        document = yaml.safe_load(subscription.state.kubeconfig.read_text())
    except FileNotFoundError:
        raise ArmError(500, "InternalServerError", "the sandbox's API server has not been started") from None
    cluster = document["clusters"][0]["cluster"]
    return {"certificate-authority-data": cluster["certificate-authority-data"], "server": cluster["server"]}


def _admin_credentials(subscription: Subscription, arguments: Mapping[str, Any]) -> dict[str, Any]:
    cluster = _existing(subscription, _CLUSTER, arguments)
    if cluster.inputs.get("disableLocalAccounts") is True:
        text = "Getting static credential is not allowed because this cluster is set to disable local accounts."
        raise ArmError(400, "BadRequest", text)
    raise NotSimulatedError("static administrator credentials of a cluster: set disableLocalAccounts")


def _account_keys(subscription: Subscription, arguments: Mapping[str, Any]) -> dict[str, Any]:
    account = _existing(subscription, _ACCOUNT, arguments)
    values = [
        {
            "keyName": name,
            "permissions": "FULL",
            "creationTime": account.outputs["creationTime"],
            "value": Secret(keys.storage_key(subscription.state, account.id, name)),
        }
        for name in ("key1", "key2")
    ]
    return {"keys": values}


def _existing(subscription: Subscription, kind: Kind, arguments: Mapping[str, Any]) -> Resource:
    missing = [name for name in kind.parameters if arguments.get(name) is None]
    if missing:
        raise ArmError(400, "InvalidRequest", f"missing required property '{missing[0]}'")
    resource_id = kind.id_of(subscription.subscription_id, arguments)
    resource = subscription.store.get(resource_id)
    if resource is None:
        raise not_found(resource_id)
    return resource


def _without_fingerprints(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as ARM shows them; a value that was secret to the program is not known any more."""
    return {name: value for name, value in outputs.items() if "$fingerprint" not in json.dumps(value)}


_FUNCTIONS: dict[str, Callable[[Subscription, Mapping[str, Any]], dict[str, Any]]] = {
    "azure-native:authorization:getClientConfig": _client_config,
    "azure-native:containerservice:listManagedClusterUserCredentials": _user_credentials,
    "azure-native:containerservice:listManagedClusterAdminCredentials": _admin_credentials,
    "azure-native:storage:listStorageAccountKeys": _account_keys,
}
