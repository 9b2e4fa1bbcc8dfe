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

APP, BRANCH, TYPE, OWNER, EXPIRES, FOUNDATION = (
    f"pave:{name}" for name in ("app", "branch", "type", "owner", "expires", "foundation")
)


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

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "Marks":
        """The marks that a stack's tags hold."""
        expires = tags.get(EXPIRES, "")
        return cls(
            app=tags.get(APP, ""),
            branch=tags.get(BRANCH, ""),
            env_type=tags.get(TYPE, ""),
            owner=tags.get(OWNER, ""),
            foundation=tags.get(FOUNDATION, ""),
            expires=datetime.fromisoformat(expires) if expires else None,
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
        }
        return {name: value for name, value in pairs.items() if value}

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now


def expiry(ttl: timedelta | None, now: datetime) -> datetime | None:
    """When an environment that is deployed now expires: every push renews it."""
    return None if ttl is None else (now + ttl).astimezone(UTC)


def refuse_other_branch(stack: str, tags: Mapping[str, str], app: str, branch: str) -> None:
    """Raise `InputError` when the stack of this name was made for another app or branch than the command names."""
    for tag, value in ((APP, app), (BRANCH, branch)):
        if value and tags.get(tag, value) != value:
            raise InputError(
                f"the stack '{stack}' belongs to '{tags[tag]}', not to '{value}'",
                where=tag,
                fix="two branches whose names end in the same stack can't live side by side: rename one",
            )


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
