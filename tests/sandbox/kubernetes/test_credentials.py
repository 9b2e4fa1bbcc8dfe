import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.credentials import Credentials
from sandbox.kubernetes.errors import UnreachableError
from sandbox.kubernetes.kubeconfig import connection

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def credentials(user: dict[str, Any], clock: Clock | None = None) -> Credentials:
    kubeconfig = {
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": "https://it"}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "users": [{"name": "me", "user": user}],
    }
    return Credentials(connection(json.dumps(kubeconfig), environment={}), now=clock or Clock())


def by_program(folder: Path, script: str, **fields: Any) -> dict[str, Any]:
    program = folder / "get-token"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(program), **fields}}


def counting(folder: Path, expires: datetime | None) -> str:
    """A program that gives another token at each call."""
    status = {"token": "token-$n", **({"expirationTimestamp": expires.isoformat()} if expires else {})}
    answer = json.dumps({"kind": "ExecCredential", "status": status}).replace('"', '\\"')
    return f'n=$(cat {folder}/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > {folder}/n; echo "{answer}"'


def test_a_program_is_asked_once_until_its_token_expires(tmp_path: Path) -> None:
    clock = Clock()
    user = credentials(by_program(tmp_path, counting(tmp_path, NOW + timedelta(minutes=5))), clock)
    assert [user.current().token for _ in range(3)] == ["token-1"] * 3
    clock.now += timedelta(minutes=4, seconds=55)
    assert user.current().token == "token-2"


def test_a_token_that_was_refused_is_fetched_again(tmp_path: Path) -> None:
    user = credentials(by_program(tmp_path, counting(tmp_path, None)))
    first = user.current()
    assert user.refuse(first)
    assert user.current().token == "token-2"
    assert user.refuse(first)
    assert user.current().token == "token-2"


def test_a_program_gets_its_arguments_and_its_environment(tmp_path: Path) -> None:
    script = """echo "{\\"status\\": {\\"token\\": \\"$1-$2-$MODE\\"}}"; echo "$KUBERNETES_EXEC_INFO" > info"""
    user = by_program(
        tmp_path, f"cd {tmp_path}; {script}", args=["get-token", "x"], env=[{"name": "MODE", "value": "m"}]
    )
    assert credentials(user).current().token == "get-token-x-m"
    info = json.loads((tmp_path / "info").read_text())
    assert info["apiVersion"] == "client.authentication.k8s.io/v1beta1"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'sign in first' >&2; exit 3", "failed with exit code 3: sign in first"),
        ("exit 1", "failed with exit code 1: it printed nothing"),
        ("echo nonsense", "printed no ExecCredential"),
        ("echo '{\"status\": {}}'", "printed no ExecCredential"),
        ("echo '[]'", "printed no ExecCredential"),
    ],
)
def test_a_program_that_fails_is_quoted(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(UnreachableError, match=message):
        credentials(by_program(tmp_path, script)).current()


def test_a_program_that_is_missing_is_named_with_the_hint_of_how_to_get_it() -> None:
    user = {"exec": {"command": "no-such-login", "installHint": "install no-such-login"}}
    with pytest.raises(UnreachableError, match="'no-such-login' is not on PATH: install no-such-login"):
        credentials(user).current()


def test_tokens_in_files_are_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    user = credentials({"tokenFile": str(path)})
    for token in ("one", "two"):
        path.write_text(f"{token}\n")
        assert user.current().token == token
    assert not user.refuse(user.current())
    path.unlink()
    with pytest.raises(UnreachableError, match=r"tokenFile .*: No such file"):
        user.current()


def test_a_credential_does_not_show_itself() -> None:
    assert "hunter2" not in repr(credentials({"token": "hunter2"}).current())
