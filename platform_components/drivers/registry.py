"""Every built-in driver by name: the model of its inputs, the physical names it makes, and where its code is."""

import re
from collections.abc import Callable, Mapping

from platform_components import naming
from platform_components.drivers import (
    azure_inputs,
    generic_inputs,
    kubernetes_inputs,
    manifests_checks,
    workload_checks,
)
from platform_components.drivers.driver import Driver, Refusal
from platform_components.drivers.workload_annotations import service_name
from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity
from platform_components.score.problems import did_you_mean

_HERE = "platform_components.drivers"
Names = Callable[[Environment, ResourceIdentity], Mapping[str, str]]


def _azure(**kinds: str) -> Names:
    """Names of Azure resources: key in the plan = kind in `naming.AZURE`."""
    return lambda environment, resource: {key: naming.azure(kind, environment, resource) for key, kind in kinds.items()}


def _network(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    label = naming.azure("postgres-zone", environment, resource)
    return {
        "network": naming.azure("virtual-network", environment, resource),
        "postgres_zone": f"{label}.private.postgres.database.azure.com",
    }


def _database(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"database": naming.database(environment, resource), "role": naming.role(environment, resource)}


def _namespace(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"namespace": naming.namespace(environment, resource)}


def _record(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"record": naming.host_label(environment, resource)}


def _s3(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    azure = _azure(account="storage-account", identity="identity")(environment, resource)
    # One bucket per account, so its name need not tell environments apart
    return {**azure, "bucket": "data", "gateway": naming.logical(resource)}


def _workload(_environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"workload": resource.res_id, "service": naming.service(resource.res_id)}


def _volume(_environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"claim": naming.logical(resource)}


def _job(_environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"job": naming.logical(resource)}


def _manifests(_environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"name": naming.logical(resource)}


def _wildcard_host(environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"host": naming.host_label(environment, resource)}


def _route(_environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
    return {"route": naming.logical(resource)}


def _unset_value(environment: Environment, name: str) -> Refusal:
    if environment.values is None or name in environment.values:
        return None
    hint = did_you_mean(name, environment.values, of="set")
    fix = f"set it: pave up … --values-file FILE, with `{name}: …` in the file"
    return f"this environment has no value '{name}'", "\n".join(filter(None, [hint, fix]))


def _no_secret_name(_environment: Environment, name: str) -> Refusal:
    # https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning
    # One separator at a time: two stand between an app's prefix and the name, so no app can spell another one's
    if re.fullmatch("[0-9A-Za-z]+([_-][0-9A-Za-z]+)*", name) and len(name) <= 67:
        return None
    return (
        f"no secret of a Key Vault can be called '{name}'",
        "use words of letters and digits, joined by one '_' or '-'",
    )


_WAYS_IN = ("gateway", "ingress")

_ALL = (
    Driver("static", None, f"{_HERE}.generic:static"),
    Driver("stack-reference", generic_inputs.StackReferenceInputs, f"{_HERE}.generic:stack_reference"),
    Driver("values", generic_inputs.ValuesInputs, f"{_HERE}.values:values", refuse=_unset_value),
    Driver(
        "azure/key-vault-values",
        azure_inputs.KeyVaultValuesInputs,
        f"{_HERE}.values:key_vault_values",
        refuse=_no_secret_name,
    ),
    Driver(
        "azure/key-vault-csi",
        azure_inputs.KeyVaultCsiInputs,
        f"{_HERE}.values:key_vault_csi",
        refuse=_no_secret_name,
        stores=True,
    ),
    Driver(
        "azure/resource-group",
        azure_inputs.ResourceGroupInputs,
        f"{_HERE}.azure:resource_group",
        _azure(resource_group="resource-group"),
    ),
    Driver(
        "azure/network",
        azure_inputs.NetworkInputs,
        f"{_HERE}.azure:network",
        _network,
    ),
    Driver(
        "azure/aks-cluster",
        azure_inputs.AksClusterInputs,
        f"{_HERE}.azure:aks_cluster",
        _azure(cluster="aks-cluster", dns_prefix="aks-dns-prefix", node_resource_group="node-resource-group"),
    ),
    Driver(
        "azure/gateway",
        azure_inputs.GatewayInputs,
        f"{_HERE}.azure:gateway",
        _azure(public_ip="public-ip", identity="identity"),
    ),
    Driver(
        "azure/postgres-server",
        azure_inputs.PostgresServerInputs,
        f"{_HERE}.azure:postgres_server",
        _azure(server="postgres-server"),
    ),
    Driver("azure/dns-zone", azure_inputs.DnsZoneInputs, f"{_HERE}.azure:dns_zone"),
    Driver("azure/dns-record", azure_inputs.DnsRecordInputs, f"{_HERE}.azure:dns_record", _record),
    Driver("azure/s3", azure_inputs.S3Inputs, f"{_HERE}.azure:s3", _s3),
    Driver(
        "azure/workload-identity",
        azure_inputs.WorkloadIdentityInputs,
        f"{_HERE}.azure:workload_identity",
        _azure(identity="identity"),
    ),
    Driver("postgres/database", azure_inputs.PostgresDatabaseInputs, f"{_HERE}.postgres:database", _database),
    Driver(
        "postgres/entra-database",
        azure_inputs.PostgresEntraDatabaseInputs,
        f"{_HERE}.postgres:entra_database",
        _database,
    ),
    Driver("kubernetes/namespace", kubernetes_inputs.NamespaceInputs, f"{_HERE}.kubernetes:namespace", _namespace),
    Driver(
        "kubernetes/workload",
        kubernetes_inputs.WorkloadInputs,
        f"{_HERE}.kubernetes:workload",
        _workload,
        one_of=_WAYS_IN,
        workload_names=lambda workload: {"service": service_name(workload)},
        object_to=workload_checks.workload,
    ),
    Driver("kubernetes/volume", kubernetes_inputs.VolumeInputs, f"{_HERE}.kubernetes:volume", _volume),
    Driver(
        "kubernetes/autoscaler",
        kubernetes_inputs.AutoscalerInputs,
        f"{_HERE}.kubernetes:autoscaler",
        object_to=workload_checks.autoscaler,
    ),
    Driver(
        "kubernetes/service",
        kubernetes_inputs.ServiceInputs,
        f"{_HERE}.kubernetes:service",
        object_to=workload_checks.service,
    ),
    Driver(
        "kubernetes/service-port",
        kubernetes_inputs.ServicePortInputs,
        f"{_HERE}.kubernetes:service_port",
        object_to=workload_checks.service_port,
    ),
    Driver("kubernetes/job", kubernetes_inputs.JobInputs, f"{_HERE}.kubernetes:job", _job),
    Driver(
        "kubernetes/route",
        kubernetes_inputs.RouteInputs,
        f"{_HERE}.kubernetes:route",
        _route,
        one_of=_WAYS_IN,
        object_to=workload_checks.route,
    ),
    Driver(
        "kubernetes/manifests",
        kubernetes_inputs.ManifestsInputs,
        f"{_HERE}.manifests_driver:manifests",
        _manifests,
        templates=("manifests", "outputs"),
        embedded=("file", "manifests"),
        look=manifests_checks.problems,
        give=manifests_checks.outputs,
    ),
    Driver("kubeconfig", generic_inputs.KubeconfigInputs, f"{_HERE}.kubeconfig_driver:kubeconfig"),
    Driver("wildcard-host", generic_inputs.WildcardHostInputs, f"{_HERE}.generic:wildcard_host", _wildcard_host),
)

DRIVERS: Mapping[str, Driver] = {driver.name: driver for driver in _ALL}
"""What a definition's `driver:` may name."""
