"""The reader accepts and rejects what the normative JSON Schema does, but for the differences of docs/conformance.md.

The schema is that of the Go module score-go, taken out of Go's module cache, or fetched by `go` where there is one.
"""

import copy
import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_components.score.draft import Draft
from platform_components.score.jsonschema import unknown_words, violations
from platform_components.score.model import BASE64_PATTERN
from platform_components.score.schema import workload_schema
from tests.score.strategies import WORKLOADS, defects

MODULE = "github.com/score-spec/score-go"
VERSION = "v1.20.0"
DOCUMENTS = int(os.environ.get("SCORE_DOCUMENTS", "10000"))
"""Documents with a defect that are compared, beside the correct ones they are made of."""
DEFECTS = 40

# JSON allows these as they are and as an escape, YAML only as an escape.
NOT_IN_YAML = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")


def _module_cache() -> Path:
    if cache := os.environ.get("GOMODCACHE"):
        return Path(cache)
    return Path(os.environ.get("GOPATH", "").split(os.pathsep)[0] or Path.home() / "go", "pkg", "mod")


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", path.name.rpartition("@")[2]))


@pytest.fixture(scope="module")
def normative() -> Any:
    def found() -> list[Path]:
        return sorted(_module_cache().glob(f"{MODULE}@v*"), key=_version)

    go = shutil.which("go")
    if not found() and go:
        subprocess.run(
            [go, "mod", "download", f"{MODULE}@{VERSION}"], cwd=Path(__file__).parent, timeout=120, check=False
        )
    if not found():
        pytest.skip(f"{MODULE} is neither in Go's module cache nor can it be fetched")
    schema = json.loads((found()[-1] / "schema/files/score-v1b1.json").read_text(encoding="utf-8"))
    assert unknown_words(schema) == ()
    return schema


@pytest.fixture(scope="module")
def schemas(normative: Any) -> tuple[Any, Any]:
    """The normative schema with the documented differences, and the one that this platform gives to editors."""
    return with_documented_differences(normative), workload_schema()


def with_documented_differences(schema: Any) -> Any:
    """The normative schema, changed in the points in which docs/conformance.md says that the reader differs."""
    changed = copy.deepcopy(schema)
    definitions = changed["$defs"]
    # The specification asks for one of the two since 2026-04; score-go's copy of the schema is older.
    definitions["containerProbe"]["anyOf"] = [{"required": ["httpGet"]}, {"required": ["exec"]}]
    definitions["containerFile"]["properties"]["binaryContent"]["pattern"] = BASE64_PATTERN
    # The list forms, as score-go's upgrade takes them: a target is needed, content may be lines, read_only is readOnly.
    container = definitions["container"]["properties"]
    for element, item in (("files", "containerFile"), ("volumes", "containerVolume")):
        listed = copy.deepcopy(definitions[item])
        listed["required"] = [*listed.get("required", ()), "target"]
        listed["properties"]["target"]["minLength"] = 1
        if element == "files":
            listed["properties"]["content"]["type"] = ["string", "array"]
        else:
            listed["properties"]["read_only"] = {"type": "boolean"}
        container[element]["oneOf"][0]["items"] = listed
    return changed


def accepted_by_reader(document: Any) -> bool:
    text = NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(document, ensure_ascii=False))
    draft = Draft.from_text(text.encode(), "score.yaml", Path("/nowhere"))
    draft.check(None, schema_only=True)
    return not [problem for problem in draft.problems if problem.kind in ("schema", "yaml", "file")]


def has_target_twice(document: Any) -> bool:
    """Which no JSON Schema can tell."""
    for container in document["containers"].values():
        for element in ("files", "volumes"):
            listed = container.get(element)
            targets = [item["target"] for item in listed] if isinstance(listed, list) else []
            if len(targets) != len(set(targets)):
                return True
    return False


def compare(document: Any, normative: Any, own: Any) -> bool:
    accepted = not any(violations(document, normative))
    if accepted and has_target_twice(document):
        return accepted
    assert accepted_by_reader(document) == accepted, document
    assert (not any(violations(document, own))) == accepted, document
    return accepted


@settings(
    max_examples=DOCUMENTS // DEFECTS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(document=WORKLOADS, chance=st.randoms(use_true_random=False))
def test_the_reader_and_the_schema_agree(schemas: tuple[Any, Any], document: Any, chance: random.Random) -> None:
    assert compare(document, *schemas)
    for changed in defects(document, random.Random(chance.getrandbits(64)), DEFECTS):
        compare(changed, *schemas)


@pytest.mark.parametrize(
    ("element", "normative_accepts", "reader_accepts"),
    [
        ({"livenessProbe": {}}, True, False),
        ({"files": {"/a": {"binaryContent": "not base64"}}}, True, False),
        ({"files": [{"content": "no target"}]}, True, False),
        ({"files": [{"content": "x", "target": "/a"}, {"content": "y", "target": "/a"}]}, True, False),
        ({"files": [{"content": ["a", "b"], "target": "/a"}]}, False, True),
        ({"volumes": [{"source": "x", "target": "/a", "read_only": True}]}, False, True),
    ],
)
def test_the_documented_differences_are_there(
    normative: Any, element: dict[str, Any], normative_accepts: bool, reader_accepts: bool
) -> None:
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "shop"},
        "containers": {"web": {"image": "nginx", **element}},
    }
    # A newer copy of the schema may have caught up with the specification; no other difference may go away.
    if element != {"livenessProbe": {}}:
        assert (not any(violations(document, normative))) == normative_accepts
    assert accepted_by_reader(document) == reader_accepts
