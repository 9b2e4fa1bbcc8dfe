"""The environment of the examples' branch as one plain Pulumi program: what `pave up` makes, without the library.

Same kinds and numbers of resources, one level, names from the stack; a single StackReference, no components.
"""

import hashlib
import uuid

import pulumi
import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
from databases import Database, Password
from workloads import from_secret, make_deployment, make_namespace

config = pulumi.Config()
STACK = pulumi.get_stack()
FOUNDATION = pulumi.StackReference("foundation", stack_name=config.require("foundation"))
TAGS = {"platform-stack": STACK, "platform-app": "shop", "platform-environment-type": "ephemeral"}
BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


def shared(name: str) -> pulumi.Output[str]:
    """An output of the foundation."""
    return FOUNDATION.require_output(name)


def short(text: str) -> str:
    """Eight characters that tell this stack's `text` from other stacks'."""
    return hashlib.sha256(f"{STACK} {text}".encode()).hexdigest()[:8]


def main() -> None:
    """Everything, in the order in which it depends on each other."""
    cluster = kubernetes.Provider(
        "cluster",
        kubeconfig=shared("k8s-cluster.default/main/kubeconfig"),
        cluster_identifier=shared("k8s-cluster.default/main/id"),
        upsert_existing_objects=True,
    )
    group = azure.resources.ResourceGroup("group", resource_group_name=f"rg-{STACK}", location="westeurope", tags=TAGS)
    namespace = make_namespace(STACK, TAGS, cluster)
    in_namespace = pulumi.ResourceOptions(provider=cluster, deleted_with=namespace)
    identity = azure.managedidentity.UserAssignedIdentity(
        "identity", resource_group_name=group.name, location=group.location, resource_name_=f"id-{STACK}", tags=TAGS
    )
    previous: list[pulumi.Resource] = []
    accounts = {}
    for workload in ("python-service", "web"):
        accounts[workload] = service_account(workload, identity.client_id, in_namespace)
        # Azure takes one writer of an identity's credentials at a time
        previous = [federate(workload, group, identity, f"{STACK}-{workload}", workload, previous)]

    database = make_database("python-service")
    bucket("python-service", group, in_namespace)
    host("python-service")
    secret = kubernetes.core.v1.Secret(
        "python-service",
        metadata={"namespace": STACK, "labels": {"app.kubernetes.io/name": "python-service"}},
        string_data={"CONNECTION_STRING": url(database)},
        immutable=True,
        opts=in_namespace,
    )
    make_deployment(
        "python-service",
        STACK,
        image="python",
        variables=[from_secret("CONNECTION_STRING", secret)],
        account=accounts["python-service"],
        opts=in_namespace,
    )

    database = make_database("web")
    endpoint, key = bucket("web", group, in_namespace)
    public = host("web")
    secret = kubernetes.core.v1.Secret(
        "web",
        metadata={"namespace": STACK, "labels": {"app.kubernetes.io/name": "web"}},
        string_data={
            "DATABASE_URL": pulumi.Output.concat(url(database), "?sslmode=require"),
            "AWS_SECRET_ACCESS_KEY": key,
        },
        immutable=True,
        opts=in_namespace,
    )
    make_deployment(
        "web",
        STACK,
        image="python",
        command=["python", "-m", "http.server"],
        arguments=["8080", "--directory", "/tmp"],
        variables=[
            from_secret("AWS_SECRET_ACCESS_KEY", secret),
            from_secret("DATABASE_URL", secret),
            {"name": "AWS_ACCESS_KEY_ID", "value": "s3-web"},
            {"name": "PUBLIC_URL", "value": pulumi.Output.concat("https://", public, config.get("path") or "")},
            {"name": "S3_BUCKET", "value": "data"},
            {"name": "S3_ENDPOINT", "value": endpoint},
        ],
        memory="128Mi",
        probe={"path": "/", "port": 8080},
        account=accounts["web"],
        opts=in_namespace,
    )
    service = kubernetes.core.v1.Service(
        "web",
        metadata={"name": "web", "namespace": STACK},
        spec={
            "selector": {"app.kubernetes.io/name": "web"},
            "ports": [{"name": "http", "port": 80, "target_port": 8080}],
        },
        opts=in_namespace,
    )
    kubernetes.apiextensions.CustomResource(
        "web",
        api_version="gateway.networking.k8s.io/v1",
        kind="HTTPRoute",
        metadata={"name": "web", "namespace": STACK},
        spec={
            "hostnames": [public],
            "parentRefs": [
                {
                    "name": shared("gateway.default/main/name"),
                    "namespace": shared("gateway.default/main/namespace"),
                }
            ],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"name": service.metadata.name, "port": 80}],
                }
            ],
        },
        opts=in_namespace,
    )
    pulumi.export("url", pulumi.Output.concat("https://", public))
    pulumi.export("namespace", STACK)


def make_database(workload: str) -> Database:
    """A database of one workload, with a role of the same name."""
    name = f"{workload}_{short(workload)}".replace("-", "_")
    return Database(
        f"{workload}-database",
        {
            "host": shared("postgres-server.shared/main/host"),
            "port": shared("postgres-server.shared/main/port"),
            "administrator": shared("postgres-server.shared/main/administrator"),
            "name": name,
            "password": Password(f"{workload}-database").value,
        },
    )


def url(database: Database) -> pulumi.Output[str]:
    """How a workload logs in; secret."""
    return pulumi.Output.format(
        "postgresql://{0}:{1}@{2}:{3}/{0}",
        database.name,
        database.password,
        database.host,
        database.port.apply(lambda port: str(int(port))),
    )


def host(workload: str) -> pulumi.Output[str]:
    """A name that leads to the gateway."""
    zone = shared("dns-zone.default/main/name")
    label = f"{workload}-{short(workload)}"
    azure.dns.RecordSet(
        workload,
        resource_group_name=shared("dns-zone.default/main/resource_group"),
        zone_name=zone,
        relative_record_set_name=label,
        record_type="A",
        ttl=60,
        a_records=[{"ipv4_address": shared("gateway.default/main/address")}],
        metadata=TAGS,
    )
    return pulumi.Output.concat(label, ".", zone)


def service_account(
    name: str, client_id: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> kubernetes.core.v1.ServiceAccount:
    """An account that pods act as in Azure."""
    return kubernetes.core.v1.ServiceAccount(
        name,
        metadata={
            "name": name,
            "namespace": STACK,
            "annotations": {"azure.workload.identity/client-id": client_id},
        },
        automount_service_account_token=False,
        opts=opts,
    )


def federate(
    name: str,
    group: azure.resources.ResourceGroup,
    identity: azure.managedidentity.UserAssignedIdentity,
    credential: str,
    account: str,
    after: list[pulumi.Resource],
) -> pulumi.Resource:
    """Let a service account act as an identity."""
    return azure.managedidentity.FederatedIdentityCredential(
        name,
        resource_group_name=group.name,
        resource_name_=identity.name,
        federated_identity_credential_resource_name=credential,
        issuer=shared("k8s-cluster.default/main/oidc_issuer_url"),
        subject=f"system:serviceaccount:{STACK}:{account}",
        audiences=["api://AzureADTokenExchange"],
        opts=pulumi.ResourceOptions(depends_on=after),
    )


def bucket(
    workload: str, group: azure.resources.ResourceGroup, in_namespace: pulumi.ResourceOptions
) -> tuple[str, pulumi.Output[str]]:
    """A storage account with a container, and an S3 endpoint before it; returns the endpoint and its secret key."""
    name = f"s3-{workload}"
    account = azure.storage.StorageAccount(
        name,
        resource_group_name=group.name,
        location=group.location,
        account_name=f"st{workload.replace('-', '')[:12]}{short(workload)}",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        tags=TAGS,
    )
    blobs = azure.storage.BlobServiceProperties(
        name,
        resource_group_name=group.name,
        account_name=account.name,
        blob_services_name="default",
        delete_retention_policy={"enabled": True, "days": 7},
    )
    azure.storage.BlobContainer(
        name,
        resource_group_name=group.name,
        account_name=account.name,
        container_name="data",
        opts=pulumi.ResourceOptions(depends_on=[blobs]),
    )
    identity = azure.managedidentity.UserAssignedIdentity(
        name, resource_group_name=group.name, location=group.location, resource_name_=f"id-{STACK}-{name}", tags=TAGS
    )
    federate(name, group, identity, f"{STACK}-{name}", name, [])
    azure.authorization.RoleAssignment(
        name,
        role_assignment_name=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{STACK}/{name}")),
        scope=account.id,
        principal_id=identity.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id=account.id.apply(
            lambda id_: (
                f"{id_.partition('/resourceGroups/')[0]}/providers/Microsoft.Authorization/roleDefinitions/"
                f"{BLOB_DATA_CONTRIBUTOR}"
            )
        ),
    )
    key = Password(name).value
    secret = kubernetes.core.v1.Secret(
        name,
        metadata={"namespace": STACK},
        string_data={"ROOT_SECRET_ACCESS_KEY": key},
        immutable=True,
        opts=in_namespace,
    )
    make_deployment(
        name,
        STACK,
        image="versity/versitygw:v1.8.0",
        arguments=["--port", ":7070", "--health", "/healthz", "--disable-acl", "azure"],
        variables=[
            {"name": "AZ_ACCOUNT_NAME", "value": account.name},
            {"name": "AZ_ENDPOINT", "value": account.primary_endpoints.blob},
            {"name": "ROOT_ACCESS_KEY_ID", "value": name},
            from_secret("ROOT_SECRET_ACCESS_KEY", secret),
        ],
        memory="512Mi",
        probe={"path": "/healthz", "port": 7070},
        account=service_account(name, identity.client_id, in_namespace),
        opts=in_namespace,
    )
    kubernetes.core.v1.Service(
        name,
        metadata={"name": name, "namespace": STACK},
        spec={"selector": {"app.kubernetes.io/name": name}, "ports": [{"name": "s3", "port": 7070}]},
        opts=in_namespace,
    )
    return f"http://{name}.{STACK}.svc:7070", key


main()
