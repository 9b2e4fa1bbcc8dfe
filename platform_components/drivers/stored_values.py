"""A developer's own secrets that the cluster reads from a Key Vault by itself. Pure: nothing is created here.

The program, its state and whoever runs it know names alone; pods get the values, as the environment's identity.
"""

from typing import Any

from platform_components import ownership
from platform_components.drivers.request import Request, StoredSecret
from platform_components.kubernetes.metadata import MANAGED_BY, Manifest
from platform_components.kubernetes.secret_stores import key_vault_class


def secret_name(prefix: str, name: str) -> str:
    """What a value is called in a vault, where names have no `_`."""
    return prefix + name.replace("_", "-")


def provider_class(request: Request) -> Manifest:
    """The SecretProviderClass of the outputs that are named."""
    inputs, identity = request.inputs, request.inputs["identity"]
    return key_vault_class(
        request.name,
        inputs["namespace"]["name"],
        {**MANAGED_BY, **ownership.labels(request.environment)},
        vault=inputs["vault"],
        client_id=identity["client_id"],
        tenant_id=identity["tenant_id"],
        secrets={name: secret_name(inputs["prefix"], name) for name in request.resource.wanted_outputs},
    )


def stored(request: Request, made: Any) -> dict[str, StoredSecret]:
    """The outputs, each a place in the store; `made` is the name of the SecretProviderClass."""
    return {
        name: StoredSecret(store=request.name, provider_class=made, secret=request.name, key=name)
        for name in request.resource.wanted_outputs
    }
