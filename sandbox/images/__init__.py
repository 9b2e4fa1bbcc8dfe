"""Container images with no registry: built from Debian's packages and files, kept in the cache, the same every time."""

from sandbox.images.build import ensure
from sandbox.images.recipes import RECIPES, Image

__all__ = ["RECIPES", "Image", "ensure"]
