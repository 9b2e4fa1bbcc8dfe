"""The sandbox's Key Vaults: secrets come from standard input, are encrypted on disk, and are read by `az`."""

import io
import json
import sys
from pathlib import Path

import pytest

from sandbox.azure import vaults
from sandbox.cli import main as sandbox
from sandbox.credentials.az import main as az
from sandbox.errors import SandboxError
from sandbox.state import State
from tests.secret_search import leaks

SECRET = "sk_live_" + "5" * 24
VARIABLES = {"ARM_SUBSCRIPTION_ID": "11111111", "ARM_TENANT_ID": "22222222"}
SHOW = ("keyvault", "secret", "show", "--query", "value", "--output", "json")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    state = State(tmp_path / "state")
    state.root.mkdir()
    state.settings.write_text("{}")
    monkeypatch.setenv("SANDBOX_STATE", str(state.root))
    return state


def put(monkeypatch: pytest.MonkeyPatch, vault: str, name: str, value: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(value))
    return sandbox(["azure", "secret", "set", vault, name])


def shown(state: State, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert az([*SHOW, *arguments], {**VARIABLES, "SANDBOX_STATE": str(state.root)}) == code
    said = capsys.readouterr()
    return str(json.loads(said.out)) if code == 0 else said.err


def test_what_is_put_into_a_vault_is_read_from_it(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert put(monkeypatch, "kv-test", "API-KEY", f"{SECRET}\n") == 0

    assert shown(state, capsys, "--vault-name", "kv-test", "--name", "API-KEY") == SECRET
    assert shown(state, capsys, "--id", "https://KV-test.vault.azure.net/secrets/api-key") == SECRET


def test_no_file_holds_it_in_the_clear(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, "kv-test", "API-KEY", SECRET)

    assert leaks(state.root, {"the secret": SECRET}) == []


def test_what_is_not_there_is_told_as_the_real_ones_tell_it(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, "kv-test", "API-KEY", SECRET)

    assert "(SecretNotFound)" in shown(state, capsys, "--vault-name", "kv-test", "--name", "OTHER", code=3)
    assert "Failed to resolve" in shown(state, capsys, "--vault-name", "kv-other", "--name", "API-KEY", code=1)
    assert "--vault-name and --name" in shown(state, capsys, "--id", "https://x/y", code=2)


@pytest.mark.parametrize(
    ("vault", "name"), [("k", "A"), ("kv--x", "A"), ("../kv", "A"), ("kv-test", "A_B"), ("kv-test", "")]
)
def test_names_that_azure_does_not_take_are_refused(state: State, vault: str, name: str) -> None:
    with pytest.raises(SandboxError):
        vaults.set_secret(state, vault, name, SECRET)
