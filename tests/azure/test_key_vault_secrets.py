"""A secret of a vault is read byte for byte, and what keeps it from being read is one sentence without a secret."""

import subprocess
from pathlib import Path

import pytest

from platform_components.azure.key_vault_secrets import read_secret
from platform_components.errors import InputError, OutsideError


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Azure CLI: a script that a test writes."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "az"


def says(az: Path, script: str) -> None:
    az.write_text(f"#!/bin/sh\n{script}\n")
    az.chmod(0o755)


def test_a_text_comes_as_it_is_kept(az: Path) -> None:
    says(az, "printf '%s' '\"one\\ttwo\\n\\u00fc\"'")

    assert read_secret("kv-test", "API-KEY") == "one\ttwo\nü"


@pytest.mark.parametrize(
    ("vault", "arguments"),
    [
        ("kv-test", "--vault-name kv-test --name API-KEY"),
        ("https://kv-test.vault.azure.cn/", "--id https://kv-test.vault.azure.cn/secrets/API-KEY"),
    ],
)
def test_a_vault_is_named_or_has_a_uri(az: Path, vault: str, arguments: str) -> None:
    says(az, f'echo "$@" > {az.parent}/asked; echo \'"x"\'')

    read_secret(vault, "API-KEY")

    assert (az.parent / "asked").read_text() == f"keyvault secret show {arguments} --query value --output json\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'ERROR: (SecretNotFound) A secret was not found' >&2; exit 3", "the vault has no such secret"),
        ("echo 'ERROR: (Forbidden) Caller is not authorized' >&2; exit 1", "'Key Vault Secrets User'"),
        ("echo 'ERROR: Please run az login to setup account.' >&2; exit 1", "nobody is logged in"),
        ("echo \"ERROR: Failed to resolve 'kv-test.vault.azure.net'\" >&2; exit 1", "Failed to resolve"),
        ("exit 1", "exit code 1"),
        ("echo null", "the answer holds no value"),
        ("echo '\"\"'", "the answer holds no value"),
        ("echo s3cret", "the answer holds no value"),
    ],
)
def test_what_keeps_it_from_being_read_names_vault_and_secret(az: Path, script: str, words: str) -> None:
    says(az, script)

    with pytest.raises(OutsideError) as error:
        read_secret("kv-test", "API-KEY")

    assert words in str(error.value)
    assert error.value.where == "Key Vault kv-test, secret API-KEY"
    assert "s3cret" not in str(error.value)


def test_a_vault_that_does_not_answer_is_not_waited_for_for_ever(az: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(az, "exit 0")

    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("az", 120)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(OutsideError, match="did not answer within 120 s"):
        read_secret("kv-test", "API-KEY")


def test_without_the_azure_cli_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="'az' is not on PATH"):
        read_secret("kv-test", "API-KEY")


@pytest.mark.parametrize("name", ["API_KEY", "a/b", "", "x" * 128, "a.b"])
def test_a_name_that_no_secret_has_is_refused_before_anybody_is_asked(name: str) -> None:
    with pytest.raises(InputError, match="cannot have this name"):
        read_secret("kv-test", name)
