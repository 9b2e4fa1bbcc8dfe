"""Builds or fetches the programs a run needs where `PATH` has none: `python -m sandbox.toolchain`.

Standard library only, since nothing may be installed yet; what is built and how is data in `parts.py` and `recipes/`.
"""

from sandbox.toolchain import debian
from sandbox.toolchain.build import ToolchainError
from sandbox.toolchain.ensure import Toolchain, ensure, find, folder_of
from sandbox.toolchain.parts import ALL, LANGUAGE_YAML, NODE

__all__ = ["ALL", "LANGUAGE_YAML", "NODE", "Toolchain", "ToolchainError", "debian", "ensure", "find", "folder_of"]
