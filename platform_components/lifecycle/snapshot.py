"""What a namespace held at one moment: its objects as the API writes them, and the warnings about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from platform_components.errors import OutsideError
from platform_components.lifecycle.reader import Manifest, Reader, RefusedError

_EVER: Final = datetime.min.replace(tzinfo=UTC)
KINDS: Final[Mapping[str, str]] = {
    "deployments": "/apis/apps/v1",
    "statefulsets": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "jobs": "/apis/batch/v1",
    "cronjobs": "/apis/batch/v1",
    "pods": "/api/v1",
    "persistentvolumeclaims": "/api/v1",
    "events": "/api/v1",
}


@dataclass(frozen=True)
class Snapshot:
    """What a namespace held at one moment, by the kinds' plural names."""

    objects: Mapping[str, list[Manifest]]

    @classmethod
    def of(cls, reader: Reader, namespace: str) -> "Snapshot":
        """Look once at everything. What there is no right to see counts as not there, but for pods."""
        found: dict[str, list[Manifest]] = {}
        for plural, base in KINDS.items():
            try:
                found[plural] = reader.objects(f"{base}/namespaces/{namespace}/{plural}")
            except RefusedError as error:
                if plural == "pods":
                    raise
                if error.code not in (403, 404):
                    raise
                found[plural] = []
        return cls(found)

    def all(self, plural: str) -> list[Manifest]:
        """The objects of a kind."""
        return self.objects.get(plural) or []


@dataclass(frozen=True)
class Event:
    """A warning that the cluster gave about something of the namespace."""

    time: datetime | None
    object: str
    reason: str
    message: str
    count: int = 1

    def __str__(self) -> str:
        when = f"{self.time:%H:%M:%S}  " if self.time else ""
        again = f"  ({self.count} times)" if self.count > 1 else ""
        return f"{when}{self.object}  {self.reason}: {self.message}{again}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "time": self.time.isoformat() if self.time else None,
            "object": self.object,
            "reason": self.reason,
            "message": self.message,
            "count": self.count,
        }


def warnings(snapshot: Snapshot, since: datetime | None = None) -> list[Event]:
    """The namespace's warnings, the latest last; what was said several times of one object counts once."""
    found: dict[tuple[str, str, str], Event] = {}
    for event in snapshot.all("events"):
        when = event_time(event)
        if event.get("type") != "Warning" or (since is not None and when is not None and when < since):
            continue
        involved = event.get("involvedObject") or {}
        told = Event(
            time=when,
            object=f"{str(involved.get('kind')).lower()}/{involved.get('name')}",
            reason=str(event.get("reason")),
            message=str(event.get("message")).strip(),
            count=number(event, "series", "count") or number(event, "count", default=1),
        )
        key = (told.object, told.reason, told.message)
        before = found.get(key)
        if before is not None:
            later = max((before, told), key=lambda one: one.time or _EVER)
            told = replace(later, count=before.count + told.count)
        found[key] = told
    return sorted(found.values(), key=lambda one: one.time or _EVER)


def latest_warning(snapshot: Snapshot, involved: Manifest) -> str:
    """The latest warning about an object."""
    uid = at(involved, "metadata", "uid")
    about = [
        event
        for event in snapshot.all("events")
        if event.get("type") == "Warning" and at(event, "involvedObject", "uid") == uid
    ]
    latest = max(about, key=lambda event: event_time(event) or _EVER, default=None)
    return "" if latest is None else f"{latest.get('reason')}: {str(latest.get('message')).strip()}"


def event_time(event: Manifest) -> datetime | None:
    """When it was last seen."""
    return time_of(
        at(event, "series", "lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or at(event, "metadata", "creationTimestamp")
    )


def number(one: Manifest, *path: str, default: int = 0) -> int:
    """The number there, or else the default."""
    value = at(one, *path)
    return value if isinstance(value, int) else default


def time_of(value: Any) -> datetime | None:
    """A time as the API writes it."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError as error:
        raise OutsideError(f"the cluster gives a time that is none: {value}") from error


def at(one: Any, *path: str) -> Any:
    """What is at a path; None where nothing is."""
    for key in path:
        if not isinstance(one, Mapping):
            return None
        one = one.get(key)
    return one
