"""Where logs and metrics go: Log Analytics workspaces, diagnostic settings, data collection rules. Records only."""

from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Refusal, Request, SoftDelete
from sandbox.azure.kinds.resources import require_scope
from sandbox.azure.values import look_up

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"
_DESTINATIONS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")


def _revive(request: Request) -> None:
    """Made again in its place within 14 days it is the deleted one: rest/api/loganalytics/workspaces/delete."""
    deleted = request.transaction.soft_deleted(request.kind.token, request.name) if request.old is None else None
    if deleted is None or ids.key(deleted.id) != ids.key(request.id):
        return
    if deleted.location != request.inputs.get("location"):
        text = f"The workspace '{request.name}' is soft-deleted in {deleted.location}; it can be made again only there."
        raise ArmError(409, "Conflict", text)  # approximate
    request.transaction.forget_deleted(request.kind.token, request.name)


def _outside_retention(request: Request) -> str:
    days = request.inputs.get("retentionInDays")
    free = look_up(request.inputs, "sku.name") == "Free"
    allowed = days is None or (days == (7 if free else days) and (free or 30 <= days <= 730))
    return "" if allowed else str(days)


_WORKSPACE_REFUSALS = (
    Refusal(
        "InvalidParameter",
        "'RetentionInDays' property doesn't match the SKU limits: {found} is not from 30 to 730.",
        "azure-monitor/logs/data-retention-configure; approximate",
        _outside_retention,
    ),
)


def _repeated_destination(request: Request) -> str:
    """Two settings of one resource cannot send to the same place."""
    scope = ids.key(str(request.inputs["resourceUri"]))
    for other in request.transaction.list(tokens=[request.kind.token], under=scope):
        for name in _DESTINATIONS:
            own, theirs = request.inputs.get(name), other.inputs.get(name)
            if (
                own
                and theirs
                and ids.key(str(own)) == ids.key(str(theirs))
                and ids.key(other.id) != ids.key(request.id)
            ):
                return f"{other.name} already uses {own}"
    return ""


def _both_kinds_of_category(request: Request) -> bool:
    logs = request.inputs.get("logs") or []
    return any(each.get("category") for each in logs) and any(each.get("categoryGroup") for each in logs)


_SETTING_REFUSALS = (
    Refusal(
        "BadRequest",
        "At least one data sink needs to be specified.",
        "azure-monitor/platform/diagnostic-settings; approximate",
        lambda request: not any(request.inputs.get(name) for name in _DESTINATIONS),
    ),
    Refusal(
        "BadRequest",
        "At least one log or metric must be set.",
        "azure-monitor/platform/diagnostic-settings; approximate",
        lambda request: not request.inputs.get("logs") and not request.inputs.get("metrics"),
    ),
    Refusal(
        "BadRequest",
        "Only one of category or categoryGroup can be used in the logs of a diagnostic setting.",
        "azure-monitor/platform/diagnostic-settings, category groups; approximate",
        _both_kinds_of_category,
    ),
    Refusal(
        "Conflict",
        "Data sinks can't be reused in different settings on the same category for the same resource: {found}.",
        "azure-monitor/platform/diagnostic-settings, troubleshooting",
        _repeated_destination,
        409,
    ),
    Refusal(
        "BadRequest",
        "A resource can have at most five diagnostic settings.",
        "azure-monitor/fundamentals/service-limits, diagnostic settings; approximate",
        lambda request: (
            request.old is None
            and len(request.transaction.list(tokens=[request.kind.token], under=str(request.inputs["resourceUri"])))
            >= 5
        ),
    ),
)


def _require_resource(request: Request) -> None:
    require_scope(request, "resourceUri")


def _tracked(request: Request) -> dict[str, Any]:
    immutable = request.kept("immutableId", lambda: f"dcr-{uuid4().hex}")
    return {"provisioningState": "Succeeded", "etag": f'"{uuid4()}"', "immutableId": immutable}


KINDS = (
    Kind(
        token="azure-native:operationalinsights:Workspace",
        api_version="2023-09-01",
        path=f"{_GROUP}/Microsoft.OperationalInsights/workspaces/{{workspaceName}}",
        name=NameRule(r"[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]", 4, 63, "letters, digits and -, none of - at the ends"),
        has_location=True,
        immutable=("location",),
        read_only=("customerId", "provisioningState", "createdDate", "modifiedDate", "etag"),
        outputs=lambda request: {
            "customerId": request.kept("customerId", lambda: str(uuid4())),
            "provisioningState": "Succeeded",
        },
        rules=(_revive,),
        refusals=_WORKSPACE_REFUSALS,
        soft_delete=SoftDelete(lambda _: 14),
    ),
    Kind(
        token="azure-native:monitor:DiagnosticSetting",
        api_version="2021-05-01-preview",
        path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        name=NameRule(r"[^<>*%&:\\?+/#|]+", 1, 260),
        rules=(_require_resource,),
        refusals=_SETTING_REFUSALS,
    ),
    Kind(
        token="azure-native:monitor:DataCollectionRule",
        api_version="2022-06-01",
        path=f"{_GROUP}/Microsoft.Insights/dataCollectionRules/{{dataCollectionRuleName}}",
        name=NameRule(r"[a-zA-Z0-9][-\w.]*", 3, 64),
        has_location=True,
        immutable=("location",),
        read_only=("immutableId", "provisioningState", "etag"),
        outputs=_tracked,
    ),
    Kind(
        token="azure-native:monitor:DataCollectionRuleAssociation",
        api_version="2022-06-01",
        path="/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
        rules=(_require_resource,),
        read_only=("provisioningState", "etag"),
        outputs=lambda _: {"provisioningState": "Succeeded", "etag": f'"{uuid4()}"'},
    ),
)
