"""What Azure's control plane does inside a flexible server, over SQL as the superuser only the sandbox has.

Administrators are NOSUPERUSER CREATEDB CREATEROLE LOGIN as on Azure, so what needs more fails here too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, LiteralString

from sandbox.errors import SandboxError
from sandbox.postgres import scram
from sandbox.postgres.instance import ADMINISTRATORS, ENTRA_USERS, PORT, SUPERUSER, Instance
from sandbox.state import State

if TYPE_CHECKING:
    import psycopg

# azure-docs: postgresql/flexible-server/how-to-create-users: what azure_pg_admin is a member of
_ADMINISTRATORS_OWN = ("pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables")
_SYSTEM_DATABASES = ("azure_maintenance", "azure_sys")
_SHARED_DATABASES = ("postgres", "template1")
"""As on Azure, the administrators own these, so they can close them to everybody else."""


# Azure's functions that map roles to Entra identities, in the database `postgres`; security-manage-entra-users. That
# administrators get ADMIN OPTION on such a role follows from their being able to drop it; they cannot act as it yet.
_ENTRA: LiteralString = """
CREATE SCHEMA IF NOT EXISTS sandbox_entra;
CREATE TABLE IF NOT EXISTS sandbox_entra.principals (role_name text PRIMARY KEY, object_id text, object_type text);
CREATE OR REPLACE FUNCTION public.pgaadauth_create_principal_with_oid(
    role_name text, object_id text, object_type text, is_admin boolean, is_mfa boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'azure_ad_user', 'MEMBER') THEN
        RAISE EXCEPTION 'Only Microsoft Entra administrators can map roles' USING ERRCODE = '42501';
    END IF;
    IF is_admin OR object_type NOT IN ('user', 'group', 'service') THEN
        RAISE EXCEPTION 'the sandbox maps no administrators and no %', object_type;
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOREPLICATION NOBYPASSRLS', role_name);
    EXECUTE format('GRANT azure_ad_user TO %I', role_name);
    EXECUTE format('GRANT %I TO azure_pg_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', role_name);
    INSERT INTO sandbox_entra.principals VALUES (role_name, object_id, object_type)
        ON CONFLICT ON CONSTRAINT principals_pkey DO UPDATE SET object_id = excluded.object_id;
    RETURN format('Created role for %s', role_name);
END $$;
CREATE OR REPLACE FUNCTION public.pgaadauth_list_principals(is_admin boolean)
RETURNS TABLE (rolname name, principaltype text, objectid text, tenantid text, ismfa integer, isadmin integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT r.rolname, p.object_type, p.object_id, ''::text, 0, 0
    FROM sandbox_entra.principals p JOIN pg_roles r ON r.rolname = p.role_name WHERE NOT is_admin
$$;
REVOKE ALL ON FUNCTION public.pgaadauth_create_principal_with_oid(text, text, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.pgaadauth_create_principal_with_oid(text, text, text, boolean, boolean)
    TO azure_pg_admin;
"""

# Only what `azure.extensions` allows, as extensions/how-to-allow-extensions says; its words are the service's. In
# template0 and template1, so that every database has it.
_EXTENSIONS: LiteralString = """
CREATE SCHEMA IF NOT EXISTS sandbox_extensions;
GRANT USAGE ON SCHEMA sandbox_extensions TO PUBLIC;
CREATE OR REPLACE FUNCTION sandbox_extensions.refuse() RETURNS event_trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    made name;
    allowed text[] := regexp_split_to_array(lower(current_setting('azure.extensions', true)), ' *, *');
BEGIN
    IF current_setting('is_superuser') = 'on' THEN RETURN; END IF;
    FOR made IN SELECT e.extname FROM pg_event_trigger_ddl_commands() c JOIN pg_extension e ON e.oid = c.objid
                WHERE c.classid = 'pg_extension'::regclass LOOP
        IF lower(made) <> ALL (allowed) THEN
            RAISE EXCEPTION 'extension "%" is not allow-listed for % users in Azure Database for PostgreSQL', made,
                '"azure_pg_admin"' USING HINT =
                'to see the full allowlist of extensions, please run: "show azure.extensions;"';
        END IF;
    END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS sandbox_extensions;
CREATE EVENT TRIGGER sandbox_extensions ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')
    EXECUTE FUNCTION sandbox_extensions.refuse();
"""


@dataclass(frozen=True)
class Parameter:
    """One server parameter as it is."""

    name: str
    value: str
    default: str
    kind: str
    """PostgreSQL's type: bool, integer, real, enum or string."""
    needs_restart: bool
    pending_restart: bool


class UnknownParameterError(SandboxError):
    """The server has no parameter of that name, or none that can be set."""


class InvalidValueError(SandboxError):
    """The server does not take this value."""


class UnreachableError(SandboxError):
    """The server does not answer."""


@contextmanager
def superuser(state: State, server: Instance, database: str = "postgres") -> "Iterator[psycopg.Connection[Any]]":
    """A connection that may do everything, by client certificate."""
    import psycopg

    from sandbox import certificates

    own = certificates.issue_client(state, SUPERUSER)
    try:
        opened = psycopg.connect(
            host=server.address,
            port=PORT,
            dbname=database,
            user=SUPERUSER,
            sslmode="verify-full",
            sslrootcert=str(certificates.authority(state).certificate),
            sslcert=str(own.certificate),
            sslkey=str(own.key),
            connect_timeout=10,
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        raise UnreachableError(
            f"the PostgreSQL server '{server.server}' does not answer: {error}", fix="look: python -m sandbox status"
        ) from None
    with opened as connection:
        yield connection


def prepare(state: State, server: Instance, password: str | None) -> None:
    """The roles and databases every flexible server has, and its password administrator; safe to repeat."""
    from psycopg import sql

    with superuser(state, server) as connection:
        for role in (ADMINISTRATORS, ENTRA_USERS):
            _make_role(connection, role, "NOLOGIN")
        for granted in _ADMINISTRATORS_OWN:
            connection.execute(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(granted), sql.Identifier(ADMINISTRATORS))
            )
        present = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for database in _SYSTEM_DATABASES:
            if database not in present:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
            # As on Azure, nobody but the service gets into its own databases.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
        for database in _SHARED_DATABASES:
            connection.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                    sql.Identifier(database), sql.Identifier(ADMINISTRATORS)
                )
            )
        connection.execute(_ENTRA)
        connection.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS true")
    for database in ("postgres", "template1", "template0"):
        with superuser(state, server, database) as connection:
            connection.execute(_EXTENSIONS)
    allow_extensions(state, server, server.parameters.get("azure.extensions", ""))
    with superuser(state, server) as connection:
        connection.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS false")
        if server.administrator is not None:
            _make_role(connection, server.administrator, "LOGIN CREATEDB CREATEROLE")
            _grant(connection, ADMINISTRATORS, server.administrator)
            if password is not None:
                _set_password(connection, server.administrator, password, None)


def reload(state: State, server: Instance) -> None:
    """Make the server read its configuration files again."""
    with superuser(state, server) as connection:
        connection.execute("SELECT pg_reload_conf()")


def add_entra_administrator(state: State, server: Instance, role: str) -> None:
    """The role of an Entra principal; it can log in once it has a token."""
    with superuser(state, server) as connection:
        _make_role(connection, role, "LOGIN CREATEDB CREATEROLE")
        _grant(connection, ADMINISTRATORS, role)
        _grant(connection, ENTRA_USERS, role)


def remove_entra_administrator(state: State, server: Instance, role: str) -> None:
    """Take the role away; one that other roles or objects still depend on is kept without any right to log in."""
    from psycopg import errors, sql

    name = sql.Identifier(role)
    with superuser(state, server) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN NOCREATEDB NOCREATEROLE PASSWORD NULL").format(name))
        try:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))
        except errors.DependentObjectsStillExist:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(ENTRA_USERS), name))


def give_token(state: State, server: Instance, token: str, expires: int) -> None:
    """Let the server's Entra administrators log in with a token until it expires."""
    until = datetime.fromtimestamp(expires, UTC)
    with superuser(state, server) as connection:
        for role in server.entra_administrators:
            _set_password(connection, role, token, until)


def give_token_to(state: State, server: Instance, object_id: str, token: str, expires: int) -> None:
    """Let the roles that are mapped to one Entra identity log in with its token until it expires."""
    with superuser(state, server) as connection:
        query = "SELECT role_name FROM sandbox_entra.principals WHERE object_id = %s"
        for (role,) in connection.execute(query, [object_id]).fetchall():
            _set_password(connection, role, token, datetime.fromtimestamp(expires, UTC))


def create_database(state: State, server: Instance, database: str) -> None:
    """A database that belongs to the administrators; an existing one is left."""
    from psycopg import sql

    with superuser(state, server) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(sql.Identifier(database), sql.Identifier(ADMINISTRATORS)))


def drop_database(state: State, server: Instance, database: str) -> None:
    from psycopg import sql

    with superuser(state, server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def allow_extensions(state: State, server: Instance, names: str) -> None:
    """The extensions that databases may have from now on, by name, with commas between them."""
    from psycopg import sql

    with superuser(state, server) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET azure.extensions = {}").format(sql.Literal(names)))
        connection.execute("SELECT pg_reload_conf()")


def parameter(state: State, server: Instance, name: str) -> Parameter:
    """One of PostgreSQL's own parameters."""
    with superuser(state, server) as connection:
        return _parameter(connection, name)


def set_parameter(state: State, server: Instance, name: str, value: str | None) -> Parameter:
    """Set a parameter, or with None set it back; one that needs a restart stays pending."""
    from psycopg import errors, sql

    with superuser(state, server) as connection:
        _parameter(connection, name)
        # A parameter's name may have a prefix: `auto_explain.log_timing` is one name in two parts.
        identifier = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
        try:
            if value is None:
                connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(identifier))
            else:
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(identifier, sql.Literal(value)))
        except (errors.InvalidParameterValue, errors.CantChangeRuntimeParam) as error:
            raise InvalidValueError(str(error.diag.message_primary)) from None
        connection.execute("SELECT pg_reload_conf()")
    with superuser(state, server) as connection:  # a session reads the configuration when it starts
        return _parameter(connection, name)


def _parameter(connection: "psycopg.Connection[Any]", name: str) -> Parameter:
    row = connection.execute(
        "SELECT name, setting, boot_val, vartype, context, pending_restart FROM pg_settings WHERE name = lower(%s)",
        [name],
    ).fetchone()
    if row is None or row[4] == "internal":
        raise UnknownParameterError(f"the server has no parameter '{name}' that can be set")
    return Parameter(row[0], row[1] or "", row[2] or "", row[3], row[4] == "postmaster", row[5])


def _make_role(connection: "psycopg.Connection[Any]", role: str, options: str) -> None:
    from psycopg import sql

    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if found else "CREATE"
    statement = f"{verb} ROLE {{}} NOSUPERUSER NOREPLICATION NOBYPASSRLS {options}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(role)))


def _grant(connection: "psycopg.Connection[Any]", group: str, role: str) -> None:
    from psycopg import sql

    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role)))


def _set_password(connection: "psycopg.Connection[Any]", role: str, password: str, until: datetime | None) -> None:
    from psycopg import sql

    valid = until.isoformat() if until else "infinity"
    statement = sql.SQL("ALTER ROLE {} PASSWORD {} VALID UNTIL {}")
    values = (sql.Identifier(role), sql.Literal(scram.verifier(password)), sql.Literal(valid))
    connection.execute(statement.format(*values))


def azure_parameters() -> Mapping[str, str]:
    """Parameters that Azure adds to PostgreSQL's own, with their defaults.

    Here they are kept, and something follows only from `azure.extensions`.
    """
    return {
        "azure.extensions": "",
        "azure.accepted_password_auth_method": "md5,scram-sha-256",
        "require_secure_transport": "on",
        "pgbouncer.enabled": "false",
        "connection_throttle.enable": "off",
        "logfiles.download_enable": "off",
        "logfiles.retention_days": "3",
        "metrics.collector_database_activity": "off",
        "pgms_wait_sampling.query_capture_mode": "none",
    }
