"""Container images with no registry: built from Debian's packages and files, kept in the cache, the same every time."""

from sandbox.images.build import WANTED, build_wanted, ensure
from sandbox.images.recipes import RECIPES, Image, named

__all__ = ["RECIPES", "WANTED", "Image", "build_wanted", "ensure", "named"]
