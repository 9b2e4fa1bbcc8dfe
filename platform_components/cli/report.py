"""What `pave` says: the four steps with their times, and the result a person came for.

Rich draws only on a terminal; elsewhere every line is plain text. Secrets are never here: plans hold none.
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from platform_components.cli.markdown import Timed
from platform_components.cli.summary import Summary, summary_of
from platform_components.plan import Plan

if TYPE_CHECKING:
    from platform_components.lifecycle.deployment import Result
    from platform_components.lifecycle.destruction import Proof, Removed
    from platform_components.lifecycle.listing import Listed
    from platform_components.lifecycle.now import Now
    from platform_components.lifecycle.progress import Listener
    from platform_components.lifecycle.wanted import Prepared

WIDTH = 9
"""Columns of a step's name."""


class Report:
    """Everything one command prints. With `as_json`, one document on standard output and nothing else there."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._talks = not as_json and not quiet
        self._times: dict[str, float] = {}
        self._run: Timed | None = None

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what happens inside."""
        started = time.monotonic()
        yield
        self._times[name] = time.monotonic() - started

    def noted(self, message: str) -> None:
        """What is waited for before the first step."""
        self._say(f"{'':{WIDTH}}{message}")

    def read(self, prepared: "Prepared") -> None:
        """Step one: what was read, and what deserves a warning."""
        names = [workload.name for workload in prepared.matched.plan.workloads]
        what = f"{len(names)} workload(s): {', '.join(names)}" if names else "no workloads: a foundation"
        self._line("Read", what, self._times.get("Read"))
        if prepared.values:
            self._say(f"{'':{WIDTH}}values to set: {', '.join(sorted(prepared.values))}")
        for source in prepared.matched.sources:
            for warning in source.warnings:
                place = "" if warning.position else f"{source.file}: "
                for line in f"warning: {place}{warning}".splitlines():
                    self._say(f"{'':{WIDTH}}{line}")

    def matched(self, prepared: "Prepared") -> None:
        """Step two: which definition serves which resource."""
        plan = prepared.matched.plan
        environment = prepared.matched.environment
        target = f"{prepared.stack} ({environment.type.name})"
        self._line("Match", f"{len(plan.resources)} resources for {target}")
        width = max((len(resource.id) for resource in plan.resources), default=0)
        for resource in plan.resources:
            self._say(f"{'':{WIDTH}}{resource.id:{width}}  {resource.definition}")

    @contextlib.contextmanager
    def running(self, plan: Plan) -> "Iterator[Listener]":
        """Steps three and four: a line, or a live display, for each planned resource while the engine works."""
        from platform_components.cli.live import Lines, Live, Silent
        from platform_components.cli.options import interactive
        from platform_components.lifecycle.progress import titles

        names = titles(plan)
        started = time.monotonic()
        if not self._talks:
            yield self._timed(Silent())
        elif interactive():
            with Live(names) as live:
                yield self._timed(live)
        else:
            yield self._timed(Lines(names, self._say))
        self._times["Run"] = time.monotonic() - started

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step took."""
        before = {name: took for name, took in self._times.items() if name != "Run"}
        run = {**self._run.seconds, "all": self._times["Run"]} if self._run and "Run" in self._times else {}
        return {**before, **run}

    @property
    def changed(self) -> dict[str, str]:
        """By a planned resource's logical name, what was done to it."""
        return dict(self._run.changes) if self._run else {}

    def _timed(self, listener: "Listener") -> Timed:
        self._run = Timed(listener)
        return self._run

    def deployed(self, result: "Result") -> None:
        """The end of `up`."""
        summary = summary_of(result.prepared.matched.plan, result.outputs, result.prepared.matched.catalog.types)
        if self.as_json:
            self._json(summary.as_json() | {"changes": dict(result.changes)})
            return
        self._say(f"{'Done':{WIDTH}}{_changes(result.changes)} in {self._times['Run']:.1f} s")
        self._say("")
        self._summary(summary)

    def previewed(self, result: "Result") -> None:
        """The end of `preview`."""
        if self.as_json:
            self._json({"stack": result.prepared.stack, "changes": dict(result.changes)})
        else:
            words = {"created": "to create", "updated": "to update", "removed": "to remove", "replaced": "to replace"}
            counts = [f"{count} {words.get(name, name)}" for name, count in result.changes.items() if count]
            print(f"{'Preview':{WIDTH}}{', '.join(counts) or 'nothing would change'}")

    def destroyed(self, stack: str, removed: "Removed", proof: "Proof") -> None:
        """The end of `destroy`: what was looked at, and what is still there."""
        if self.as_json:
            self._json({"stack": stack, "removed": removed.count, **proof.as_json()})
            return
        self._say(f"{'Removed':{WIDTH}}{removed.count} resources")
        for look in proof.looks:
            state = f"STILL THERE: {', '.join(look.survivors)}" if look.survivors else look.nothing
            self._say(f"{'Proved' if not look.survivors else 'Found':{WIDTH}}{look.place}: {state}")
        if not proof.survivors:
            print(f"{stack} is gone")

    def taken_out(self, stack: str, gone: Sequence[str], staying: Sequence[str], result: "Result") -> None:
        """The end of a `destroy` of some workloads."""
        if self.as_json:
            self._json({"stack": stack, "removed": result.changes.get("removed", 0), "looks": [], "survivors": []})
        else:
            print(f"{', '.join(gone)}: taken out of {stack}; {', '.join(staying)} stay")

    def was_not_there(self, stack: str) -> None:
        """The end of a `destroy` that had nothing to do."""
        if self.as_json:
            self._json({"stack": stack, "removed": 0, "looks": [], "survivors": []})
        else:
            print(f"there is no environment '{stack}': nothing to remove")

    def listed(self, entries: "list[Listed]") -> None:
        """The table of `list`."""
        if not entries:
            print("no environments")
            return
        now = datetime.now(UTC)
        rows = [("STACK", "TYPE", "APP", "BRANCH", "OWNER", "EXPIRES", "URL")]
        for entry in entries:
            marks = entry.marks
            rows.append(
                (entry.stack, marks.env_type, marks.app, marks.branch, marks.owner, ending(entry, now), entry.url)
            )
        for line in table(rows):
            print(line)

    def shown(self, now: "Now") -> None:
        """The page of `show`."""
        from platform_components.cli.looking import state_lines

        shown = now.shown
        summary = summary_of(shown.plan, shown.outputs, shown.types) if shown else Summary(now.entry.stack)
        if self.as_json:
            self._json(now.entry.as_json() | summary.as_json() | now.as_json())
            return
        entry, marks = now.entry, now.entry.marks
        for name, value in (
            ("stack", entry.stack),
            ("type", marks.env_type),
            ("app", marks.app),
            ("branch", marks.branch),
            ("owner", marks.owner),
            ("expires", ending(entry, datetime.now(UTC)) or "never"),
        ):
            if value:
                print(f"{name:{WIDTH + 3}}{value}")
        print()
        for line in state_lines(now):
            print(line)
        if shown:
            print()
            self._summary(summary, always=True)
        else:
            print("\nno deployment of it has ended yet: run `pave up` again; it goes on from there")

    def _summary(self, summary: Summary, *, always: bool = False) -> None:
        say = print if always or self.quiet else self._say
        for line in summary.lines():
            say(line)

    def _line(self, step: str, text: str, seconds: float | None = None) -> None:
        self._say(f"{step:{WIDTH}}{text}" + (f"  ({seconds:.1f} s)" if seconds is not None else ""))

    def _say(self, text: str) -> None:
        if self._talks:
            print(text, flush=True)

    @staticmethod
    def _json(document: dict[str, Any]) -> None:
        json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")


def ending(entry: "Listed", now: datetime) -> str:
    """When an environment's time is over, and what else of its life is out of the ordinary."""
    marks = entry.marks
    if marks.kept:
        text = f"kept by {marks.kept.by} on {marks.kept.since:%Y-%m-%d}"
    else:
        text = f"{marks.ends:%Y-%m-%d %H:%M} UTC" if marks.ends else ""
    if marks.unreadable:
        text = f"unknown: {', '.join(marks.unreadable)} holds no time"
    if marks.expired(now):
        text = f"EXPIRED {text}"
    elif marks.ends and entry.ends_soon(now):
        text = f"{text} (soon: in {length(marks.ends - now)})"
    return f"{text}, paused" if marks.paused and text else "paused" if marks.paused else text


def length(time: timedelta) -> str:
    """How long something is off, for people."""
    minutes = max(0, round(time / timedelta(minutes=1)))
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"


def _changes(changes: Any) -> str:
    counted = [f"{count} {name}" for name, count in changes.items() if count]
    return ", ".join(counted) or "no change"


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns that are empty in every row but the heading are left out."""
    kept = [index for index in range(len(rows[0])) if any(row[index] for row in rows[1:])]
    widths = {index: max(len(row[index]) for row in rows) for index in kept}
    return ["  ".join(f"{row[index]:{widths[index]}}" for index in kept).rstrip() for row in rows]
