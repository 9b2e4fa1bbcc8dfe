import json
import re
import subprocess
import time
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_components.plan import Plan, PlannedEnvironment, PlannedResource
from platform_components.plan.graph import dot, mermaid, page, svg
from platform_components.plan.graph.layout import layout_of
from platform_components.plan.graph.parts import parts_of, without_implied
from platform_components.plan.order import layers, reachable
from tests.plan.worlds import PLATFORM, WEB, plan_of

NASTY = "</script><img src=x onerror=alert(1)>&\"'`${x}@@TITLE@@"
SVG = "{http://www.w3.org/2000/svg}"


def graph(**needs: str) -> Plan:
    """A plan of bare resources: `web="db cache"` waits for two others; the first letter of a name is its type."""
    edges = {name: tuple(wanted.split()) for name, wanted in needs.items()}
    ordered = layers({name: set(wanted) for name, wanted in edges.items()})
    resources = tuple(
        PlannedResource(
            id=name,
            type="workload" if name.startswith("w") else "thing",
            class_="default",
            res_id=name,
            definition="d",
            definition_at="",
            driver="any",
            inputs={"stack": "a/b/shared"} if name.startswith("f") else {},
            names={} if name.startswith("f") else {"name": name},
            depends_on=edges[name],
        )
        for layer in ordered
        for name in layer
    )
    environment = PlannedEnvironment(name="one", type="ephemeral", app="shop")
    return Plan(environment=environment, resources=resources, layers=ordered, workloads=())


def data_of(text: str) -> dict[str, dict[str, dict[str, object]]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    loaded: dict[str, dict[str, dict[str, object]]] = json.loads(found[1])
    return loaded


def test_the_sections_go_from_what_a_developer_wrote_to_what_others_share(tmp_path: Path) -> None:
    parts = parts_of(plan_of(tmp_path))
    assert [(section.name, section.title, [part.title for part in section.parts]) for section in parts.sections] == [
        ("workloads", "Workloads", ["web"]),
        ("asked", "What they ask for", ["db", "cache"]),
        ("own", "What the environment has", ["k8s-cluster", "k8s-namespace", "workload-identity"]),
        ("foundation", "From foundation-test", ["postgres-server"]),
    ]
    assert parts.title == "shop / ephemeral-one"


def test_an_owner_is_told_only_where_there_are_several(tmp_path: Path) -> None:
    one, two = plan_of(tmp_path / "a"), plan_of(tmp_path / "b", WEB, WEB.replace("name: web", "name: api"))
    assert {part.owner for part in parts_of(one).all} == {""}
    assert [(part.owner, part.title) for part in parts_of(two).all if part.title == "db"] == [
        ("api", "db"),
        ("web", "db"),
    ]


def test_an_edge_that_a_longer_way_implies_is_left_out() -> None:
    assert parts_of(graph(w="a b", a="b", b="")).edges == (("a", "b"), ("w", "a"))


NEEDS = st.lists(st.sets(st.integers(0, 11)), max_size=12).map(
    lambda sets: {
        str(number): sorted(str(need) for need in needs if need < number) for number, needs in enumerate(sets)
    }
)


@settings(deadline=None)
@given(NEEDS)
def test_what_is_left_of_the_edges_still_leads_everywhere_and_none_could_be_spared(needs: dict[str, list[str]]) -> None:
    edges = without_implied(needs)
    before = {name: set(wanted) for name, wanted in needs.items()}
    after = {name: {end for start, end in edges if start == name} for name in needs}
    for name in needs:
        assert reachable(name, before) == reachable(name, after)
    for start, end in edges:
        spared = {name: {other for other in wanted if (name, other) != (start, end)} for name, wanted in after.items()}
        assert end not in reachable(start, spared)


@settings(deadline=None)
@given(NEEDS, st.lists(st.sampled_from("wtf"), min_size=12, max_size=12))
def test_boxes_never_overlap_and_edges_run_from_side_to_side(needs: dict[str, list[str]], kinds: list[str]) -> None:
    named = {name: f"{kinds[int(name)]}{name}" for name in needs}
    plan = graph(**{named[name]: " ".join(named[need] for need in wanted) for name, wanted in needs.items()})
    parts = parts_of(plan)
    layout = layout_of(parts)
    boxes = list(layout.boxes.values())
    for index, one in enumerate(boxes):
        assert one.x >= 0
        assert one.x + one.width <= layout.width
        assert one.y >= 0
        assert one.y + one.height <= layout.height
        for other in boxes[index + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    assert layout.routes.keys() == set(parts.drawn_edges)
    for (start, end), points in layout.routes.items():
        first, last = layout.boxes[start], layout.boxes[end]
        assert points[0][0] in (first.x, first.x + first.width)
        assert points[-1][0] in (last.x, last.x + last.width)
        assert all(one[0] == other[0] or one[1] == other[1] for one, other in pairwise(points)), "a slanted line"
        for x, y in points[1:-1]:
            assert 0 <= x <= layout.width
            for box in boxes:
                assert not (box.x < x < box.x + box.width and box.y < y < box.y + box.height)


def workload(number: int) -> str:
    return WEB.replace("name: web}", f"name: web-{number}}}")


def test_what_is_made_for_one_workload_stands_in_its_panel_and_what_is_shared_beside(tmp_path: Path) -> None:
    parts = parts_of(plan_of(tmp_path, *(workload(number) for number in range(3))))
    layout = layout_of(parts)
    assert list(layout.panels) == [f"workload.default#web-{number}" for number in range(3)]
    for part in parts.all:
        box = layout.boxes[part.id]
        around = [
            name
            for name, panel in layout.panels.items()
            if panel.x <= box.x < panel.x + panel.width and panel.y <= box.y < panel.y + panel.height
        ]
        assert around == ([part.panel] if part.panel else [])
    assert parts.drawn_edges
    assert all(not (start.startswith("workload") and ".db" in end) for start, end in parts.drawn_edges)


def test_lines_between_workloads_do_not_run_on_each_other() -> None:
    layout = layout_of(parts_of(graph(w1="w3", w2="w4", w3="", w4="")))
    tracks = {points[1][0] for points in layout.routes.values()}
    assert len(tracks) == 2
    assert min(tracks) > 0


def test_where_each_part_comes_from_is_told_and_counted(tmp_path: Path) -> None:
    parts = parts_of(plan_of(tmp_path))
    assert parts.summary == (("made", "6 made here"), ("foundation", "1 from foundation-test"))
    text = page(plan_of(tmp_path / "again"))
    assert "6 made here" in text
    assert data_of(text)["parts"]["postgres-server.shared#main"]["origin"] == "foundation"


def test_the_drawing_is_well_formed_and_shows_every_part_and_edge(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    root = ElementTree.fromstring(svg(plan))
    assert {one.get("data-id") for one in root.iter(f"{SVG}g") if one.get("data-id")} == plan.by_id.keys()
    drawn = {(one.get("data-from"), one.get("data-to")) for one in root.iter(f"{SVG}path") if one.get("data-from")}
    assert drawn == set(parts_of(plan).drawn_edges)


def test_the_page_tells_everything_about_a_part_and_nothing_secret(tmp_path: Path) -> None:
    platform = PLATFORM.replace("inputs: {database:", "inputs: {url: 'x:${uses.db.password}', database:")
    platform = platform.replace("uses: {namespace:", "uses: {db: {type: postgres, id: other}, namespace:")
    text = page(plan_of(tmp_path, platform=platform))
    parts = data_of(text)["parts"]
    assert parts["redis.default#web.cache"]["inputs"] == {"database": "ephemeral-one-cache", "url": "x:<secret>"}
    db = parts["postgres.default#web.db"]
    assert db["definition_at"] == "definitions/own.yaml:2"
    assert (db["criteria"], db["criteria_at"]) == ("{env_type: ephemeral}", "definitions/own.yaml:5")
    assert db["outputs"] == [
        {"name": "host", "secret": False},
        {"name": "password", "secret": True},
        {"name": "user", "secret": False},
    ]
    assert parts["workload.default#web"]["containers"] == [
        {
            "name": "web",
            "image": "shop/web:1",
            "variables": [
                {"name": "DATABASE", "secret": True, "from": ["db.user", "db.password", "db.host"]},
                {"name": "LOG_LEVEL", "secret": False, "from": []},
            ],
        }
    ]


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    text = page(plan_of(tmp_path))
    for tag, attributes in Tags(text).found:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img"), tag
        assert not {"src", "href", "xlink:href"} & attributes.keys(), tag
    assert not re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", text)
    assert "@@" not in text


def test_the_pages_program_is_javascript(tmp_path: Path) -> None:
    program = re.search(r"<script>\n(.*?)</script>", page(plan_of(tmp_path)), re.DOTALL)
    assert program
    (tmp_path / "page.js").write_text(program[1], encoding="utf-8")
    subprocess.run(["node", "--check", str(tmp_path / "page.js")], check=True)


@pytest.mark.parametrize("render", [svg, page, dot, mermaid])
def test_whatever_a_name_holds_stays_text(tmp_path: Path, render: object) -> None:
    plan = graph(s="t", t="").model_copy(
        update={"environment": PlannedEnvironment(name=NASTY, type=NASTY, app=NASTY, branch=NASTY)}
    )
    nasty = plan.resources[0].model_copy(
        update={"definition": NASTY, "res_id": NASTY, "inputs": {NASTY: NASTY}, "class_": NASTY, "driver": NASTY}
    )
    plan = plan.model_copy(update={"resources": (nasty, *plan.resources[1:])})
    plan.__dict__.pop("by_id", None)
    assert callable(render)
    text = render(plan)
    if render is dot:  # in double quotes, where only these and backslashes mean anything
        assert not re.sub(r'"(\\.|[^"\\])*"', "", text).count("img")
    else:
        assert "<img" not in text
    if render is page:
        scripts = [attributes for tag, attributes in Tags(text).found if tag == "script"]
        assert len(scripts) == 2
        assert data_of(text)["parts"]["t"]["definition"] == NASTY
    if render is svg:
        assert NASTY in unescape(ElementTree.fromstring(text).findtext(f"{SVG}title", ""))


def test_mermaid_and_dot_show_every_part_and_edge(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    parts = parts_of(plan)
    drawn = mermaid(plan)
    assert drawn.startswith("flowchart LR\n")
    assert drawn.count(" --> ") == len(parts.edges)
    assert all(f"<b>{part.title}</b>" in drawn for part in parts.all)
    assert dot(plan).count(" -> ") == len(parts.edges)
    assert all(f'"{part.id}" [' in dot(plan) for part in parts.all)


def test_what_keeps_data_is_a_cylinder(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert '[("<b>db</b><br/>postgres<br/>postgres-shared")]:::asked' in mermaid(plan)
    assert re.search(r'"postgres.default#web.db" \[.*shape=cylinder\]', dot(plan))


@pytest.mark.parametrize("render", [svg, page, dot, mermaid])
def test_the_same_plan_gives_the_same_picture(tmp_path: Path, render: object) -> None:
    assert callable(render)
    assert render(plan_of(tmp_path / "a")) == render(plan_of(tmp_path / "b"))


def test_four_times_as_many_workloads_take_about_four_times_as_long(tmp_path: Path) -> None:
    """A graph of hundreds is drawn in a second or two: nothing looks at everything for each part."""

    def seconds(count: int) -> float:
        plan = plan_of(tmp_path / str(count), *(workload(number) for number in range(count)))
        taken = []
        for _ in range(3):
            started = time.process_time()
            page(plan)
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(160) < 8 * seconds(40)
