"""The summary of a run in Markdown, for a pipeline to show beside a pull request: `--summary FILE`.

It is appended, as GitHub's job summaries are written. A run that fails is told there, too. Secrets are never here: what
the plan and the outputs hold is all there is.
"""

import contextlib
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from platform_components.cli.summary import Summary, summary_of
from platform_components.errors import OutsideError, PlatformError
from platform_components.naming import ResourceIdentity, logical

if TYPE_CHECKING:
    from platform_components.cli.report import Report
    from platform_components.lifecycle.deployment import Result
    from platform_components.lifecycle.destruction import Proof, Removed
    from platform_components.lifecycle.progress import Listener, Step
    from platform_components.plan import Plan


class Timed:
    """Passes on how a run goes, and keeps what of it the summary tells."""

    def __init__(self, listener: "Listener", clock: Callable[[], float] = time.monotonic) -> None:
        self.listener = listener
        self._clock = clock
        self._began: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self.changes: dict[str, str] = {}
        """By logical name of a planned resource, what was done to it."""

    @property
    def seconds(self) -> dict[str, float]:
        """By step, from its first resource's beginning to its last one's end; steps overlap."""
        return {step: self._ended[step] - began for step, began in self._began.items() if step in self._ended}

    def started(self, item: str, step: "Step") -> None:
        """Passed on."""
        self._began.setdefault(step, self._clock())
        self.listener.started(item, step)

    def finished(self, item: str, step: "Step", change: str, seconds: float) -> None:
        """Passed on."""
        now = self._clock()
        self._began.setdefault(step, now - seconds)
        self._ended[step] = now
        self.changes[item] = change
        self.listener.finished(item, step, change, seconds)

    def waiting(self, item: str, message: str) -> None:
        """Passed on."""
        self.listener.waiting(item, message)

    def noted(self, message: str) -> None:
        """Passed on."""
        self.listener.noted(message)


@dataclass
class Page:
    """What one command has to tell."""

    file: Path | None
    _parts: list[str] = field(default_factory=list)

    def deployed(self, result: "Result", report: "Report", expires: datetime | None) -> None:
        """The end of `up`."""
        plan = result.prepared.matched.plan
        summary = summary_of(plan, result.outputs, result.prepared.matched.catalog.types)
        self._parts += [f"### {_title(plan)} is deployed", ""]
        self._parts += [f"**[{_text(url)}]({url})** ({_text(name)})  " for name, url in summary.urls.items()]
        rows = [
            ("changed", _counted(result.changes)),
            ("time", _times(report.seconds)),
            ("expires", _expiry(plan, expires)),
            *(("note", _text(note)) for note in summary.notes),
        ]
        self._parts += ["", *_table(("", ""), [row for row in rows if row[1]])]
        if summary.rows:
            self._parts += ["", *_folded("Which definition serves what", _served(summary))]
        self._changed("What changed", plan, report.changed)

    def previewed(self, result: "Result", report: "Report") -> None:
        """The end of `preview`."""
        plan = result.prepared.matched.plan
        self._parts += [f"### {_title(plan)}: what `pave up` would do", "", _counted(result.changes)]
        self._changed("What would change", plan, report.changed)

    def destroyed(self, stack: str, removed: "Removed", proof: "Proof") -> None:
        """The end of `destroy`."""
        verb = "is gone" if not proof.survivors else "is not gone"
        self._parts += [f"### {_code(stack)} {verb}", "", f"{removed.count} resources removed.", ""]
        looks = [(_text(look.place), _text(", ".join(look.survivors) or look.nothing)) for look in proof.looks]
        self._parts += _table(("looked at", "found"), looks)

    def failed(self, what: str, error: PlatformError) -> None:
        """The end of a run that did not get to its end."""
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", str(error))), default=0))
        self._parts += [f"### {_text(what)} failed", "", fence, str(error), fence]

    def _changed(self, title: str, plan: "Plan", changes: Mapping[str, str]) -> None:
        names = {logical(ResourceIdentity.parse(resource.id)): resource.id for resource in plan.resources}
        rows = [(_code(names[item]), change) for item, change in changes.items() if change and item in names]
        if rows:
            self._parts += ["", *_folded(title, _table(("resource", ""), sorted(rows)))]

    def write(self) -> None:
        """Append it to the file. Raises `OutsideError` when that can't be written."""
        if self.file is None or not self._parts:
            return
        try:
            with self.file.open("a", encoding="utf-8") as file:
                file.write("\n".join([*self._parts, "", ""]))
        except OSError as error:
            raise OutsideError(f"can't be written: {error.strerror}", where=f"--summary {self.file}") from error


@contextlib.contextmanager
def page(file: Path | None, what: str) -> Iterator[Page]:
    """A page that is written at the end, however that comes; `what` is the command in a person's words."""
    made = Page(file)
    try:
        yield made
    except PlatformError as error:
        made.failed(what, error)
        try:
            made.write()
        except OutsideError as unwritten:  # what went wrong first is what a person has to know
            print(f"note: {unwritten}", file=sys.stderr)
        raise
    made.write()


def _title(plan: "Plan") -> str:
    environment = plan.environment
    if environment.app and environment.branch:
        return f"{_text(environment.app)}, branch {_code(environment.branch)},"
    return _code(environment.name)


def _served(summary: Summary) -> list[str]:
    rows = [
        (_text(row.workload), _text(row.name), _code(row.identity), _code(row.definition), _text(row.shown))
        for row in summary.rows
    ]
    return _table(("workload", "asks for", "resource", "definition", "is"), rows)


def _counted(changes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in changes.items() if count) or "nothing"


def _times(seconds: Mapping[str, float]) -> str:
    return " · ".join(f"{step} {took:.1f} s" for step, took in seconds.items())


def _expiry(plan: "Plan", expires: datetime | None) -> str:
    if expires is None:
        return ""
    environment = plan.environment
    if environment.branch:
        named = f"--app {shlex.quote(environment.app or '')} --branch {shlex.quote(environment.branch)}"
    else:
        named = f"--env {shlex.quote(environment.name)}"
    return f"{expires:%Y-%m-%d %H:%M} UTC; every push renews it. Longer: {_code(f'pave extend 3d {named}')}"


def _folded(title: str, lines: list[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [heading, tuple("---" for _ in heading), *(tuple(map(_cell, row)) for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text).replace("\n", " ")


def _text(text: str) -> str:
    """As text, whatever a name holds that Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*_\[\]<>&#!|])", r"\\\1", text)


def _code(text: str) -> str:
    """As code; with the fence that what is inside needs."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    inside = f" {text} " if longest else text
    return f"{fence}{inside}{fence}"
