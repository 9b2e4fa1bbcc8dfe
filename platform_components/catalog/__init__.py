"""MATCH: contracts of resource types, resource definitions, which definition serves a resource, and why.

Reads YAML, knows drivers only by their Pulumi-free description, and creates nothing.
"""

from platform_components.catalog.catalog import Catalog, Explanation, Match
from platform_components.catalog.definitions import Criteria, Definition, Use
from platform_components.catalog.drivers import Drivers, DriverSpec
from platform_components.catalog.load import load
from platform_components.catalog.matching import Candidate, Rule
from platform_components.catalog.problems import CatalogError
from platform_components.catalog.types import OutputSpec, ResourceType

__all__ = [
    "Candidate",
    "Catalog",
    "CatalogError",
    "Criteria",
    "Definition",
    "DriverSpec",
    "Drivers",
    "Explanation",
    "Match",
    "OutputSpec",
    "ResourceType",
    "Rule",
    "Use",
    "load",
]
