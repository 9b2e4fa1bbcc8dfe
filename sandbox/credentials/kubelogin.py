"""The part of kubelogin that exec kubeconfigs call: `get-token`, answered with a real token of the API server.

AKS trusts Entra ID; the sandbox's API server trusts its own tokens, so the runner gets one of a service account that
stands for the platform team's Entra group. The imports are few: kubectl runs this for every command.
"""

import argparse
import http.client
import json
import os
import ssl
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sandbox.errors import SandboxError
from sandbox.state import State, control_address

# The names that `sandbox.control_plane` gives; importing it would take longer than the request.
_ADMINISTRATOR = "client-sandbox-admin"
_ACCOUNT = "/api/v1/namespaces/entra/serviceaccounts/platform-team/token"

_SECONDS = 3600
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
# kubelogin, `get-token --help`: ways to log in that need nobody at the keyboard
_UNATTENDED = ("azurecli", "azd", "msi", "spn", "workloadidentity", "azurepipelines")
_ATTENDED = ("devicecode", "interactive", "ropc")


class _UsageError(Exception):
    """The command is not one the stand-in has."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Print an ExecCredential; 1 with a line on stderr when there is none."""
    try:
        options = _parser().parse_args(arguments)
        print(json.dumps(_credential(State.of(environment), environment, options)))
    except (SandboxError, _UsageError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="kubelogin")
    command = parser.add_subparsers(required=True, metavar="COMMAND").add_parser("get-token")
    command.add_argument("--login", "-l", default="devicecode", choices=(*_ATTENDED, *_UNATTENDED))
    command.add_argument("--server-id", required=True)
    for name in ("client-id", "tenant-id", "environment", "authority-host", "federated-token-file", "token-cache-dir"):
        command.add_argument(f"--{name}")
    return parser


def _credential(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    # kubelogin's own variable overrides the option: azure.github.io/kubelogin, "environment variables"
    login = environment.get("AAD_LOGIN_METHOD") or options.login
    if login not in _UNATTENDED:
        raise SandboxError(
            f"logging in by {login} needs a person at the keyboard, and the sandbox has none",
            fix="use the runner's own log-in: --login azurecli, or AAD_LOGIN_METHOD=azurecli",
        )
    version = json.loads(environment.get("KUBERNETES_EXEC_INFO") or "{}").get("apiVersion", _VERSIONS[0])
    if version not in _VERSIONS:
        raise SandboxError(f"the API version '{version}' of KUBERNETES_EXEC_INFO is unknown")
    status = _token(state)
    return {
        "kind": "ExecCredential",
        "apiVersion": version,
        "spec": {"interactive": False},
        "status": {"expirationTimestamp": status["expirationTimestamp"], "token": status["token"]},
    }


def _token(state: State) -> dict[str, Any]:
    settings, folder = state.load_settings(), state.certificates
    try:
        trust = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        trust.load_cert_chain(folder / f"{_ADMINISTRATOR}.crt", folder / f"{_ADMINISTRATOR}.key")
        server = http.client.HTTPSConnection(
            control_address(settings), settings["apiserver_port"], context=trust, timeout=10
        )
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _SECONDS},
        }
        server.request("POST", _ACCOUNT, json.dumps(request), {"Content-Type": "application/json"})
        response = server.getresponse()
        body = json.loads(response.read())
        server.close()
    except (OSError, http.client.HTTPException) as error:
        fix = "is it up? python -m sandbox status"
        raise SandboxError(f"failed to get token: the sandbox's API server does not answer: {error}", fix=fix) from None
    if response.status != http.client.CREATED:
        raise SandboxError(f"failed to get token: {response.status} {body.get('message', '')}")
    status: dict[str, Any] = body["status"]
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
