"""User-assigned managed identities and their federated credentials."""

from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Exclusive, Kind, NameRule, Request

_IDENTITY = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
)
# azure-docs: workload identity federation considerations
_MOST_CREDENTIALS = 20


def _check_credential(request: Request) -> None:
    issuer, subject = request.inputs["issuer"], request.inputs["subject"]
    audiences = request.inputs["audiences"]
    if not str(issuer).startswith("https://"):
        raise ArmError(400, "BadRequest", f"Issuer '{issuer}' is not a valid https URL.")
    if not isinstance(audiences, list) or len(audiences) != 1:
        raise ArmError(400, "BadRequest", "A federated identity credential must have exactly one audience.")
    identity = request.id.rsplit("/", 2)[0]
    others = [
        other
        for other in request.transaction.list(tokens=[request.kind.token], under=identity)
        if ids.key(other.id) != ids.key(request.id)
    ]
    for other in others:
        if (other.inputs.get("issuer"), other.inputs.get("subject")) == (issuer, subject):
            text = f"Issuer and subject combination already exists for this Managed Identity: {other.name}."
            raise ArmError(409, "Conflict", text)
    if len(others) >= _MOST_CREDENTIALS:
        text = f"Too many Federated Identity Credentials: a managed identity takes {_MOST_CREDENTIALS}."
        raise ArmError(400, "BadRequest", text)


KINDS = (
    Kind(
        token="azure-native:managedidentity:UserAssignedIdentity",
        api_version="2023-01-31",
        path=_IDENTITY,
        # azure-resource-manager/management/resource-name-rules. Azure lets an identity go that others still point at:
        # entra/identity/managed-identities-azure-resources, "deleting doesn't remove the reference"
        name=NameRule(r"[a-zA-Z0-9][-\w]*", 3, 128, "letters, digits, - and _, the first a letter or digit"),
        has_location=True,
        immutable=("location",),
        read_only=("clientId", "principalId", "tenantId"),
        outputs=lambda request: {
            "clientId": request.kept("clientId", lambda: str(uuid4())),
            "principalId": request.kept("principalId", lambda: str(uuid4())),
            "tenantId": request.subscription.tenant_id,
        },
    ),
    Kind(
        token="azure-native:managedidentity:FederatedIdentityCredential",
        api_version="2023-01-31",
        path=f"{_IDENTITY}/federatedIdentityCredentials/{{federatedIdentityCredentialResourceName}}",
        name=NameRule(r"[a-zA-Z0-9][-\w]*", 3, 120, "letters, digits, - and _, the first a letter or digit"),
        required=("issuer", "subject", "audiences"),
        rules=(_check_credential,),
        # azure-docs: workload identity federation considerations, "concurrent updates"
        exclusive=Exclusive(
            _IDENTITY,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            "Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
        ),
    ),
)
