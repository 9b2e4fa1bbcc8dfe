"""What can go wrong between this provider and a cluster, each with the words that the user reads."""

from typing import Any

from sandbox.kubernetes.values import Manifest


class ProviderError(Exception):
    """An operation failed; the message goes to the user as it is."""


class UnreachableError(ProviderError):
    """The cluster cannot be reached: kubeconfig, credentials or network."""


class CancelledError(ProviderError):
    """The engine asked to stop."""


class NoMatchError(ProviderError):
    """The API server knows no such kind (yet)."""

    def __init__(self, kind: str, api_version: str) -> None:
        # The wording of client-go's meta.NoKindMatchError.
        super().__init__(f'no matches for kind "{kind}" in version "{api_version}"')


class ApiError(ProviderError):
    """The API server's answer was a failure: a `Status` object."""

    def __init__(self, code: int, reason: str, message: str, details: Manifest | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details: dict[str, Any] = details or {}

    @property
    def not_found(self) -> bool:
        return self.code == 404

    @property
    def namespace_not_found(self) -> bool:
        return self.code == 404 and self.details.get("kind") == "namespaces"

    @property
    def already_exists(self) -> bool:
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        return self.code == 409 and self.reason == "Conflict"


class NotReadyError(ProviderError):
    """The object exists, but did not become what the operation waits for; the state keeps it with these reasons."""

    def __init__(self, message: str, *, live: Manifest, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons
