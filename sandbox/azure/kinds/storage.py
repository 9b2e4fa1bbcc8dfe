"""Storage accounts, their blob containers and policies."""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Network, ip_network
from typing import Any

from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Refusal, Request
from sandbox.azure.values import look_up

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"
_ACCOUNT = f"{_GROUP}/Microsoft.Storage/storageAccounts/{{accountName}}"
_VERSION = "2024-01-01"


def _account_outputs(request: Request) -> dict[str, Any]:
    services = ("blob", "dfs", "file", "queue", "table")
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "provisioningState": "Succeeded",
        "primaryLocation": request.inputs["location"],
        "statusOfPrimary": "available",
        "creationTime": request.kept("creationTime", lambda: created),
        "primaryEndpoints": {
            **{service: f"https://{request.name}.{service}.core.windows.net/" for service in services},
            "web": f"https://{request.name}.z6.web.core.windows.net/",
        },
    }


def _check_container(request: Request) -> None:
    account = request.transaction.get(request.id.rsplit("/", 4)[0])
    public = request.inputs.get("publicAccess", "None") != "None"
    if public and account is not None and account.inputs.get("allowBlobPublicAccess") is not True:
        text = "Public access is not permitted on this storage account."
        raise ArmError(409, "PublicAccessNotPermitted", text)


def taken(code: str, text: str) -> Callable[[str], ArmError]:
    """The refusal of a name that is taken anywhere in Azure; `{}` in the text is the name."""
    return lambda name: ArmError(409, code, text.format(name))


def subnets_without_endpoint(request: Request, rules: Any, id_name: str, service: str) -> str:
    """The subnets that a service's firewall names and that lack its service endpoint."""
    lacking = []
    for rule in rules or []:
        subnet = request.transaction.get(str(rule.get(id_name)))
        endpoints = (subnet.inputs.get("serviceEndpoints") or []) if subnet is not None else None
        if endpoints is not None and service not in [each.get("service") for each in endpoints]:
            lacking.append(str(rule.get(id_name)))
    return ", ".join(lacking)


def _private_range(request: Request) -> str:
    """Storage firewalls take public addresses: storage/common/storage-network-security-ip-address-range."""
    for rule in look_up(request.inputs, "networkRuleSet.ipRules") or []:
        text = str(rule.get("iPAddressOrRange"))
        try:
            found = ip_network(text, strict=False)
        except ValueError:
            return text
        if found.version != 4 or any(found.subnet_of(each) for each in _PRIVATE) or "/31" in text or "/32" in text:
            return text
    return ""


_PRIVATE = [IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def _days_outside(request: Request) -> str:
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        policy = request.inputs.get(name) or {}
        if policy.get("enabled") and not 1 <= int(policy.get("days") or 0) <= 365:
            return f"{name}.days {policy.get('days')}"
    return ""


_ACCOUNT_REFUSALS = (
    Refusal(
        "NetworkAclsValidationFailure",
        "Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:Subnets {found} do not have "
        "ServiceEndpoints for Microsoft.Storage resources configured.",
        "storage/common/storage-network-security, and what Terraform printed",
        lambda request: subnets_without_endpoint(
            request,
            look_up(request.inputs, "networkRuleSet.virtualNetworkRules"),
            "virtualNetworkResourceId",
            "Microsoft.Storage",
        ),
    ),
    Refusal(
        "InvalidValuesForRequestParameters",
        "Values for request parameters are invalid: networkAcls.ipRule[*].value {found}.",
        "storage/common/storage-network-security-ip-address-range",
        _private_range,
    ),
    Refusal(
        "InvalidRequestPropertyValue",
        "Hierarchical namespace needs an account of the kind StorageV2 or BlockBlobStorage.",
        "storage/blobs/data-lake-storage-namespace; approximate",
        lambda request: (
            request.inputs.get("isHnsEnabled") is True
            and request.inputs.get("kind") not in ("StorageV2", "BlockBlobStorage")
        ),
    ),
    Refusal(
        "InvalidRequestPropertyValue",
        "Premium accounts take LRS or ZRS, not {found}.",
        "storage/common/storage-account-overview; approximate",
        lambda request: (
            (sku := str(look_up(request.inputs, "sku.name"))).startswith("Premium")
            and sku.split("_")[1] not in ("LRS", "ZRS")
            and sku
        ),
    ),
)

_ALWAYS_DEFAULT = Refusal(
    "InvalidResourceName",
    "The name '{name}' is not valid: the resource is always called 'default'.",
    "rest/api/storagerp/management-policies; approximate",
    lambda request: request.name != "default",
)


KINDS = (
    Kind(
        token="azure-native:storage:StorageAccount",
        api_version=_VERSION,
        path=_ACCOUNT,
        name=NameRule(r"[a-z0-9]+", 3, 24, "lower-case letters and digits only"),
        has_location=True,
        required=("kind", "sku"),
        # pulumi-azure-native: gen/replacement.go
        immutable=("isHnsEnabled", "location"),
        read_only=("provisioningState", "primaryLocation", "statusOfPrimary", "creationTime", "primaryEndpoints"),
        outputs=_account_outputs,
        # storage/common/infrastructure-encryption-enable: only when the account is made
        unchangeable={"encryption.requireInfrastructureEncryption": "InvalidRequestPropertyValue"},
        refusals=_ACCOUNT_REFUSALS,
        globally_unique=taken("StorageAccountAlreadyTaken", "The storage account named {} is already taken."),
    ),
    Kind(
        token="azure-native:storage:BlobContainer",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/blobServices/default/containers/{{containerName}}",
        parent=_ACCOUNT,
        name=NameRule(
            r"\$root|\$web|\$logs|[a-z0-9](-?[a-z0-9])*", 3, 63, "lower-case letters, digits and single hyphens between"
        ),
        unchangeable={"enableNfsV3AllSquash": "PropertyImmutable", "enableNfsV3RootSquash": "PropertyImmutable"},
        read_only=("hasImmutabilityPolicy", "hasLegalHold", "leaseState", "leaseStatus"),
        outputs=lambda _: {
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "leaseState": "Available",
            "leaseStatus": "Unlocked",
        },
        rules=(_check_container,),
    ),
    Kind(
        token="azure-native:storage:ManagementPolicy",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/managementPolicies/{{managementPolicyName}}",
        required=("policy",),
        read_only=("lastModifiedTime",),
        outputs=lambda _: {"lastModifiedTime": datetime.now(UTC).isoformat(timespec="seconds")},
        refusals=(_ALWAYS_DEFAULT,),
    ),
    Kind(
        token="azure-native:storage:BlobServiceProperties",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/blobServices/{{blobServicesName}}",
        refusals=(
            _ALWAYS_DEFAULT,
            Refusal(
                "InvalidXmlNodeValue",
                "{found} is not from 1 to 365.",
                "storage/blobs/soft-delete-blob-overview; approximate",
                _days_outside,
            ),
        ),
        singleton=True,
    ),
)
