"""Changes behind Pulumi's back, as somebody in the portal makes them: a refresh sees them, the program undoes them."""

import json
import re
from typing import Any

from sandbox.azure import ids, keys
from sandbox.azure.kinds import kind_of
from sandbox.azure.store import Resource, Store
from sandbox.azure.values import redacted, sealed
from sandbox.errors import SandboxError
from sandbox.state import State

_STEP = re.compile(r"""\.?(?P<name>[^.\[\]="]+)|\[(?P<index>\d+)\]|\["(?P<quoted>[^"]+)"\]""")


def find(store: Store, wanted: str) -> Resource:
    """The resource of an id, in any spelling, or the only one of a name."""
    found = [store.get(wanted)] if wanted.startswith("/") else []
    named = [each for each in store.list() if each.name.lower() == wanted.lower()] if not found else []
    candidates = [each for each in [*found, *named] if each is not None]
    if not candidates:
        raise SandboxError(f"no resource has the id or name '{wanted}'", fix="look: python -m sandbox azure list")
    if len(candidates) > 1:
        listed = [each.id for each in candidates]
        raise SandboxError(f"{len(candidates)} resources are called '{wanted}'; say which", details=listed)
    return candidates[0]


def change(state: State, store: Store, wanted: str, assignments: list[str]) -> Resource:
    """Set properties of a resource: `path=value`, the value in JSON or a plain string, `null` to take it away."""
    resource = find(store, wanted)
    with store.writing() as transaction:
        current = transaction.get(resource.id) or resource
        inputs, outputs = current.inputs, current.outputs
        for assignment in assignments:
            path, value = _parsed(current, assignment)
            inputs, outputs = _changed(inputs, path, value, assignment), _changed(outputs, path, value, assignment)
        secret = keys.sandbox_key(state)
        kept = {**current.__dict__, "inputs": redacted(sealed(inputs, kind_of(current.token).secrets), secret)}
        return transaction.put(Resource(**{**kept, "outputs": outputs}))


def _parsed(resource: Resource, assignment: str) -> tuple[list[str | int], Any]:
    text, equals, value = assignment.partition("=")
    path: list[str | int] = []
    position = 0
    while step := _STEP.match(text, position):
        path.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        position = step.end()
    if not equals or not path or position < len(text):
        raise SandboxError(
            f"'{assignment}' is not path=value, e.g. ttl=5, tags.owner=me or aRecords[0].ipv4Address=10.0.0.9"
        )
    kind = kind_of(resource.token)
    if path[0] in kind.parameters:
        raise SandboxError(f"'{path[0]}' is a part of the id of {resource.id}: nobody can change it")
    if ".".join(map(str, path)) in kind.secrets:
        raise SandboxError(f"'{text}' is secret: the sandbox keeps only its fingerprint")
    try:
        return path, json.loads(value)
    except json.JSONDecodeError:
        return path, value


def _changed(properties: Any, path: list[str | int], value: Any, assignment: str) -> Any:
    head, *rest = path
    if isinstance(head, int):
        if not isinstance(properties, list) or not 0 <= head < len(properties):
            raise SandboxError(f"'{assignment}': there is no element [{head}]")
        inner = _changed(properties[head], rest, value, assignment) if rest else value
        kept = [inner if index == head else each for index, each in enumerate(properties)]
        return [each for each in kept if each is not None]
    if properties is not None and not isinstance(properties, dict):
        raise SandboxError(f"'{assignment}': '{head}' would be inside {json.dumps(properties)}, which is no object")
    given = properties or {}
    inner = _changed(given.get(head), rest, value, assignment) if rest else value
    others = {name: each for name, each in given.items() if name != head}
    return others if inner is None else {**others, head: inner}


def type_matches(resource: Resource, wanted: str) -> bool:
    """Whether a resource is of a type, given as ARM's name, a token, or the last part of either."""
    names = (resource.type.lower(), resource.token.lower())
    return any(wanted.lower() in (name, re.split(r"[/:]", name)[-1]) for name in names) or (
        ids.key(resource.type).endswith(f"/{wanted.lower()}")
    )
