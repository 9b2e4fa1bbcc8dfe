"""The identity that an environment's workloads act as in Azure, without any secret.

A pod whose service account is named here gets tokens for it (Entra Workload ID); roles that are not in the table of
`roles` are left to assignments elsewhere. Source: https://learn.microsoft.com/azure/aks/workload-identity-overview
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

import pulumi
from pydantic import Field, field_validator

from platform_components.azure.retries import azure_child
from platform_components.azure.roles import RoleName, assign_role
from platform_components.azure.rules import IdentityName, Location, ResourceGroupName, Tags, matching
from platform_components.component import Known, Settings, validated

AUDIENCE = "api://AzureADTokenExchange"
MOST_CREDENTIALS = 20
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"""
LONGEST_CREDENTIAL_NAME = 120


class ServiceAccountArgs(TypedDict):
    """A Kubernetes service account that acts as the identity."""

    namespace: pulumi.Input[str]
    """Its namespace."""
    name: str
    """Its name."""
    key: NotRequired[str]
    """What tells it apart where accounts of several namespaces have one name. Default: its name."""


class IdentityRoleArgs(TypedDict):
    """Something that the identity may do."""

    key: str
    """What tells it apart in the program."""
    role: str
    """The role by Azure's name, e.g. `Key Vault Secrets User`; one of those in `roles`."""
    scope: pulumi.Input[str]
    """ARM id of what it may do that with."""


class WorkloadIdentityArgs(TypedDict):
    """Arguments of `WorkloadIdentity`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the identity."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    identity_name: pulumi.Input[str]
    """The identity's name. Its credentials are named `<namespace>-<service account>` and a short hash."""
    issuer_url: pulumi.Input[str]
    """Issuer of the cluster's service account tokens (`AksCluster.oidc_issuer_url`)."""
    service_accounts: Sequence[ServiceAccountArgs]
    """Who acts as the identity, at most 20."""
    roles: NotRequired[Sequence[IdentityRoleArgs]]
    """What the identity may do. Default: nothing."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the identity."""


class ServiceAccountSettings(Settings):
    """`ServiceAccountArgs`, checked."""

    namespace: Known[Annotated[str, matching(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a namespace's name")]]
    name: Annotated[
        str, matching(r"(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?", "a service account's name, lower-case")
    ]
    key: str | None = None

    @property
    def logical(self) -> str:
        """What the credential is called in the program."""
        return self.key or self.name


class IdentityRoleSettings(Settings):
    """`IdentityRoleArgs`, checked."""

    key: Annotated[str, Field(min_length=1)]
    role: RoleName
    scope: Known[Annotated[str, matching(r"/subscriptions/.+", "an ARM id")]]


class WorkloadIdentitySettings(Settings):
    """`WorkloadIdentityArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    identity_name: Known[IdentityName]
    issuer_url: Known[Annotated[str, matching(r"https://\S+", "an https URL")]]
    service_accounts: tuple[ServiceAccountSettings, ...]
    roles: tuple[IdentityRoleSettings, ...] = ()
    tags: Tags | None = None

    @field_validator("service_accounts")
    @classmethod
    def _few_and_different(cls, accounts: tuple[ServiceAccountSettings, ...]) -> tuple[ServiceAccountSettings, ...]:
        if len(accounts) > MOST_CREDENTIALS:
            raise ValueError(
                f"{len(accounts)} service accounts, but Azure keeps at most {MOST_CREDENTIALS} federated credentials on"
                " an identity; give some of them another identity"
            )
        keys = [account.logical for account in accounts]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"several service accounts are called {', '.join(twice)}; give each a `key` of its own")
        return accounts

    @field_validator("roles")
    @classmethod
    def _one_of_each_key(cls, roles: tuple[IdentityRoleSettings, ...]) -> tuple[IdentityRoleSettings, ...]:
        keys = [role.key for role in roles]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"several roles have the key {', '.join(twice)}")
        return roles


class WorkloadIdentity(pulumi.ComponentResource):
    """A user-assigned identity with a federated credential for each service account that acts as it.

    Its children are attributes: `identity`, `credentials` (by key).
    """

    id: pulumi.Output[str]
    """ARM id of the identity."""
    client_id: pulumi.Output[str]
    """What service accounts are annotated with, known once they may act as the identity and it has its roles."""
    principal_id: pulumi.Output[str]
    """What roles are assigned to."""
    tenant_id: pulumi.Output[str]
    """The Entra tenant."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:WorkloadIdentity", name, {}, opts)
        settings = validated(WorkloadIdentitySettings, "WorkloadIdentity", name, args)
        from pulumi_azure_native import managedidentity

        self.identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            resource_name_=settings.identity_name,
            tags=settings.tags,
            opts=azure_child(self),
        )
        self.credentials: dict[str, Any] = {}
        for account in settings.service_accounts:
            # ARM refuses two writers on one identity (ConcurrentFederatedIdentityCredentialsWrites…), so one after the
            # other: https://github.com/pulumi/pulumi-azure-native/issues/4343
            before = list(self.credentials.values())[-1:]
            self.credentials[account.logical] = managedidentity.FederatedIdentityCredential(
                f"{name}-credential-{account.logical}",
                resource_group_name=settings.resource_group_name,
                resource_name_=self.identity.name,
                federated_identity_credential_resource_name=_named(account),
                issuer=settings.issuer_url,
                subject=pulumi.Output.concat("system:serviceaccount:", account.namespace, ":", account.name),
                audiences=[AUDIENCE],
                opts=azure_child(self, depends_on=before),
            )
        roles = [
            assign_role(
                self,
                f"{name}-may-{role.key}",
                role=role.role,
                principal_id=self.identity.principal_id,
                scope=role.scope,
            )
            for role in settings.roles
        ]
        self.id = self.identity.id
        ready = [made.id for made in (*self.credentials.values(), *roles)]
        self.client_id = pulumi.Output.all(self.identity.client_id, *ready).apply(lambda known: str(known[0]))
        self.principal_id = self.identity.principal_id
        self.tenant_id = self.identity.tenant_id
        self.register_outputs(
            {
                "id": self.id,
                "client_id": self.client_id,
                "principal_id": self.principal_id,
                "tenant_id": self.tenant_id,
            }
        )


def credential_name(namespace: str, service_account: str) -> str:
    """The name of an account's credential: 3 to 120 letters, digits, - and _; different accounts never share one."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", f"{namespace}-{service_account}")
    unchanged = name == f"{namespace}-{service_account}" and "-" not in namespace and "-" not in service_account
    if unchanged and len(name) <= LONGEST_CREDENTIAL_NAME:
        return name
    digest = hashlib.sha256(f"{namespace}/{service_account}".encode()).hexdigest()[:8]
    return f"{name[: LONGEST_CREDENTIAL_NAME - 9]}-{digest}"


def _named(account: ServiceAccountSettings) -> pulumi.Output[str]:
    return pulumi.Output.from_input(account.namespace).apply(lambda namespace: credential_name(namespace, account.name))
