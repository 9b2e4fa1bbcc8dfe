"""Refusals in the shape the Azure Resource Manager gives them, as azure-native shows them.

The codes are ARM's own, so a program that reads them (retries, messages) meets the same text in production.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.azure.store import Resource


class ArmError(Exception):
    """One refusal: HTTP status, ARM's code, and its message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f'Status={self.status} Code="{self.code}" Message="{self.message}"'


class AlreadyExistsError(ArmError):
    """azure-native looks before it creates, and says so itself: provider/pkg/azure/client_azcore.go, CanCreate."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(409, "Conflict", f"cannot create already existing resource '{resource_id}'")

    def __str__(self) -> str:
        return self.message


class TimedOutError(ArmError):
    """azure-native stopped waiting for Azure: provider/pkg/azure/azure.go, AzureError."""

    def __init__(self) -> None:
        super().__init__(504, "GatewayTimeout", "operation timed out")

    def __str__(self) -> str:
        return self.message


class UnfinishedError(Exception):
    """The thing was made or changed, and waiting for it failed: azure-native hands its state over with the error."""

    def __init__(self, why: ArmError, resource: "Resource") -> None:
        super().__init__(str(why))
        self.why = why
        self.resource = resource


class NotSimulatedError(Exception):
    """The sandbox has no stand-in for something Azure has: never a silent success."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the Azure sandbox does not simulate {what}")


def not_found(resource_id: str) -> ArmError:
    """What ARM answers for a resource that is not there, in the words for its place."""
    parts = resource_id.strip("/").split("/")
    if len(parts) == 4 and parts[2].lower() == "resourcegroups":
        return ArmError(404, "ResourceGroupNotFound", f"Resource group '{parts[3]}' could not be found.")
    if "providers" in parts:
        provider = parts[len(parts) - 1 - parts[::-1].index("providers") :]
        kind = "/".join([provider[1], *provider[2::2]])
        where = f" under resource group '{parts[3]}'" if len(parts) > 3 else ""
        return ArmError(404, "ResourceNotFound", f"The Resource '{kind}/{provider[-1]}'{where} was not found.")
    return ArmError(404, "ResourceNotFound", f"The Resource '{resource_id}' was not found.")
