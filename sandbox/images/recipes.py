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
    at_once: bool = False
    """Whether it is built with the sandbox; else when a pod first wants it."""


_POSTGRES = """#!/bin/sh
# As the image of the same name on Docker Hub: hub.docker.com/_/postgres, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB
set -e
if [ ! -e "$PGDATA/.complete" ]; then   # nothing, or a first start that was killed
  rm -rf "$PGDATA"
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
  touch "$PGDATA/.complete"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
"""
_MYSQL = """#!/bin/sh
# As the image of the same name on Docker Hub: hub.docker.com/_/mysql, MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD, …
set -e
server="mariadbd --no-defaults --datadir=/var/lib/mysql --tmpdir=/tmp --socket=/var/run/mysqld/mysqld.sock"
if [ ! -e /var/lib/mysql/.complete ]; then   # nothing, or a first start that was killed
  rm -rf /var/lib/mysql/*
  mariadb-install-db --no-defaults --datadir=/var/lib/mysql --tmpdir=/tmp --skip-test-db \\
    --auth-root-authentication-method=normal > /dev/null
  cat > /tmp/first.sql <<END
FLUSH PRIVILEGES;
ALTER USER root@localhost IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';
CREATE DATABASE \\`$MYSQL_DATABASE\\`;
CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
GRANT ALL ON \\`$MYSQL_DATABASE\\`.* TO '$MYSQL_USER'@'%';
END
  $server --bootstrap < /tmp/first.sql > /dev/null
  rm /tmp/first.sql
  touch /var/lib/mysql/.complete
fi
exec $server --bind-address=0.0.0.0
"""
_RABBITMQ = """#!/bin/sh
# As the image of the same name on Docker Hub: hub.docker.com/_/rabbitmq, RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS
set -e
umask 077
printf 'default_user = %s\\ndefault_pass = %s\\nlisteners.tcp.default = 5672\\n' \\
  "$RABBITMQ_DEFAULT_USER" "$RABBITMQ_DEFAULT_PASS" > /tmp/rabbitmq.conf
export HOME=/var/lib/rabbitmq RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf RABBITMQ_LOG_BASE=/var/log/rabbitmq \\
  RABBITMQ_MNESIA_BASE=/var/lib/rabbitmq/mnesia RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/enabled_plugins RABBITMQ_LOGS=-
exec /usr/lib/rabbitmq/bin/rabbitmq-server
"""
_DEBIANS_POSTGRES = "/usr/lib/postgresql/15/bin"

RECIPES = (
    Image(
        name="pause",
        packages=("busybox-static",),
        command=("/bin/busybox", "sleep", "2147483647"),
        at_once=True,
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
        at_once=True,
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
        name="mysql",
        packages=("mariadb-server-core", "mariadb-client", "dash", "coreutils", "sed", "grep"),
        command=("/usr/local/bin/mysql-entrypoint",),
        links={"/bin/sh": "dash", "/usr/local/bin/mysqladmin": "/usr/bin/mariadb-admin"},
        files={"/usr/local/bin/mysql-entrypoint": _MYSQL},
        users={"mysql": 999},
        without=("usr/lib/*/perl*", "usr/share/perl*", "usr/share/mysql/mysql-test"),
    ),
    Image(
        name="rabbitmq",
        packages=("rabbitmq-server", "dash", "coreutils", "sed", "grep"),
        command=("/usr/local/bin/rabbitmq-entrypoint",),
        links={"/bin/sh": "dash"},
        files={"/usr/local/bin/rabbitmq-entrypoint": _RABBITMQ},
        users={"rabbitmq": 999},
        without=("usr/lib/*/perl*", "usr/share/perl*"),
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
        at_once=True,
        entrypoint=("/usr/local/bin/versitygw",),
    ),
)


def named(image: str) -> Image | None:
    """The recipe of an image, whatever registry stands before its name: `library/python`, `team/python`."""
    name = image.rpartition("/")[2]
    return next((one for one in RECIPES if one.name == name), None)
