"""Looks into a cluster, with the kubeconfig that the environment itself uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from platform_components.errors import OutsideError
from platform_components.lifecycle.reader import config_of, told
from platform_components.ownership import STACK_LABEL

if TYPE_CHECKING:
    import lightkube


def namespace_owner(kubeconfig: str, namespace: str) -> str | None:
    """The stack that a namespace is labelled for: None when there is no such namespace, empty when it has no label."""
    with _client(kubeconfig) as client:
        from lightkube.core.exceptions import ApiError
        from lightkube.resources.core_v1 import Namespace

        try:
            found = client.get(Namespace, namespace)
        except ApiError as error:
            if error.status.code == 404:
                return None
            raise
        labels = (found.metadata.labels if found.metadata else None) or {}
        return str(labels.get(STACK_LABEL, ""))


def namespaces_of(kubeconfig: str, stack: str) -> list[str]:
    """Names of the namespaces that are labelled for a stack."""
    with _client(kubeconfig) as client:
        from lightkube.resources.core_v1 import Namespace

        found = client.list(Namespace, labels={STACK_LABEL: stack})
        return sorted(item.metadata.name for item in found if item.metadata and item.metadata.name)


@contextmanager
def _client(kubeconfig: str) -> Iterator["lightkube.Client"]:
    with told():
        import lightkube
        from lightkube.core.exceptions import ApiError

        try:
            yield lightkube.Client(config=config_of(kubeconfig))
        except ApiError as error:
            raise OutsideError(f"the cluster refused: {error}") from error
