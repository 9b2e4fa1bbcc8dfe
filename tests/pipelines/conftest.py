"""The templates of pipelines, as `pave init` writes them."""

import subprocess
from pathlib import Path

import pytest

from platform_components.scaffold import scaffold


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new platform repository."""
    folder = tmp_path_factory.mktemp("repository")
    scaffold(folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder
