"""Looks into a cluster, with the kubeconfig that the environment itself uses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from platform_components.errors import OutsideError
from platform_components.ownership import STACK_LABEL

if TYPE_CHECKING:
    import httpx2 as httpx
    import lightkube

Manifest = Mapping[str, Any]
"""An object as the API writes it."""

_ANSWER_SECONDS = 5.0


class RefusedError(OutsideError):
    """The API server's own no: there is no such thing, or no right to see it."""

    code = 0


class Reader:
    """What is in a cluster, read without a model of each kind: what is shown of it is a handful of fields."""

    def __init__(self, client: "httpx.Client") -> None:
        self._client = client

    def objects(self, path: str, **query: str) -> list[Manifest]:
        """The objects of a list, such as `/apis/apps/v1/namespaces/shop/deployments`."""
        return list(self._checked(self._client.get(path, params=query)).json().get("items") or ())

    def lines(self, path: str, query: Mapping[str, str], *, follow: bool = False) -> Iterator[str]:
        """A log, line by line; with `follow` until whoever reads has enough."""
        import httpx2 as httpx

        timeout = httpx.Timeout(_ANSWER_SECONDS, read=None if follow else _ANSWER_SECONDS)
        asked = {**query, **({"follow": "true"} if follow else {})}
        with self._client.stream("GET", path, params=asked, timeout=timeout) as answer:
            if answer.is_error:
                answer.read()
            yield from self._checked(answer).iter_lines()

    @staticmethod
    def _checked(answer: "httpx.Response") -> "httpx.Response":
        if answer.is_error:
            try:
                said = str(answer.json()["message"])
            except (ValueError, KeyError, TypeError):
                said = answer.text.strip()[:200] or f"status {answer.status_code}"
            error = RefusedError(f"the cluster refused: {said}")
            error.code = answer.status_code
            raise error
        return answer


@contextmanager
def reading(kubeconfig: str) -> Iterator[Reader]:
    """A reader of this cluster. Raises `OutsideError` when it does not answer within seconds."""
    with _told():
        import httpx2 as httpx
        from lightkube.config import client_adapter

        settings = client_adapter.ConnectionParams(timeout=httpx.Timeout(_ANSWER_SECONDS))
        config = _config(kubeconfig).get()
        if config is None:
            raise ValueError("the kubeconfig has no context")
        with client_adapter.Client(config, settings) as client:
            yield Reader(client)


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
    with _told():
        import lightkube
        from lightkube.core.exceptions import ApiError

        try:
            yield lightkube.Client(config=_config(kubeconfig))
        except ApiError as error:
            raise OutsideError(f"the cluster refused: {error}") from error


def _config(kubeconfig: str) -> "lightkube.KubeConfig":
    import lightkube

    try:
        return lightkube.KubeConfig.from_dict(yaml.safe_load(kubeconfig))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise OutsideError(
            f"the cluster's kubeconfig is none ({type(error).__name__})",
            fix="see what the definition that serves `k8s-cluster` gives as `kubeconfig`",
        ) from error


@contextmanager
def _told() -> Iterator[None]:
    import httpx2 as httpx
    from lightkube.core.exceptions import ConfigError

    try:
        yield
    except (ConfigError, httpx.HTTPError, OSError, ValueError) as error:  # the last: a log-in program's answer
        raise OutsideError(
            f"the cluster does not answer: {error}",
            fix="check the network and your log-in (kubelogin, az login); `kubectl get namespaces` should work",
        ) from error
