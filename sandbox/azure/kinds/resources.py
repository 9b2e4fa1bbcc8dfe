"""Resource groups, and what is put on any scope: role assignments and locks."""

import re
from uuid import UUID

from sandbox.azure import ids, principals
from sandbox.azure.errors import ArmError, not_found
from sandbox.azure.kind import Kind, NameRule, Request

_ROLE_DEFINITION = re.compile(
    r"(/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
# learn.microsoft.com/azure/role-based-access-control/built-in-roles
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"


def is_guid(value: object) -> bool:
    """Whether a value is a GUID as ARM takes it."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def require_scope(request: Request, name: str = "scope") -> None:
    """The resource or group that a scope names must exist."""
    scope = str(request.inputs[name])
    group = ids.resource_group_id(scope)
    own = ids.key(f"/subscriptions/{request.subscription.subscription_id}")
    if not ids.key(scope).startswith(own) and not scope.lower().startswith("/providers/microsoft.management/"):
        raise ArmError(400, "InvalidScope", f"The scope '{scope}' is not valid in this subscription.")
    if group is not None and request.transaction.get(group) is None:
        raise not_found(group)
    if group is not None and ids.key(scope) != ids.key(group) and request.transaction.get(scope) is None:
        raise not_found(scope)


def _check_assignment(request: Request) -> None:
    if not is_guid(request.name):
        text = f"The role assignment ID '{request.name}' is not valid. The role assignment ID must be a GUID."
        raise ArmError(400, "InvalidRoleAssignmentId", text)
    definition = str(request.inputs["roleDefinitionId"])
    if not _ROLE_DEFINITION.fullmatch(definition):
        text = f"The role definition ID '{definition}' is not valid: it must be the full id, with the subscription."
        raise ArmError(400, "InvalidRoleDefinitionId", text)
    principal, kind = str(request.inputs["principalId"]), request.inputs.get("principalType", "User")
    if not is_guid(principal):
        raise ArmError(
            400, "InvalidPrincipalId", f"A valid principal ID must be provided for role assignment: {principal}"
        )
    known = principal.lower() in {request.subscription.object_id.lower(), *principals.known(request.transaction)}
    if known and kind != "ServicePrincipal":
        text = (
            f"The PrincipalId '{principal}' has type 'ServicePrincipal', "
            f"which is different from specified PrincipalType '{kind}'."
        )
        raise ArmError(400, "UnmatchedPrincipalType", text)
    # People and groups are not part of the sandbox: any of their ids is taken.
    if not known and kind == "ServicePrincipal":
        text = (
            f"Principal {principal.replace('-', '')} does not exist in the directory {request.subscription.tenant_id}."
        )
        raise ArmError(400, "PrincipalNotFound", text)
    for other in request.transaction.list(tokens=[request.kind.token]):
        same = all(
            str(other.inputs.get(name)).lower() == str(request.inputs.get(name)).lower()
            for name in ("scope", "principalId", "roleDefinitionId")
        )
        if same and ids.key(other.id) != ids.key(request.id):
            raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")


def _check_lock(request: Request) -> None:
    level = request.inputs["level"]
    if level not in ("CanNotDelete", "ReadOnly"):
        raise ArmError(400, "InvalidLockLevel", f"The lock level '{level}' is not one of CanNotDelete, ReadOnly.")


KINDS = (
    Kind(
        token="azure-native:resources:ResourceGroup",
        api_version="2024-03-01",
        path="/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
        # azure-docs: resource-name-rules
        name=NameRule(r"[-\w.()]*[-\w()]", 1, 90, "letters, digits, - _ . ( ), not ending with a period"),
        has_location=True,
        immutable=("location",),
        read_only=("properties",),
        outputs=lambda _: {"properties": {"provisioningState": "Succeeded"}},
    ),
    Kind(
        token="azure-native:authorization:RoleAssignment",
        api_version="2022-04-01",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        required=("principalId", "roleDefinitionId"),
        # pulumi-azure-native: gen/replacement.go
        immutable=("principalId", "scope"),
        unchangeable={"roleDefinitionId": "RoleAssignmentUpdateNotPermitted"},
        read_only=("createdOn", "updatedOn", "createdBy", "updatedBy"),
        outputs=lambda request: {
            "createdBy": request.kept("createdBy", lambda: request.subscription.object_id),
            "updatedBy": request.subscription.object_id,
        },
        rules=(require_scope, _check_assignment),
    ),
    Kind(
        token="azure-native:authorization:ManagementLockByScope",
        api_version="2020-05-01",
        path="/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        name=NameRule(maximum=90),
        required=("level",),
        rules=(require_scope, _check_lock),
    ),
)
