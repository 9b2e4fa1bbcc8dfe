"""Files of containers: plain ones in a ConfigMap, secret ones in the workload's Secret, mounted one by one. Pure.

Each file is mounted by itself (`subPath`), so everything else in its folder stays visible. Such a mount does not follow
a change of its source; the names of ConfigMap and Secret change with their content instead, and the pods with them.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.kubernetes.container_settings import Container, File
from platform_components.kubernetes.metadata import Manifest

PLAIN_VOLUME = "workload-files"
SECRET_VOLUME = "workload-secret-files"  # noqa: S105 -- the name of a volume


@dataclass(frozen=True)
class ContainerFile:
    """A file and where it belongs."""

    container: str
    target: str
    file: File

    @property
    def key(self) -> str:
        """Under which key the ConfigMap or Secret holds it: readable, and unique by a hash of the path."""
        base = re.sub(r"[^-._a-zA-Z0-9]", "-", self.target.rsplit("/", 1)[-1])[:60]
        return f"{self.container}.{hashlib.sha256(self.target.encode()).hexdigest()[:10]}.{base}"

    @property
    def mode(self) -> int:
        """Permissions. The pod's group may read a secret file; others may not."""
        return int(self.file.mode or ("0440" if self.file.secret else "0644"), 8)

    @property
    def where(self) -> str:
        """The file's place in the arguments, for messages."""
        return f'containers.{self.container}.files["{self.target}"]'


def files_of(containers: Mapping[str, Container]) -> list[ContainerFile]:
    """All files of a workload, in a stable order."""
    return [
        ContainerFile(name, target, file)
        for name, container in sorted(containers.items())
        for target, file in sorted(container.files.items())
    ]


def file_volumes(files: Iterable[ContainerFile], *, config_map_name: Any, secret_name: Any) -> list[Manifest]:
    """The pod's volumes that hold the files."""
    plain = [file for file in files if not file.file.secret]
    secret = [file for file in files if file.file.secret]
    volumes: list[Manifest] = []
    if plain:
        volumes.append({"name": PLAIN_VOLUME, "configMap": {"name": config_map_name, "items": _items(plain)}})
    if secret:
        volumes.append({"name": SECRET_VOLUME, "secret": {"secretName": secret_name, "items": _items(secret)}})
    return volumes


def file_mounts(files: Iterable[ContainerFile], container: str) -> list[Manifest]:
    """The mounts of one container, each of a single file."""
    return [
        {
            "name": SECRET_VOLUME if file.file.secret else PLAIN_VOLUME,
            "mountPath": file.target,
            "subPath": file.key,
            "readOnly": True,
        }
        for file in files
        if file.container == container
    ]


def _items(files: Iterable[ContainerFile]) -> list[Manifest]:
    return [{"key": file.key, "path": file.key, "mode": file.mode} for file in files]
