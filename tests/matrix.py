"""The component tests with the lowest and the highest version of each SDK's range: `python -m tests.matrix`.

Each in an environment of its own beside the toolchain's cache; the ranges are pyproject.toml's. Minutes long, so it is
no part of the tests.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from sandbox.toolchain.cache import cache_root

CHECKOUT = Path(__file__).resolve().parents[1]
TESTS = ("tests/azure", "tests/kubernetes", "tests/postgres", "tests/test_component.py")
SDKS = ("pulumi", "pulumi-azure-native", "pulumi-kubernetes", "pydantic", "pyyaml")


def requirements(end: str) -> list[str]:
    """The SDKs as pip is to install them: the lowest version that is allowed of each, or whatever is newest."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [one for one in project["dependencies"] if re.split(r"[<>=\[]", one)[0] in SDKS]
    assert len(ranges) == len(SDKS), ranges
    if end == "highest":
        return ranges
    return [re.sub(r">=([^,]+),.*", r"==\1", one) for one in ranges]


def environment(end: str) -> Path:
    """An environment with what the tests need, and these versions of the SDKs."""
    folder = cache_root(os.environ) / f"matrix-{end}-{sys.version_info.major}.{sys.version_info.minor}"
    pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([*pip, "-r", CHECKOUT / "requirements-dev.txt"], check=True, cwd=CHECKOUT)
    newest = ["--upgrade", "--upgrade-strategy", "only-if-needed"] if end == "highest" else []
    subprocess.run([*pip, *newest, *requirements(end)], check=True)
    return folder


def main() -> int:
    """Run both ends; 0 when both pass."""
    failed = []
    for end in ("lowest", "highest"):
        print(f"==> {end} versions: {', '.join(requirements(end))}", flush=True)
        python = environment(end) / "bin" / "python"
        listed = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format", "freeze"]
        found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
        print(
            "    " + ", ".join(one for one in found if one.lower().split("==")[0].replace("_", "-") in SDKS), flush=True
        )
        # Older SDKs' mocks leave coroutines of their own behind (pulumi 3.255), which is an error in our own tests
        options = ["-q", "-m", "not e2e and not azure", "-p", "no:cacheprovider", "-W", "default"]
        tests = [python, "-m", "pytest", *options, *TESTS]
        if subprocess.run(tests, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=False).returncode:
            failed.append(end)
    print(f"failed: {', '.join(failed)}" if failed else "both ends of every range pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
