"""What can be known to fail before the first resource is made, each with what to do about it.

Nothing is changed. Programs and servers are asked all at once; what can't be asked is said to be unknown, never well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.errors import OutsideError, PlatformError
from platform_components.exports import output_name
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.foundation import foundation_outputs, refuse_foreign_namespace
from platform_components.lifecycle.preflight import databases, names, offers, rights, room, zones
from platform_components.lifecycle.preflight.findings import ORDER, Check, Finding, answers, exit_code
from platform_components.lifecycle.wanted import Prepared
from platform_components.plan import Plan

__all__ = ["ORDER", "Finding", "Looked", "exit_code", "looked"]

FOUNDATION, NAMESPACE = "foundation", "namespace"


@dataclass(frozen=True)
class Looked:
    """Everything that was found about one environment."""

    stack: str
    new: bool
    """Whether nothing of it is deployed yet."""
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"stack": self.stack, "new": self.new, "findings": [one.as_json() for one in self.findings]}


def looked(engine: Engine, prepared: Prepared) -> Looked:
    """Ask everything there is to ask."""
    plan, environment, stack = prepared.matched.plan, prepared.matched.environment, prepared.stack
    new = not engine.has_stack(stack)
    outputs: Mapping[str, Any] = {}
    first: list[Finding] = []
    if environment.foundation is not None:
        name = environment.foundation.rpartition("/")[2]
        try:
            outputs = foundation_outputs(engine, environment)
            first.append(Finding(FOUNDATION, name, "ok", "is deployed, and of a fitting contract"))
        except OutsideError as error:
            first.append(Finding(FOUNDATION, name, "problem", error.what, error.fix))
    kubeconfig = outputs.get(output_name("k8s-cluster.default#main", "kubeconfig"))
    checks = [
        *(names.checks(plan) if new else ()),
        *rights.checks(plan),
        *offers.checks(plan, environment, new=new),
        *zones.checks(plan, outputs, new=new),
        *([_namespace(plan, stack, outputs, new=new)] if kubeconfig else ()),
        *room.checks(plan, None if kubeconfig is None else str(kubeconfig)),
        *databases.checks(plan, outputs),
    ]
    return Looked(stack, new, (*first, *answers(checks)))


def _namespace(plan: Plan, stack: str, outputs: Mapping[str, Any], *, new: bool) -> Check:
    def ask() -> list[Finding]:
        try:
            refuse_foreign_namespace(plan, stack, outputs, new=new)
        except OutsideError:
            raise
        except PlatformError as error:
            return [Finding(NAMESPACE, stack, "problem", error.what, error.fix)]
        return [Finding(NAMESPACE, stack, "ok", "is free" if new else "is this environment's own")]

    return Check(NAMESPACE, stack, ask)
