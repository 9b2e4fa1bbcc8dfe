"""Reading and naming Kubernetes objects: kinds, ids, annotations, automatic names."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.values import UNKNOWN, Manifest

AUTONAMED: Final = "pulumi.com/autonamed"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
PATCH_FORCE: Final = "pulumi.com/patchForce"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
WAIT_FOR: Final = "pulumi.com/waitFor"

# Set by the API server alone; the official provider drops them from inputs.
_READ_ONLY_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)

# Known without asking the API server, for when it cannot be asked: a namespace must not be put on these.
_CLUSTER_SCOPED: Final = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("networking.k8s.io", "IngressClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
    }
)


# Kinds of these groups are known to the official provider, which drops fields that they do not have.
_BUILT_IN_GROUPS: Final = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)


@dataclass(frozen=True)
class Kind:
    """A kind in one version of one API group; the core group is the empty string."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def built_in(self) -> bool:
        """Whether the official provider knows the kind's fields, as it does not know custom resources'."""
        return self.group in _BUILT_IN_GROUPS

    @property
    def cluster_scoped(self) -> bool:
        return (self.group, self.name) in _CLUSTER_SCOPED

    def __str__(self) -> str:
        return f"{self.api_version}/{self.name}"


@dataclass(frozen=True)
class ResourceType:
    """What a Pulumi type token says: the kind, and whether only some fields of an existing object are meant."""

    kind: Kind
    patch: bool


def resource_type(urn: str) -> ResourceType:
    """The type of the resource behind `urn`, or an error for types that no provider could create as an object."""
    token = urn.split("::")[2].rpartition("$")[2]
    _, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    group, slash, version = module.partition("/")
    if not slash or group == "helm.sh" or module.startswith(("yaml", "kustomize", "helm")):
        raise ProviderError(f"{token} is not supported by the sandbox: declare the objects themselves")
    if name.endswith("List"):
        raise ProviderError(
            "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created "
            "directly. Use the underlying resource type instead"
        )
    patch = name.endswith("Patch")
    return ResourceType(Kind("" if group == "core" else group, version, name.removesuffix("Patch")), patch)


def kind_of(manifest: Manifest) -> Kind:
    """The kind that the object itself names."""
    group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
    return Kind("" if group == "core" else group, version, str(manifest.get("kind", "")))


def completed(manifest: Manifest, kind: Kind) -> Manifest:
    """A copy with apiVersion and kind, without what only the API server sets."""
    result = {"apiVersion": kind.api_version, "kind": kind.name, **manifest}
    if isinstance(metadata := manifest.get("metadata"), dict):
        result["metadata"] = {key: value for key, value in metadata.items() if key not in _READ_ONLY_METADATA}
    return result


def dig(value: Any, *path: str) -> Any:
    """The value at `path`, or None where the path ends early."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def name_of(manifest: Manifest) -> str:
    """The object's name; empty when it has none or it is unknown."""
    name = dig(manifest, "metadata", "name")
    return name if isinstance(name, str) else ""


def namespace_of(manifest: Manifest) -> str:
    """The object's namespace; empty when it has none or it is unknown."""
    namespace = dig(manifest, "metadata", "namespace")
    return namespace if isinstance(namespace, str) else ""


def with_metadata(manifest: Manifest, **fields: Any) -> Manifest:
    """A copy whose metadata has these fields; unchanged when the whole metadata is unknown."""
    metadata = manifest.get("metadata", {})
    if metadata is UNKNOWN:
        return manifest
    return {**manifest, "metadata": {**metadata, **fields}}


def without_namespace(manifest: Manifest) -> Manifest:
    """A copy that names no namespace."""
    if not dig(manifest, "metadata", "namespace"):
        return manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
    return {**manifest, "metadata": metadata}


def annotation(manifest: Manifest, key: str) -> str:
    """The annotation's value, or the empty string."""
    value = dig(manifest, "metadata", "annotations", key)
    return value if isinstance(value, str) else ""


def is_true(manifest: Manifest, key: str) -> bool:
    """Whether the annotation says true."""
    return annotation(manifest, key) == "true"


def object_id(manifest: Manifest) -> str:
    """`namespace/name`, the id the official provider gives."""
    namespace = namespace_of(manifest)
    return f"{namespace}/{name_of(manifest)}" if namespace else name_of(manifest)


def split_id(identifier: str) -> tuple[str, str]:
    """Namespace and name out of an id."""
    namespace, _, name = identifier.rpartition("/")
    return namespace, name


def unique_name(prefix: str, seed: bytes = b"") -> str:
    """`prefix` and eight hexadecimal digits; the same ones for the same seed."""
    suffix = hashlib.sha256(seed + b"\0" + prefix.encode()).hexdigest()[:8] if seed else secrets.token_hex(4)
    return prefix + suffix


def has_name(manifest: Manifest) -> bool:
    """Whether the object is named, be the name known or not."""
    return bool(name_of(manifest)) or dig(manifest, "metadata", "name") is UNKNOWN


def owned_by(manifest: Manifest, owner: Manifest) -> bool:
    """Whether one of the object's owner references is `owner`."""
    references: Sequence[Manifest] = dig(manifest, "metadata", "ownerReferences") or []
    return any(reference.get("uid") == dig(owner, "metadata", "uid") for reference in references)
