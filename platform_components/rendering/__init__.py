"""The Kubernetes objects of an environment as text, without an engine and a cloud."""

from platform_components.rendering.environment import Elsewhere, Rendered, render
from platform_components.rendering.objects import RenderedObject
from platform_components.rendering.text import MARK, as_document, as_files, as_yaml, heading

__all__ = [
    "MARK",
    "Elsewhere",
    "Rendered",
    "RenderedObject",
    "as_document",
    "as_files",
    "as_yaml",
    "heading",
    "render",
]
