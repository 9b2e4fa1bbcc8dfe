"""What an environment is known by outside its state: stack tags, set before the first resource is made.

Tags live beside the stack on every backend, so any machine can list environments and see which have expired.
"""

import getpass
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platform_components.errors import InputError

APP, BRANCH, TYPE, OWNER, EXPIRES, KEPT, PAUSED, URL, FOUNDATION = (
    f"pave:{name}" for name in ("app", "branch", "type", "owner", "expires", "kept", "paused", "url", "foundation")
)


@dataclass(frozen=True)
class Decision:
    """What somebody decided of an environment: that it is to stay, that it is paused."""

    by: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.by} {self.since.isoformat(timespec='seconds')}"

    def as_json(self) -> dict[str, str]:
        """For machines."""
        return {"by": self.by, "since": self.since.isoformat(timespec="seconds")}

    @classmethod
    def of(cls, text: str) -> "Decision | None":
        """What a tag says."""
        by, _, since = text.rpartition(" ")
        return cls(by, _time(since)) if text else None


@dataclass(frozen=True)
class Marks:
    """The marks of one stack; what a stack was made without is empty."""

    app: str = ""
    branch: str = ""
    """As it was given, never a slug."""
    env_type: str = ""
    owner: str = ""
    foundation: str = ""
    expires: datetime | None = None
    """None: it does not expire."""
    kept: Decision | None = None
    """Set: it does not expire, whatever else its tags say."""
    paused: Decision | None = None
    url: str = ""
    """Where its first workload is reached, after the last push."""
    unreadable: tuple[str, ...] = ()
    """Names of tags that hold no time: they count for none, and such an environment never expires."""

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "Marks":
        """The marks that a stack's tags hold. Anybody may set tags, so what can't be read stops nobody."""
        unreadable = tuple(name for name in (EXPIRES, KEPT, PAUSED) if not _readable(tags.get(name, "")))
        tags = {name: value for name, value in tags.items() if name not in unreadable}
        expires = tags.get(EXPIRES, "")
        return cls(
            unreadable=unreadable,
            app=tags.get(APP, ""),
            branch=tags.get(BRANCH, ""),
            env_type=tags.get(TYPE, ""),
            owner=tags.get(OWNER, ""),
            foundation=tags.get(FOUNDATION, ""),
            expires=_time(expires) if expires else None,
            kept=Decision.of(tags.get(KEPT, "")),
            paused=Decision.of(tags.get(PAUSED, "")),
            url=tags.get(URL, ""),
        )

    def tags(self) -> dict[str, str]:
        """As stack tags; empty marks are left out."""
        expires = self.expires.isoformat(timespec="seconds") if self.expires else ""
        pairs = {
            APP: self.app,
            BRANCH: self.branch,
            TYPE: self.env_type,
            OWNER: self.owner,
            FOUNDATION: self.foundation,
            EXPIRES: expires,
            KEPT: str(self.kept) if self.kept else "",
            PAUSED: str(self.paused) if self.paused else "",
            URL: self.url,
        }
        return {name: value for name, value in pairs.items() if value}

    @property
    def ends(self) -> datetime | None:
        """When its time is over; None: never, or not known."""
        return None if self.kept or self.unreadable else self.expires

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.ends is not None and self.ends <= now

    def ends_soon(self, now: datetime, warning: timedelta | None) -> bool:
        """Whether its time is over before `warning` has passed, and not yet."""
        return self.ends is not None and warning is not None and now < self.ends <= now + warning


def expiry(ttl: timedelta | None, now: datetime, before: datetime | None = None) -> datetime | None:
    """When an environment that is deployed now expires: a push renews it, and shortens nothing that was extended."""
    if ttl is None:
        return None
    renewed = (now + ttl).astimezone(UTC)
    return renewed if before is None else max(renewed, before)


def refuse_other_branch(stack: str, tags: Mapping[str, str], app: str, branch: str) -> None:
    """Raise `InputError` when the stack of this name was made for another app or branch than the command names."""
    for tag, value in ((APP, app), (BRANCH, branch)):
        if value and tags.get(tag, value) != value:
            raise InputError(
                f"the stack '{stack}' belongs to '{tags[tag]}', not to '{value}'",
                where=tag,
                fix="two branches whose names end in the same stack can't live side by side: rename one",
            )


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _readable(text: str) -> bool:
    try:
        return not text or bool(_time(text.rpartition(" ")[2]))
    except ValueError:
        return False


def owner(directory: Path) -> str:
    """Who deploys: `PAVE_OWNER`, else git's e-mail address, else the user's name."""
    named = os.environ.get("PAVE_OWNER", "").strip()
    if named:
        return named
    try:
        answer = subprocess.run(
            ["git", "config", "user.email"], cwd=directory, capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return getpass.getuser()
    return answer.stdout.strip() or getpass.getuser()
