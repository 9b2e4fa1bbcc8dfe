"""Whether a document has the shape of a Score workload; what pydantic finds is told in the specification's words."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from platform_components.score import model, quantities
from platform_components.score.jsonschema import describe
from platform_components.score.positions import DocumentPath, Positions
from platform_components.score.problems import MAX_PROBLEMS, Problem, cut, did_you_mean, nearest, path_text

_ELEMENTS: Mapping[tuple[str, ...], tuple[str, type[BaseModel]]] = {
    (): ("a workload", model.Workload),
    ("service",): ("a service", model.Service),
    ("service", "ports", "*"): ("a port", model.Port),
    ("containers", "*"): ("a container", model.Container),
    ("containers", "*", "files", "*"): ("a file", model.File),
    ("containers", "*", "volumes", "*"): ("a volume", model.Volume),
    ("containers", "*", "before", "*"): ("an entry of before", model.Before),
    ("containers", "*", "resources"): ("a container's resources", model.ContainerResources),
    ("containers", "*", "resources", "*"): ("limits and requests", model.Amounts),
    ("containers", "*", "*Probe"): ("a probe", model.Probe),
    ("containers", "*", "*Probe", "httpGet"): ("httpGet", model.HttpGet),
    ("containers", "*", "*Probe", "httpGet", "httpHeaders", "*"): ("a header", model.HttpHeader),
    ("containers", "*", "*Probe", "exec"): ("exec", model.Exec),
    ("resources", "*"): ("a resource", model.Resource),
}
"""The closed elements by where they stand, with what a message calls them."""

_MEANT = {
    ("a workload", "name"): "the name stands in metadata: {name: …}",
    ("a workload", "container"): "did you mean `containers`? It is a map: a name for each container",
    ("a workload", "annotations"): "annotations stand in metadata",
    ("a container", "env"): "environment variables are called `variables`, a map of names to strings",
    ("a container", "environment"): "environment variables are called `variables`, a map of names to strings",
    ("a container", "ports"): "ports are opened by the workload: service: {ports: {NAME: {port: …}}}",
    ("a container", "entrypoint"): "the entrypoint is called `command`",
    ("a container", "volumeMounts"): "mounts are called `volumes`, a map of paths to {source: …}",
    ("a container", "depends_on"): "the container that has to start first says so: before: {OTHER: {ready: …}}",
    ("a container", "name"): "the name is the container's key in `containers`",
    ("a file", "target"): "in the map form the key is the target",
    ("a volume", "target"): "in the map form the key is the target",
    ("a volume", "read_only"): "did you mean `readOnly`?",
    ("a resource", "properties"): "did you mean `params`?",
    ("a resource", "name"): "the name is the resource's key in `resources`",
}
"""What people mean by keys that Score does not have, or has elsewhere."""

PATTERNS = {
    model.LABEL_PATTERN: "must be 2 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends",
    model.TYPE_PATTERN: "must be 2 to 63 of A-Z, a-z, 0-9 and '-', with a letter or digit at both ends",
    model.ID_PATTERN: "must be words of a-z, 0-9 and '-' joined by '.', 2 to 63 characters in all",
    model.ANNOTATION_PATTERN: "must be 2 to 63 of A-Z, a-z, 0-9, '.', '_' and '-' with a letter or digit at both ends, "
    "after an optional lower-case domain and '/'",
    model.VARIABLE_PATTERN: "must be filled and hold no '='",
    model.BASE64_PATTERN: "must be base64 (text goes into `content`, a file's path into `source`)",
    model.MODE_PATTERN: 'must be three octal digits such as "0644"',
    model.HEADER_PATTERN: "must be of A-Z, a-z, 0-9, '_' and '-'",
    quantities.MEMORY_PATTERN: "must be an amount of memory such as 125M, 0.5G or 1.5Gi",
    quantities.CPU_PATTERN: "must be a number of CPUs such as 2, 0.5 or 250m",
}
"""What a message says instead of a regular expression."""
_EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "greater_than_equal": "from 1 to 65535",
    "less_than_equal": "from 1 to 65535",
    "bool_type": "true or false",
    "model_type": "a map",
    "dict_type": "a map",
    "mapping_type": "a map",
    "tuple_type": "a list",
}
_MESSAGES = {
    "missing": "is required",
    "too_short": "must hold at least one container",
    "string_too_short": "must not be empty",
    "string_unicode": "is no text: it holds half of a surrogate pair",
}
_KEY = "[key]"


def shape(document: Any, positions: Positions) -> tuple[model.Workload | None, list[Problem]]:
    """The workload, or everything that keeps the document from being one."""
    try:
        return model.Workload.model_validate(document), []
    except ValidationError as error:
        details = error.errors(include_url=False)[: MAX_PROBLEMS + 1]
        return None, [_problem(one, positions) for one in details]


def _problem(error: ErrorDetails, positions: Positions) -> Problem:
    path = error["loc"]
    about_key = bool(path) and path[-1] == _KEY
    if about_key:
        path = path[:-1]
    message, hint = _explanation(error, path, positions.written(path))
    of_key = about_key or error["type"] == "extra_forbidden"
    if about_key:
        message = f"the name {message}, not {describe(path[-1])}"
    position = positions.key(path) if of_key else positions.at(path)
    return Problem("schema", path_text(path), message, position, hint)


def _explanation(error: ErrorDetails, path: DocumentPath, written: str | None) -> tuple[str, str]:
    """What is wrong and what to do."""
    kind, value, details = error["type"], error["input"], error.get("ctx", {})
    what = cut(written, 40) if written else describe(value)
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind in _EXPECTED:
        hint = _left_out(path, written) if value is None else ""
        return f"must be {_EXPECTED[kind]}, not {what}", hint or _quoting(kind, value, written)
    if kind == "string_pattern_mismatch":
        message = PATTERNS[details["pattern"]]
        return (message if error["loc"] != path else f"{message}, not {what}"), ""
    if kind in ("string_too_short", "string_too_long") and details.get("min_length") != 1:
        pattern = model.ANNOTATION_PATTERN if details.get("max_length") == 316 else model.ID_PATTERN
        return f"{PATTERNS[pattern]}; this has {len(value)}", ""
    if kind == "literal_error":
        choices = details["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        near = nearest(value, choices) if isinstance(value, str) else None
        listed = " or ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
        return f"must be {listed}, not {what}", f"did you mean {near}?" if near else ""
    return _MESSAGES.get(kind, error["msg"]), ""


def _unknown_key(path: DocumentPath) -> tuple[str, str]:
    key = str(path[-1])
    found = _element(path[:-1])
    assert found is not None, path  # nothing but closed elements refuses a key
    noun, element = found
    names = [field.alias or name for name, field in element.model_fields.items()]
    hint = _MEANT.get((noun, key)) or did_you_mean(key, names, of=f"keys of {noun}")
    return f"is not a key of {noun}", hint


def _left_out(path: DocumentPath, written: str | None) -> str:
    """What to do about a key without a value, if it may be left out."""
    found = _element(path[:-1]) if path and not written else None
    if found is None:
        return ""
    fields = {field.alias or name: field for name, field in found[1].model_fields.items()}
    field = fields.get(str(path[-1]))
    return "leave the key out if there is nothing to say" if field is not None and not field.is_required() else ""


def _element(path: DocumentPath) -> tuple[str, type[BaseModel]] | None:
    """The closed element that stands at a path, with what a message calls it."""
    for pattern, element in _ELEMENTS.items():
        if len(pattern) == len(path) and all(
            expected in ("*", step) or (expected == "*Probe" and str(step).endswith("Probe"))
            for expected, step in zip(pattern, path, strict=True)
        ):
            return element
    return None


def _quoting(kind: str, value: Any, written: str | None) -> str:
    """How to write a scalar of the other kind; `written` tells 0644 from 644 and 1.10 from 1.1."""
    if kind == "string_type" and value is None and not written:
        return 'an empty text is written ""'
    if kind == "string_type" and (value is None or isinstance(value, (bool, int, float))):
        text = written if written is not None else json.dumps(value)
        return f'quote it: "{text}"' if len(text) <= 40 else "quote it"
    if kind == "tuple_type" and isinstance(value, str):
        return 'write each part as an item: ["…", "…"]'
    if kind == "int_type" and isinstance(value, str) and len(value) <= 5 and value.isascii() and value.isdigit():
        return f"leave out the quotes: {value}"
    return ""
