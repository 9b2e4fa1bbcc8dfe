"""What the verbs of an environment's life say."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from platform_components.cli.live import Lines, Silent
from platform_components.cli.report import WIDTH, Report, ending

if TYPE_CHECKING:
    from platform_components.environment import EnvironmentType
    from platform_components.lifecycle.lifetime import Lifetime
    from platform_components.lifecycle.pausing import Paused
    from platform_components.lifecycle.sweeping import Swept, Task

_HEADINGS = {
    "environment": "environment(s) whose time is over",
    "orphan": "thing(s) left of stacks that are gone",
    "server": "server(s) of paused environments that run",
}
_VERBS = {"environment": "remove", "orphan": "remove", "server": "stop"}
_DONE = {"environment": "removed", "orphan": "removed", "server": "stopped"}


class LifeReport(Report):
    """Everything one of these commands prints."""

    def listener(self) -> Silent:
        """Who is told what is waited for."""
        return Lines({}, self._say)

    def extended(self, moved: "Lifetime", types: "Mapping[str, EnvironmentType]") -> None:
        """The end of `extend`."""
        self._lifetime(moved, types, "ends")

    def kept(self, moved: "Lifetime", types: "Mapping[str, EnvironmentType]") -> None:
        """The end of `keep`."""
        self._lifetime(moved, types, "is")

    def _lifetime(self, moved: "Lifetime", types: "Mapping[str, EnvironmentType]", verb: str) -> None:
        from platform_components.lifecycle.listing import listed

        entry = listed(moved.stack, moved.after, types)
        if self.as_json:
            self._json(entry.as_json())
            return
        print(f"{moved.stack} {verb} {ending(entry, datetime.now(UTC))}")

    def paused(self, paused: "Paused") -> None:
        """The end of `pause`: what runs on, and what still costs money."""
        if self.as_json:
            self._json(paused.as_json())
            return
        stack = paused.result.prepared.stack
        print(f"{stack} is paused; its data, addresses and settings stay")
        for server in paused.stopped:
            print(f"  stopped      database server {server}; Azure starts it after 7 days, `pave sweep` stops it again")
        for name in paused.running:
            print(f"  still runs   {name}: the platform did not make it")
        for cost in paused.costs or ("nothing of its own: what it stands on is shared",):
            print(f"  still costs  {cost}")
        self._say("`pave resume`, or the next push, lets it run again")

    def found(self, found: "Swept") -> None:
        """What a sweep will do, or would."""
        for kind, heading in _HEADINGS.items():
            tasks = [task for task in found.tasks if task.kind == kind]
            if tasks:
                self._say(f"{len(tasks)} {heading}")
            for task in tasks:
                self._say(f"  {_VERBS[kind]} {_name(task)}: {task.why}")
        for problem in found.unknown:
            self._say(f"  keep whatever is there: could not look at {problem}")

    def swept(self, swept: "Swept", *, doing: bool) -> None:
        """The end of `sweep`: what came of each, and the sums."""
        if self.as_json:
            self._json({"dry_run": not doing, **swept.as_json()})
            return
        if not doing:
            many = len(swept.tasks)
            print(
                f"{many} to do, {swept.living} living; nothing was done" + ("; `pave sweep --yes` does it" * (many > 0))
            )
        else:
            for task in swept.having("skipped", "failed", "survived"):
                print(f"{task.result:{WIDTH}}{_name(task)}: {next(iter(task.details), '')}")
                for detail in filter(None, task.details[1:]):
                    print(f"{'':{WIDTH}}  {detail}")
            counts = [
                f"{count} {_DONE[kind]}" if result == "done" else f"{count} {result}"
                for result in ("done", "skipped", "failed", "survived")
                for kind in (("environment", "server") if result == "done" else ("",))
                if (count := _count(swept, result, kind))
            ]
            print(f"{', '.join(counts) or 'nothing to do'}; {swept.living} living")
        for problem in swept.unknown:
            print(f"not known: {problem}")


def _count(swept: "Swept", result: str, kind: str) -> int:
    """How many came to this; what is removed counts together."""
    return sum(task.result == result and (not kind or _DONE[task.kind] == _DONE[kind]) for task in swept.tasks)


def _name(task: "Task") -> str:
    if task.kind == "server":
        return f"server {task.name.rpartition('/')[2]}"
    return f"{task.name} ({task.orphan.place})" if task.orphan else task.name
