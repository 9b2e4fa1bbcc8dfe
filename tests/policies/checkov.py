"""checkov in an environment of its own, kept beside the toolchain: its pins and ours do not go together.

`python -m tests.policies.checkov` installs it, and so does the first test that needs it.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.toolchain.cache import cache_root

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def environment() -> Path:
    """The folder of the environment, made if it is not there."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache_root(os.environ) / f"checkov-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / ".installed"
        if not done.exists():
            print("==> checkov, which checks rendered objects (about a minute)", flush=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
            subprocess.run(install, check=True)
            done.touch()
    return folder


def checked(folder: Path) -> dict[str, Any]:
    """What checkov's Kubernetes policies say of the manifests in a folder."""
    command = [environment() / "bin" / "python", "-m", "checkov.main", "--directory", folder]
    options = ["--framework", "kubernetes", "--output", "json", "--quiet", "--soft-fail", "--skip-download"]
    answer = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


if __name__ == "__main__":
    environment()
