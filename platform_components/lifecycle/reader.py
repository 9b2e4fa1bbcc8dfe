"""What is in a cluster, read without a model of each kind: what is shown of it is a handful of fields.

Also what everything that looks into a cluster shares: which errors a cluster that can't be looked into ends in.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from platform_components.errors import OutsideError

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
    """Requests to one API server."""

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
def reading(kubeconfig: str, context: str | None = None) -> Iterator[Reader]:
    """A reader of this cluster: the context's, or the current one's.

    Raises `OutsideError` when it does not answer within seconds.
    """
    with told():
        import httpx2 as httpx
        from lightkube.config import client_adapter

        settings = client_adapter.ConnectionParams(timeout=httpx.Timeout(_ANSWER_SECONDS))
        config = config_of(kubeconfig).get(context)
        if config is None:
            raise ValueError("the kubeconfig has no context")
        with client_adapter.Client(config, settings) as client:
            yield Reader(client)


def config_of(kubeconfig: str) -> "lightkube.KubeConfig":
    """A kubeconfig, out of its content or its file. Raises `OutsideError` for what is none."""
    import lightkube

    try:
        if Path(kubeconfig.partition("\n")[0]).is_absolute():  # a cluster at hand is known by its file
            return lightkube.KubeConfig.from_file(kubeconfig)
        return lightkube.KubeConfig.from_dict(yaml.safe_load(kubeconfig))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise OutsideError(
            f"the cluster's kubeconfig is none ({type(error).__name__})",
            fix="see what the definition that serves `k8s-cluster` gives as `kubeconfig`",
        ) from error


@contextmanager
def told() -> Iterator[None]:
    """Turns a cluster that does not answer into this program's error."""
    import httpx2 as httpx
    from lightkube.core.exceptions import ConfigError

    try:
        yield
    except (ConfigError, httpx.HTTPError, OSError, ValueError) as error:  # the last: a log-in program's answer
        raise OutsideError(
            f"the cluster does not answer: {error}",
            fix="check the network and your log-in (kubelogin, az login); `kubectl get namespaces` should work",
        ) from error
