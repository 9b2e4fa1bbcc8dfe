"""What verbs print with --json, as JSON Schemas: `output.yaml`, in one place for all of them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from platform_components.errors import UsageError
from platform_components.score.problems import did_you_mean

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def names() -> tuple[str, ...]:
    """Verbs whose output has a schema, and `error`."""
    return tuple(_document()["verbs"])


def schema_of(verb: str) -> dict[str, Any]:
    """The schema of `pave VERB --json`, and of errors for `error`. Raises `UsageError` for what has none."""
    verbs = _document()["verbs"]
    if verb not in verbs:
        raise UsageError(f"there is no schema of '{verb}'", fix=did_you_mean(verb, verbs))
    return {"$schema": DRAFT, "title": f"pave {verb} --json", "$defs": _document()["shared"], **verbs[verb]}


@cache
def _document() -> dict[str, Any]:
    text = Path(__file__).with_name("output.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
