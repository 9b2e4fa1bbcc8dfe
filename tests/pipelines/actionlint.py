"""actionlint, built once from its Go module and kept outside of the checkout, by its version."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from sandbox.toolchain.cache import cache_root

VERSION = "v1.7.12"
MODULE = f"github.com/rhysd/actionlint/cmd/actionlint@{VERSION}"
NEWER = r'unexpected key "queue" for "concurrency" section'
"""Since May 2026: github.blog, Actions concurrency groups now allow larger queues."""


@cache
def program() -> Path:
    """The program; built when it is not there yet, half a minute at most."""
    folder = cache_root(os.environ) / f"actionlint-{VERSION}"
    found = folder / "actionlint"
    if not found.exists():
        if shutil.which("go") is None:
            pytest.skip("actionlint is built with Go, and there is none")
        building = folder.with_name(f".building-actionlint-{os.getpid()}")
        environment = {**os.environ, "GOBIN": str(building), "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOWORK": "off"}
        subprocess.run(["go", "install", MODULE], env=environment, check=True, capture_output=True, cwd="/")
        folder.mkdir(parents=True, exist_ok=True)
        (building / "actionlint").replace(found)
        building.rmdir()
    return found


def problems(repository: Path) -> str:
    """What it says of a repository's workflows; empty: nothing."""
    answer = subprocess.run(
        [str(program()), "-no-color", "-ignore", NEWER], cwd=repository, capture_output=True, text=True, check=False
    )
    return answer.stdout + answer.stderr
