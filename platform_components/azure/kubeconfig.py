"""The kubeconfig of a cluster with Entra log-in: how to get a token, never a token.

Fails closed: a kubeconfig that holds anything else than the way to a token is refused, because it is exported in the
clear to every stack that uses the cluster.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from platform_components.errors import OutsideError

LOGIN = "azurecli"
"""How kubelogin gets a token: from whoever is logged in to the Azure CLI, person or pipeline. kubelogin's environment
variable AAD_LOGIN_METHOD still overrides it (workloadidentity, spn): https://azure.github.io/kubelogin"""

DOCUMENT_KEYS = frozenset({"apiVersion", "kind", "clusters", "contexts", "users", "current-context", "preferences"})
CLUSTER_KEYS = frozenset({"server", "certificate-authority-data", "tls-server-name"})
USER_KEYS = frozenset({"exec"})
EXEC_KEYS = frozenset({"apiVersion", "command", "args", "env", "interactiveMode", "provideClusterInfo", "installHint"})
SECRET_ARGUMENTS = ("--client-secret", "--password", "--client-certificate", "--pop-claims")


def exec_kubeconfig(encoded: str) -> str:
    """The kubeconfig that AKS answers (base64), made for unattended use, as text that is always the same."""
    try:
        document = yaml.safe_load(base64.b64decode(encoded, validate=True))
    except (binascii.Error, yaml.YAMLError, UnicodeDecodeError):
        raise _refused("it is not YAML in base64") from None
    if not isinstance(document, Mapping) or not document.get("users") or not document.get("clusters"):
        raise _refused("it names no cluster or no user")
    _only(document, DOCUMENT_KEYS, "the document")
    rewritten = {
        **document,
        "clusters": [{"name": each["name"], "cluster": _cluster(each)} for each in document["clusters"]],
        "users": [{"name": each["name"], "user": {"exec": _exec(each)}} for each in document["users"]],
    }
    return yaml.safe_dump(rewritten, sort_keys=True)


def _cluster(entry: Mapping[str, Any]) -> dict[str, Any]:
    cluster = entry.get("cluster") or {}
    _only(cluster, CLUSTER_KEYS, f"the cluster '{entry['name']}'")
    address = urlsplit(str(cluster.get("server", "")))
    if address.scheme != "https" or address.username is not None or address.password is not None:
        raise _refused(f"the server of the cluster '{entry['name']}' is no https address, or holds credentials")
    return dict(cluster)


def _exec(entry: Mapping[str, Any]) -> dict[str, Any]:
    user = entry.get("user") or {}
    place = f"the user '{entry['name']}'"
    _only(user, USER_KEYS, place)
    command = user.get("exec")
    if not isinstance(command, Mapping):
        raise _refused(f"{place} has no exec entry")
    _only(command, EXEC_KEYS, f"the exec entry of {place}")
    if command.get("env"):
        raise _refused(f"the exec entry of {place} sets environment variables, which may hold a secret")
    arguments = [str(argument) for argument in command.get("args") or []]
    secret = [argument for argument in arguments if argument.split("=", 1)[0] in SECRET_ARGUMENTS]
    if secret:
        raise _refused(f"the exec entry of {place} passes {secret[0].split('=', 1)[0]}")
    return {**command, "args": with_login(arguments), "env": None, "interactiveMode": "Never"}


def with_login(arguments: list[str]) -> list[str]:
    """kubelogin's arguments with its way to log in replaced; the default one opens a browser."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in {"--login", "-l"}:
            skip = True
        elif not argument.startswith(("--login=", "-l=")):
            kept.append(argument)
    return [*kept, "--login", LOGIN]


def _only(entry: Mapping[str, Any], allowed: frozenset[str], place: str) -> None:
    # Names only: the values may be the very credentials.
    other = sorted(str(key) for key in entry if key not in allowed)
    if other:
        raise _refused(f"{place} holds {', '.join(other)}")


def _refused(why: str) -> OutsideError:
    return OutsideError(
        f"the kubeconfig that Azure answered is refused: {why}",
        fix="only the exec form is used (kubelogin, no credentials in it): turn on Entra ID and turn off local"
        " accounts on the cluster",
    )
