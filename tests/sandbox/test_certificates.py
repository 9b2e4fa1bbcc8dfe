"""Certificates of a sandbox: real TLS with full verification, made once, renewed when they no longer fit."""

import socket
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from sandbox.certificates import authority, issue_client, issue_key_pair, issue_server
from sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def log_in(state: State, *, server: str, client: str) -> str:
    """The common name a server sees of a client after a handshake in which both verify the other."""
    certificate = issue_server(state, "server", ["127.0.0.1"], [server])
    listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority(state).certificate)
    listening.verify_mode = ssl.CERT_REQUIRED
    listening.load_cert_chain(certificate.certificate, certificate.key)
    seen: list[str] = []

    def answer(plain: socket.socket) -> None:
        with listening.wrap_socket(plain, server_side=True) as connection:
            subject = (connection.getpeercert() or {})["subject"]
            seen.append(dict(pair for part in subject for pair in part)["commonName"])  # type: ignore[misc]
            connection.sendall(b"x")

    one, other = socket.socketpair()
    thread = threading.Thread(target=answer, args=(one,))
    thread.start()
    calling = ssl.create_default_context(cafile=authority(state).certificate)
    own = issue_client(state, client, ["team"])
    calling.load_cert_chain(own.certificate, own.key)
    with calling.wrap_socket(other, server_hostname=server) as connection:
        assert connection.recv(1) == b"x"
    thread.join()
    return seen[0]


def test_server_and_client_verify_each_other(state: State) -> None:
    assert log_in(state, server="db.example.com", client="alice") == "alice"


def test_a_client_certificate_names_its_groups(state: State) -> None:
    issued = x509.load_pem_x509_certificate(issue_client(state, "alice", ["a", "b"]).certificate.read_bytes())
    assert [each.value for each in issued.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["a", "b"]


def test_keys_are_for_the_owner_alone(state: State) -> None:
    for files in (authority(state), issue_server(state, "x", ["127.0.0.1"], []), issue_key_pair(state, "tokens")):
        assert stat.S_IMODE(files.key.stat().st_mode) == 0o600


def test_a_certificate_stays_until_the_address_changes(state: State) -> None:
    first = issue_server(state, "db", ["127.0.0.2"], ["db"]).certificate.read_bytes()
    assert issue_server(state, "db", ["127.0.0.2"], ["db"]).certificate.read_bytes() == first
    assert issue_server(state, "db", ["127.0.0.3"], ["db"]).certificate.read_bytes() != first


def test_servers_that_start_together_share_one_authority(state: State) -> None:
    with ThreadPoolExecutor(6) as together:
        found = {future.result().certificate.read_bytes() for future in [together.submit(authority, state)] * 6}
    assert len(found) == 1


def test_the_key_for_tokens_is_made_once(state: State) -> None:
    first = issue_key_pair(state, "tokens").key.read_bytes()
    assert issue_key_pair(state, "tokens").key.read_bytes() == first
