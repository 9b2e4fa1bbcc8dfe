"""Pictures of a plan: what an environment is made of, and where each part comes from."""

from platform_components.plan.graph.dot import dot
from platform_components.plan.graph.mermaid import mermaid
from platform_components.plan.graph.page import page
from platform_components.plan.graph.svg import svg

__all__ = ["dot", "mermaid", "page", "svg"]
