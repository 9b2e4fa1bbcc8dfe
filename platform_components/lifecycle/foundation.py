"""What a stack needs of others before anything is created: its foundation, and a namespace that is its own."""

from collections.abc import Mapping
from typing import Any

from platform_components.environment import Environment
from platform_components.errors import InputError, OutsideError
from platform_components.exports import CONTRACT, CONTRACT_OUTPUT
from platform_components.lifecycle import cluster
from platform_components.lifecycle.engine import Engine
from platform_components.plan import Plan


def foundation_outputs(engine: Engine, environment: Environment) -> Mapping[str, Any]:
    """The outputs of the environment's foundation; empty for one without.

    Raises `OutsideError` when it is not deployed or of another contract.
    """
    if environment.foundation is None:
        return {}
    stack = environment.foundation.rpartition("/")[2]
    if not engine.has_stack(stack):
        raise OutsideError(
            f"the foundation '{stack}' of {environment.type.name} environments is not deployed",
            fix=f"deploy it first: pave up --env {stack}",
        )
    outputs = engine.outputs(stack)
    contract = outputs.get(CONTRACT_OUTPUT)
    if contract is None:
        raise OutsideError(
            f"the foundation '{stack}' has no outputs yet", fix=f"its deployment did not end: pave up --env {stack}"
        )
    if contract != CONTRACT:
        raise OutsideError(
            f"the foundation '{stack}' speaks contract {contract}, this platform {CONTRACT}",
            fix="deploy the foundation from the same version of the platform repository",
        )
    return outputs


def refuse_foreign_namespace(plan: Plan, stack: str, outputs: Mapping[str, Any], *, new: bool = False) -> None:
    """Raise `InputError` when the environment's namespace exists and is labelled for another stack.

    `new`: the backend has no stack of this name, so its namespace can't be there: it is another backend's.
    The provider may take over what exists in ephemeral types, so that a killed run can be finished; that is safe only
    after this look.
    """
    clusters = cluster.access(plan, outputs)
    namespaces = [
        resource.names["namespace"]
        for resource in plan.resources
        if resource.type == "k8s-namespace" and "namespace" in resource.names  # another driver's is not made here
    ]
    for namespace in namespaces if clusters else ():
        owner = cluster.namespace_owner(clusters[0], namespace)
        if owner == stack and new:
            raise InputError(
                f"the namespace '{namespace}' of '{stack}' is there already, but this backend has no such stack",
                where="PULUMI_BACKEND_URL",
                fix="use the backend that it was deployed with; if that is lost, remove what is left of it first",
            )
        if owner is not None and owner != stack:
            raise InputError(
                f"the namespace '{namespace}' belongs to '{owner or 'nobody'}', not to the stack '{stack}'",
                fix="remove it by hand if it is a leftover, or choose another name for the environment",
            )
