"""Every example of docs/matching.md: its files are a platform repository, its commands print what stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "matching.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml file=(\S+)\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, re.DOTALL)
RUN = "from platform_components.cli.main import main; main()"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("platform")
    wrong = FILES["app/score.yaml"].replace("    type: postgres\n", "    type: postgres\n    class: large\n")
    for name, text in {**FILES, "Pulumi.yaml": "name: platform\n", "wrong/score.yaml": wrong}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_there_are_examples_to_run() -> None:
    assert len(FILES) >= 5
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_prints_what_the_page_says(repository: Path, command: str, expected: str) -> None:
    pave, *arguments = shlex.split(command)
    assert pave == "pave"
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=repository, capture_output=True, text=True, check=False
    )
    assert run.stdout + run.stderr == expected
    assert run.returncode == (1 if expected.startswith("error:") else 0)
