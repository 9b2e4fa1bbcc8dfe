"""Which is newer: this checkout's settings file of a branch's stack, or what another checkout has deployed since.

A branch's file is in no repository, so two machines may each have one. What `pave` wrote last is noted twice: in the
file, and in a tag of the stack. Files of fixed environments come out of the repository, and always count.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platform_components.errors import InputError
from platform_components.lifecycle import marks, stack_file
from platform_components.lifecycle.engine import Engine

TAG = "pave:config"
"""The stack's tag, and the key in its file: a digest of the config."""
REFUSED = "refused"
"""The tag after a run that was refused in the middle: nobody's file is what is deployed."""


def is_stale(platform: Path, stack: str, tags: Mapping[str, str]) -> bool:
    """Whether the file is what an earlier run left here, and another checkout has deployed since.

    Raises `InputError` when it was edited besides: then only a person knows which of the two is meant.
    """
    deployed = tags.get(TAG, "")
    if not deployed or not tags.get(marks.BRANCH):
        return False
    written, found = stack_file.read(platform, stack, prefix="pave:").get("config"), _digest(platform, stack)
    if deployed in (written, found):
        return False
    if found == written:
        return True
    raise InputError(
        "was edited here, and another checkout has deployed this environment since",
        where=str(stack_file.path_of(platform, stack).relative_to(platform)),
        fix="remove the file, to go on from what is deployed; then make the change again",
    )


def noted(platform: Path, stack: str) -> dict[str, str]:
    """Note in a branch's file that it is, as it is now, what gets deployed; the tag that is to say the same."""
    if not stack_file.read(platform, stack).get("branch"):
        return {}
    digest = _digest(platform, stack)
    stack_file.write(platform, stack, {"config": digest}, prefix="pave:")
    return {TAG: digest}


def refused(engine: Engine, stack: str, text: str) -> None:
    """Take back what was recorded for a run that changed nothing: the file is `text` again, and the backend counts."""
    stack_file.restore(engine.platform, stack, text)
    engine.forget()
    if engine.has_stack(stack) and engine.tags(stack).get(marks.BRANCH):
        engine.set_tags(stack, {TAG: REFUSED})


def _digest(platform: Path, stack: str) -> str:
    config: Mapping[str, Any] = stack_file.read(platform, stack)
    text = json.dumps(config, sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
