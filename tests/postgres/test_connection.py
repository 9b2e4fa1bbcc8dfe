"""What a person reads when the server cannot be reached or does not let them in."""

import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platform_components.errors import OutsideError
from platform_components.postgres import credentials
from platform_components.postgres.connection import Server, connect, root_certificates
from platform_components.postgres.credentials import access_token

from .conftest import ADMINISTRATOR, RunningServer, stand_in_for_az


def message_of(server: Server) -> str:
    with pytest.raises(OutsideError) as error, connect(server, "postgres"):
        pass
    return str(error.value)


def test_a_server_that_does_not_answer_needs_a_runner_in_its_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        message = message_of(Server("127.0.0.1", taken.getsockname()[1], ADMINISTRATOR))
    assert "cannot be reached from here: Connection refused" in message
    assert "a private server is reached only inside its virtual network" in message


def test_a_host_that_is_not_known_is_named() -> None:
    message = message_of(Server("no-such-host.invalid", 5432, ADMINISTRATOR))
    assert message.startswith("PostgreSQL server no-such-host.invalid:5432 cannot be reached from here: ")


def test_without_the_azure_cli_it_is_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match=r"the Azure CLI 'az' is not on PATH(.|\n)*run 'az login'"):
        access_token()


def test_what_the_azure_cli_complains_about_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in_for_az(tmp_path, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match=r"no token for PostgreSQL: Please run 'az login' to setup account\."):
        access_token()


def test_an_empty_token_is_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in_for_az(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match="no token for PostgreSQL: exit code 0"):
        access_token()


def test_the_token_is_for_postgresql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in_for_az(tmp_path, 'echo "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert access_token() == ("account get-access-token --resource-type oss-rdbms --query accessToken --output tsv")


def test_connections_of_one_minute_share_a_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in_for_az(tmp_path, f"echo asked >> {tmp_path}/asked; echo token")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    clock = [600.0]
    monkeypatch.setattr(credentials.time, "monotonic", lambda: clock[0])

    with ThreadPoolExecutor() as pool:
        assert set(pool.map(lambda _: access_token(), range(8))) == {"token"}
    assert (tmp_path / "asked").read_text().count("asked") == 1
    clock[0] += 60
    access_token()
    assert (tmp_path / "asked").read_text().count("asked") == 2


def test_certificates_are_the_given_ones_or_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", "/etc/company/ca.pem")
    assert root_certificates() == "/etc/company/ca.pem"
    monkeypatch.delenv("PGSSLROOTCERT")
    assert root_certificates() == (ssl.get_default_verify_paths().cafile or "system")


@pytest.mark.e2e
def test_a_certificate_of_an_unknown_authority_is_refused(
    postgres: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLROOTCERT")
    assert "certificate verify failed" in message_of(postgres.server)


@pytest.mark.e2e
def test_a_token_of_somebody_else_says_who_may_log_in(
    postgres: RunningServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in_for_az(tmp_path, "echo another-token")
    message = message_of(postgres.server)
    assert "password authentication failed" in message
    assert "must belong to the server's administrators" in message
    assert "another-token" not in message
