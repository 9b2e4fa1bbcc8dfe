"""Hypothesis strategies for Score documents, and single defects to put into them."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

LABELS = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,8}[a-z0-9]\Z")
TYPES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,8}[A-Za-z0-9]\Z")
IDS = st.from_regex(r"\A[a-z0-9]{1,4}(-{1,2}[a-z0-9]{1,3}){0,2}(\.[a-z0-9]{1,4}){0,2}\Z").filter(
    lambda one: len(one) > 1
)
ANNOTATIONS = st.from_regex(r"\A([a-z0-9]{2,5}(\.[a-z]{2,5}){0,2}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,8}[A-Za-z0-9]\Z")
PORTS = st.one_of(st.integers(1, 65535), st.sampled_from([1, 65535, 80.0]))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="$"), max_size=12)
FILLED = TEXTS.filter(bool)
MODES = st.from_regex(r"\A0?[0-7]{3}\Z")
MEMORIES = st.from_regex(r"\A(0\.[0-9]{1,3}|[1-9][0-9]{0,3}(\.[0-9]{1,3})?)(K|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?\Z")
CPUS = st.from_regex(r"\A[0-9]{1,3}(m|\.[0-9]{1,3})?\Z")
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def record(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def metadata(required: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    annotations = st.dictionaries(ANNOTATIONS, TEXTS, max_size=2)
    return record(required, {"annotations": annotations, "other": ANY, "x.y": ANY})


def with_targets(items: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """The deprecated list form."""
    return st.dictionaries(FILLED, items, max_size=2).map(
        lambda mapping: [{"target": target, **item} for target, item in mapping.items()]
    )


SERVICES = record(
    {},
    {
        "ports": st.dictionaries(
            LABELS,
            record({"port": PORTS}, {"protocol": st.sampled_from(["TCP", "UDP"]), "targetPort": PORTS}),
            max_size=2,
        )
    },
)
CONTENTS = st.one_of(
    record({"content": TEXTS}, {}),
    record({"binaryContent": st.sampled_from(["", "aGVsbG8=", "AA==", "AAAA"])}, {}),
    record({"source": FILLED}, {}),
)
FILES = st.builds(
    lambda content, rest: {**content, **rest}, CONTENTS, record({}, {"mode": MODES, "noExpand": st.booleans()})
)
VOLUMES = record({"source": TEXTS}, {"path": TEXTS, "readOnly": st.booleans()})
HTTP_GETS = record(
    {"port": PORTS, "path": TEXTS},
    {
        "host": FILLED,
        "scheme": st.sampled_from(["HTTP", "HTTPS"]),
        "httpHeaders": st.lists(
            record({"name": st.from_regex(r"\A[A-Za-z0-9_-]{1,8}\Z"), "value": FILLED}, {}), max_size=2
        ),
    },
)
PROBES = record({}, {"httpGet": HTTP_GETS, "exec": record({"command": st.lists(TEXTS, max_size=2)}, {})}).filter(bool)
AMOUNTS = record({}, {"memory": MEMORIES, "cpu": CPUS})
CONTAINERS = record(
    {"image": FILLED},
    {
        "command": st.lists(TEXTS, max_size=2),
        "args": st.lists(TEXTS, max_size=2),
        "variables": st.dictionaries(FILLED.map(lambda name: name.replace("=", "_")), TEXTS, max_size=2),
        "files": st.dictionaries(TEXTS, FILES, max_size=2) | with_targets(FILES),
        "volumes": st.dictionaries(TEXTS, VOLUMES, max_size=2) | with_targets(VOLUMES),
        "before": st.dictionaries(
            LABELS, record({"ready": st.sampled_from(["started", "healthy", "complete"])}, {}), max_size=1
        ),
        "resources": record({}, {"limits": AMOUNTS, "requests": AMOUNTS}),
        "livenessProbe": PROBES,
        "readinessProbe": PROBES,
    },
)
RESOURCES = record(
    {"type": TYPES},
    {"class": TYPES, "id": IDS, "metadata": metadata({}), "params": st.dictionaries(TEXTS, ANY, max_size=2)},
)
WORKLOADS: st.SearchStrategy[dict[str, Any]] = record(
    {
        "apiVersion": st.just("score.dev/v1b1"),
        "metadata": metadata({"name": LABELS}),
        "containers": st.dictionaries(LABELS, CONTAINERS, min_size=1, max_size=2),
    },
    {"service": SERVICES, "resources": st.dictionaries(LABELS, RESOURCES, max_size=2)},
)
"""Documents that the schema allows, in today's form and in the deprecated one."""

WRONG_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 65535, 65536, 80.0, 80.5, 1e300, 2**70),
    *(
        "",
        " ",
        ".",
        "a",
        "A",
        "ab",
        "a-",
        "-a",
        "a_b",
        "a.b",
        "a..b",
        "a--b",
        "AB",
        "ab\n",
        "\nab",
        "é",
        "éé",
        "٣٣",
        "x" * 64,
    ),
    *(
        "x" * 63,
        "ab.cd",
        "TCP",
        "tcp",
        "HTTP",
        "http",
        "started",
        "ready",
        "score.dev/v1b1",
        "score.dev/v1b1\n",
        "score-dev/v1b1",
    ),
    *("0644", "644", "0o644", "0888", "6440", "64", "00644", "٦٤٤", "644\n"),
    *(
        "1",
        "0",
        "01",
        "1.5Gi",
        "0.5G",
        "1k",
        "1K",
        "1e3",
        "1Ei",
        "5m",
        "0.5m",
        ".5",
        "1.",
        "m",
        "1 M",
        "1\n",
        "1M\n",
        "1٣M",
    ),
    *("a=b", "=", "ab/cd", "ab/c", "Ab.cd/ef", "ab.c/ef", "x" * 253 + "/ab", "ab/" + "x" * 64, "ab./cd"),
    *([], [1], ["a"], [None], {}, {"a": 1}, {"target": "/x"}, {"port": 80}, {"ready": "started"}, {"content": "x"}),
    *("aGVsbG8=", "aGVsbG8", "!!", "A A=", "AA==\n"),
)
KEYS = (
    *(
        "a",
        "ab",
        "A",
        "AB",
        "a_b",
        "ab\n",
        "é",
        "",
        "x" * 64,
        "a=b",
        "ab/cd",
        "Ab/cd",
        "target",
        "type",
        "name",
        "port",
        "ready",
    ),
    *(
        "content",
        "source",
        "binaryContent",
        "mode",
        "read_only",
        "readOnly",
        "httpGet",
        "exec",
        "class",
        "id",
        "params",
    ),
)


Path = tuple[str | int, ...]


def defects(
    document: dict[str, Any], chance: random.Random, count: int, element: Callable[[Path], str]
) -> Iterator[dict[str, Any]]:
    """Copies of a document with one change each: most of them make it wrong, and none is what it was.

    `element` says of a path which element of the specification it is; a rare one is changed as often as any other.
    """
    as_it_was = json.dumps(document)
    found = 0
    while found < count:
        changed = copy.deepcopy(document)
        places: dict[str, list[tuple[Path, Any, Any]]] = {}
        for place in _places(changed):
            places.setdefault(element(place[0]), []).append(place)
        _, node, key = chance.choice(places[chance.choice(sorted(places))])
        kind = chance.choice(("replace", "replace", "replace", "delete", "add", "rename", "copy"))
        if kind == "replace":
            node[key] = copy.deepcopy(chance.choice(WRONG_VALUES))
        elif kind == "delete":
            del node[key]
        elif isinstance(node, list):
            node.append(copy.deepcopy(chance.choice(WRONG_VALUES)))
        elif kind == "add":
            node[chance.choice(KEYS)] = copy.deepcopy(chance.choice(WRONG_VALUES))
        elif kind == "rename":
            node[chance.choice(KEYS)] = node.pop(key)
        else:
            other = chance.choice([place for _, _, place in _places(changed) if isinstance(place, str)])
            node[other] = copy.deepcopy(node[key])
        if json.dumps(changed) != as_it_was:
            found += 1
            yield changed


def paths(document: dict[str, Any]) -> list[Path]:
    """The path of everything in the document."""
    return [path for path, _, _ in _places(document)]


def _places(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The path of everything in the document, with the map or list that holds it and its key or index there."""
    for key, item in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield (*path, key), node, key
        if isinstance(item, (dict, list)):
            yield from _places(item, (*path, key))
