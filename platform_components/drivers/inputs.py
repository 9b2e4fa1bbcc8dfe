"""What the models of drivers' inputs share. Pulumi-free: definitions are checked against them when they are loaded.

A field that holds another resource (`resource_group`, `cluster`, …) is that resource's outputs as a whole.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Resource = Mapping[str, Any]
"""A resource as a whole: all its outputs by name."""
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|[KMGTPE]i?)?$")]
WRITTEN_OUT = "written out"
"""Marks an input that stands in the definition itself: no setting of an environment and no param may change it."""


class Inputs(BaseModel):
    """Base of the models: frozen, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")
