"""MATCH: what an environment needs, from which definitions and in which order, as plain data."""

from platform_components.plan.build import make_plan
from platform_components.plan.edges import pods_of
from platform_components.plan.messages import PlanError
from platform_components.plan.model import Edge, Peer, Plan, PlannedEnvironment, PlannedResource, PlannedWorkload
from platform_components.plan.values import Ref, evaluate, references, shown

__all__ = [
    "Edge",
    "Peer",
    "Plan",
    "PlanError",
    "PlannedEnvironment",
    "PlannedResource",
    "PlannedWorkload",
    "Ref",
    "evaluate",
    "make_plan",
    "pods_of",
    "references",
    "shown",
]
