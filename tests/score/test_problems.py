"""How problems read: paths, escapes, excerpts, order."""

import pytest

from platform_components.score.loops import loops
from platform_components.score.positions import Position
from platform_components.score.problems import Problem, ScoreError, did_you_mean, excerpt, nearest, path_text, visible


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("containers", "web", "files", "/etc/app.conf", "mode"), 'containers.web.files["/etc/app.conf"].mode'),
        (("args", 0, "x"), "args[0].x"),
        (("/a", "b.c"), '["/a"]["b.c"]'),
        (("a", 'quo"te', "ünder"), 'a["quo\\"te"]["ünder"]'),
        (("a", ""), 'a[""]'),
        (("x" * 10_000, "y"), "x" * 255 + "….y"),
    ],
)
def test_a_path_reads_as_people_write_it(path: tuple[str | int, ...], text: str) -> None:
    assert path_text(path) == text


def test_problems_are_told_in_order_and_each_once() -> None:
    def at(file: str, line: int) -> Problem:
        return Problem("schema", "a", "is wrong", Position(file, line, 1))

    error = ScoreError([at("b", 1), at("a", 10), at("a", 9), at("b", 1)])
    assert str(error) == "a:9:1: a: is wrong\na:10:1: a: is wrong\nb:1:1: a: is wrong"
    assert len(error.problems) == 3


def test_what_a_terminal_would_obey_is_escaped() -> None:
    problem = Problem("schema", "a\x1b[31m", "not \u202e\n'x'", Position("f\x07", 1, 1), "hint \x9b\nsecond")
    assert str(problem) == "f\\x07:1:1: a\\x1b[31m: not \\u202e\\n'x'\n  hint \\x9b\n  second"
    assert visible("é ü") == "é ü"


def test_an_excerpt_has_a_caret_under_the_place() -> None:
    text = "a: 1\r\n\tb: \x1b2\n" + "x" * 100 + "y" * 100
    places = {
        Position("f", 1, 4): "1 | a: 1\n  |    ^",
        Position("f", 2, 5): "2 | ·b: ·2\n  |     ^",
        Position("f", 3, 101): f"3 | {'x' * 80}{'y' * 40}\n  | {' ' * 80}^",
        Position("f", 9, 1): "",
        Position("f"): "",
    }
    for position, shown in places.items():
        assert excerpt(Problem("schema", "", "is wrong", position), text) == shown


def test_the_caret_stands_under_the_place_after_wide_letters() -> None:
    problem = Problem("schema", "", "is wrong", Position("f", 1, 7))
    assert excerpt(problem, "名前e\u0301: x") == "1 | 名前e\u0301: x\n  |        ^"


def test_the_nearest_name_is_offered() -> None:
    assert nearest("Hots", ["host", "port"]) == "host"
    assert nearest("zzz", ["host", "port"]) is None
    assert nearest("x" * 1000, ["x" * 999]) is None
    assert did_you_mean("hots", ["port", "host"], of="outputs") == "did you mean `host`?\noutputs: host, port"
    assert did_you_mean("hots", []) == ""
    assert did_you_mean("a", map(str, range(100))).endswith(", …")


def test_loops_are_found_with_their_edges() -> None:
    graph = {
        "a": [("b", "ab")],
        "b": [("c", "bc"), ("d", "bd")],
        "c": [("a", "ca"), ("c", "cc")],
        "e": [("a", "ea"), ("nowhere", "en")],
    }
    assert list(loops(graph)) == [("ab", "bc", "ca"), ("cc",)]
    long = {str(node): [(str(node + 1), node)] for node in range(50_000)} | {"50000": [("0", 50_000)]}
    (loop,) = loops(long)
    assert len(loop) == 50_001
