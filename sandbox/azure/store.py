"""What the simulated subscription holds: resources, reserved names and loopback addresses, in one SQLite file.

Shared by the providers of concurrent stacks, the DNS server and the `az` stand-in. Nothing secret comes in here:
callers hand over redacted values (`values.redacted`).
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.azure import ids, locks
from sandbox.state import State

_TABLES = """
CREATE TABLE IF NOT EXISTS resources (
  key TEXT PRIMARY KEY, id TEXT NOT NULL, token TEXT NOT NULL, api_version TEXT NOT NULL,
  inputs TEXT NOT NULL, outputs TEXT NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL, provisioning TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS resources_token ON resources (token);
CREATE TABLE IF NOT EXISTS addresses (owner TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS deleted (
  kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, location TEXT NOT NULL, purge_after TEXT NOT NULL,
  protected INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, name)
) STRICT;
CREATE TABLE IF NOT EXISTS faults (fault TEXT PRIMARY KEY, matched INTEGER NOT NULL, raised INTEGER NOT NULL) STRICT;
"""

# Values of `provisioning`, ARM's provisioning states
CREATING, DELETING, SUCCEEDED = "Creating", "Deleting", "Succeeded"


@dataclass(frozen=True)
class Resource:
    """One resource as ARM keeps it; secrets in `inputs` and `outputs` are fingerprints."""

    id: str
    token: str
    api_version: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    created: str = ""
    changed: str = ""
    provisioning: str = SUCCEEDED
    """`Creating` and `Deleting` while it happens, and when what did it was killed."""

    @property
    def name(self) -> str:
        return ids.name_of(self.id)

    @property
    def type(self) -> str:
        """ARM's name of the type, e.g. `Microsoft.Network/dnsZones`."""
        return ids.type_of(self.id)

    @property
    def tags(self) -> dict[str, str]:
        tags = self.inputs.get("tags")
        return {str(name): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}

    @property
    def location(self) -> str | None:
        location = self.inputs.get("location")
        return location if isinstance(location, str) else None


@dataclass(frozen=True)
class Deleted:
    """A name that is still taken by something soft-deleted."""

    name: str
    id: str
    location: str
    purge_after: str
    protected: bool = False
    """Whether purge protection keeps it until then."""


@dataclass
class Transaction:
    """Reads and writes that happen together or not at all."""

    connection: sqlite3.Connection = field(repr=False)

    def get(self, resource_id: str) -> Resource | None:
        row = self.connection.execute("SELECT * FROM resources WHERE key = ?", [ids.key(resource_id)]).fetchone()
        return _resource(row) if row else None

    def list(
        self, *, tag: Mapping[str, str] | None = None, tokens: Sequence[str] = (), under: str | None = None
    ) -> "list[Resource]":
        """Resources by id; with these tags, of these kinds, below this id (not itself)."""
        query, values = "SELECT * FROM resources WHERE TRUE", []
        if tokens:
            query += f" AND token IN ({', '.join('?' * len(tokens))})"
            values += list(tokens)
        if under:
            # "0" follows "/": every key that begins with the id and a slash, by the index.
            query += " AND key >= ? AND key < ?"
            values += [ids.key(under) + "/", ids.key(under) + "0"]
        found = [_resource(row) for row in self.connection.execute(query + " ORDER BY key", values)]
        wanted = tag or {}
        return [each for each in found if all(each.tags.get(name) == value for name, value in wanted.items())]

    def put(self, resource: Resource) -> Resource:
        """Store a resource, new or changed."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        created = resource.created or now
        self.connection.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ids.key(resource.id),
                resource.id,
                resource.token,
                resource.api_version,
                json.dumps(resource.inputs, sort_keys=True),
                json.dumps(resource.outputs, sort_keys=True),
                created,
                now,
                resource.provisioning,
            ],
        )
        return Resource(**{**resource.__dict__, "created": created, "changed": now})

    def remove(self, resource_id: str) -> None:
        self.connection.execute("DELETE FROM resources WHERE key = ?", [ids.key(resource_id)])

    def address_of(self, owner: str, candidates: Sequence[str]) -> str | None:
        """The owner's loopback address; the first free candidate if it has none, None if none is free."""
        found = self.connection.execute("SELECT address FROM addresses WHERE owner = ?", [owner]).fetchone()
        if found:
            return str(found["address"])
        taken = {row["address"] for row in self.connection.execute("SELECT address FROM addresses")}
        free = next((each for each in candidates if each not in taken), None)
        if free:
            self.connection.execute("INSERT INTO addresses VALUES (?, ?)", [owner, free])
        return free

    def release_address(self, owner: str) -> None:
        self.connection.execute("DELETE FROM addresses WHERE owner = ?", [owner])

    def soft_delete(self, kind: str, deleted: Deleted) -> None:
        """Keep a name taken, as Azure does for some kinds after a delete."""
        values = [kind, deleted.name.lower(), deleted.id, deleted.location, deleted.purge_after, deleted.protected]
        self.connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?, ?, ?)", values)

    def soft_deleted(self, kind: str, name: str) -> Deleted | None:
        """What is soft-deleted under a name and not purged yet."""
        now = datetime.now(UTC).isoformat()
        query = "SELECT * FROM deleted WHERE kind = ? AND name = ? AND purge_after > ?"
        row = self.connection.execute(query, [kind, name.lower(), now]).fetchone()
        return _deleted(row) if row else None

    def all_deleted(self) -> Sequence[tuple[str, Deleted]]:
        """Everything that is soft-deleted, with its kind."""
        now = datetime.now(UTC).isoformat()
        rows = self.connection.execute("SELECT * FROM deleted WHERE purge_after > ? ORDER BY name", [now])
        return [(row["kind"], _deleted(row)) for row in rows]

    def forget_deleted(self, kind: str, name: str) -> None:
        self.connection.execute("DELETE FROM deleted WHERE kind = ? AND name = ?", [kind, name.lower()])

    def fault_counts(self, fault: str) -> tuple[int, int]:
        """How many calls a fault has met, and how many it made fail."""
        row = self.connection.execute("SELECT matched, raised FROM faults WHERE fault = ?", [fault]).fetchone()
        return (int(row["matched"]), int(row["raised"])) if row else (0, 0)

    def count_fault(self, fault: str, *, matched: int, raised: int) -> None:
        self.connection.execute("INSERT OR REPLACE INTO faults VALUES (?, ?, ?)", [fault, matched, raised])

    def forget_faults(self) -> None:
        self.connection.execute("DELETE FROM faults")


class Store:
    """The simulated subscription's file; safe for many processes at once."""

    def __init__(self, state: State) -> None:
        self._path = state.azure / "arm.db"
        self._ready = False

    def get(self, resource_id: str) -> Resource | None:
        """One resource by its id, in any spelling."""
        with self.reading() as transaction:
            return transaction.get(resource_id)

    def list(
        self, *, tag: Mapping[str, str] | None = None, tokens: Sequence[str] = (), under: str | None = None
    ) -> "list[Resource]":
        """Resources by id; with these tags, of these kinds, below this id (not itself)."""
        with self.reading() as transaction:
            return transaction.list(tag=tag, tokens=tokens, under=under)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One change; others wait. An exception inside undoes it."""
        with self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        connection = self._connection()
        try:
            connection.execute(begin)
            try:
                yield Transaction(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        if not self._ready:
            self._prepare()
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        connection.row_factory = sqlite3.Row
        # The sandbox can lose its last moments with the machine's power, so it need not wait for the disk.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _prepare(self) -> None:
        """Make the file; SQLite does not queue callers who change the journal mode, hence the lock."""
        with locks.held(self._path.parent, "arm.db"), closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            if "protected" not in {row[1] for row in connection.execute("PRAGMA table_info(deleted)")}:
                connection.execute("ALTER TABLE deleted ADD COLUMN protected INTEGER NOT NULL DEFAULT 0")
        self._ready = True


def _resource(row: sqlite3.Row) -> Resource:
    return Resource(
        id=row["id"],
        token=row["token"],
        api_version=row["api_version"],
        inputs=json.loads(row["inputs"]),
        outputs=json.loads(row["outputs"]),
        created=row["created"],
        changed=row["changed"],
        provisioning=row["provisioning"],
    )


def _deleted(row: sqlite3.Row) -> Deleted:
    return Deleted(row["name"], row["id"], row["location"], row["purge_after"], bool(row["protected"]))
