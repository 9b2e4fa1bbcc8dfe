"""The reader accepts and rejects what the normative JSON Schema does, but for the differences of docs/conformance.md.

The schema is that of the Go module score-go, which `go` takes out of its module cache or fetches. What the schema
accepts is not for our own checker to say: `jsonschema` is asked, and our checker has to agree with it as well.
"""

import copy
import json
import os
import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_components.score.draft import Draft
from platform_components.score.jsonschema import unknown_words, violations
from platform_components.score.model import BASE64_PATTERN
from platform_components.score.schema import workload_schema
from tests.score.strategies import WORKLOADS, WRONG_VALUES, defects, paths
from tests.score.validator import validator

MODULE = "github.com/score-spec/score-go"
VERSION = "v1.20.0"
DOCUMENTS = int(os.environ.get("SCORE_DOCUMENTS", "10000"))
"""Documents with a defect that are compared, beside the correct ones they are made of."""
DEFECTS = 20
OFFLINE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "GOPROXY=off", "proxyconnect")
"""What `go` says where there is no network: the only reason to go without the normative schema."""

# JSON allows these as they are and as an escape, YAML only as an escape.
NOT_IN_YAML = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")


def module_folder() -> Path:
    """Where the module lies in Go's module cache, fetched if it was not there."""
    go = shutil.which("go")
    assert go, "Go is needed for the normative schema, as for the sandbox: https://go.dev/dl"
    answer = subprocess.run(
        [go, "mod", "download", "-json", f"{MODULE}@{VERSION}"],
        cwd=Path(__file__).parent,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off", "GOTOOLCHAIN": "local"},
        timeout=300,
        check=False,
        capture_output=True,
        text=True,
    )
    said = json.loads(answer.stdout) if answer.stdout else {"Error": answer.stderr}
    if any(word in said.get("Error", "") for word in OFFLINE):
        pytest.skip(f"NO EQUIVALENCE CHECKED: {MODULE}@{VERSION} is not in Go's module cache, and {said['Error']}")
    assert "Dir" in said, said["Error"]
    return Path(said["Dir"])


@pytest.fixture(scope="module")
def normative() -> Any:
    schema = json.loads((module_folder() / "schema/files/score-v1b1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert unknown_words(schema) == ()
    return schema


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
            listed["properties"]["content"]["items"] = {"type": ["string", "number", "boolean", "null"]}
        else:
            listed["properties"]["read_only"] = {"type": "boolean"}
            listed["not"] = {"required": ["read_only", "readOnly"]}
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


class Comparison:
    """Asks everyone about documents: complete validators of both schemas, the checker of params, the reader."""

    def __init__(self, normative: Any, own: Any) -> None:
        self.normative = normative
        self.own = own
        self.complete = (validator(normative), validator(own))

    def compare(self, document: Any) -> bool:
        """Whether all accept the document. Fails where they do not agree."""
        accepted = self.complete[0].is_valid(document)
        assert (not any(violations(document, self.normative))) == accepted, document
        if accepted and has_target_twice(document):
            return accepted
        assert accepted_by_reader(document) == accepted, document
        assert self.complete[1].is_valid(document) == accepted, document
        assert (not any(violations(document, self.own))) == accepted, document
        return accepted


NAMED = {
    *(("containers",), ("resources",), ("service", "ports"), ("metadata", "annotations")),
    *(("containers", "*", element) for element in ("variables", "files", "volumes", "before")),
    ("resources", "*", "metadata", "annotations"),
}
"""Maps whose keys are names."""


def without_names(path: tuple[str | int, ...]) -> str:
    """`containers.*.before.*.ready` for `containers.web.before.db.ready`."""
    general: tuple[str, ...] = ()
    for step in path:
        general = (*general, "*" if isinstance(step, int) or general in NAMED else step)
    return ".".join(general)


ELEMENTS = """
    apiVersion metadata metadata.name metadata.annotations metadata.annotations.*
    service service.ports service.ports.* service.ports.*.port service.ports.*.protocol service.ports.*.targetPort
    containers containers.* containers.*.image containers.*.command containers.*.command.* containers.*.args
    containers.*.args.* containers.*.variables containers.*.variables.* containers.*.files containers.*.files.*
    containers.*.files.*.source containers.*.files.*.content containers.*.files.*.binaryContent
    containers.*.files.*.mode containers.*.files.*.noExpand containers.*.volumes containers.*.volumes.*
    containers.*.volumes.*.source containers.*.volumes.*.path containers.*.volumes.*.readOnly
    containers.*.before containers.*.before.* containers.*.before.*.ready containers.*.resources
    containers.*.resources.limits containers.*.resources.limits.memory containers.*.resources.limits.cpu
    containers.*.resources.requests containers.*.resources.requests.memory containers.*.resources.requests.cpu
    containers.*.livenessProbe containers.*.livenessProbe.httpGet containers.*.livenessProbe.httpGet.port
    containers.*.livenessProbe.httpGet.path containers.*.livenessProbe.httpGet.host
    containers.*.livenessProbe.httpGet.scheme containers.*.livenessProbe.httpGet.httpHeaders
    containers.*.livenessProbe.httpGet.httpHeaders.* containers.*.livenessProbe.httpGet.httpHeaders.*.name
    containers.*.livenessProbe.httpGet.httpHeaders.*.value containers.*.livenessProbe.exec
    containers.*.livenessProbe.exec.command containers.*.readinessProbe
    resources resources.* resources.*.type resources.*.class resources.*.id resources.*.metadata
    resources.*.metadata.annotations resources.*.params
"""
"""Every element of the specification."""


def test_the_reader_and_the_schema_agree(normative: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """About documents that are right, and about as many as said with one change each."""
    comparison = Comparison(with_documented_differences(normative), workload_schema())
    answers: Counter[bool] = Counter()

    @settings(
        max_examples=DOCUMENTS // DEFECTS,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(document=WORKLOADS, chance=st.randoms(use_true_random=False))
    def agree(document: Any, chance: random.Random) -> None:
        assert comparison.compare(document)
        for changed in defects(document, random.Random(chance.getrandbits(64)), DEFECTS, without_names):
            answers[comparison.compare(changed)] += 1

    agree()
    with capsys.disabled():
        print(
            f" {answers.total():,} changed documents: {answers[False]:,} wrong, {answers[True]:,} still right ", end=""
        )
    assert answers.total() >= DOCUMENTS // DEFECTS * DEFECTS
    # A change that breaks nothing proves little.
    assert answers[False] > answers.total() / 2
    assert answers[True] > answers.total() / 20


COMPLETE = {
    "apiVersion": "score.dev/v1b1",
    "metadata": {"name": "shop", "annotations": {"team.example/key": "value"}},
    "service": {"ports": {"http": {"port": 80, "protocol": "TCP", "targetPort": 8080}}},
    "containers": {
        "web": {
            "image": "nginx",
            "command": ["serve"],
            "args": ["--all"],
            "variables": {"LEVEL": "info"},
            "files": {
                "/text": {"content": "text", "mode": "0644", "noExpand": True},
                "/binary": {"binaryContent": "aGVsbG8="},
                "/source": {"source": "file"},
            },
            "volumes": {"/data": {"source": "disk", "path": "part", "readOnly": True}},
            "before": {"other": {"ready": "started"}},
            "resources": {"limits": {"memory": "1Gi", "cpu": "1"}, "requests": {"memory": "1M", "cpu": "5m"}},
            "livenessProbe": {
                "httpGet": {
                    "port": 80,
                    "path": "/",
                    "host": "localhost",
                    "scheme": "HTTP",
                    "httpHeaders": [{"name": "X-Probe", "value": "1"}],
                },
                "exec": {"command": ["true"]},
            },
            "readinessProbe": {"exec": {"command": ["true"]}},
        }
    },
    "resources": {
        "db": {
            "type": "postgres",
            "class": "large",
            "id": "main-db",
            "metadata": {"annotations": {"team.example/key": "value"}},
            "params": {"version": 17},
        }
    },
}
"""A document with every element. What is generated may leave a rare one out: hypothesis also draws from the
constants of whichever modules are loaded, so what it makes differs with the tests that ran before."""


def test_every_element_is_compared(normative: Any) -> None:
    comparison = Comparison(with_documented_differences(normative), workload_schema())
    assert comparison.compare(COMPLETE)
    broken: Counter[str] = Counter()
    for path in paths(COMPLETE):
        for wrong in WRONG_VALUES:
            changed: Any = copy.deepcopy(COMPLETE)
            node = changed
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = copy.deepcopy(wrong)
            broken[without_names(path)] += not comparison.compare(changed)
    assert [element for element in ELEMENTS.split() if not broken[element]] == []


@pytest.mark.parametrize(
    ("element", "normative_accepts", "reader_accepts"),
    [
        ({"livenessProbe": {}}, True, False),
        ({"files": {"/a": {"binaryContent": "not base64"}}}, True, False),
        ({"files": [{"content": "no target"}]}, True, False),
        ({"files": [{"content": "x", "target": "/a"}, {"content": "y", "target": "/a"}]}, True, False),
        ({"files": [{"content": ["a", "b"], "target": "/a"}]}, False, True),
        ({"files": [{"content": ["a", 1.5, True, None], "target": "/a"}]}, False, True),
        ({"files": [{"content": ["a", {}], "target": "/a"}]}, False, False),
        ({"volumes": [{"source": "x", "target": "/a", "read_only": True}]}, False, True),
        ({"volumes": [{"source": "x", "target": "/a", "read_only": True, "readOnly": False}]}, False, False),
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
