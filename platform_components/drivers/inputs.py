"""What each built-in driver takes and which physical names it makes, without Pulumi.

Definitions are checked against these models when they are loaded; only `program` imports the drivers themselves.
A field that holds another resource (`resource_group`, `cluster`, …) is that resource's outputs as a whole.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from platform_components.catalog.drivers import Objection, Wish
from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity
from platform_components.score.model import Workload

_PLACEHOLDER = re.compile(r"\$\{")

Resource = Mapping[str, Any]
"""A resource as a whole: all its outputs by name."""
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|[KMGTPE]i?)?$")]


WRITTEN_OUT = "written out"
"""Marks an input that stands in the definition itself: no setting of an environment and no param may change it."""


class Inputs(BaseModel):
    """Base of the models: frozen, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ResourceGroupInputs(Inputs):
    """A resource group of the environment's own."""

    location: str


class NetworkInputs(Inputs):
    """The virtual network of a foundation."""

    resource_group: Resource
    address_space: str = "10.100.0.0/16"
    nat_gateway: bool = True
    api_server_subnet: bool = False
    private_zones: tuple[Literal["blob", "key_vault"], ...] = ()
    pod_cidr: str = "192.168.0.0/16"
    service_cidr: str = "172.16.0.0/16"
    """Ranges of the clusters in it, which the network must not overlap."""


class AdministratorGroup(Inputs):
    """The Entra group that administers; pipelines' identities belong to it."""

    name: str
    object_id: str


class NodePool(Inputs):
    """A pool of nodes for workloads; with any, the cluster's own takes only system pods."""

    pool_name: str
    node_size: str | None = None
    node_count_min: Count = 1
    node_count_max: Count = 10
    labels: Mapping[str, str] = {}
    taints: tuple[str, ...] = ()


class Maintenance(Inputs):
    """When Azure may upgrade a cluster."""

    day: str = "Sunday"
    start_time: str = "02:00"
    duration_hours: Annotated[int, Field(ge=4, le=24)] = 4
    utc_offset: str = "+00:00"


class AksClusterInputs(Inputs):
    """An AKS cluster."""

    resource_group: Resource
    network: Resource
    administrators: AdministratorGroup
    sku_tier: Literal["Free", "Standard", "Premium"] = "Standard"
    kubernetes_version: str | None = None
    node_size: str = "Standard_D4ds_v5"
    node_count_min: Count = 3
    node_count_max: Count = 9
    user_pools: tuple[NodePool, ...] = ()
    pod_cidr: str = "192.168.0.0/16"
    service_cidr: str = "172.16.0.0/16"
    authorized_ip_ranges: tuple[str, ...] = ()
    """Who may reach the API server; nodes behind the network's NAT gateway always may."""
    private: bool = False
    nat_gateway: bool = True
    """Whether the network has one."""
    api_server_subnet: bool = False
    """Whether the API server gets the network's subnet for it."""
    upgrade_channel: Literal["patch", "stable", "rapid", "node-image", "none"] = "patch"
    node_os_upgrade_channel: Literal["NodeImage", "SecurityPatch", "Unmanaged", "None"] = "NodeImage"
    maintenance: Maintenance = Maintenance()
    gateway_api: bool = True
    """Whether application routing serves Gateway API, as the driver `azure/gateway` needs."""
    container_registry_ids: tuple[str, ...] = ()
    log_analytics_workspace_id: str | None = None
    container_insights: bool = False
    defender: bool = False
    managed_prometheus: bool = False
    azure_policy: bool = True
    keda: bool = False
    delete_lock: bool = False


class KeyVaultCertificate(Inputs):
    """A certificate in a Key Vault."""

    uri: str
    """Without its version: `https://<vault>.vault.azure.net/certificates/<name>`."""
    vault_id: str
    """The vault's ARM id; the gateway's identity gets the right to read certificates there."""


class GatewayInputs(Inputs):
    """A Gateway API gateway with a static public address."""

    resource_group: Resource
    cluster: Resource
    zone: Resource
    class_name: str = "approuting-istio"
    certificate_secret: str | None = None
    """A TLS Secret in the gateway's namespace, for all names below the zone; who keeps it there is the platform team's
    choice."""
    certificate_key_vault: KeyVaultCertificate | None = None
    """Where the certificate is instead; application routing keeps it up to date."""


class FirewallRule(Inputs):
    """Addresses that may reach a public server."""

    name: str
    start: str
    end: str | None = None


class PostgresServerInputs(Inputs):
    """An Azure Database for PostgreSQL flexible server."""

    resource_group: Resource
    administrators: AdministratorGroup
    network: Resource | None = None
    """Where a private server is; without it, `firewall_rules` say who reaches a public one."""
    firewall_rules: tuple[FirewallRule, ...] = ()
    password_login: bool = True
    version: str = "17"
    sku: str = "Standard_D2ds_v5"
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = "GeneralPurpose"
    storage_gb: Count = 32
    storage_auto_grow: bool = True
    backup_retention_days: Annotated[int, Field(ge=7, le=35)] = 7
    geo_redundant_backup: bool = False
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = "Disabled"
    extensions: tuple[str, ...] = ()
    """Those that databases may have."""
    parameters: Mapping[str, str] = {}
    delete_lock: bool = False


class PostgresDatabaseInputs(Inputs):
    """A database and its login role on a server."""

    server: Resource
    connection_limit: Annotated[int, Field(ge=1)] = 20
    statement_timeout_seconds: Count = 60
    extensions: tuple[str, ...] = ()
    """Of those that the server allows."""
    password_version: Annotated[int, Field(ge=1)] = 1
    """Another number makes another password."""
    on_destroy: Literal["drop", "keep"] = "keep"


class PostgresEntraDatabaseInputs(Inputs):
    """A database whose role logs in as the environment's identity."""

    server: Resource
    identity: Resource
    connection_limit: Annotated[int, Field(ge=1)] = 20
    statement_timeout_seconds: Count = 60
    extensions: tuple[str, ...] = ()
    on_destroy: Literal["drop", "keep"] = "keep"


class DnsZoneInputs(Inputs):
    """A public DNS zone."""

    resource_group: Resource
    zone_name: str


class DnsRecordInputs(Inputs):
    """A host in a zone, pointing at an address."""

    zone: Resource
    address: str
    ttl_seconds: Annotated[int, Field(ge=1, le=2_147_483_647)] = 300


class S3Inputs(Inputs):
    """A storage account with a bucket, and an S3 endpoint in front of it."""

    resource_group: Resource
    cluster: Resource
    namespace: Resource
    gateway_image: str
    network: Resource | None = None
    exposure: Literal["open", "subnet", "private"] = "open"
    """Who reaches the account: whoever has a token, the nodes' subnet, or only a private endpoint in the network."""
    replication: Literal["LRS", "ZRS", "GRS", "GZRS"] = "LRS"
    replicas: Annotated[int, Field(ge=1)] = 1
    soft_delete_days: Annotated[int, Field(ge=0, le=365)] = 7
    versioning: bool = False
    cool_after_days: Annotated[int, Field(ge=1)] | None = None
    delete_after_days: Annotated[int, Field(ge=1)] | None = None
    delete_lock: bool = False


class IdentityRole(Inputs):
    """Something that an identity may do in Azure."""

    key: str
    role: str
    scope: str


class WorkloadIdentityInputs(Inputs):
    """The identity that the environment's workloads act as."""

    resource_group: Resource
    cluster: Resource
    namespace: Resource
    roles: tuple[IdentityRole, ...] = ()
    """What it may do beside."""


class Quota(Inputs):
    """What a namespace may use altogether."""

    cpu: Quantity
    memory: Quantity
    pods: Count


class LimitRange(Inputs):
    """What a container gets that does not say what it needs."""

    cpu_request: Quantity = "50m"
    memory_request: Quantity = "64Mi"
    memory_limit: Quantity = "256Mi"


class NamespaceOwner(Inputs):
    """The team that may look after a namespace."""

    group: str
    """Object id of its Entra group."""
    role: str = "view"
    """The ClusterRole it gets in the namespace."""


class NamespaceInputs(Inputs):
    """The environment's namespace."""

    cluster: Resource
    quota: Quota | None = None
    limit_range: LimitRange | None = None
    owner: NamespaceOwner | None = None
    pod_security: Annotated[Literal["restricted", "baseline", "privileged"], WRITTEN_OUT] = "restricted"


class IngressController(Inputs):
    """What serves routes where there is no gateway."""

    class_name: str
    namespace: str
    """Where its pods are: they may connect to what routes lead to."""
    tls_secret: str | None = None
    """A Secret of the environment's namespace; None: the controller's own certificate."""
    annotations: Mapping[str, str] = {}
    scheme: Literal["https", "http"] = "https"


WorkloadKind = Literal["Deployment", "StatefulSet", "Job", "CronJob"]
Amounts = Mapping[Literal["cpu", "memory"], Quantity]


class Autoscaling(Inputs):
    """More pods when there is more to do."""

    min_replicas: AtLeastOne
    max_replicas: AtLeastOne
    cpu_percent: AtLeastOne = 80


class WorkloadInputs(Inputs):
    """A workload's pods, and what belongs to them."""

    cluster: Resource
    namespace: Resource
    identity: Resource
    gateway: Resource | None = None
    ingress: IngressController | None = None
    kind: WorkloadKind | None = None
    """What it runs as, whatever its Score file says; None: what an annotation says there, else a Deployment."""
    kinds: tuple[WorkloadKind, ...] = ("Deployment", "StatefulSet", "Job", "CronJob")
    """What the annotation may say."""
    annotations: tuple[str, ...] | None = None
    """The platform's annotations that a Score file may bear, without their prefix; None: all of them."""
    schedule: str | None = None
    """When a CronJob runs whose Score file does not say it."""
    replicas: Count = 1
    autoscaling: Autoscaling | None = None
    """What a workload gets that asks for no autoscaler of its own."""
    max_unavailable: AtLeastOne | None = None
    spread: bool = True
    strategy: Mapping[str, Any] | None = None
    """How a Deployment replaces its pods."""
    pre_stop_seconds: Count = 0
    termination_grace_seconds: Count = 30
    deadline_seconds: AtLeastOne = 600
    default_requests: Amounts = {"cpu": "50m", "memory": "64Mi"}
    default_limits: Amounts = {"memory": "256Mi"}
    user: AtLeastOne | None = None
    group: AtLeastOne | None = None
    read_only_root: bool = True
    scratch_size: Quantity = "256Mi"
    allow_root: bool = False
    """For images that insist on root. A Score file can't ask for it."""
    image_pull_secrets: tuple[str, ...] = ()


class VolumeInputs(Inputs):
    """A volume that outlives the pods which mount it."""

    cluster: Resource
    namespace: Resource
    size: Quantity
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"] = "ReadWriteOnce"
    storage_class: str | None = None
    """None: the cluster's own."""


class AutoscalerInputs(Inputs):
    """How many pods the workload that asks may have."""

    min_replicas: AtLeastOne = 2
    max_replicas: AtLeastOne = 3
    cpu_percent: AtLeastOne = 80


class ServiceInputs(Inputs):
    """The Service of another workload."""

    workload: str | None = None
    """None: the one that the resource is called like."""


class ServicePortInputs(Inputs):
    """A port of another workload's Service."""

    workload: str
    port: str | int


class JobInputs(Inputs):
    """A Job that runs once for what brought it along, and again when it changes."""

    cluster: Resource
    namespace: Resource
    image: str | None = None
    """None: that of the first container of the workload that asks."""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    variables: Mapping[str, str | int | bool] = {}
    """Environment variables; all of them are kept in a Secret."""
    deadline_seconds: Annotated[int, Field(ge=1)] = 600


class RouteInputs(Inputs):
    """A path of a host that leads to a port of the workload that asks."""

    cluster: Resource
    namespace: Resource
    gateway: Resource | None = None
    ingress: IngressController | None = None
    host: str
    path: str = "/"
    port: str | int


class ManifestsInputs(Inputs):
    """Objects of a file of manifests, in the environment's namespace."""

    cluster: Resource
    namespace: Resource
    file: str | None = None
    """The manifests, in a YAML file; its path is relative to the definition's own file."""
    manifests: tuple[Mapping[str, Any], ...] = ()
    """The same, written here."""
    values: Mapping[str, Any] = {}
    """What the templates read as `${values.<key>}`."""
    secrets: tuple[str, ...] = ()
    """Credentials to generate, which the templates read as `${secrets.<name>}`."""
    outputs: Mapping[str, Any] = {}
    """Templates of the type's outputs."""
    cluster_scoped: bool = False
    """Whether objects that belong to no namespace may be among them."""


class KubeconfigInputs(Inputs):
    """A cluster of the machine's own kubeconfig."""

    context: str | None = None
    """None: the current one."""
    path: str | None = None
    """None: where `kubectl` looks, `KUBECONFIG` or `~/.kube/config`."""


class WildcardHostInputs(Inputs):
    """A host below a domain of which every name leads to the gateway already."""

    domain: str
    scheme: Literal["https", "http"] = "https"
    """How its URL begins."""


class StackReferenceInputs(Inputs):
    """The same resource, deployed by another stack that exports it."""

    stack: str
    type: str | None = None
    class_: str | None = Field(default=None, alias="class")
    id: str | None = None


class ValuesInputs(Inputs):
    """The developer's own secrets, out of the stack's config."""


class KeyVaultValuesInputs(Inputs):
    """The developer's own secrets, out of a vault that the platform team keeps."""

    vault: Annotated[
        str, Field(pattern=r"^([A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]|https://[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+/?)$")
    ]
    """Its name or its URI."""
    prefix: Annotated[str, Field(max_length=60)] = ""
    """What the names of the secrets begin with."""


class KeyVaultCsiInputs(Inputs):
    """The developer's own secrets, out of a vault that pods read by themselves."""

    cluster: Resource
    namespace: Resource
    identity: Resource
    """Whom the workloads stand for; needs the role 'Key Vault Secrets User' on the vault."""
    vault: Annotated[str, Field(pattern=r"^[A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]$")]
    """Its name."""
    prefix: Annotated[str, Field(max_length=60)] = ""
    """What the names of the secrets begin with."""


Refusal = tuple[str, str] | None


@dataclass(frozen=True)
class Driver:
    """One driver: its name in definitions, the model of its inputs, its names, and where its code is."""

    name: str
    inputs: type[Inputs] | None
    """None: any input is taken (each is an output)."""
    implementation: str
    """`module:function`, imported only by `program`."""
    make_names: Callable[[Environment, ResourceIdentity], Mapping[str, str]] = lambda _environment, _resource: {}
    refuse: Callable[[Environment, str], Refusal] = lambda _environment, _output: None
    one_of: tuple[str, ...] = ()
    """Inputs of which a definition gives exactly one."""
    stores: bool = False
    """Whether its outputs stay in a store that only the cluster reads."""
    workload_names: Callable[[Workload], Mapping[str, str]] = lambda _workload: {}
    """Names that follow from what a Score file says, of the drivers of workloads."""
    object_to: Callable[[Wish], Iterable[Objection]] = lambda _wish: ()
    templates: tuple[str, ...] = ()
    """Inputs that are templates of its own: the plan leaves the placeholders in them to it."""
    embedded: tuple[str, str] | None = None
    """An input that names a YAML file beside the definition, and the input that the file's documents become."""
    look: Callable[[Mapping[str, Any], bool], list[tuple[str, str]]] = lambda _inputs, _resolved: []
    """What is wrong with its templates, see `check_templates`."""
    give: Callable[[Mapping[str, Any]], Mapping[str, bool | None] | None] = lambda _inputs: None

    def names(
        self, environment: Environment, resource: ResourceIdentity, workload: Workload | None = None
    ) -> Mapping[str, str]:
        """The physical names that a resource gets, by what they name."""
        names = self.make_names(environment, resource)
        return names if workload is None else {**names, **self.workload_names(workload)}

    def objections(self, wish: Wish) -> Iterable[Objection]:
        """Why it won't do what a Score file asks, defaults filled in; told before anything is created."""
        return self.object_to(replace(wish, inputs=self.settled(wish.inputs)))

    def refusal(self, environment: Environment, output: str) -> Refusal:
        """Why it won't give an output that somebody names, and what to do; None: it may."""
        return self.refuse(environment, output)

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a definition's inputs, as (path, message); values with placeholders are not known yet."""
        if self.inputs is None:
            return []
        fields = {field.alias or name: field for name, field in self.inputs.model_fields.items()}
        problems = [
            (name, f"driver {self.name} has no input '{name}'; it takes {', '.join(fields)}")
            for name in inputs
            if name not in fields
        ]
        problems += [
            (name, f"driver {self.name} needs the input '{name}'")
            for name, field in fields.items()
            if field.is_required() and name not in inputs
        ]
        if self.one_of and sum(name in inputs for name in self.one_of) != 1:
            problems.append(("", f"driver {self.name} needs one of {' and '.join(self.one_of)}"))
        problems += [
            (name, "must be written out here: neither settings nor params may change it")
            for name, field in fields.items()
            if WRITTEN_OUT in field.metadata and _has_placeholder(inputs.get(name))
        ]
        for name, value in inputs.items():
            if name in fields and not _has_placeholder(value):
                problems += [(_path(name, error["loc"]), error["msg"]) for error in self._errors(name, value)]
        return problems

    def check_templates(self, inputs: Mapping[str, Any], *, resolved: bool) -> list[tuple[str, str]]:
        """What is wrong with its templates, as `check` tells it; `resolved`: in a plan, not in a definition."""
        return self.look(inputs, resolved)

    def outputs(self, inputs: Mapping[str, Any]) -> Mapping[str, bool | None] | None:
        """The outputs that it will give, and whether each is secret (None: not known yet); None: not known at all."""
        return self.give(inputs)

    def settled(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with defaults filled in, those that are plain coerced to their types; Outputs pass as they are."""
        if self.inputs is None:
            return dict(inputs)
        defaults = {
            name: field.get_default(call_default_factory=True)
            for name, field in self.inputs.model_fields.items()
            if not field.is_required()
        }
        aliases = {field.alias: name for name, field in self.inputs.model_fields.items() if field.alias}
        return defaults | {aliases.get(name, name): value for name, value in inputs.items()}

    def _errors(self, name: str, value: Any) -> list[Any]:
        assert self.inputs is not None
        try:
            _adapter(self.inputs, name).validate_python(value)
        except ValidationError as error:
            return list(error.errors(include_url=False, include_input=False))
        return []


@cache
def _adapter(model: type[Inputs], name: str) -> TypeAdapter[Any]:
    """Validates one field alone: of a definition's inputs, some are known and some are not."""
    field = next(field for key, field in model.model_fields.items() if (field.alias or key) == name)
    kind: Any = Annotated[field.annotation, field] if field.metadata else field.annotation
    return TypeAdapter(kind)


def _has_placeholder(value: Any) -> bool:
    if isinstance(value, str):
        return _PLACEHOLDER.search(value) is not None
    if isinstance(value, Mapping):
        return any(_has_placeholder(item) for item in value.values())
    return isinstance(value, list | tuple) and any(_has_placeholder(item) for item in value)


def _path(name: str, location: tuple[int | str, ...]) -> str:
    return ".".join([name, *(str(part) for part in location)])
