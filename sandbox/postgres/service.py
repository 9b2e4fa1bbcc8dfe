"""Starts, stops, makes and removes the sandbox's PostgreSQL servers."""

import os
import pwd
import shlex
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.postgres import administration, instance
from sandbox.postgres.instance import PORT, SUPERUSER, Instance
from sandbox.state import State

_ACCOUNT = "nobody"
# PostgreSQL, "Message Formats": SSLRequest
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def create(
    state: State,
    server: str,
    *,
    address: str,
    administrator: str | None,
    password: str | None,
    password_login: bool,
    entra_login: bool,
) -> None:
    """Make a server and start it; one that was half made before is finished."""
    with instance.locked(state, server):
        made = Instance(server, address, password_login, entra_login, administrator if password_login else None)
        instance.save(state, made)
        start(state, made)
        administration.prepare(state, made, password)
        administration.reload(state, made)  # the one that a killed run left may run by other rules


def reconfigure(
    state: State,
    server: str,
    *,
    administrator: str | None,
    password: str | None,
    password_login: bool,
    entra_login: bool,
) -> None:
    """Change who may log in how, and the administrator's password if one is given."""
    with instance.locked(state, server):
        changed = instance.change(
            state,
            server,
            password_login=password_login,
            entra_login=entra_login,
            administrator=administrator if password_login else None,
        )
        instance.configure(state, changed)
        administration.prepare(state, changed, password)
        administration.reload(state, changed)


def drop(state: State, server: str) -> None:
    """Stop a server and remove its data; nothing happens when there is none."""
    with instance.locked(state, server):
        # Fast shutdown: sessions are ended, not waited for. PostgreSQL, "Shutting Down the Server".
        processes.stop(state, instance.process_name(server), signal=2)
        instance.forget(state, server)


def start(state: State, server: Instance) -> None:
    """Start one server; `initdb` runs first where there is no data yet."""
    folder, data = instance.folder_of(state, server.server), instance.data_of(state, server.server)
    instance.configure(state, server)
    _forget_killed(data)
    programs = Path(state.load_settings()["postgres_bin"])
    fresh = folder / "data.new"
    make = [str(programs / "initdb"), "--pgdata", str(fresh), "--username", SUPERUSER, "--auth", "reject"]
    make += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--no-sync", "--no-instructions"]
    serve = [str(programs / "postgres"), "-c", f"config_file={folder / 'postgresql.conf'}"]
    script = (
        f"set -e; umask 077; if ! test -e {shlex.quote(str(data))}; then rm -rf {shlex.quote(str(fresh))}; "
        f"{shlex.join(make)} >/dev/null; mv {shlex.quote(str(fresh))} {shlex.quote(str(data))}; fi; "
        f"exec {shlex.join(serve)}"
    )
    processes.start(
        state,
        instance.process_name(server.server),
        [*_as_account(), "/bin/sh", "-c", script],
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        ready=lambda: _is_ready(data, server.address),
        timeout=60,
    )


def start_all(state: State) -> None:
    """Start every server there is, but for those that somebody stopped."""
    servers = [one for one in instance.load_all(state) if not one.stopped]
    with ThreadPoolExecutor(max_workers=4) as pool:
        for _ in pool.map(lambda server: start(state, server), servers):
            pass


def stop_all(state: State) -> None:
    """Stop every server; the data stay."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        names = [instance.process_name(server.server) for server in instance.load_all(state)]
        for _ in pool.map(lambda name: processes.stop(state, name, signal=2), names):
            pass


def health(state: State) -> list[tuple[str, str, bool]]:
    """Every server with its address and whether it takes a TLS connection, or was stopped on purpose."""
    return [
        (server.server, f"{server.address}:{PORT}", server.stopped or _takes_tls(server.address))
        for server in instance.load_all(state)
    ]


def _as_account() -> list[str]:
    """PostgreSQL refuses to run as root; as an ordinary user it runs as that."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam(_ACCOUNT)
    # The one capability kept lets it reach a checkout or a cache in a folder that is closed to others (mode 0700);
    # initdb and postgres ask access(2) whether they may, which forgets capabilities but for this secure bit.
    kept = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", *kept, "--"]


def _is_ready(data: Path, address: str) -> bool:
    # PostgreSQL, `src/include/utils/pidfile.h`: line 8 is the status
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and _takes_tls(address)


def _forget_killed(data: Path) -> None:
    """Remove what a killed server left: PostgreSQL takes its unreaped remains, as in a container, for a server."""
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().split()[0])
        # proc(5): the state follows the name in parentheses; Z is a zombie
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError, ValueError):
        return  # no such file or process: nothing that PostgreSQL does not see itself
    if state == "Z":
        file.unlink()


def _takes_tls(address: str) -> bool:
    try:
        with socket.create_connection((address, PORT), timeout=2) as connection:
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) == b"S"
    except OSError:
        return False


def require(state: State, server: str) -> Instance:
    """A server that runs; an error that says how to start it otherwise."""
    found = instance.load(state, server)
    if not processes.alive(state, instance.process_name(server)):
        raise SandboxError(f"the PostgreSQL server '{server}' does not run", fix="start it: python -m sandbox up")
    return found
