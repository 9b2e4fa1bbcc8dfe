"""Log workspaces, and what sends logs to them: diagnostic settings and data collection rules. Nothing is collected."""

from typing import Any
from uuid import uuid4

from sandbox.azure.kind import Kind, NameRule, Request

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"


def _workspace(request: Request) -> dict[str, Any]:
    return {
        "provisioningState": "Succeeded",
        "customerId": request.kept("customerId", lambda: str(uuid4())),
    }


def _rule(request: Request) -> dict[str, Any]:
    made_up = f"dcr-{uuid4().hex}"
    return {"provisioningState": "Succeeded", "immutableId": request.kept("immutableId", lambda: made_up)}


KINDS = (
    Kind(
        token="azure-native:operationalinsights:Workspace",
        api_version="2023-09-01",
        path=f"{_GROUP}/Microsoft.OperationalInsights/workspaces/{{workspaceName}}",
        # Microsoft.OperationalInsights in azure-docs' resource-name-rules
        name=NameRule(
            r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?", 4, 63, "letters, digits and hyphens, none at the ends"
        ),
        has_location=True,
        immutable=("location",),
        read_only=("provisioningState", "customerId"),
        outputs=_workspace,
    ),
    Kind(
        token="azure-native:monitor:DiagnosticSetting",
        api_version="2021-05-01-preview",
        path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        name=NameRule(maximum=260),
    ),
    Kind(
        token="azure-native:monitor:DataCollectionRule",
        api_version="2022-06-01",
        path=f"{_GROUP}/Microsoft.Insights/dataCollectionRules/{{dataCollectionRuleName}}",
        name=NameRule(r"[-\w.]*[-\w]", 1, 64, "letters, digits, - _ and ."),
        has_location=True,
        immutable=("location",),
        read_only=("provisioningState", "immutableId"),
        outputs=_rule,
    ),
    Kind(
        token="azure-native:monitor:DataCollectionRuleAssociation",
        api_version="2022-06-01",
        path="/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
        read_only=("provisioningState",),
        outputs=lambda _: {"provisioningState": "Succeeded"},
    ),
)
