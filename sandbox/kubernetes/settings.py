"""The provider's own inputs: what they switch, and what a change of them means for everything made with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.difference import differences
from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.kubeconfig import active_cluster
from sandbox.kubernetes.values import UNKNOWN, Manifest

_PREFIX: Final = "kubernetes:config:"
_CLUSTER_IDENTIFIER: Final = "clusterIdentifier"
# What the active cluster is found by.
_CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")
# They would change what happens, and the sandbox has nothing to do it with.
_UNSUPPORTED: Final = ("renderYamlToDirectory",)


@dataclass(frozen=True)
class Settings:
    """The provider's inputs, each with the environment variable that stands in for it."""

    kubeconfig: str
    context: str
    cluster: str
    namespace: str
    delete_unreachable: bool
    skip_update_unreachable: bool
    server_side_apply: bool
    upsert: bool
    config_maps_mutable: bool
    secrets_mutable: bool
    patch_force: bool | None
    """None where neither the input nor the environment says."""

    @classmethod
    def of(cls, variables: Mapping[str, str], environment: Mapping[str, str]) -> "Settings":
        """From what `Configure` is sent: every input as a string, booleans as `true` and `false`."""
        for name in _UNSUPPORTED:
            if variables.get(_PREFIX + name):
                raise ProviderError(f"the provider's `{name}` is not supported by the sandbox")

        def flag(name: str, variable: str) -> bool | None:
            value = variables.get(_PREFIX + name) or environment.get(f"PULUMI_K8S_{variable}")
            return None if value is None else value == "true"

        return cls(
            kubeconfig=variables.get(f"{_PREFIX}kubeconfig", ""),
            context=variables.get(f"{_PREFIX}context", ""),
            cluster=variables.get(f"{_PREFIX}cluster", ""),
            namespace=variables.get(f"{_PREFIX}namespace", ""),
            delete_unreachable=flag("deleteUnreachable", "DELETE_UNREACHABLE") or False,
            skip_update_unreachable=flag("skipUpdateUnreachable", "SKIP_UPDATE_UNREACHABLE") or False,
            server_side_apply=flag("enableServerSideApply", "ENABLE_SERVER_SIDE_APPLY") is not False,
            upsert=flag("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS") or False,
            config_maps_mutable=flag("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE") or False,
            secrets_mutable=flag("enableSecretMutable", "ENABLE_SECRET_MUTABLE") or False,
            patch_force=flag("enablePatchForce", "ENABLE_PATCH_FORCE"),
        )


def settings_difference(old: Manifest, new: Manifest, environment: Mapping[str, str]) -> provider_pb2.DiffResponse:
    """Whether the provider's inputs changed, and whether that means another cluster, so that everything is replaced.

    pulumi-kubernetes:provider/pkg/provider/provider.go, DiffConfig
    """
    changed = list(dict.fromkeys(str(difference.path[0]) for difference in differences(old, new)))
    if not changed:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    replaces = _replaces(old, new, changed, environment)
    # The same identifier says that it is the same cluster, whatever else changed.
    if new.get(_CLUSTER_IDENTIFIER) and old.get(_CLUSTER_IDENTIFIER) == new[_CLUSTER_IDENTIFIER]:
        replaces = []
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME, diffs=changed, replaces=list(dict.fromkeys(replaces))
    )


def _replaces(old: Manifest, new: Manifest, changed: list[str], environment: Mapping[str, str]) -> list[str]:
    replaces = []
    # Only a change of the identifier, not its first appearance or its removal.
    if _CLUSTER_IDENTIFIER in changed and _CLUSTER_IDENTIFIER in old and _CLUSTER_IDENTIFIER in new:
        replaces.append(_CLUSTER_IDENTIFIER)
    unknown = [key for key in _CLUSTER_KEYS if new.get(key) is UNKNOWN]
    if unknown:
        # It may be another cluster: the conservative answer.
        return [*replaces, unknown[0]]
    before, after = _active(old, environment), _active(new, environment)
    if before is not None and after is not None and before != after:
        replaces += [key for key in _CLUSTER_KEYS if key in changed]
    return replaces


def _active(inputs: Manifest, environment: Mapping[str, str]) -> Manifest | None:
    def text(key: str) -> str:
        value: Any = inputs.get(key) or ""
        return value if isinstance(value, str) else json.dumps(value)

    return active_cluster(text("kubeconfig"), context=text("context"), cluster=text("cluster"), environment=environment)
