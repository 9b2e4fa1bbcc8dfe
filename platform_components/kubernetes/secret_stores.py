"""Secrets that the cluster reads from an external store by itself: the Secrets Store CSI driver. Pure.

Nothing secret is in any manifest: a SecretProviderClass says which objects of the store are meant, a pod mounts them as
files, and as long as one does, the driver keeps a Kubernetes Secret with the same content, for variables.
Source: https://secrets-store-csi-driver.sigs.k8s.io/concepts
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import Label, Manifest, metadata
from platform_components.kubernetes.objects import kubernetes_manifest

API_VERSION = "secrets-store.csi.x-k8s.io/v1"
DRIVER = "secrets-store.csi.k8s.io"
FOLDER = "/mnt/secrets-store"
"""Where the files of variables are; the driver keeps its Secret only while a container mounts them."""
_VOLUME = "workload-store-"


def _short(name: str) -> str:
    if len(_VOLUME + name) > 63:
        raise ValueError(f"'{name}' is too long: with '{_VOLUME}' before it, it names a volume")
    return name


StoreName = Annotated[Label, AfterValidator(_short)]


class SecretStore(Settings):
    """A store, see `WorkloadSecretStore`."""

    provider_class: Known[str]
    secret: Known[str]


class Stored(Settings):
    """One value of a store, see `WorkloadStoredSecret`."""

    store: StoreName
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]


def key_vault_class(
    name: str,
    namespace: Any,
    labels: Manifest,
    *,
    vault: Any,
    client_id: Any,
    tenant_id: Any,
    secrets: Mapping[str, Any],
) -> Manifest:
    """What the provider for Azure Key Vault reads as an identity that the pods' service accounts stand for.

    `secrets` are the vault's names by keys: the file's name in the volume, and the key in the Secret `name`.
    Source: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage
    """
    parameters = {
        "usePodIdentity": "false",
        "clientID": client_id,
        "tenantId": tenant_id,
        "keyvaultName": vault,
        "objects": objects(secrets),
    }
    synchronised = {
        "secretName": name,
        "type": "Opaque",
        "labels": dict(labels),
        "data": [{"objectName": key, "key": key} for key in sorted(secrets)],
    }
    spec = {"provider": "azure", "parameters": parameters, "secretObjects": [synchronised]}
    return kubernetes_manifest(API_VERSION, "SecretProviderClass", metadata(name, namespace, labels), spec)


def objects(secrets: Mapping[str, str]) -> str:
    """The parameter `objects`: YAML in a text, and in it a text of YAML for each secret."""
    entries = [
        f"  - |\n    objectName: {secret}\n    objectType: secret\n    objectAlias: {key}\n"
        for key, secret in sorted(secrets.items())
    ]
    return "array:\n" + "".join(entries)


def store_volumes(stores: Mapping[str, SecretStore]) -> list[Manifest]:
    """The pod's volumes, one for each store."""
    return [
        {
            "name": f"{_VOLUME}{name}",
            "csi": {
                "driver": DRIVER,
                "readOnly": True,
                "volumeAttributes": {"secretProviderClass": store.provider_class},
            },
        }
        for name, store in sorted(stores.items())
    ]


def store_mounts(variables: Mapping[str, Stored], files: Mapping[str, Stored]) -> list[Manifest]:
    """The mounts of one container: each file where it belongs, and what variables need beside."""
    targets = {f"{FOLDER}/{one.store}/{one.key}": one for _, one in sorted(variables.items())}
    return [
        {"name": f"{_VOLUME}{one.store}", "mountPath": target, "subPath": one.key, "readOnly": True}
        for target, one in [*sorted(targets.items()), *sorted(files.items())]
    ]


def store_environment(variables: Mapping[str, Stored], stores: Mapping[str, SecretStore]) -> list[Manifest]:
    """The variables of one container, by reference to the driver's Secrets."""
    return [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": stores[one.store].secret, "key": one.key}},
        }
        for name, one in sorted(variables.items())
    ]
