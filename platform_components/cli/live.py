"""How a run of the engine is followed: a live table on a terminal, one line per finished resource elsewhere."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.text import Text

STEP_WIDTH = 9


class Silent:
    """Says nothing."""

    def started(self, item: str, step: str) -> None:
        """Nothing."""

    def finished(self, item: str, step: str, change: str, seconds: float) -> None:
        """Nothing."""

    def waiting(self, item: str, message: str) -> None:
        """Nothing."""

    def noted(self, message: str) -> None:
        """Nothing."""


class Lines(Silent):
    """A line for each planned resource when it is as it should be."""

    def __init__(self, titles: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._titles = titles
        self._say = say

    def finished(self, item: str, step: str, change: str, seconds: float) -> None:
        """One line; nothing for what was not there to be removed."""
        if step == "Remove" and not change:
            return
        self._say(f"{step:{STEP_WIDTH}}{self._titles.get(item, item)}: {change or 'unchanged'} ({seconds:.1f} s)")

    def noted(self, message: str) -> None:
        """One line."""
        self._say(f"{'':{STEP_WIDTH}}{message}")


class Live(Silent):
    """The resources under way with their times, below those that are done."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._active: dict[str, _Active] = {}
        self._console = Console(highlight=False)
        self._live = RichLive(get_renderable=self._picture, console=self._console, refresh_per_second=8, transient=True)

    def __enter__(self) -> "Live":
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def started(self, item: str, step: str) -> None:
        """Show it with a spinner."""
        self._active[item] = _Active(f"{step:{STEP_WIDTH}}{self._titles.get(item, item)}", time.monotonic())

    def finished(self, item: str, step: str, change: str, seconds: float) -> None:
        """Print it above what is still under way."""
        self._active.pop(item, None)
        mark = Text("✓ ", style="green")
        text = Text(f"{step:{STEP_WIDTH}}{self._titles.get(item, item)}")
        detail = Text(f"  {change or 'unchanged'} ({seconds:.1f} s)", style="dim")
        self._console.print(mark + text + detail)

    def waiting(self, item: str, message: str) -> None:
        """Show what it waits for."""
        if item in self._active:
            self._active[item].message = message

    def noted(self, message: str) -> None:
        """Print it above what is under way."""
        self._console.print(Text(f"  {'':{STEP_WIDTH}}{message}", style="yellow"))

    def _picture(self) -> Group:
        return Group(*(one.drawn(time.monotonic()) for one in list(self._active.values())))


@dataclass
class _Active:
    """A resource under way."""

    title: str
    started: float
    message: str = ""
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))

    def drawn(self, now: float) -> Spinner:
        # As text: what a cluster says may hold square brackets, which are markup otherwise
        self.spinner.update(text=Text(f"{self.title}  {now - self.started:.0f} s  {self.message}"))
        return self.spinner
