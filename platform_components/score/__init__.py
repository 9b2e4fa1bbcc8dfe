"""READ: the Score v1b1 workload specification, from bytes to a checked model.

Knows neither catalogue nor cloud: what resource types promise comes in as `contracts`, and nothing here imports Pulumi.
"""

from platform_components.score.contracts import Contract, Contracts
from platform_components.score.model import Container, File, Port, Probe, Resource, Service, Workload
from platform_components.score.overrides import OverrideError, Overrides
from platform_components.score.placeholders import (
    PlaceholderError,
    Reference,
    Template,
    references,
    render_value,
    substitute,
    value_at,
)
from platform_components.score.positions import Position, Positions
from platform_components.score.problems import Problem, ScoreError
from platform_components.score.reader import Examination, Source, embed, examine, parse, read, read_all

__all__ = [
    "Container",
    "Contract",
    "Contracts",
    "Examination",
    "File",
    "OverrideError",
    "Overrides",
    "PlaceholderError",
    "Port",
    "Position",
    "Positions",
    "Probe",
    "Problem",
    "Reference",
    "Resource",
    "ScoreError",
    "Service",
    "Source",
    "Template",
    "Workload",
    "embed",
    "examine",
    "parse",
    "read",
    "read_all",
    "references",
    "render_value",
    "substitute",
    "value_at",
]
