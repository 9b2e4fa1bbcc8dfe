"""Which images the sandbox has: Debian packages, and how the image starts. docs/sandbox.md says how to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Image:
    """A recipe. An image is asked for by its name, whatever registry and tag stand around it."""

    name: str
    packages: tuple[str, ...]
    """Debian packages; what they depend on comes along."""
    command: tuple[str, ...]
    """What runs where a container names no command."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links: path and what it points at."""
    environment: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    """Only these paths of the packages; empty: all of them."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Programs of the toolchain: path, and the part that has it under the same name."""
    entrypoint: tuple[str, ...] = ()
    """What always runs; a container's `args` come behind it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Scripts by their path."""
    users: Mapping[str, int] = field(default_factory=dict)
    """Names of users, for programs that want one."""
    without: tuple[str, ...] = ()
    """Patterns of paths that the packages bring and nothing here needs."""


_POSTGRES = """#!/bin/sh
# As the image of the same name on Docker Hub: hub.docker.com/_/postgres, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 \\
    --encoding=UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  database="${POSTGRES_DB:-$POSTGRES_USER}"
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \\"$database\\";" | postgres --single -D "$PGDATA" postgres > /dev/null
  fi
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
"""
_DEBIANS_POSTGRES = "/usr/lib/postgresql/15/bin"

RECIPES = (
    Image(
        name="pause",
        packages=("busybox-static",),
        command=("/bin/busybox", "sleep", "2147483647"),
        kept=("bin/busybox",),
    ),
    Image(
        name="busybox",
        packages=("busybox-static",),
        command=("/bin/sh",),
        links={
            f"/bin/{name}": "busybox"
            for name in [
                "cat",
                "cp",
                "echo",
                "env",
                "false",
                "id",
                "ls",
                "mkdir",
                "sh",
                "sleep",
                "test",
                "true",
                "wget",
            ]
        },
        kept=("bin/busybox",),
    ),
    Image(
        name="python",
        packages=(
            *("python3", "python3-psycopg2", "python3-boto3"),
            *("ca-certificates", "netbase", "tzdata", "dash", "coreutils"),
        ),
        command=("python3",),
        links={
            "/usr/local/bin/python": "/usr/bin/python3",
            "/usr/local/bin/python3": "/usr/bin/python3",
            "/bin/sh": "dash",
        },
        environment={"LANG": "C.UTF-8"},
    ),
    Image(
        name="postgres",
        packages=("postgresql-15", "dash", "coreutils"),
        command=("/usr/local/bin/postgres-entrypoint",),
        links={
            **{
                f"/usr/local/bin/{name}": f"{_DEBIANS_POSTGRES}/{name}"
                for name in ("postgres", "initdb", "pg_isready", "psql")
            },
            "/bin/sh": "dash",
        },
        files={"/usr/local/bin/postgres-entrypoint": _POSTGRES},
        users={"postgres": 999},
        without=("usr/lib/*/libLLVM*", "usr/lib/*/perl*", "usr/share/perl*", "usr/lib/postgresql/15/lib/bitcode"),
    ),
    Image(
        name="redis",
        packages=("redis-server", "redis-tools", "dash", "grep", "coreutils"),
        command=("redis-server",),
        links={"/bin/sh": "dash"},
        users={"redis": 999},
    ),
    Image(
        name="coredns",
        packages=("busybox-static",),
        command=(),
        kept=("bin/busybox",),
        programs={"/coredns": "coredns"},
        entrypoint=("/coredns",),
    ),
    Image(
        name="versitygw",
        packages=("busybox-static",),
        command=(),
        links={f"/bin/{name}": "busybox" for name in ("mkdir", "sh")},
        kept=("bin/busybox",),
        programs={"/usr/local/bin/versitygw": "versitygw"},
        entrypoint=("/usr/local/bin/versitygw",),
    ),
)
