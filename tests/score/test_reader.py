"""Table E of the specification's reference implementation, and reading of files, folders and stored documents."""

import base64
import json
import os
import pickle
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_components.score.model import BASE64_PATTERN, TYPE_PATTERN, Amounts, Workload
from platform_components.score.overrides import Overrides
from platform_components.score.positions import Position
from platform_components.score.problems import ScoreError, excerpt
from platform_components.score.reader import embed, examine, parse, read, read_all
from platform_components.score.shape import PATTERNS
from platform_components.score.sources import MAX_SOURCE_BYTES
from tests.score.worlds import CONTRACTS, container, examined, told, workload

FULL = """\
apiVersion: score.dev/v1b1
metadata:
  name: example-workload-name123
  extra-key: extra-value
  annotations:
    acme.org/xyz: z
service:
  ports:
    port-one: {port: 1000, protocol: TCP, targetPort: 10000}
    port-two2: {port: 8000}
containers:
  container-one1:
    image: localhost:4000/repo/my-image:tag
    command: ["/bin/sh", "-c"]
    args: ["hello", "world"]
    resources:
      requests: {cpu: 1000m, memory: 10Gi}
      limits: {cpu: "24", memory: 1.5Ei}
    variables:
      SOME_VAR: some content here
    files:
      /my/file:
        mode: "0600"
        source: file.txt
      /my/file/text:
        content: |
          some multiline
          content
        noExpand: true
      /my/file/bytes:
        binaryContent: aGVsbG8=
    volumes:
      /mnt/data:
        source: ${resources.resource-one1}
        path: sub/path
        readOnly: true
    before:
      container-two2: {ready: healthy}
    livenessProbe:
      httpGet: {port: 8080, path: /livez}
    readinessProbe:
      httpGet:
        host: 127.0.0.1
        port: 80
        scheme: HTTP
        path: /readyz
        httpHeaders:
          - {name: SOME_HEADER, value: some-value-here}
      exec: {command: [cat, /tmp/ready]}
  container-two2:
    image: .
resources:
  resource-one1:
    metadata:
      annotations: {Default-Annotation: this is my annotation}
      prefix.com/Another-Key_Annotation.2: something else
      extra-key: extra-value
    type: Resource-One
    class: default
    params:
      extra:
        data: here
  resource-two2:
    type: Resource-Two
    id: shared.one
"""


def problems(folder: Path, document: Mapping[str, Any] | str, **options: Any) -> list[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    return told(examined(folder, text, **options).problems, folder)


def messages(folder: Path, document: Mapping[str, Any], **options: Any) -> list[str]:
    """The problems without their position."""
    return [problem.split(": ", 1)[1] for problem in problems(folder, document, **options)]


def test_table_e_an_empty_file(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == ["a.yaml:1:1: is empty"]


def test_table_e_not_a_score_file(tmp_path: Path) -> None:
    assert problems(tmp_path, "<NOT A VALID YAML>") == [
        "a.yaml:1:1: must be a map with apiVersion, metadata and containers"
    ]


def test_table_e_the_whole_specification(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("Hello ${metadata.name}\n")
    (source,) = examined(tmp_path, FULL).sources
    one = source.workload.containers["container-one1"]
    assert source.workload.service is not None
    ports = source.workload.service.ports
    assert (ports["port-one"].target_port, ports["port-two2"].target_port) == (10000, 8000)
    assert (ports["port-one"].protocol, ports["port-two2"].protocol) == ("TCP", "TCP")
    assert one.command == ("/bin/sh", "-c")
    assert one.resources.limits.memory_bytes == Fraction(3, 2) * 1024**6
    assert one.resources.requests.cpus == 1
    assert one.files["/my/file"].content == "Hello ${metadata.name}\n"
    assert one.files["/my/file/text"].content == "some multiline\ncontent\n"
    assert one.files["/my/file/text"].no_expand
    assert one.volumes["/mnt/data"].read_only
    assert one.before["container-two2"].ready == "healthy"
    assert one.liveness_probe is not None
    assert one.liveness_probe.http_get is not None
    assert one.liveness_probe.http_get.scheme == "HTTP"
    assert one.readiness_probe is not None
    assert one.readiness_probe.exec is not None
    assert one.readiness_probe.exec.command == ("cat", "/tmp/ready")
    resources = source.workload.resources
    assert (resources["resource-one1"].class_, resources["resource-two2"].class_) == ("default", "default")
    assert resources["resource-two2"].id == "shared.one"
    assert source.workload.metadata["extra-key"] == "extra-value"
    assert source.workload.annotations == {"acme.org/xyz": "z"}


def test_a_workload_is_the_same_after_storing(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("Hello")
    (source,) = examined(tmp_path, FULL).sources
    stored = json.loads(json.dumps(embed(source)))
    assert parse(stored).workload == source.workload
    assert pickle.loads(pickle.dumps(source.workload)) == source.workload
    assert Workload.model_validate(source.workload.model_dump(by_alias=True, exclude_none=True)) == source.workload


@pytest.mark.parametrize("noExpand", [True, False])
def test_table_e_a_text_source_becomes_content(tmp_path: Path, noExpand: bool) -> None:  # noqa: N803
    (tmp_path / "test.txt").write_text("Hello World\n")
    file = {"source": "./test.txt", "mode": "600", "noExpand": noExpand}
    (source,) = examined(tmp_path, json.dumps(container(files={"/a": file}))).sources
    assert embed(source)["containers"]["web"]["files"]["/a"] == {
        "content": "Hello World\n",
        "mode": "600",
        "noExpand": noExpand,
    }


def test_table_e_a_missing_source_is_told(tmp_path: Path) -> None:
    files = {"/a": {"source": "./not_existing.txt"}}
    assert messages(tmp_path, container(files=files)) == [
        "containers.web.files[\"/a\"].source: './not_existing.txt' is not there"
    ]


def test_table_e_a_binary_source_becomes_base64(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\x00\x01")
    (source,) = examined(tmp_path, json.dumps(container(files={"/a": {"source": "bytes"}}))).sources
    assert embed(source)["containers"]["web"]["files"]["/a"] == {
        "binaryContent": base64.b64encode(b"\xff\x00\x01").decode()
    }


GOOD = container(
    variables={"A": "${resources.res-one.value}", "B": "$${placeholder}", "C": "${metadata.name}"},
    files={
        "/a": {"content": "${resources.res-one.value} ${metadata.annotations.aa\\.bb/cc}"},
        "/b": {"content": "${resources.none} ${x!}", "noExpand": True},
        "/c": {"binaryContent": ""},
    },
    volumes={"/v": {"source": "${resources.res-one}"}},
) | {
    "metadata": {"name": "shop", "annotations": {"aa.bb/cc": "d"}},
    "resources": {
        "res-one": {"type": "thing"},
        "res-two": {"type": "thing", "params": {"x": ["${resources.res-one.value.deeper}", 1]}},
    },
}


def test_table_e_placeholders_that_resolve(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("resources.res-one.this has spaces!", "is malformed"),
        ("resources.res-one.", "is malformed"),
        ("resources", "names no resource"),
        ("resources.res-one", "names no output of the resource"),
        ("resources.res-two.value", "there is no resource 'res-two'"),
        ("invalid!", "unknown reference root"),
        ("cheese.res-one.value", "unknown reference root"),
        ("", "unknown reference root"),
        ("metadata", "names no key of the metadata"),
        ("metadata.nam", "metadata has no 'nam'"),
        ("metadata.name.x", "metadata.name is no map, so it has no 'x'"),
    ],
)
def test_table_e_placeholders_that_do_not_resolve(tmp_path: Path, reference: str, message: str) -> None:
    document = container(variables={"A": f"${{{reference}}}"}) | {"resources": {"res-one": {"type": "thing"}}}
    assert messages(tmp_path, document) == [f"containers.web.variables.A: ${{{reference}}}: {message}"]


def test_table_e_every_placeholder_without_resource_is_told(tmp_path: Path) -> None:
    reference = "${resources.res-one.value}"
    document = container(
        variables={"A": reference}, files={"/a": {"content": reference}}, volumes={"/v": {"source": reference}}
    ) | {"resources": {"other": {"type": "thing", "params": {"x": {"y": [reference]}}}}}
    assert messages(tmp_path, document) == [
        f"{path}: {reference}: there is no resource 'res-one'"
        for path in (
            "containers.web.variables.A",
            'containers.web.files["/a"].content',
            'containers.web.volumes["/v"].source',
            "resources.other.params.x.y[0]",
        )
    ]


def ordered(**before: list[str]) -> dict[str, Any]:
    return workload(
        containers={
            name: {"image": "x", "before": {other: {"ready": "started"} for other in others}}
            for name, others in before.items()
        }
    )


@pytest.mark.parametrize(
    "document",
    [ordered(aa=[]), ordered(aa=["bb"], bb=["cc"], cc=[]), ordered(aa=["bb", "cc"], bb=["dd"], cc=["dd"], dd=[])],
)
def test_table_e_orders_of_containers_that_are_possible(tmp_path: Path, document: Mapping[str, Any]) -> None:
    assert problems(tmp_path, document) == []


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (ordered(aa=["nonexistent"]), ["containers.aa.before.nonexistent: there is no container 'nonexistent'"]),
        (
            ordered(aa=["no-one", "nobody"]),
            [f"containers.aa.before.{name}: there is no container '{name}'" for name in ("no-one", "nobody")],
        ),
        (ordered(aa=["aa"]), ["containers.aa.before.aa: a container cannot start before itself"]),
        (
            ordered(aa=["bb"], bb=["aa"]),
            ["containers.bb.before.aa: closes a loop: aa before bb before aa"],
        ),
        (
            ordered(aa=["bb"], bb=["cc"], cc=["aa"], dd=["bb"]),
            ["containers.cc.before.aa: closes a loop: aa before bb before cc before aa"],
        ),
        (
            ordered(aa=["bb", "none"], bb=["aa"]),
            [
                "containers.aa.before.none: there is no container 'none'",
                "containers.bb.before.aa: closes a loop: aa before bb before aa",
            ],
        ),
    ],
)
def test_table_e_orders_of_containers_that_are_not(
    tmp_path: Path, document: Mapping[str, Any], told: list[str]
) -> None:
    assert messages(tmp_path, document) == told


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "metadata: must be a map, not null"),
        ({}, "metadata.name: is required"),
        ({"other": 1}, "metadata.name: is required"),
        ({"name": 123}, "metadata.name: must be a string, not 123"),
    ],
)
def test_table_e_a_name_is_needed(tmp_path: Path, metadata: object, message: str) -> None:
    assert messages(tmp_path, {**workload(), "metadata": metadata}) == [message]


def test_table_e_a_name_is_filled(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, {**workload(), "metadata": {"name": ""}})
    assert message.startswith("metadata.name: must be 2 to 63 of a-z")


def test_table_e_the_map_form_is_read_as_yaml_and_as_json(tmp_path: Path) -> None:
    document = container(files={"/a": {"content": "b"}}, volumes={"/c": {"source": "d"}})
    as_json, as_yaml = json.dumps(document), yaml.safe_dump(document)
    assert as_json != as_yaml
    for text in (as_json, as_yaml):
        (source,) = examined(tmp_path, text).sources
        assert (embed(source), source.warnings) == (document, ())


LISTS = """\
apiVersion: score.dev/v1b1
metadata:
  name: hello-world
containers:
  hello:
    image: busybox
    files:
    - target: /etc/hello-world/config.yaml
      mode: "666"
      content:
      - line1
      - line2
    volumes:
    - source: ${resources.data}
      target: /mnt/data
      read_only: true
resources:
  data:
    type: volume
"""


def test_table_e_old_forms_are_upgraded_with_a_warning_each(tmp_path: Path) -> None:
    examination = examined(tmp_path, LISTS)
    assert examination.problems == ()
    (source,) = examination.sources
    hello = source.workload.containers["hello"]
    assert hello.files["/etc/hello-world/config.yaml"].content == "line1\nline2"
    assert hello.volumes["/mnt/data"].read_only
    assert told(source.warnings, tmp_path) == [
        "a.yaml:7:5: containers.hello.files: is a list, which is deprecated; read as a map",
        "a.yaml:10:7: containers.hello.files[0].content: is a list of lines, which is deprecated; read as text",
        "a.yaml:13:5: containers.hello.volumes: is a list, which is deprecated; read as a map",
        "a.yaml:16:7: containers.hello.volumes[0].read_only: is deprecated; read as readOnly",
    ]
    assert examination.warnings == source.warnings
    assert parse(embed(source)).warnings == ()


def test_lines_of_an_old_content_count_as_they_were_written(tmp_path: Path) -> None:
    text = LISTS.replace("      - line1\n", "      - 1.10\n      - yes\n      - true\n      -\n")
    (source,) = examined(tmp_path, text).sources
    assert source.workload.containers["hello"].files["/etc/hello-world/config.yaml"].content == (
        "1.10\nyes\ntrue\n\nline2"
    )
    assert problems(tmp_path, text.replace("- 1.10", "- a: b")) == [
        "a.yaml:11:9: containers.hello.files[0].content[0]: must be a line of text, not a map"
    ]


def test_mistakes_in_old_forms_are_told_where_they_were_written(tmp_path: Path) -> None:
    text = LISTS.replace("target: /etc/hello-world/config.yaml", "target: 5").replace("type: volume", "type: v")
    text = text.replace("      target: /mnt/data\n", "")
    listed = "    - text\n    - {target: /x, content: a, mode: 1}\n    - {target: /x, content: b}\n    volumes:\n"
    assert problems(tmp_path, text.replace("    volumes:\n", listed)) == [
        "a.yaml:8:15: containers.hello.files[0].target: must be a filled string",
        "a.yaml:13:7: containers.hello.files[1]: must be a map",
        'a.yaml:14:38: containers.hello.files["/x"].mode: must be a string, not 1',
        "a.yaml:15:16: containers.hello.files[3].target: '/x' was already given",
        "a.yaml:17:7: containers.hello.volumes[0].target: is required in the list form",
        f"a.yaml:21:11: resources.data.type: {PATTERNS[TYPE_PATTERN]}, not 'v'",
    ]


@pytest.mark.parametrize(
    ("memory", "number"),
    [
        ("1M", 1_000_000),
        ("123Mi", 128_974_848),
        ("1", 1),
        ("1K", 1000),
        ("1Ki", 1024),
        ("1.5Gi", 1_610_612_736),
        ("0.5G", 500_000_000),
        ("1P", 10**15),
        ("1E", 10**18),
        ("7.5Ei", int(7.5 * 1024**6)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_table_e_memory_is_an_exact_number(memory: str, number: object) -> None:
    assert Amounts(memory=memory).memory_bytes == number


@pytest.mark.parametrize(
    ("cpu", "number"),
    [("1", 1), ("200m", Fraction(1, 5)), ("0.24", Fraction(6, 25)), ("0", 0), ("250m", Fraction(1, 4))],
)
def test_table_e_cpu_is_an_exact_number(cpu: str, number: object) -> None:
    assert Amounts(cpu=cpu).cpus == number


def test_table_e_no_limits_are_no_numbers() -> None:
    assert (Amounts().memory_bytes, Amounts().cpus) == (None, None)


MEMORY = "must be an amount of memory such as 125M, 0.5G or 1.5Gi"
CPU = "must be a number of CPUs such as 2, 0.5 or 250m"


@pytest.mark.parametrize(
    ("element", "text", "message"),
    [
        *(("memory", text, MEMORY) for text in ("banana", "0", "1k", "1e3", "01", "", "-1", "1 M", "1M\n", "١M", "1.")),
        *(("cpu", text, CPU) for text in ("banana", "", "m", ".5", "0.5m", "1\n", "١", "-1", "1.", "1 ")),
        ("memory", "8Ei", "is an amount of memory that Kubernetes cannot count"),
        ("memory", "9" * 5000, "is an amount of memory that Kubernetes cannot count"),
        ("cpu", "9" * 5000, "is a number of CPUs that Kubernetes cannot count"),
    ],
)
def test_table_e_amounts_that_are_none(tmp_path: Path, element: str, text: str, message: str) -> None:
    (problem,) = messages(tmp_path, container(resources={"limits": {element: text}}))
    assert problem.startswith(f"containers.web.resources.limits.{element}: {message}")


def test_a_request_above_its_limit_is_a_problem(tmp_path: Path) -> None:
    amounts = {"limits": {"cpu": "0.5", "memory": "1Gi"}, "requests": {"cpu": "501m", "memory": "1024Mi"}}
    assert messages(tmp_path, container(resources=amounts)) == [
        "containers.web.resources.requests.cpu: is more than the limit of 0.5"
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("not_existing.txt", "'not_existing.txt' is not there"),
        ("../secret.txt", "'../secret.txt' leaves the Score file's folder"),
        ("sub/../../secret.txt", "'sub/../../secret.txt' leaves the Score file's folder"),
        ("sub/../a.yaml", "'sub/../a.yaml' leaves the Score file's folder"),
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("link", "'link' is a link that leaves the Score file's folder"),
        ("linked/secret.txt", "'linked/secret.txt' is a link that leaves the Score file's folder"),
        ("loop", "'loop' cannot be read: its links form a loop"),
        ("sub", "'sub' is no regular file"),
        ("pipe", "'pipe' is no regular file"),
        ("a.yaml/x", "'a.yaml/x' cannot be read: Not a directory"),
        ("big", "'big' is larger than 1024 KiB"),
        ("x" * 300, f"'{'x' * 300}' cannot be read: File name too long"),
        ("a\0b", "is no path: it holds a zero character"),
    ],
)
def test_a_source_that_cannot_be_embedded_is_told(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "app"
    (folder / "sub").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "pipe")
    (folder / "big").write_bytes(b"x" * (1024 * 1024 + 1))
    assert messages(folder, container(files={"/a": {"source": source}})) == [
        f'containers.web.files["/a"].source: {message}'
    ]


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link").symlink_to("real.txt")
    assert problems(tmp_path, container(files={"/a": {"source": "link"}})) == []


def test_a_placeholder_in_a_source_is_told_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text("# ok ${metadata.name}\r\nx = ${metadata.nam}\n")
    examination = examined(tmp_path, json.dumps(container(files={"/a": {"source": "app.conf"}})))
    assert told(examination.problems, tmp_path) == [
        "app.conf:2:5: containers.web.files[\"/a\"].content: ${metadata.nam}: metadata has no 'nam'"
    ]
    assert excerpt(examination.problems[0], examination.texts[str(tmp_path / "app.conf")]) == (
        "2 | x = ${metadata.nam}\n  |     ^"
    )


def test_schema_only_looks_at_nothing_beside_the_file(tmp_path: Path) -> None:
    document = container(files={"/a": {"source": "none"}}, variables={"A": "${resources.db.hots}"})
    document["resources"] = {"db": {"type": "postgres", "params": {"x": 1}}}
    assert problems(tmp_path, document, contracts=CONTRACTS, schema_only=True) == []
    assert len(problems(tmp_path, document, contracts=CONTRACTS)) == 3
    document["containers"]["web"] |= {"image": 5, "args": ["${x}"], "variables": {"A": "${resources.cache.host}"}}
    assert len(problems(tmp_path, document, contracts=CONTRACTS, schema_only=True)) == 2


def test_a_file_needs_exactly_one_content(tmp_path: Path) -> None:
    files = {"/a": {}, "/b": {"content": "", "binaryContent": "", "mode": "9"}, "/c": {"binaryContent": "x"}}
    assert messages(tmp_path, container(files=files)) == [
        'containers.web.files["/a"]: needs one of source, content and binaryContent',
        'containers.web.files["/b"]: has content and binaryContent; only one of them can be',
        'containers.web.files["/b"].mode: must be three octal digits such as "0644", not \'9\'',
        f"containers.web.files[\"/c\"].binaryContent: {PATTERNS[BASE64_PATTERN]}, not 'x'",
    ]


def test_a_probe_needs_a_way_to_ask(tmp_path: Path) -> None:
    assert messages(tmp_path, container(livenessProbe={}, readinessProbe={"exec": {"command": []}})) == [
        "containers.web.livenessProbe: needs httpGet or exec"
    ]


def test_contracts_catch_what_the_platform_does_not_have(tmp_path: Path) -> None:
    document = container(variables={"A": "${resources.db.hots}", "B": "${resources.env.ANY}"})
    document["resources"] = {
        "db": {"type": "postgres", "params": {"extensions": "x", "version": 15, "size": "big"}},
        "env": {"type": "environment"},
        "cache": {"type": "reddis"},
        "server": {"type": "postgres-server"},
        "route": {"type": "route", "params": {"host": "${resources.db.host}", "path": "x"}},
    }
    examination = examined(tmp_path, json.dumps(document), contracts=CONTRACTS)
    assert [(problem.kind, problem.path, problem.message) for problem in examination.problems] == [
        ("contract", "containers.web.variables.A", "${resources.db.hots}: the type 'postgres' has no output 'hots'"),
        ("contract", "resources.db.params.extensions", "must be a list, not 'x'"),
        ("contract", "resources.db.params.version", "must be one of 16, 17, not the number 15"),
        ("contract", "resources.db.params.size", "the type 'postgres' has no param 'size'"),
        ("unknown-type", "resources.cache.type", "this platform has no resource type 'reddis'"),
        (
            "contract",
            "resources.server.type",
            "'postgres-server' is the platform's own; a workload cannot ask for it",
        ),
        ("contract", "resources.route.params.port", "is required by the type 'route'"),
        ("contract", "resources.route.params.path", "must match ^/, not be 'x'"),
    ]
    hints = [problem.hint.splitlines()[0] for problem in examination.problems if problem.hint]
    assert hints[0] == "did you mean `host`?"
    assert hints[-1] == "ask for: postgres"


def test_placeholders_are_pointed_at_in_every_way_of_writing(tmp_path: Path) -> None:
    text = """\
apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  web:
    image: nginx
    variables:
      PLAIN: a ${x} b ${metadata.name} ${y}
      SINGLE: '${x}'
      DOUBLE: "é\\u00e9 ${x}"
      ESCAPED: "$${x} ${x}"
      FOLDED: >-
        one
        two ${x}
      LITERAL: |
        ${metadata.name}
        $${x}${x}
      HIDDEN: "\\x24{x}"
"""
    assert [
        (problem.position.line, problem.position.column)
        for problem in examined(tmp_path, text).problems
        if problem.position
    ] == [*[(7, 16), (7, 40), (8, 16), (9, 24), (10, 23), (13, 13), (16, 14), (17, 15)]]


def test_a_mistake_of_shape_hides_no_other_mistake(tmp_path: Path) -> None:
    document = {
        "apiVersion": "score.dev/v1b2",
        "metadata": {"name": "shop"},
        "extra": 1,
        "containers": {
            "web": {"image": 5, "before": {"none": {"ready": "soon"}}, "variables": {"A": "${x}", "B": 5}},
            "bad": [],
        },
        "resources": {"db": {"type": "unknown", "params": {"x": "${resources.db.y}"}}, "bad": 5},
    }
    assert messages(tmp_path, document, contracts=CONTRACTS) == [
        "apiVersion: must be score.dev/v1b1, not 'score.dev/v1b2'",
        "extra: is not a key of a workload",
        "containers.web.image: must be a string, not 5",
        "containers.web.before.none: there is no container 'none'",
        "containers.web.before.none.ready: must be started, healthy or complete, not 'soon'",
        "containers.web.variables.A: ${x}: unknown reference root",
        "containers.web.variables.B: must be a string, not 5",
        "containers.bad: must be a map, not a list",
        "resources.db.type: this platform has no resource type 'unknown'",
        "resources.db.params.x: closes a loop of params",
        "resources.bad: must be a map, not 5",
    ]


def test_a_file_of_mistakes_is_told_up_to_a_limit(tmp_path: Path) -> None:
    found = problems(tmp_path, container(variables={f"V{index}": index for index in range(1000)}))
    assert len(found) == 101
    assert found[0] == "a.yaml: there are more problems; these are the first"


def test_read_raises_all_problems_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "score.yaml"
    path.write_text("apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {web: {imag: nginx}}\n")
    with pytest.raises(ScoreError) as caught:
        read(path)
    assert caught.value.exit_code == 1
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "score.yaml:3:14: containers.web.image: is required\n"
        "score.yaml:3:20: containers.web.imag: is not a key of a container\n"
        "  did you mean `image`?\n"
        "  keys of a container: "
        "args, before, command, files, image, livenessProbe, readinessProbe, resources, variables, volumes"
    )
    assert caught.value.problems[1].to_dict() == {
        "kind": "schema",
        "file": str(path),
        "line": 3,
        "column": 20,
        "path": "containers.web.imag",
        "message": "is not a key of a container",
        "hint": caught.value.problems[1].hint,
    }


def test_folders_hold_score_files_wherever_they_are(tmp_path: Path) -> None:
    for name, path in {
        "one": "score.yaml",
        "two": "b/cart.score.yaml",
        "three": "b/deeper/any.yml",
        "hidden": ".git/score.yaml",
        "vendored": "node_modules/x/score.yaml",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f"# comment\napiVersion: score.dev/v1b1\n{json.dumps({'metadata': {'name': name}})[1:-1]}\n".replace(
                '"metadata"', "metadata"
            )
            + "containers: {web: {image: x}}\n"
        )
    (tmp_path / "values.yaml").write_text("a: b\n")
    (tmp_path / "readme.md").write_text("apiVersion: score.dev/v1b1\n")
    sources = read_all([tmp_path, tmp_path / "score.yaml"])
    assert [source.workload.name for source in sources] == ["one", "three", "two"]


def test_sources_that_are_too_much_together_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * MAX_SOURCE_BYTES)
    files = {f"/{index}": {"source": "large"} for index in range(6)}
    too_much = "with 'large' the sources of the workload are larger than 4096 KiB"
    assert messages(tmp_path, container(files=files)) == [
        f'containers.web.files["/{index}"].source: {too_much}' for index in (4, 5)
    ]


def test_a_workload_without_a_name_is_still_checked_for_loops(tmp_path: Path) -> None:
    document = workload(resources={"db": {"type": "thing", "params": {"a": "${resources.db.x}"}}}, metadata={})
    assert messages(tmp_path, document) == [
        "metadata.name: is required",
        "resources.db.params.a: closes a loop of params",
    ]


def test_paths_without_a_score_file_are_problems(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "unreadable").symlink_to(tmp_path / "nowhere")
    paths = [tmp_path / "empty", tmp_path / "none.yaml", tmp_path / "unreadable"]
    assert told(examine(paths).problems, tmp_path) == [
        "empty: there is no Score file in this folder",
        "none.yaml: cannot be read: there is no such file",
        "unreadable: cannot be read: there is no such file",
    ]


def test_all_files_are_told_in_one_run_in_order(tmp_path: Path) -> None:
    broken = json.dumps(container(args="x"))
    found = told(examined(tmp_path, broken, "a: [", json.dumps(workload("ok"))).problems, tmp_path)
    assert [problem.split(":")[0] for problem in found] == ["a.yaml", "b.yaml"]


def test_a_stored_document_is_checked_without_files(tmp_path: Path) -> None:
    source = parse(container(variables={"A": "${metadata.name}"}), file="platform:workloads[0]")
    assert source.positions.at(("metadata", "name")) == Position("platform:workloads[0]")
    with pytest.raises(ScoreError) as caught:
        parse(container(files={"/a": {"source": "x"}}, image=5), file="platform:workloads[0]")
    assert [str(problem).splitlines()[0] for problem in caught.value.problems] == [
        'platform:workloads[0]: containers.web.files["/a"].source: stands in a document without files',
        "platform:workloads[0]: containers.web.image: must be a string, not the number 5",
    ]
    assert parse(workload(), overrides=Overrides(images={"shop": "x:1"})).workload.containers["web"].image == "x:1"


def test_numbers_that_are_whole_count_as_whole_numbers(tmp_path: Path) -> None:
    document = workload(service={"ports": {"www": {"port": 80.0, "targetPort": 8080.5}}})
    assert messages(tmp_path, document) == [
        "service.ports.www.targetPort: must be a whole number, not 8080.5",
    ]


@pytest.mark.parametrize("element", ["name\n", "shop\r", "ｓhop", "shöp"])
def test_names_end_where_they_seem_to_end(tmp_path: Path, element: str) -> None:
    (message,) = messages(tmp_path, workload(element))
    assert message.startswith("metadata.name: must be 2 to 63")
