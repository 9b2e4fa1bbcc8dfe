"""What a program's inputs become before anything is done with them: refused, or completed with a name and labels."""

from dataclasses import dataclass
from typing import Final

from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import AUTONAMED, dig, has_name, is_true, name_of, unique_name, with_metadata
from sandbox.kubernetes.values import UNKNOWN, Manifest

_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
_OPTIONS = provider_pb2.CheckRequest.AutonamingOptions


@dataclass(frozen=True)
class Naming:
    """What an automatic name is made of."""

    urn: str
    seed: bytes
    autonaming: provider_pb2.CheckRequest.AutonamingOptions | None
    """The project's own rules (`pulumi:autonaming`), where it has any."""


def checked(new: Manifest, old: Manifest, naming: Naming, *, patch: bool, server_side_apply: bool) -> Manifest:
    """The new inputs, completed; `old` are those of the last deployment, empty for a new object."""
    if patch and not server_side_apply:
        raise ProviderError(
            "patch resources require Server-Side Apply mode, which is enabled using the "
            "`enableServerSideApply` Provider config"
        )
    if patch and not dig(new, "metadata", "name"):
        raise ProviderError("patch resources require the `.metadata.name` field to be set")
    if dig(new, "metadata", "generateName") and server_side_apply:
        raise ProviderError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
    new = _named_as_before(new, old) if old else _named(new, naming)
    # Server-side apply knows the managers of each field, so there is nothing to label.
    if server_side_apply or (old and not dig(old, "metadata", "labels", _MANAGED_BY)):
        return new
    labels = dig(new, "metadata", "labels")
    return new if labels is UNKNOWN else with_metadata(new, labels={**(labels or {}), _MANAGED_BY: "pulumi"})


def _named(manifest: Manifest, naming: Naming) -> Manifest:
    if not _nameless(manifest) or dig(manifest, "metadata", "generateName"):
        return manifest
    rules = naming.autonaming
    if rules is None:
        return _autonamed(manifest, unique_name(naming.urn.split("::", 3)[3] + "-", naming.seed))
    if rules.mode == _OPTIONS.DISABLE:
        raise ProviderError(
            f"autonaming is disabled, resource {naming.urn!r} requires the `.metadata.name` field to be set"
        )
    return _autonamed(manifest, rules.proposed_name)


def _named_as_before(manifest: Manifest, old: Manifest) -> Manifest:
    """With the automatic name that the old inputs had, if the new ones have none of their own."""
    if not _nameless(manifest) or not is_true(old, AUTONAMED):
        return manifest
    return _autonamed(manifest, name_of(old))


def _nameless(manifest: Manifest) -> bool:
    return manifest.get("metadata") is not UNKNOWN and not has_name(manifest)


def _autonamed(manifest: Manifest, name: str) -> Manifest:
    annotations = dig(manifest, "metadata", "annotations")
    if annotations is UNKNOWN:
        return with_metadata(manifest, name=name)
    return with_metadata(manifest, name=name, annotations={**(annotations or {}), AUTONAMED: "true"})
