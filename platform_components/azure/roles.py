"""Azure's built-in roles by name, and their assignment to identities and groups.

Source of the ids: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

import uuid
from typing import Literal

import pulumi

from platform_components.azure.retries import azure_child

RoleName = Literal[
    "AcrPull",
    "DNS Zone Contributor",
    "Key Vault Certificate User",
    "Key Vault Secrets User",
    "Managed Identity Operator",
    "Network Contributor",
    "Private DNS Zone Contributor",
    "Storage Blob Data Contributor",
]
PrincipalType = Literal["ServicePrincipal", "Group"]

ROLES: dict[RoleName, str] = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "DNS Zone Contributor": "befefa01-2a29-4197-83a8-272ff33ce314",
    "Key Vault Certificate User": "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Managed Identity Operator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Private DNS Zone Contributor": "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}

# A fixed name space, so that one assignment has one name wherever and whenever it is made.
_NAMES = uuid.UUID("5c0d0c4e-6f0b-5b53-9d0e-3f0a4f1f7a10")


def assign_role(
    component: pulumi.ComponentResource,
    name: str,
    *,
    role: RoleName,
    principal_id: pulumi.Input[str],
    scope: pulumi.Input[str],
    principal_type: PrincipalType = "ServicePrincipal",
) -> pulumi.CustomResource:
    """Give a principal a role on a scope, as a child of `component`.

    The principal's type is always said: without it ARM looks a new identity up in a directory that may not have
    replicated it yet (PrincipalNotFound), and the SDK would send "User".
    """
    from pulumi_azure_native import authorization

    triple = pulumi.Output.all(scope, principal_id)
    return authorization.RoleAssignment(
        name,
        scope=scope,
        principal_id=principal_id,
        principal_type=principal_type,
        role_definition_id=pulumi.Output.from_input(scope).apply(lambda scope: role_definition_id(role, scope)),
        role_assignment_name=triple.apply(lambda known: assignment_name(known[0], known[1], role)),
        opts=azure_child(component),
    )


def role_definition_id(role: RoleName, scope: str) -> str:
    """The role's full id in the subscription of `scope`."""
    # /subscriptions/<id>/…
    subscription = scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}"


def assignment_name(scope: str, principal_id: str, role: RoleName) -> str:
    """The GUID that names an assignment, derived from what it says; ARM ids differ in case at will."""
    return str(uuid.uuid5(_NAMES, f"{scope}|{principal_id}|{ROLES[role]}".lower()))
