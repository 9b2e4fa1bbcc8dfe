"""A table: Score files and the pod template that each becomes, written down from the specification.

What score-k8s has (images, command, arguments, environment, mounts with bytes and modes, probes, quantities, ports),
and what it lacks or does otherwise. Resources give what `offline.GIVEN` says.
"""

import base64
from typing import Any

import pytest

from tests.drivers.offline import objects_of

HEAD = "apiVersion: score.dev/v1b1\nmetadata: {name: web, team: {name: shop}}\n"
RESOURCES = """
resources:
  db: {type: postgres}
  dns: {type: dns}
  env: {type: environment}
"""
CONFIG: dict[str, Any] = {"values": {"API_KEY": "sk-live"}}


def container(text: str, *, more: str = "") -> Any:
    """The objects of a workload whose container `main` has these elements, as flow YAML."""
    document = f"{HEAD}containers:\n  main: {{image: 'registry.example/shop/web:1.2', {text}}}\n{more}{RESOURCES}"
    return objects_of(document, **CONFIG)


IMAGES = [
    "python",
    "registry.example:5000/shop/web:1.2",
    f"registry.example/shop/web@sha256:{'0' * 64}",
]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_taken_as_it_is(image: str) -> None:
    made = objects_of(f"{HEAD}containers: {{main: {{image: '{image}'}}}}\n")

    assert made.container()["image"] == image


def test_an_image_that_was_left_open_is_the_one_that_is_given() -> None:
    made = objects_of(f"{HEAD}containers: {{main: {{image: .}}}}\n", images={"web": "shop/web:7"})

    assert made.container()["image"] == "shop/web:7"


WORDS = [
    # as written, and what the process gets: nothing is filled in, by nobody
    ("command: [/bin/app]", {"command": ["/bin/app"]}),
    ("args: ['--x', '1']", {"args": ["--x", "1"]}),
    ("command: [sh, -c], args: ['echo $HOME $$ ${resources.db.host}']",
     {"command": ["sh", "-c"], "args": ["echo $HOME $$ ${resources.db.host}"]}),
    ("args: ['$(HOSTNAME) $$(X) $$$(Y)']", {"args": ["$(HOSTNAME) $$(X) $$$(Y)"]}),
    ("", {}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "words"), WORDS)
def test_command_and_arguments_reach_the_process_literally(written: str, words: dict[str, list[str]]) -> None:
    found = container(written).container()

    assert {key: [expanded(word) for word in found[key]] for key in ("command", "args") if key in found} == words


def expanded(word: str) -> str:
    """What the kubelet makes of a word when no variable is called like any reference in it.

    Source: k8s.io/kubernetes, third_party/forked/golang/expansion/expand.go
    """
    result, index = "", 0
    while index < len(word):
        if word[index] == "$" and word[index + 1 : index + 2] == "$":
            result, index = result + "$", index + 2
        elif word[index] == "$" and word[index + 1 : index + 2] == "(":
            raise AssertionError(f"the kubelet would look for a variable: {word}")
        else:
            result, index = result + word[index], index + 1
    return result


VARIABLES = [
    ("plain", "plain", False),
    ("", "", False),
    ("3000", "3000", False),
    ("$abc ${unclosed", "$abc ${unclosed", False),
    ("a $$ b $${resources.db.host}", "a $ b ${resources.db.host}", False),
    ("$(NOT_A_REFERENCE)", "$(NOT_A_REFERENCE)", False),
    ("${metadata.name}", "web", False),
    ("${metadata.team}", '{"name":"shop"}', False),
    ("${metadata.team.name}", "shop", False),
    ("${resources.db.host}:${resources.db.port}", "db.example.com:5432", False),
    ("https://${resources.dns.host}/", "https://web.example.com/", False),
    ("${resources.db.password}", "s3cret", True),
    (
        "postgresql://${resources.db.user}:${resources.db.password}@${resources.db.host}:${resources.db.port}/${resources.db.name}",
        "postgresql://shop-role:s3cret@db.example.com:5432/shop",
        True,
    ),
    ("Bearer ${resources.env.API_KEY}", "Bearer sk-live", True),
]


@pytest.mark.parametrize(("written", "value", "secret"), VARIABLES)
def test_a_variable_has_its_placeholders_filled_in_and_is_hidden_if_one_is_secret(
    written: str, value: str, secret: bool
) -> None:
    made = container(f"variables: {{A: '{written}'}}")

    (entry,) = made.container()["env"]
    assert ("valueFrom" in entry) == secret
    if secret:
        assert made.secrets[entry["valueFrom"]["secretKeyRef"]["key"]].decode() == value
        assert "s3cret" not in str(made.controller)
    else:
        assert expanded(entry["value"]) == value


BYTES = b"\xff\x00${metadata.name}"
FILES = [
    # the file, and: bytes, mode, whether it is in the Secret
    ("{content: 'a ${metadata.name}'}", b"a web", "0644", False),
    ("{content: 'a ${metadata.name}', noExpand: true}", b"a ${metadata.name}", "0644", False),
    ("{content: '$$ $(X)'}", b"$ $(X)", "0644", False),
    ("{content: ''}", b"", "0644", False),
    ("{content: x, mode: '0755'}", b"x", "0755", False),
    ("{content: x, mode: '400'}", b"x", "0400", False),
    ("{content: 'password=${resources.db.password}!'}", b"password=s3cret!", "0440", True),
    ("{content: '${resources.db.password}', mode: '0400'}", b"s3cret", "0400", True),
    ("{content: '${resources.db.password}', noExpand: true}", b"${resources.db.password}", "0644", False),
    (f"{{binaryContent: '{base64.b64encode(BYTES).decode()}'}}", BYTES, "0644", False),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "mode", "secret"), FILES)
def test_a_file_is_mounted_by_itself(file: str, content: bytes, mode: str, secret: bool) -> None:
    made = container(f"files: {{/etc/app/a.conf: {file}}}")

    assert made.files() == {"/etc/app/a.conf": (content, mode, secret)}


def test_many_files_of_one_folder_hide_nothing_beside_them() -> None:
    files = "/etc/ssl/a.pem: {content: a}, /etc/ssl/b.pem: {content: b}, /etc/hosts.extra: {content: c}"
    made = container(f"files: {{{files}, /etc/ssl/key.pem: {{content: '${{resources.db.password}}'}}}}")

    assert {path: content for path, (content, _, _) in made.files().items()} == {
        "/etc/ssl/a.pem": b"a",
        "/etc/ssl/b.pem": b"b",
        "/etc/hosts.extra": b"c",
        "/etc/ssl/key.pem": b"s3cret",
    }
    assert all(mount.get("subPath") for mount in made.container()["volumeMounts"])


def test_containers_have_files_of_their_own_at_the_same_path() -> None:
    beside = "  beside: {image: nginx, files: {/etc/a: {content: other}}}\n"
    made = container("files: {/etc/a: {content: mine}}", more=beside)

    assert made.files("main")["/etc/a"][0] == b"mine"
    assert made.files("beside")["/etc/a"][0] == b"other"


HTTP = {"path": "/ready", "port": 8080, "scheme": "HTTP"}
PROBES: list[tuple[str, dict[str, Any]]] = [
    ("{httpGet: {path: /ready, port: 8080}}", {"httpGet": HTTP}),
    ("{httpGet: {path: /ready, port: 8080, scheme: HTTPS}}", {"httpGet": {**HTTP, "scheme": "HTTPS"}}),
    (
        "{httpGet: {path: /ready, port: 8080, httpHeaders: [{name: X-A, value: b}, {name: X-A, value: c}]}}",
        {"httpGet": {**HTTP, "httpHeaders": [{"name": "X-A", "value": "b"}, {"name": "X-A", "value": "c"}]}},
    ),
    (
        "{httpGet: {path: /ready, port: 8080, host: shop.example}}",
        {"httpGet": {**HTTP, "httpHeaders": [{"name": "Host", "value": "shop.example"}]}},
    ),
    ("{exec: {command: [ready, --now]}}", {"exec": {"command": ["ready", "--now"]}}),
    ("{exec: {command: [ready]}, httpGet: {path: /ready, port: 8080}}", {"exec": {"command": ["ready"]}}),
]


@pytest.mark.parametrize("kind", ["livenessProbe", "readinessProbe"])
@pytest.mark.parametrize(("written", "probe"), PROBES)
def test_a_probe_is_what_the_file_says_and_exec_counts_before_http(
    kind: str, written: str, probe: dict[str, Any]
) -> None:
    made = container(f"{kind}: {written}").container()

    soon = {"periodSeconds": 2, "failureThreshold": 15} if kind == "readinessProbe" else {}
    assert made[kind] == {**probe, **soon}
    assert {key for key in made if key.endswith("Probe")} == {kind}


DEFAULTS = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
QUANTITIES = [
    ("", DEFAULTS),
    ("requests: {cpu: '0.250'}", {**DEFAULTS, "requests": {"cpu": "0.250", "memory": "64Mi"}}),
    ("limits: {cpu: '2'}", {**DEFAULTS, "limits": {"cpu": "2", "memory": "256Mi"}}),
    ("limits: {memory: 0.5G}", {**DEFAULTS, "limits": {"memory": "0.5G"}}),
    ("limits: {memory: 100K}", {"requests": {"cpu": "50m", "memory": "100k"}, "limits": {"memory": "100k"}}),
    ("requests: {memory: 1.5Gi}", {"requests": {"cpu": "50m", "memory": "1.5Gi"}, "limits": {"memory": "1.5Gi"}}),
    (
        "requests: {cpu: 250m, memory: 125M}, limits: {cpu: '1', memory: 1Ei}",
        {"requests": {"cpu": "250m", "memory": "125M"}, "limits": {"cpu": "1", "memory": "1Ei"}},
    ),
]


@pytest.mark.parametrize(("written", "resources"), QUANTITIES)
def test_amounts_are_what_the_file_says_and_defaults_give_way(written: str, resources: dict[str, Any]) -> None:
    assert container(f"resources: {{{written}}}").container()["resources"] == resources


PORTS = [
    ("{web: {port: 80}}", [("web", 80, 80, "TCP")]),
    ("{web: {port: 80, targetPort: 8080}}", [("web", 80, 8080, "TCP")]),
    ("{dns: {port: 53, targetPort: 5353, protocol: UDP}}", [("dns", 53, 5353, "UDP")]),
    (
        "{dns: {port: 53, protocol: UDP}, dns-tcp: {port: 53}, a-metrics: {port: 9153}}",
        [("a-metrics", 9153, 9153, "TCP"), ("dns", 53, 53, "UDP"), ("dns-tcp", 53, 53, "TCP")],
    ),
]


@pytest.mark.parametrize(("written", "ports"), PORTS)
def test_ports_are_those_of_the_service(written: str, ports: list[tuple[str, int, int, str]]) -> None:
    spec = container("", more=f"service: {{ports: {written}}}\n").manifests["service"]["spec"]

    found = [(port["name"], port["port"], port["targetPort"], port["protocol"]) for port in spec["ports"]]
    assert found == ports
    assert spec["selector"] == {"app.kubernetes.io/name": "web"}


def test_without_a_port_there_is_no_service() -> None:
    assert "service" not in container("").manifests


def test_containers_are_in_the_order_of_their_names() -> None:
    made = container("", more="  zebra: {image: z}\n  ant: {image: a}\n")

    assert [one["name"] for one in made.pod["containers"]] == ["ant", "main", "zebra"]


PROBE = "readinessProbe: {exec: {command: [ready]}}"
ORDERS: list[tuple[str, str, list[tuple[str, Any, bool]]]] = [
    # what the first container says, its probe, and: init containers with their restart policy and start-up probe
    ("complete", "", [("first", None, False)]),
    ("started", "", [("first", "Always", False)]),
    ("healthy", PROBE, [("first", "Always", True)]),
]


@pytest.mark.parametrize(("ready", "probe", "init"), ORDERS)
def test_the_container_that_says_before_starts_first(ready: str, probe: str, init: list[tuple[str, Any, bool]]) -> None:
    first = f"  first: {{image: nginx, before: {{main: {{ready: {ready}}}}}, {probe}}}\n"
    made = container("", more=first)

    found = [(one["name"], one.get("restartPolicy"), "startupProbe" in one) for one in made.pod["initContainers"]]
    assert found == init
    assert [one["name"] for one in made.pod["containers"]] == ["main"]


def test_what_waits_for_what_waits_is_third() -> None:
    chain = "  bb: {image: b, before: {aa: {ready: complete}}}\n  aa: {image: a, before: {main: {ready: started}}}\n"

    assert [one["name"] for one in container("", more=chain).pod["initContainers"]] == ["bb", "aa"]


def test_the_same_file_is_the_same_template_and_another_content_is_another() -> None:
    """Names of ConfigMaps and Secrets follow from what is in them; here they are fixed, so contents are compared."""
    first, same = (container("files: {/etc/a: {content: a}}, variables: {A: b}") for _ in range(2))

    assert first.template == same.template
    assert first.manifests["config-map"] == same.manifests["config-map"]
    other = container("files: {/etc/a: {content: changed}}, variables: {A: b}")
    assert other.manifests["config-map"] != first.manifests["config-map"]
    assert other.manifests["config-map"]["immutable"] is True


SETTINGS: list[tuple[dict[str, Any], str, Any]] = [
    ({"replicas": 4}, "controller.spec.replicas", 4),
    ({"max_unavailable": 1}, "disruption-budget.spec.maxUnavailable", 1),
    ({"termination_grace_seconds": 90}, "controller.spec.template.spec.terminationGracePeriodSeconds", 90),
    ({"deadline_seconds": 120}, "controller.spec.progressDeadlineSeconds", 120),
    ({"strategy": {"type": "Recreate"}}, "controller.spec.strategy", {"type": "Recreate"}),
    ({"spread": False}, "controller.spec.template.spec.topologySpreadConstraints", None),
    ({"user": 1000}, "controller.spec.template.spec.securityContext.runAsUser", 1000),
    ({"group": 2000}, "controller.spec.template.spec.securityContext.fsGroup", 2000),
    ({"image_pull_secrets": ["registry"]}, "controller.spec.template.spec.imagePullSecrets", [{"name": "registry"}]),
    (
        {"scratch_size": "2Gi"},
        "controller.spec.template.spec.volumes",
        [{"name": "workload-scratch", "emptyDir": {"sizeLimit": "2Gi"}}],
    ),
]


@pytest.mark.parametrize(("settings", "path", "expected"), SETTINGS)
def test_an_environment_type_sets_the_rest(settings: dict[str, Any], path: str, expected: Any) -> None:
    made = objects_of(f"{HEAD}containers: {{main: {{image: nginx}}}}\n", settings={"workload": settings})

    found: Any = made.manifests
    for key in path.split("."):
        found = found.get(key, None)
    assert found == expected


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"read_only_root": False}, lambda one: one["securityContext"]["readOnlyRootFilesystem"] is False),
        ({"pre_stop_seconds": 7}, lambda one: one["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}),
        ({"default_requests": {"cpu": "1"}}, lambda one: one["resources"]["requests"]["cpu"] == "1"),
        ({"default_limits": {"memory": "1Gi"}}, lambda one: one["resources"]["limits"] == {"memory": "1Gi"}),
    ],
)
def test_an_environment_type_sets_the_rest_of_each_container(settings: dict[str, Any], check: Any) -> None:
    text = f"{HEAD}service: {{ports: {{web: {{port: 80}}}}}}\ncontainers: {{main: {{image: nginx}}}}\n"
    made = objects_of(text, settings={"workload": settings})

    assert check(made.container()), made.container()
