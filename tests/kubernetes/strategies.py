"""Workloads of every shape that the arguments allow, for hypothesis."""

import base64
import string
from typing import Any

from hypothesis import strategies as st

NAMESPACE = "corpus"
STORED = {"store": "env-values", "key": "API_KEY"}

labels = st.from_regex(r"[a-z][a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
# NUL can be neither in a variable nor in a file of text.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
variable_names = st.text(string.printable.strip().replace("=", "") + " ", min_size=1, max_size=20)
segments = st.from_regex(r"[A-Za-z0-9._ -]{1,12}", fullmatch=True).filter(lambda text: text.strip(".") != "")
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
ports = st.integers(1, 65535)
memories = st.sampled_from(["16Mi", "64Mi", "0.5G", "1.5Gi", "100M", "2Gi", "200000K"])
processors = st.sampled_from(["10m", "0.24", "1", "2"])


@st.composite
def connections(draw: st.DrawFn) -> dict[str, Any]:
    """The other end of connections, and their ports."""
    end: dict[str, Any] = draw(
        st.one_of(
            labels.map(lambda name: {"workload": name}),
            labels.map(lambda name: {"namespace": name}),
            st.just({"namespace": "data", "pods": {"app": "redis"}}),
            st.sampled_from(
                [{"cidr": "10.0.0.0/8"}, {"cidr": "0.0.0.0/0", "without": ["10.0.0.0/8", "172.16.0.0/12"]}]
            ),
        )
    )
    return {**end, "ports": draw(st.lists(ports | ports.map("{}/UDP".format), min_size=1, max_size=2))}


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """One file."""
    file: dict[str, Any] = {"secret": draw(st.booleans())}
    if draw(st.booleans()):
        file["content"] = draw(texts)
    else:
        file["binary_content"] = base64.b64encode(draw(st.binary(max_size=30))).decode()
    if draw(st.booleans()):
        file["mode"] = draw(st.sampled_from(["0400", "0644", "755", "0000"]))
    return file


@st.composite
def probes(draw: st.DrawFn, *, liveness: bool) -> dict[str, Any]:
    """One probe; Kubernetes wants exactly one success of a liveness probe."""
    probe: dict[str, Any] = {}
    if draw(st.booleans()):
        probe["command"] = draw(st.lists(texts, min_size=1, max_size=3))
    else:
        probe["http_get"] = {"port": draw(ports), "path": "/" + draw(st.from_regex(r"[a-z/?=]{0,9}", fullmatch=True))}
        if draw(st.booleans()):
            probe["http_get"] |= {"scheme": "HTTPS", "host": "localhost", "headers": [{"name": "X-A", "value": "b"}]}
    for name, least in (("initial_delay_seconds", 0), ("period_seconds", 1), ("timeout_seconds", 1)):
        if draw(st.booleans()):
            probe[name] = draw(st.integers(least, 60))
    if not liveness and draw(st.booleans()):
        probe["success_threshold"] = draw(st.integers(1, 3))
    return probe


@st.composite
def containers(draw: st.DrawFn, volumes: list[str]) -> dict[str, Any]:
    """One container without an order."""
    names = draw(st.lists(variable_names, unique=True, max_size=4))
    targets = draw(st.lists(paths, unique=True, max_size=4))
    secret = draw(st.integers(0, len(names)))
    mounted = draw(st.integers(0, len(targets) if volumes else 0))
    container: dict[str, Any] = {
        "image": draw(st.sampled_from(["python", "registry.example:5000/a/b:1", "x@sha256:" + "0" * 64])),
        "secret_variables": {name: draw(texts) for name in names[:secret]},
        "variables": {name: draw(texts) for name in names[secret:]},
        "files": {target: draw(files()) for target in targets[mounted:]},
        "volumes": {
            target: {
                "volume": draw(st.sampled_from(volumes)),
                "read_only": draw(st.booleans()),
                "path": draw(st.sampled_from(["", "sub/path"])),
            }
            for target in targets[:mounted]
        },
    }
    if draw(st.booleans()):
        container["stored_variables"] = {"STORED_KEY": STORED}
    if draw(st.booleans()):
        container["stored_files"] = {"/stored/key.pem": STORED}
    if draw(st.booleans()):
        container |= {
            "command": draw(st.lists(texts, min_size=1, max_size=3)),
            "args": draw(st.lists(texts, max_size=3)),
        }
    for kind in ("requests", "limits"):
        if draw(st.booleans()):
            container[kind] = {"memory": draw(memories) if kind == "limits" else "16Mi"}
            if draw(st.booleans()):
                container[kind]["cpu"] = draw(processors) if kind == "limits" else "10m"
    for kind in ("liveness", "readiness", "startup"):
        if draw(st.booleans()):
            container[kind] = draw(probes(liveness=kind != "readiness"))
    return container


@st.composite
def ordered(draw: st.DrawFn, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Containers of which some start before others; all edges lead to later names, so there is no circle."""
    names = sorted(given)
    for index, name in enumerate(names[:-1]):
        if draw(st.booleans()):
            probed = any(kind in given[name] for kind in ("liveness", "readiness", "startup"))
            ways = ["started", "healthy"] if probed else ["started", "complete"]
            others = draw(st.lists(st.sampled_from(names[index + 1 :]), unique=True, min_size=1))
            given[name]["before"] = {other: draw(st.sampled_from(ways)) for other in others}
    return given


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of one workload."""
    kind = draw(st.sampled_from(["Deployment", "Deployment", "StatefulSet", "Job", "CronJob"]))
    volumes: dict[str, Any] = {name: {"source": {"emptyDir": {}}} for name in draw(st.lists(labels, max_size=2))}
    if kind == "StatefulSet" and draw(st.booleans()):
        volumes["claimed"] = {
            "claim": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        }
    names = draw(st.lists(labels, unique=True, min_size=1, max_size=3))
    numbers = draw(st.lists(ports, unique=True, max_size=3))
    workload: dict[str, Any] = {
        "namespace": NAMESPACE,
        "workload_name": draw(labels),
        "kind": kind,
        "containers": draw(ordered({name: draw(containers(sorted(volumes))) for name in names})),
        "volumes": volumes,
        "secret_stores": {STORED["store"]: {"provider_class": "vault", "secret": "vault"}},
        "ports": {
            f"port-{number}": {
                "port": number,
                "target_port": draw(ports),
                "protocol": draw(st.sampled_from(["TCP", "UDP"])),
            }
            for number in numbers
        },
        "replicas": draw(st.integers(0, 3)),
        "spread": draw(st.booleans()),
        "pre_stop_seconds": draw(st.sampled_from([0, 5])),
        "service_account": draw(st.sampled_from([{}, {"name": "shared"}, {"client_id": "guid"}])),
        "annotations": draw(st.sampled_from([{}, {"example.com/note": "any text / at all"}])),
        "labels": draw(st.sampled_from([{}, {"platform-components/app": "shop"}])),
    }
    if kind == "CronJob":
        workload["schedule"] = "*/5 * * * *"
    if kind in {"Deployment", "StatefulSet"} and draw(st.booleans()):
        workload |= {"max_unavailable": 1, "autoscaling": {"min_replicas": 1, "max_replicas": 3}}
    if numbers:
        way: dict[str, Any] = draw(
            st.sampled_from(
                [
                    {"gateway": {"name": "main", "namespace": "gateway", "listener": "https"}},
                    {"ingress": {"class_name": "nginx", "tls_secret": "shop-tls"}},
                ]
            )
        )
        workload |= way
        workload["routes"] = [
            {"host": "shop.example.com", "path": draw(st.sampled_from(["/", "/a/b"])), "port": number}
            for number, port in zip(numbers, workload["ports"].values(), strict=True)
            if port["protocol"] == "TCP"
        ]
    if draw(st.booleans()):
        workload["network"] = {
            "ingress": draw(st.lists(connections(), max_size=3)),
            "egress": draw(st.lists(connections(), max_size=3)),
        }
    return workload
