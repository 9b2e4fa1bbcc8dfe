"""The drivers of the type `environment`: a developer's own secrets, out of the stack's config or a Key Vault.

None makes a value. What is read here is a secret Output from that moment on, and never an input of a resource.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi

from platform_components.azure.key_vault_secrets import read_secret
from platform_components.drivers.request import Deployed, Request
from platform_components.drivers.stored_values import provider_class, secret_name, stored
from platform_components.errors import InputError, PlatformError
from platform_components.kubernetes.objects import kubernetes_object, name_of

_KEY = "platform:values"


def values(request: Request) -> Deployed:
    """The outputs that are named, out of `platform:values`."""
    wanted = request.resource.wanted_outputs
    stored = pulumi.Config("platform").get_object("values") or {}
    if stored and not pulumi.runtime.is_config_secret(_KEY):
        raise InputError(
            "stands in the clear in the stack's file",
            where=_KEY,
            fix="take it out there and set it encrypted: pave up … --values-file FILE; treat what stood there as known",
        )
    missing = [name for name in wanted if not isinstance(stored.get(name), str)]
    if missing:  # the names are not known beforehand if the map is encrypted as a whole
        raise InputError(
            f"has no text '{missing[0]}'",
            where=_KEY,
            fix=f"set it: pave up … --values-file FILE, with `{missing[0]}: …` in the file",
        )
    return Deployed({name: pulumi.Output.secret(stored[name]) for name in wanted})


def key_vault_values(request: Request) -> Deployed:
    """The outputs that are named, each a secret of the vault; read by whoever runs this, each time it runs."""
    vault, prefix = (pulumi.Output.from_input(request.inputs[name]) for name in ("vault", "prefix"))
    return Deployed({name: _secret_of(vault, prefix, name) for name in request.resource.wanted_outputs})


def key_vault_csi(request: Request) -> Deployed:
    """The outputs that are named, none of which is known here: pods get them from the vault by the CSI driver."""
    name = f"{request.name}-class"
    made = kubernetes_object(name, provider_class(request), request.options(in_namespace=True))
    return Deployed(stored(request, name_of(made)))


def _secret_of(vault: pulumi.Output[str], prefix: pulumi.Output[str], name: str) -> pulumi.Output[str]:
    async def read(known: Mapping[str, Any]) -> str:
        try:
            return await asyncio.to_thread(read_secret, known["vault"], secret_name(known["prefix"], name))
        except PlatformError as error:
            raise pulumi.RunError(str(error)) from None

    return pulumi.Output.secret(pulumi.Output.all(vault=vault, prefix=prefix).apply(read))
