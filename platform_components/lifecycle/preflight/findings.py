"""What a check found, and how checks are asked at the same time. A check that could not ask says so."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from platform_components.errors import PlatformError

State = Literal["ok", "warning", "problem", "unknown"]
ORDER: Sequence[State] = ("problem", "unknown", "warning", "ok")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """One answer: of which check, about what, how it stands, and what to do."""

    check: str
    subject: str
    state: State
    what: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "check": self.check,
            "subject": self.subject,
            "state": self.state,
            "what": self.what,
            "fix": self.fix or None,
        }


@dataclass(frozen=True)
class Check:
    """A question that is still to be asked."""

    name: str
    subject: str
    ask: Callable[[], Iterable[Finding]]

    def answered(self) -> tuple[Finding, ...]:
        """What it found; one finding that it could not ask, when what it asks failed."""
        try:
            return tuple(self.ask())
        except PlatformError as error:
            words = "; ".join((error.what, *error.details))
            return (Finding(self.name, self.subject, "unknown", f"could not ask: {words}", error.fix),)


def answers(checks: Sequence[Check], *, at_once: int = 8) -> tuple[Finding, ...]:
    """All findings in the order of the checks; the checks wait for programs and servers, so they are asked at once."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return tuple(found for one in pool.map(Check.answered, checks) for found in one)


def exit_code(findings: Iterable[Finding]) -> int:
    """1: something is in the way; 4: nothing is known to be, but not everything could be asked; 0: all is well."""
    states = {finding.state for finding in findings}
    return 1 if "problem" in states else 4 if "unknown" in states else 0
