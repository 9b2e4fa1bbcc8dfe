"""Score documents that this platform can deploy, for hypothesis: every element, placeholders for real resources."""

import base64
from typing import Any

from hypothesis import strategies as st

from tests.kubernetes.strategies import labels, memories, ports, processors, texts, variable_names
from tests.kubernetes.strategies import paths as targets

OUTPUTS: dict[str, tuple[str, ...]] = {
    "postgres": ("host", "port", "name", "username", "password"),
    "s3": ("bucket", "endpoint", "region", "access_key_id", "secret_key"),
    "dns": ("host",),
    "environment": ("API_KEY",),
}
"""By type, the outputs that texts may refer to."""
IMAGES = ("python", "registry.example:5000/a/b:1", "x@sha256:" + "0" * 64)

plain = texts.map(lambda text: text.replace("$", "$$"))


@st.composite
def filled(draw: st.DrawFn, outputs: list[str]) -> str:
    """A text with placeholders in it."""
    parts = draw(st.lists(plain | st.sampled_from(outputs or [""]), max_size=4))
    return "".join(parts)


@st.composite
def files(draw: st.DrawFn, outputs: list[str]) -> dict[str, Any]:
    """One file."""
    if draw(st.booleans()):
        file: dict[str, Any] = {"content": draw(filled(outputs))}
    else:
        file = {"binaryContent": base64.b64encode(draw(st.binary(max_size=30))).decode()}
    if draw(st.booleans()):
        file["mode"] = draw(st.sampled_from(["0400", "0644", "755"]))
    return file


@st.composite
def probes(draw: st.DrawFn) -> dict[str, Any]:
    """One probe."""
    if draw(st.booleans()):
        return {"exec": {"command": draw(st.lists(texts, min_size=1, max_size=3))}}
    get: dict[str, Any] = {"port": draw(ports), "path": "/" + draw(st.from_regex(r"[a-z/?=]{0,9}", fullmatch=True))}
    if draw(st.booleans()):
        get |= {"scheme": "HTTPS", "host": "localhost", "httpHeaders": [{"name": "X-A", "value": "b"}]}
    return {"httpGet": get}


@st.composite
def containers(draw: st.DrawFn, outputs: list[str]) -> dict[str, Any]:
    """One container without an order."""
    container: dict[str, Any] = {
        "image": draw(st.sampled_from(IMAGES)),
        "variables": draw(st.dictionaries(variable_names, filled(outputs), max_size=4)),
        "files": draw(st.dictionaries(targets, files(outputs), max_size=4)),
    }
    if draw(st.booleans()):
        container["command"] = draw(st.lists(texts, min_size=1, max_size=3))
    if draw(st.booleans()):
        container["args"] = draw(st.lists(texts, min_size=1, max_size=3))
    if draw(st.booleans()):
        container["resources"] = {"requests": {"memory": "16Mi", "cpu": "10m"}, "limits": {"memory": draw(memories)}}
        if draw(st.booleans()):
            container["resources"]["limits"]["cpu"] = draw(processors)
    for kind in ("livenessProbe", "readinessProbe"):
        if draw(st.booleans()):
            container[kind] = draw(probes())
    return container


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """One Score document."""
    types = draw(st.lists(st.sampled_from(sorted(OUTPUTS)), unique=True))
    resources: dict[str, Any] = {f"the-{type_}": {"type": type_} for type_ in types}
    outputs = [f"${{resources.the-{type_}.{output}}}" for type_ in types for output in OUTPUTS[type_]]
    numbers = draw(st.lists(ports, unique=True, max_size=3))
    opened = {
        f"port-{number}": {"port": number, "targetPort": draw(ports), "protocol": draw(st.sampled_from(["TCP", "UDP"]))}
        for number in numbers
    }
    reached = [name for name, port in opened.items() if port["protocol"] == "TCP"]
    if reached and "dns" in types and draw(st.booleans()):
        params = {"host": "${resources.the-dns.host}", "path": draw(st.sampled_from(["/", "/a/b"])), "port": reached[0]}
        resources["the-route"] = {"type": "route", "params": params}
    elif "dns" in types and not reached:
        opened = {}
    names = draw(st.lists(labels, unique=True, min_size=1, max_size=3))
    pod = {name: draw(containers(outputs)) for name in names}
    for index, name in enumerate(sorted(pod)[:-1]):
        if draw(st.booleans()):
            probed = "livenessProbe" in pod[name] or "readinessProbe" in pod[name]
            ready = draw(st.sampled_from(["started", "healthy"] if probed else ["started", "complete"]))
            pod[name]["before"] = {sorted(pod)[index + 1]: {"ready": ready}}
    document: dict[str, Any] = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {
            "name": draw(labels),
            "annotations": draw(st.sampled_from([{}, {"example.com/note": "any / text"}])),
        },
        "containers": pod,
        "resources": resources,
    }
    if opened:
        document["service"] = {"ports": opened}
    return document
