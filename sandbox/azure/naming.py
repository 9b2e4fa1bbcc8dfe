"""Names the provider makes up when the program gives none, as azure-native does.

A suffix of 8 hex digits for what lies in a resource group, the bare logical name below that, a GUID for role
assignments; an old name is kept. github.com/pulumi/pulumi-azure-native: gen (AutoNamer), provider.go (getDefaultName).
"""

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from pulumi.runtime.proto import provider_pb2


@dataclass(frozen=True)
class MadeUpName:
    """A name, and whether another of its kind could be made beside it, so that a replacement is created first."""

    name: str
    random: bool


def made_up_name(
    how: str, logical_name: str, seed: bytes, autonaming: provider_pb2.CheckRequest.AutonamingOptions | None
) -> MadeUpName | None:
    """The name for a new resource; None when the project's settings forbid made-up names."""
    options = provider_pb2.CheckRequest.AutonamingOptions
    if autonaming is not None:
        if autonaming.mode == options.DISABLE:
            return None
        if autonaming.mode == options.ENFORCE or how != "uuid":
            return MadeUpName(autonaming.proposed_name, random=True)
    if how == "uuid":
        return MadeUpName(str(UUID(_hex(seed, 32))), random=True)
    if how == "random":
        return MadeUpName(logical_name + _hex(seed, 8), random=True)
    return MadeUpName(logical_name, random=False)


def _hex(seed: bytes, digits: int) -> str:
    # The engine sends a seed per resource; the same one gives the same name in preview and update.
    return hashlib.sha256(seed).hexdigest()[:digits] if seed else secrets.token_hex(digits // 2)
