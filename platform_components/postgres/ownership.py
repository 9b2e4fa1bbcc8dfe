"""Whose a database and a role are: a mark in their comments, by which proofs and sweeps find them.

Nothing that bears another's mark, or none, is ever taken over or dropped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MANAGER = "platform-components"


@dataclass(frozen=True)
class Mark:
    """Who made something: stack, app, environment, as the maker names them."""

    owner: Mapping[str, str]

    def comment(self) -> str:
        """The text of the comment, the same for the same owner."""
        return json.dumps({"managed-by": MANAGER, "owner": dict(sorted(self.owner.items()))}, sort_keys=True)

    @staticmethod
    def of(comment: str | None) -> "Mark | None":
        """The mark in a comment; None if it has none."""
        try:
            content = json.loads(comment or "")
        except ValueError:
            return None
        if not isinstance(content, dict) or content.get("managed-by") != MANAGER:
            return None
        owner = content.get("owner")
        return Mark({str(key): str(value) for key, value in owner.items()}) if isinstance(owner, dict) else None

    def __str__(self) -> str:
        return ", ".join(f"{key} {value}" for key, value in sorted(self.owner.items())) or "nobody"
