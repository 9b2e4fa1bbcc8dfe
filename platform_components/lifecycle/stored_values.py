"""A developer's own secrets in a stack's config: one encrypted text for each name, by the stack's secrets provider.

Only the engine encrypts and decrypts; what it is told and what it answers go through pipes.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from platform_components.errors import OutsideError
from platform_components.lifecycle import stack_file
from platform_components.lifecycle.engine import Engine
from platform_components.plan import Plan
from platform_components.plan.fingerprints import fingerprint, key_name

_KEY = "platform:values"


def store(engine: Engine, stack: str, values: Mapping[str, str]) -> None:
    """Set each value that differs from the one that is there; the rest of the stack's file stays as it is."""
    if not values:
        return
    text = stack_file.text_of(engine.platform, stack)
    known = stack_file.read(engine.platform, stack).get("values") or {}
    kept = _in_the_clear(engine, stack) if values.keys() & known.keys() else {}
    changed = {name: value for name, value in values.items() if kept.get(name) != value}
    try:
        for name, value in sorted(changed.items()):
            engine.run_privately(
                "config", "set", "--secret", "--raw", "--path", f'{_KEY}["{name}"]', "-s", stack, value=value
            )
    finally:
        if stack_file.text_of(engine.platform, stack) != text:
            stack_file.put_back(engine.platform, stack, text, "values")


def comparable(engine: Engine, plans: Sequence[tuple[str, Plan]]) -> list[Plan]:
    """Deployed plans, by stack, with fingerprints of their values by a key that nobody keeps.

    Nothing is stored that could be tried against, and stacks that share no secret can be compared; whoever compares
    has to be able to read the values of both.
    """
    key = secrets.token_bytes(32)
    return [
        plan.model_copy(
            update={
                "fingerprint_key": key_name(key),
                "fingerprints": {
                    f"values.{name}": fingerprint(value, key=key)
                    for name, value in (_deployed(engine, stack) if plan.environment.values else {}).items()
                },
            }
        )
        for stack, plan in plans
    ]


def _deployed(engine: Engine, stack: str) -> Mapping[str, str]:
    """The values of the last deployment that succeeded, whatever the stack's file says by now."""
    with stack_file.untouched(engine.platform, stack):  # the engine writes a salt where it finds no file
        said = engine.run_privately("stack", "history", "--json", "--show-secrets", "--page-size", "20", "-s", stack)
    done = [entry for entry in json.loads(said) if (entry["kind"], entry.get("result")) == ("update", "succeeded")]
    return _texts(done[0]["config"].get(_KEY)) if done else {}


def _in_the_clear(engine: Engine, stack: str) -> Mapping[str, str]:
    config = json.loads(engine.run_privately("config", "--show-secrets", "--json", "-s", stack))
    return _texts(config.get(_KEY))


def _texts(entry: Any) -> Mapping[str, str]:
    """The map in the engine's form of a config value; empty where there is none."""
    if not entry:
        return {}
    try:
        found = json.loads(entry["value"])
    except (KeyError, TypeError, ValueError):  # in its place stands that it could not be decrypted
        found = None
    if not isinstance(found, dict):
        raise OutsideError("cannot be decrypted", where=_KEY, fix="set the values again with --values-file")
    return {str(name): text for name, text in found.items() if isinstance(text, str)}
