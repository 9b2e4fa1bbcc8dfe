"""The program of every stack: what it makes follows from the stack's config. `pave` runs the same function."""

from pathlib import Path

from platform_components.program import run

run(Path(__file__).resolve().parent)
