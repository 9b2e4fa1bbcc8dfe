"""One PostgreSQL server on disk: its folder, its configuration, who may log in how.

The superuser logs in with a client certificate of the sandbox's CA and nothing else; everybody else over TLS with a
password, or with a token that is one. Nothing listens on a unix socket.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.state import State, write_private

SUPERUSER = "sandbox_superuser"
ADMINISTRATORS = "azure_pg_admin"
ENTRA_USERS = "azure_ad_user"
PORT = 5432

# Small, because a sandbox has many; nothing that could hold a password is logged.
_CONFIGURATION = """\
listen_addresses = '{address}'
port = {port}
unix_socket_directories = ''
data_directory = '{data}'
hba_file = '{folder}/pg_hba.conf'
ident_file = '{folder}/pg_ident.conf'
ssl = on
ssl_cert_file = '{certificate}'
ssl_key_file = '{key}'
ssl_ca_file = '{authority}'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = 16MB
max_wal_size = 128MB
min_wal_size = 32MB
max_worker_processes = 4
max_parallel_workers = 0
jit = off
# The machine's page cache survives a killed server, and a sandbox need not survive its machine.
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
log_statement = 'none'
log_min_error_statement = 'panic'
log_min_duration_statement = -1
log_parameter_max_length_on_error = 0
"""


@dataclass(frozen=True)
class Instance:
    """What the sandbox remembers of one server."""

    server: str
    address: str
    password_login: bool
    entra_login: bool
    administrator: str | None = None
    entra_administrators: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    """Parameters that only Azure has, such as `azure.extensions`."""
    token_expires: int = 0
    """Up to when the token is good that its Entra administrators can log in with."""
    stopped: bool = False
    """Whether it was stopped as Azure stops a server; it is not started with the sandbox then."""


def folder_of(state: State, server: str) -> Path:
    return state.postgres / server


def data_of(state: State, server: str) -> Path:
    return folder_of(state, server) / "data"


def process_name(server: str) -> str:
    return f"postgres-{server}"


def load(state: State, server: str) -> Instance:
    """The server of this name; an error if there is none."""
    try:
        content = json.loads((folder_of(state, server) / "server.json").read_text())
    except FileNotFoundError:
        raise SandboxError(f"there is no PostgreSQL server '{server}' in {state.postgres}") from None
    return Instance(**{**content, "entra_administrators": tuple(content["entra_administrators"])})


def load_all(state: State) -> list[Instance]:
    """Every server, by name."""
    return [load(state, file.parent.name) for file in sorted(state.postgres.glob("*/server.json"))]


def save(state: State, instance: Instance) -> None:
    folder = folder_of(state, instance.server)
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / "server.json", json.dumps(asdict(instance), indent=2) + "\n")


@contextmanager
def locked(state: State, server: str) -> Iterator[None]:
    """One change to a server at a time, among all stacks and tools."""
    with state.locked(f"postgres-{server}-change"):
        yield


def change(state: State, server: str, **values: object) -> Instance:
    """Remember something else about a server; the caller holds its lock."""
    changed = replace(load(state, server), **values)  # type: ignore[arg-type]
    save(state, changed)
    return changed


def configure(state: State, instance: Instance) -> None:
    """Write the server's configuration files; it reads them when it starts or is told to reload."""
    from sandbox import certificates  # slow to import, and most callers make none

    folder = folder_of(state, instance.server)
    names = [f"{instance.server}.postgres.database.azure.com"]
    own = certificates.issue_server(state, process_name(instance.server), [instance.address], names)
    configuration = _CONFIGURATION.format(
        address=instance.address,
        port=PORT,
        data=data_of(state, instance.server),
        folder=folder,
        certificate=own.certificate,
        key=own.key,
        authority=certificates.authority(state).certificate,
    )
    write_private(folder / "postgresql.conf", configuration)
    write_private(folder / "pg_hba.conf", _access(instance))
    write_private(folder / "pg_ident.conf", "")


def forget(state: State, server: str) -> None:
    """Remove everything the sandbox has of a server."""
    shutil.rmtree(folder_of(state, server), ignore_errors=True)
    for file in state.certificates.glob(f"{process_name(server)}.*"):
        file.unlink()
    for file in (state.logs / f"{process_name(server)}.log", state.logs / f"{process_name(server)}.log.1"):
        file.unlink(missing_ok=True)


def _access(instance: Instance) -> str:
    """Who may log in how; the first line that fits decides, and without TLS none does."""
    lines = [f"hostssl all {SUPERUSER} all cert"]
    if instance.entra_login:
        lines.append(f"hostssl all +{ENTRA_USERS} all scram-sha-256")
    if instance.password_login:
        lines.append("hostssl all all all scram-sha-256")
    return "\n".join(lines) + "\n"
