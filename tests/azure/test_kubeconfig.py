"""The kubeconfig: what is made of Azure's answer, and everything in it that is refused."""

import base64

import pytest
import yaml

from platform_components.azure.kubeconfig import exec_kubeconfig, with_login
from platform_components.errors import OutsideError
from tests import mocks


def made_of(document: str) -> str:
    return exec_kubeconfig(base64.b64encode(document.encode()).decode())


def refusal(document: str) -> str:
    with pytest.raises(OutsideError) as refused:
        made_of(document)
    return str(refused.value)


def test_log_in_asks_the_azure_cli_and_never_a_person() -> None:
    made = yaml.safe_load(made_of(mocks.exec_kubeconfig()))
    command = made["users"][0]["user"]["exec"]
    assert command["command"] == "kubelogin"
    assert command["args"][-2:] == ["--login", "azurecli"]
    assert "devicecode" not in command["args"]
    assert "--server-id" in command["args"]
    assert command["interactiveMode"] == "Never"
    assert made["clusters"][0]["cluster"]["certificate-authority-data"] == "Q0E="
    assert made["current-context"] == "main"


def test_the_same_answer_makes_the_same_text() -> None:
    assert made_of(mocks.exec_kubeconfig()) == made_of(mocks.exec_kubeconfig())


@pytest.mark.parametrize(
    ("user", "named"),
    [
        ("{client-key-data: c2VjcmV0, client-certificate-data: c2VjcmV0}", "client-certificate-data, client-key-data"),
        ("{token: secret}", "token"),
        ("{username: someone, password: secret}", "password, username"),
        ("{auth-provider: {name: azure, config: {access-token: secret}}}", "auth-provider"),
        ("{exec: {command: kubelogin, args: [get-token]}, token: secret}", "token"),
        ("{exec: {command: kubelogin, args: [--client-secret, secret]}}", "--client-secret"),
        ("{exec: {command: kubelogin, args: ['--client-secret=secret']}}", "--client-secret"),
        ("{exec: {command: kubelogin, env: [{name: SECRET, value: secret}]}}", "environment variables"),
        ("{exec: {command: kubelogin, secret: secret}}", "secret"),
        ("{exec: kubelogin}", "no exec entry"),
        ("{}", "no exec entry"),
    ],
)
def test_a_user_with_credentials_is_refused_without_showing_them(user: str, named: str) -> None:
    message = refusal(mocks.exec_kubeconfig(user))
    assert named in message
    assert "c2VjcmV0" not in message
    assert "turn off local accounts" in message.replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("https://main.example:443", "https://someone:secret@main.example:443", "holds credentials"),
        ("https://main.example:443", "http://main.example", "no https address"),
        ("certificate-authority-data: Q0E=", "insecure-skip-tls-verify: true", "insecure-skip-tls-verify"),
        ("certificate-authority-data: Q0E=", "proxy-url: 'http://a:b@c'", "proxy-url"),
        ("kind: Config", "kind: Config\nextensions: [{token: secret}]", "the document holds extensions"),
    ],
)
def test_a_cluster_entry_with_credentials_is_refused(before: str, after: str, named: str) -> None:
    assert named in refusal(mocks.exec_kubeconfig().replace(before, after))


@pytest.mark.parametrize("document", ["", "[]", "{kind: Config}", "a: b: c", "users: [{name: a}]"])
def test_something_else_than_a_kubeconfig_is_refused(document: str) -> None:
    assert "is refused" in refusal(document)


def test_something_else_than_base64_is_refused() -> None:
    with pytest.raises(OutsideError, match="not YAML in base64"):
        exec_kubeconfig("{not base64}")


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (["get-token", "--login", "devicecode", "-v", "1"], ["get-token", "-v", "1", "--login", "azurecli"]),
        (["get-token", "--login=spn"], ["get-token", "--login", "azurecli"]),
        (["get-token", "-l", "spn", "--login", "msi"], ["get-token", "--login", "azurecli"]),
        (["get-token"], ["get-token", "--login", "azurecli"]),
    ],
)
def test_the_way_to_log_in_is_replaced(given: list[str], made: list[str]) -> None:
    assert with_login(given) == made
