"""YAML as Score means it: scalars of YAML 1.2, keys once, bounded aliases, the place of everything."""

from collections.abc import Iterator

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from platform_components.score.composing import MAX_DEPTH, MAX_DOCUMENTS, MAX_NODES
from platform_components.score.positions import Position
from platform_components.score.problems import ScoreError
from platform_components.score.yaml import MAX_BYTES, compose, load, load_all
from tests.score.meter import measured

# The plain scalars of https://yaml.org/spec/1.2.2/#103-core-schema, and those that YAML 1.1 reads otherwise.
SCALARS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "nULL": "nULL",
    "none": "none",
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "tRUE": "tRUE",
    "yes": "yes",
    "no": "no",
    "Yes": "Yes",
    "NO": "NO",
    "on": "on",
    "off": "off",
    "On": "On",
    "y": "y",
    "n": "n",
    "0": 0,
    "-0": 0,
    "+12": 12,
    "685_230": "685_230",
    "0644": 644,
    "0o644": 420,
    "0xFf": 255,
    "-0x1f": "-0x1f",
    "0b1010": "0b1010",
    "0o8": "0o8",
    "12:30:45": "12:30:45",
    "22:22": "22:22",
    "1:1": "1:1",
    "1.10": 1.1,
    "1.": 1.0,
    ".5": 0.5,
    "-.5": -0.5,
    "1e3": 1000.0,
    "1E+3": 1000.0,
    "12e03": 12000.0,
    "1e": "1e",
    ".": ".",
    "-": "-",
    "+": "+",
    "..": "..",
    "1.2.3": "1.2.3",
    "190:20:30.15": "190:20:30.15",
    "1,000": "1,000",
    "٣": "٣",
    "１２": "１２",
    "2001-12-14": "2001-12-14",
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    ".infinity": ".infinity",
    "inf": "inf",
    "nan": "nan",
    "=": "=",
    "<<": "<<",
    "python": "python",
    "a b": "a b",
    "1 2": "1 2",
    "0x": "0x",
    "1_0.5": "1_0.5",
}


def value_of(text: str | bytes) -> object:
    return load(text, "a.yaml").value


def problems_of(text: str | bytes) -> list[str]:
    with pytest.raises(ScoreError) as caught:
        load(text, "a.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("written", "meant"), SCALARS.items(), ids=list(SCALARS))
def test_a_plain_scalar_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    in_list = value_of(f"- {written}\n") if written != "-" else value_of('["a", -]'.replace('"a", ', ""))
    assert in_list == [meant]
    assert type(in_list[0]) is type(meant)


@pytest.mark.parametrize("written", [scalar for scalar in SCALARS if scalar])
def test_a_quoted_scalar_is_a_string(written: str) -> None:
    assert value_of(f"'{written}'") == written
    assert value_of(f'"{written}"') == written
    assert value_of(f"|-\n  {written}") == written


@pytest.mark.parametrize("written", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e999", "9" * 5000])
def test_a_number_that_json_cannot_hold_is_a_problem(written: str) -> None:
    (problem,) = problems_of(f"a: {written}")
    assert problem.startswith("a.yaml:1:4: a: ")
    assert "quotes" in problem


def test_differences_from_pyyaml_are_the_ones_meant() -> None:
    different = {text for text, meant in SCALARS.items() if text not in "=<<-" and pyyaml.safe_load(text) != meant}
    assert different == {
        *("yes", "no", "Yes", "NO", "on", "off", "On"),
        *("685_230", "0644", "0o644", "-0x1f", "0b1010", "1_0.5"),
        *("12:30:45", "22:22", "1:1", "190:20:30.15"),
        *("1e3", "1E+3", "12e03", "-.5"),
        *("2001-12-14", "2001-12-14t21:59:43.10-05:00"),
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!str", ""),
        ("!!int '12'", 12),
        ("!!float 12", 12.0),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("!!map {a: 1}", {"a": 1}),
        ("!!seq [a]", ["a"]),
        ("!<tag:yaml.org,2002:str> 1", "1"),
    ],
)
def test_tags_of_the_core_schema_are_known(written: str, meant: object) -> None:
    assert value_of(written) == meant


@pytest.mark.parametrize(
    "written",
    ["!!int x", "!!binary aGk=", "!!timestamp 2001-12-14", "!!set {a}", "!foo x", "!foo {}", "!!python/name:os x"],
)
def test_other_tags_are_problems(written: str) -> None:
    (problem,) = problems_of(f"a: {written}")
    assert problem.startswith("a.yaml:1:4: a: ")


def test_every_key_given_twice_is_told_and_the_first_counts() -> None:
    composed = compose("a: 1\nb: {c: 1, c: 2}\na: 3\nd: [x, {e: 1, e: 1}]\n", "a.yaml")
    assert composed.documents[0].value == {"a": 1, "b": {"c": 1}, "d": ["x", {"e": 1}]}
    assert [str(problem).splitlines()[0] for problem in composed.problems] == [
        "a.yaml:2:11: b.c: the key `c` was already given at line 2",
        "a.yaml:3:1: a: the key `a` was already given at line 1",
        "a.yaml:4:15: d[1].e: the key `e` was already given at line 4",
    ]


@pytest.mark.parametrize("key", ["1", "true", "~", "1.5", "[a]", "{a: b}", "? [a]\n  "])
def test_a_key_that_is_no_string_is_a_problem(key: str) -> None:
    (problem,) = problems_of(f"a:\n  {key}: x\n")
    assert "a key must be a string" in problem
    assert problem.startswith("a.yaml:2:")


@pytest.mark.parametrize("key", ["yes", "on", "22:22", "2001-12-14", "'1'", '"true"'])
def test_a_key_that_only_yaml_1_1_reads_as_something_else_is_a_string(key: str) -> None:
    assert value_of(f"{key}: x") == {key.strip("'\""): "x"}


def test_aliases_stand_for_what_they_refer_to() -> None:
    assert value_of("a: &x {b: [1, &y two]}\nc: *x\nd: *y\n*y : e\n") == {
        "a": {"b": [1, "two"]},
        "c": {"b": [1, "two"]},
        "d": "two",
        "two": "e",
    }


def test_merge_keys_work_as_in_other_score_implementations() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: *a, y: 3}\nd:\n  <<: [*a, *b]\n  '<<': text\n"
    value = value_of(text)
    assert isinstance(value, dict)
    assert value["c"] == {"x": 1, "y": 3}
    assert value["d"] == {"x": 1, "y": 1, "z": 2, "<<": "text"}
    assert load(text, "a.yaml").positions.at(("d", "z")) == Position("a.yaml", 2, 17)


def test_a_merge_of_something_else_is_a_problem() -> None:
    assert problems_of("a: {<<: 1}") == ["a.yaml:1:9: a: << takes a map or a list of maps"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: *x", "a.yaml:1:4: a: the alias *x refers to no anchor above it"),
        ("*x", "a.yaml:1:1: the alias *x refers to no anchor above it"),
        ("a: &x [*x]", "a.yaml:1:8: a[0]: the alias *x stands inside what it refers to"),
    ],
)
def test_an_alias_of_nothing_is_a_problem(text: str, message: str) -> None:
    assert problems_of(text) == [f"{message}\n  text that starts with * needs quotes"]


def test_an_alias_of_nothing_as_a_key_is_one_problem() -> None:
    (problem,) = problems_of("a: 1\n*x : {b: 2}\n")
    assert problem.startswith("a.yaml:2:1: the alias *x refers to no anchor above it")


def test_an_anchor_on_a_key_may_be_used() -> None:
    assert value_of("&k key: &v value\nother: {*k : *v}\nlist: [*k, *v]\n") == {
        "key": "value",
        "other": {"key": "value"},
        "list": ["key", "value"],
    }


def test_a_later_anchor_of_the_same_name_takes_its_place() -> None:
    assert value_of("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merges_nest_and_what_is_written_counts() -> None:
    text = "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {y: 3, <<: [*b, {z: 4, x: 5}], z: 6}\nd: {<<: {}}\n"
    assert value_of(text) == {"a": {"x": 1}, "b": {"y": 2, "x": 1}, "c": {"y": 3, "z": 6, "x": 1}, "d": {}}


@pytest.mark.parametrize("directive", ["%YAML 1.1", "%YAML 1.2", "%TAG ! tag:example.com,2000:"])
def test_a_directive_changes_no_scalar(directive: str) -> None:
    assert value_of(f"{directive}\n---\na: yes\nb: 0644\nc: 22:22\n...\n") == {"a": "yes", "b": 644, "c": "22:22"}


def test_comments_are_no_values() -> None:
    assert value_of("# a\na: b # c\n#d\ne: 'f # g' #h\ni: j#k\nl: |\n  # m\n# n\n") == {
        "a": "b",
        "e": "f # g",
        "i": "j#k",
        "l": "# m\n",
    }


def test_anchors_end_with_their_document() -> None:
    assert [str(problem).splitlines()[0] for problem in compose("a: &x 1\n---\nb: *x\n", "a").problems] == [
        "a:3:4: b: the alias *x refers to no anchor above it"
    ]


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 30)
)
TOO_MUCH = {
    "billion laughs": (LAUGHS, "keys and values"),
    "long laughs": (f"a: &a {'x' * 900_000}\n" + "b: [*a, *a, *a, *a, *a]", "characters"),
    "deep list": ("[" * 500_000, "levels deep"),
    "deep block": ("- " * 400_000, "levels deep"),
    "deep map": ("{a: " * 200_000, "levels deep"),
    "deep key": ("? " * 400_000, "levels deep"),
    "deep by alias": ("a0: &a0 x\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200)), "levels deep"),
    "wide list": (f"a: [{'x, ' * 300_000}]", "keys and values"),
    "wide map": ("\n".join(f"k{i}: v" for i in range(100_000)), "keys and values"),
    "documents": ("--- a\n" * 150_000, "documents"),
    "size": ("x" * (MAX_BYTES + 1), "larger than 1024 KiB"),
}


@pytest.mark.parametrize(("text", "what"), TOO_MUCH.values(), ids=list(TOO_MUCH))
def test_a_file_that_is_too_much_is_refused_quickly_and_cheaply(text: str, what: str) -> None:
    with measured() as used:
        problems = problems_of(text)
    assert any(what in problem for problem in problems)
    assert used.seconds < 5
    assert used.kibibytes < 200 * 1024


def test_a_file_up_to_the_limits_is_read() -> None:
    nested = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert value_of(nested)
    assert len(value_of("[" + "x, " * (MAX_NODES - 1) + "]")) == MAX_NODES - 1  # type: ignore[arg-type]
    assert len(load_all("--- a\n" * MAX_DOCUMENTS, "a")) == MAX_DOCUMENTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: b\nc: \xff", "a.yaml:2:4: is not UTF-8: byte 0xff"),
        ("a: ö".encode("latin-1"), "a.yaml:1:4: is not UTF-8: byte 0xf6"),
        ("a: b".encode("utf-16"), "a.yaml:1:1: is not UTF-8: byte 0xff"),
        (b"a: b\r\nc: \x00", "a.yaml:2:4: the character U+0000 may not stand in YAML as it is"),
        ("a: b\rc: \x1b", "a.yaml:2:4: the character U+001B may not stand in YAML as it is"),
        ("a: \ud800", "a.yaml:1:4: the character U+D800 may not stand in YAML as it is"),
        ("a: ￿", "a.yaml:1:4: the character U+FFFF may not stand in YAML as it is"),
        ("a:\n\t- b", "a.yaml:2:1: is not YAML: found character that cannot start any token"),
        ("a: b: c", "a.yaml:1:5: is not YAML: mapping values are not allowed in this context"),
        ("a: 'b", "a.yaml:1:6: is not YAML: found unexpected end of stream"),
        ("a: [b", "a.yaml:1:6: is not YAML: did not find expected ',' or ']'"),
        ('a: "\\ud800"', "a.yaml:1:7: is not YAML: found invalid Unicode character escape code"),
        ("%YAML 3.0\n---\na", "a.yaml:1:1: is not YAML: found incompatible YAML document"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str | bytes, message: str) -> None:
    assert problems_of(text)[0].splitlines()[0] == message


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    document = load("\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n".encode(), "a.yaml")
    assert document.value == {"a": 1, "b": "x\ny\n"}
    assert document.positions.key(("b",)) == Position("a.yaml", 2, 1)


def test_line_breaks_of_yaml_1_1_are_ordinary_characters() -> None:
    text = "a: x\x85y\u2028z\u2029w \ue000\nb: 'p\x85q'\n"
    document = load(text, "a.yaml")
    assert document.value == {"a": "x\x85y\u2028z\u2029w \ue000", "b": "p\x85q"}
    assert document.positions.key(("b",)).line == 2


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "---\n---\n", "%YAML 1.2\n---\n"])
def test_a_file_without_content_has_no_document(text: str) -> None:
    assert load_all(text, "a.yaml") == ()
    assert load(text, "a.yaml").value is None


def test_documents_are_told_apart() -> None:
    documents = load_all("# first\na: 1\n---\nb: 2\n...\n---\nc: 3\n---\n", "a.yaml")
    assert [document.value for document in documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert documents[2].positions.key(("c",)) == Position("a.yaml", 7, 1)
    assert problems_of("a: 1\n---\nb: 2\n") == ["a.yaml:3:1: a second document; this file holds only one"]


def test_every_key_and_value_has_its_place() -> None:
    positions = load('a: 1\n"b c":\n  - x\n  - {d: "é", e: y}\nf: &f\n  g: |\n    text\nh: *f\n', "a.yaml").positions
    places = {
        ("a",): (1, 1, 1, 4),
        ("b c",): (2, 1, 3, 3),
        ("b c", 0): (3, 5, 3, 5),
        ("b c", 1): (4, 5, 4, 5),
        ("b c", 1, "d"): (4, 6, 4, 9),
        ("b c", 1, "e"): (4, 14, 4, 17),
        ("f", "g"): (6, 3, 6, 6),
        ("h",): (8, 1, 5, 4),  # the key is here, the value where the alias leads
        ("h", "g"): (6, 3, 6, 6),
    }
    for path, (key_line, key_column, line, column) in places.items():
        assert positions.key(path) == Position("a.yaml", key_line, key_column), path
        assert positions.at(path) == Position("a.yaml", line, column), path


def test_a_path_that_is_not_there_has_the_place_of_its_deepest_known_part() -> None:
    positions = load("a:\n  b: 1\n", "a.yaml").positions
    assert positions.at(("a", "c", "d")) == Position("a.yaml", 1, 1)
    assert positions.at(("x",)) == Position("a.yaml", 1, 1)
    assert positions.place(("a", "c")) is None


def test_a_scalar_keeps_how_it_was_written() -> None:
    positions = load("a: 0644\nb: 1.10\nc: text\nd: [null]\n", "a.yaml").positions
    assert [positions.written(path) for path in [("a",), ("b",), ("c",), ("d", 0), ("x",)]] == [
        *("0644", "1.10", None, "null", None),
    ]


WORDS = st.from_regex(r"\A[a-z][a-z ]{0,6}[a-z]\Z").filter(lambda one: one not in ("true", "false", "null"))
TREES = st.recursive(
    WORDS | st.integers(-(10**9), 10**9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(value=st.dictionaries(WORDS, TREES, max_size=4), flow=st.booleans(), indent=st.integers(2, 6))
def test_what_was_written_is_read_and_found_where_it_stands(value: dict[str, object], flow: bool, indent: int) -> None:
    shared = {"first": value, "list": [value, {"again": value}]}  # written with anchors and aliases
    for written in (value, shared):
        text = pyyaml.safe_dump(written, default_flow_style=flow, indent=indent, width=60)
        document = load(text, "a.yaml")
        assert document.value == written
        lines = text.splitlines()
        for path, key, item in leaves(written):
            positions = document.positions
            for place, what in ((positions.key(path), key), (positions.at(path), item)):
                if isinstance(what, str) and not is_aliased(path, written is shared):
                    found = lines[place.line - 1][place.column - 1 :]
                    assert found.lstrip("'\"? ").startswith(what.split(" ")[0]), (path, what, found)


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object, object]]:
    """Every entry of a tree: its path, its key, its value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield (*path, key), key, item
        yield from leaves(item, (*path, key))


def is_aliased(path: tuple[str | int, ...], shared: bool) -> bool:
    """Whether the entry itself is an alias; what is in it stands where it was written first."""
    return shared and path in (("list", 0), ("list", 1, "again"))
