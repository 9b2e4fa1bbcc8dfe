"""One environment as it was last deployed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from platform_components.catalog import ResourceType
from platform_components.errors import InputError, OutsideError
from platform_components.exports import PLAN_OUTPUT, URL_OUTPUT
from platform_components.lifecycle import stack_file
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.listing import Listed, listed
from platform_components.lifecycle.marks import Marks
from platform_components.plan import Plan
from platform_components.repository import catalog_of


@dataclass(frozen=True)
class Shown:
    """Its entry in the list, its deployed plan, and its outputs (secret ones as `[secret]`)."""

    entry: Listed
    plan: Plan
    outputs: Mapping[str, Any]
    types: Mapping[str, ResourceType]


def environment(engine: Engine, stack: str) -> Shown:
    """Raises `InputError` when there is no such environment, `OutsideError` when no deployment of it has ended."""
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    outputs = engine.outputs(stack)
    if PLAN_OUTPUT not in outputs:
        raise OutsideError(
            f"no deployment of '{stack}' has ended yet", fix="run `pave up` again; it goes on from there"
        )
    catalog = catalog_of(engine.platform, stack_file.read(engine.platform, stack))
    entry = replace(
        listed(stack, Marks.of(engine.tags(stack)), catalog.environment_types), url=str(outputs.get(URL_OUTPUT) or "")
    )
    return Shown(entry, Plan.from_json(outputs[PLAN_OUTPUT], where=stack), outputs, catalog.types)
