"""Sign-in with a workload identity: a service account's token in exchange for one of the identity that it acts as.

Source: learn.microsoft.com/entra/workload-id/workload-identity-federation, and "OAuth 2.0 client credentials flow",
third case; error codes from learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sandbox.azure.store import Resource, Store
from sandbox.edge import tokens
from sandbox.state import State

HOST = "login.microsoftonline.com"
AUDIENCE = "api://AzureADTokenExchange"
_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
_CLUSTER = "azure-native:containerservice:ManagedCluster"
_METADATA = re.compile(r"/(?P<tenant>[\w.-]+)/v2\.0/\.well-known/openid-configuration")
_TOKEN = re.compile(r"/(?P<tenant>[\w.-]+)/oauth2/v2\.0/token")

Answer = tuple[int, dict[str, Any]]
Review = Callable[[str], str | None]
"""The user name behind a service account's token for `AUDIENCE`, as the API server says; None for one it refuses."""


@dataclass(frozen=True)
class SignIn:
    """Answers what an Azure SDK asks when a pod signs in."""

    state: State
    store: Store
    review: Review

    def get(self, path: str) -> Answer:
        """Where the tokens are, for the SDKs that look it up first."""
        if path == "/common/discovery/instance":
            own = {"preferred_network": HOST, "preferred_cache": HOST, "aliases": [HOST]}
            return 200, {"tenant_discovery_endpoint": f"https://{HOST}/common/v2.0", "metadata": [own]}
        if found := _METADATA.fullmatch(path):
            base = f"https://{HOST}/{found['tenant']}"
            return 200, {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            }
        return 404, _refused("invalid_request", 900144, f"nothing is at {path}")

    def post(self, path: str, body: bytes) -> Answer:
        """A token, or why there is none."""
        found = _TOKEN.fullmatch(path)
        if found is None:
            return 404, _refused("invalid_request", 900144, f"nothing is at {path}")
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        missing = [name for name in ("client_id", "client_assertion", "scope") if not form.get(name, "").strip()]
        if missing:
            return 400, _refused("invalid_request", 900144, f"the request body must contain '{missing[0]}'")
        identity = self._identity(found["tenant"], form["client_id"])
        if identity is None:
            text = f"Application with identifier '{form['client_id']}' was not found in the directory"
            return 400, _refused("unauthorized_client", 700016, text)
        subject = self.review(form["client_assertion"])
        if subject is None:
            return 401, _refused("invalid_client", 50013, "Assertion failed signature or audience validation")
        if subject not in self._subjects(identity):
            text = f"No matching federated identity record found for presented assertion subject '{subject}'"
            return 401, _refused("invalid_client", 70021, text)
        audience = form["scope"].split()[0].removesuffix("/.default").rstrip("/")
        return 200, {
            "token_type": "Bearer",
            "expires_in": tokens.LIFETIME_SECONDS,
            "ext_expires_in": tokens.LIFETIME_SECONDS,
            "access_token": tokens.issued(self.state, audience, str(identity.outputs["principalId"])),
        }

    def _identity(self, tenant: str, client_id: str) -> Resource | None:
        wanted = {"clientId": client_id.lower(), "tenantId": tenant.lower()}
        found = (
            each
            for each in self.store.list(tokens=[_IDENTITY])
            if all(str(each.outputs.get(name)).lower() == value for name, value in wanted.items())
        )
        return next(found, None)

    def _subjects(self, identity: Resource) -> set[str]:
        return {
            str(each.inputs["subject"])
            for each in self.store.list(tokens=[_CREDENTIAL], under=identity.id)
            if AUDIENCE in (each.inputs.get("audiences") or ()) and each.inputs.get("issuer") in self._issuers()
        }

    def _issuers(self) -> set[str]:
        """Of the clusters that were deployed: behind each of them is the one API server."""
        profiles = (each.outputs.get("oidcIssuerProfile") or {} for each in self.store.list(tokens=[_CLUSTER]))
        return {str(profile["issuerURL"]) for profile in profiles if profile.get("issuerURL")}


def _refused(error: str, code: int, text: str) -> dict[str, Any]:
    return {"error": error, "error_description": f"AADSTS{code}: {text}.", "error_codes": [code]}


def assertion_review(post: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]) -> Review:
    """Asks the API server, given how to post to it: kubernetes.io, TokenReview."""

    def review(token: str) -> str | None:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [AUDIENCE]},
        }
        status = post("/apis/authentication.k8s.io/v1/tokenreviews", body)["status"]
        return str(status["user"]["username"]) if status.get("authenticated") else None

    return review
