"""Container registries. Records only: images come from wherever the nodes get them."""

from datetime import UTC, datetime
from typing import Any

from sandbox.azure.kind import Kind, NameRule, Refusal, Request
from sandbox.azure.kinds.storage import taken
from sandbox.azure.values import look_up

_TIERS = ("Basic", "Standard", "Premium")


def _tier(request: Request) -> object:
    return look_up(request.inputs, "sku.name")


def _beyond_tier(request: Request) -> str:
    """What only Premium has: container-registry/container-registry-skus, service tier features."""
    inputs = request.inputs
    wanted = {
        "zoneRedundancy": inputs.get("zoneRedundancy") == "Enabled",
        "publicNetworkAccess": inputs.get("publicNetworkAccess") == "Disabled",
        "networkRuleSet": look_up(inputs, "networkRuleSet.defaultAction") == "Deny",
        "dataEndpointEnabled": inputs.get("dataEndpointEnabled") is True,
        "encryption": look_up(inputs, "encryption.status") == "enabled",
        "policies.trustPolicy": look_up(inputs, "policies.trustPolicy.status") == "enabled",
        "policies.retentionPolicy": look_up(inputs, "policies.retentionPolicy.status") == "enabled",
    }
    return "" if _tier(request) == "Premium" else next((name for name, given in wanted.items() if given), "")


def _outputs(request: Request) -> dict[str, Any]:
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "loginServer": f"{request.name.lower()}.azurecr.io",
        "provisioningState": "Succeeded",
        "creationDate": request.kept("creationDate", lambda: created),
    }


KINDS = (
    Kind(
        token="azure-native:containerregistry:Registry",
        api_version="2023-01-01-preview",
        path=(
            "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"
            "/Microsoft.ContainerRegistry/registries/{registryName}"
        ),
        # azure-resource-manager/management/resource-name-rules
        name=NameRule(r"[a-zA-Z0-9]+", 5, 50, "letters and digits only"),
        has_location=True,
        required=("sku",),
        immutable=("location", "zoneRedundancy"),
        read_only=("loginServer", "provisioningState", "creationDate"),
        outputs=_outputs,
        refusals=(
            Refusal(
                "InvalidSku",
                "The SKU '{found}' is not one of " + ", ".join(_TIERS) + ".",
                "container-registry/container-registry-skus; approximate",
                lambda request: _tier(request) not in _TIERS and str(_tier(request)),
            ),
            Refusal(
                "InvalidSku",
                "{found} is not available in this service tier: use Premium.",
                "container-registry/container-registry-skus; approximate",
                _beyond_tier,
            ),
        ),
        globally_unique=taken("AlreadyInUse", "The registry DNS name {}.azurecr.io is already in use."),
    ),
)
