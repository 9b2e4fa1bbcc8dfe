"""How a run is followed: lines for logs, a drawing for people."""

import io

import pytest
from rich.console import Console

from platform_components.cli import live
from platform_components.cli.live import Lines, Live


def test_a_line_for_each_resource_says_what_became_of_it_and_how_long_it_took() -> None:
    said: list[str] = []
    lines = Lines({"web": "route.default#web  by route"}, said.append)

    lines.started("web", "Deploy")
    lines.waiting("web", "1 of 2 pods")
    lines.finished("web", "Deploy", "updated", 12.345)
    lines.finished("unknown", "Create", "", 0.0)

    assert said == ["Deploy   route.default#web  by route: updated (12.3 s)", "Create   unknown: unchanged (0.0 s)"]


def test_what_was_not_there_to_be_removed_is_not_told() -> None:
    said: list[str] = []
    lines = Lines({}, said.append)

    lines.finished("web", "Remove", "", 0.0)
    lines.finished("db", "Remove", "removed", 1.0)

    assert said == ["Remove   db: removed (1.0 s)"]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal is sent."""
    screen = io.StringIO()
    monkeypatch.setattr(
        live, "Console", lambda **_: Console(file=screen, force_terminal=True, width=100, color_system=None)
    )
    return screen


def test_on_a_terminal_what_is_under_way_is_drawn_and_what_is_done_stays(drawn: io.StringIO) -> None:
    with Live({"web": "route.default#web", "db": "postgres.default#db"}) as picture:
        picture.started("web", "Deploy")
        picture.waiting("web", "1 of 2 pods")
        picture.waiting("nobody", "is not drawn")
        picture.started("db", "Create")
        picture.finished("db", "Create", "created", 2.0)
        under_way = [str(one.drawn(0.0).text) for one in picture._active.values()]

    assert len(under_way) == 1
    assert under_way[0].startswith("Deploy   route.default#web  ")
    assert under_way[0].endswith(" s  1 of 2 pods")
    assert "✓ Create   postgres.default#db  created (2.0 s)" in drawn.getvalue()
    assert "is not drawn" not in drawn.getvalue()


def test_a_drawing_ends_with_the_run_also_when_that_fails(drawn: io.StringIO) -> None:
    picture = Live({})
    with pytest.raises(RuntimeError, match="boom"), picture:
        raise RuntimeError("boom")

    assert not picture._live.is_started


def test_a_text_of_the_cluster_is_shown_as_it_is_and_not_as_markup(drawn: io.StringIO) -> None:
    with Live({"web": "web"}) as picture:
        picture.started("web", "Deploy")
        picture.waiting("web", "[MinimumReplicasUnavailable] [/] no pods")
        picture._live.refresh()

    assert "[MinimumReplicasUnavailable] [/] no pods" in drawn.getvalue()
