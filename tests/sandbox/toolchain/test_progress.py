"""Signs of life while something long runs, and the evidence when it fails."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.toolchain.progress import CommandFailedError, Life, run


def shell(source: str, *, life: Life, folder: Path) -> list[str]:
    return run(["sh", "-c", source], cwd=folder, env=os.environ, life=life)


def test_a_long_build_gives_signs_of_life(tmp_path: Path) -> None:
    said: list[str] = []
    shell(
        "echo 'go: downloading a.b/c v1' >&2; echo a.b/c >&2; echo a.b/d >&2; sleep 0.4",
        life=Life("kwok", said.append, every=0.1),
        folder=tmp_path,
    )
    assert len(said) >= 2
    assert said[-1].startswith("kwok: ")
    assert said[-1].endswith("1 modules downloaded, 2 packages compiled …")


def test_a_short_build_says_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    shell("true", life=Life("kwok", said.append), folder=tmp_path)
    assert said == []


def test_on_a_terminal_one_line_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    said: list[str] = []
    shell("sleep 0.7", life=Life("kwok", said.append), folder=tmp_path)
    written = capsys.readouterr().out
    assert "\r\033[Kkwok: " in written
    assert written.endswith("\r\033[K")
    assert said == []


def test_output_comes_back_and_errors_do_not_mix_in(tmp_path: Path) -> None:
    assert shell("echo one; echo noise >&2; printf two", life=Life("x", print), folder=tmp_path) == ["one", "two"]


def test_a_failure_brings_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError) as failure:
        shell("echo first; echo last >&2; exit 7", life=Life("x", print), folder=tmp_path)
    assert set(failure.value.lines) == {"first", "last"}
    assert "7" in str(failure.value)


def test_an_interrupted_build_leaves_no_compiler_behind(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    source = (
        "import os, pathlib\n"
        "from sandbox.toolchain.progress import Life, run\n"
        f"command = ['sh', '-c', 'echo $$ > {marker}; exec sleep 60']\n"
        "try:\n"
        "    run(command, cwd=pathlib.Path('.'), env=os.environ, life=Life('x', print))\n"
        "except KeyboardInterrupt:\n"
        "    raise SystemExit(130)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], cwd=Path(__file__).parents[3]) as build:
        deadline = time.monotonic() + 10
        while not (marker.exists() and marker.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.02)
        build.send_signal(signal.SIGINT)
        assert build.wait(10) == 130
    assert not Path("/proc", marker.read_text().strip()).exists()
