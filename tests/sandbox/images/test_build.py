"""The same packages give the same image, bit for bit."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.images import build
from sandbox.images.recipes import Image

IMAGE = Image(name="web", packages=("web",), command=("/bin/web",), links={"/usr/local/bin/w": "/bin/web"})


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(names: Sequence[str], root: Path, **_: Any) -> list[str]:
        for file in ("bin/web", "usr/share/doc/web/README", "usr/bin/other"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(file)
            (root / file).chmod(0o755)
        return [f"{name}_1.0_all.deb" for name in names]

    monkeypatch.setattr(build.debian, "fetch", fetch)


def layer_of(folder: Path, name: str) -> tarfile.TarFile:
    def blob(digest: str) -> bytes:
        content = (folder / "blobs" / digest.replace(":", "-")).read_bytes()
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
        return content

    manifest = json.loads(blob(json.loads((folder / "tags" / f"{name}.json").read_text())["manifest"]))
    config = json.loads(blob(manifest["config"]["digest"]))
    assert config["config"]["Cmd"] == ["/bin/web"]
    assert len(blob(manifest["layers"][0]["digest"])) == manifest["layers"][0]["size"]
    return tarfile.open(fileobj=io.BytesIO(blob(manifest["layers"][0]["digest"])), mode="r:gz")


@pytest.mark.usefixtures("packages")
def test_an_image_is_the_same_whenever_it_is_built(tmp_path: Path) -> None:
    found = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        build.build(IMAGE, folder, lambda _: None)
        os.utime(folder)
        found.append((folder / "tags/web.json").read_text())

    assert found[0] == found[1]


@pytest.mark.usefixtures("packages")
def test_an_image_holds_what_its_packages_bring_and_its_links(tmp_path: Path) -> None:
    build.build(IMAGE, tmp_path, lambda _: None)

    with layer_of(tmp_path, "web") as layer:
        entries = {entry.name: entry for entry in layer.getmembers()}

    assert entries["bin"].issym()
    assert {"usr/bin/web", "usr/bin/other", "tmp", "etc/passwd"} <= entries.keys()
    assert not any(name.startswith("usr/share/doc") for name in entries)
    assert entries["usr/local/bin/w"].linkname == "/bin/web"
    assert entries["tmp"].mode == 0o1777
    assert {(entry.uid, entry.gid, entry.mtime) for entry in entries.values()} == {(0, 0, 0)}


@pytest.mark.usefixtures("packages")
def test_an_image_holds_programs_of_the_toolchain_and_starts_with_its_entrypoint(tmp_path: Path) -> None:
    part = tmp_path / "gate-1"
    part.mkdir()
    (part / "gate").write_text("program")
    image = Image(
        name="gate", packages=("web",), command=("/bin/web",), programs={"/bin/gate": "gate"}, entrypoint=("/bin/gate",)
    )
    build.build(image, tmp_path / "images", lambda _: None, {"gate": part})

    with layer_of(tmp_path / "images", "gate") as layer:
        program = layer.getmember("usr/bin/gate")
        assert program.mode == 0o755
        assert (held := layer.extractfile(program)) is not None
        assert held.read() == b"program"
    manifest = json.loads((tmp_path / "images/tags/gate.json").read_text())["manifest"]
    blobs = tmp_path / "images/blobs"
    config = json.loads((blobs / manifest.replace(":", "-")).read_text())["config"]["digest"]
    assert json.loads((blobs / config.replace(":", "-")).read_text())["config"]["Entrypoint"] == ["/bin/gate"]


@pytest.mark.usefixtures("packages")
def test_any_user_reads_it_whatever_the_builders_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        build.build(IMAGE, tmp_path, lambda _: None)
    finally:
        os.umask(before)

    with layer_of(tmp_path, "web") as layer:
        closed = [one.name for one in layer.getmembers() if not one.issym() and one.mode & 0o444 != 0o444]
    assert closed == []


@pytest.mark.usefixtures("packages")
def test_what_is_wanted_is_built_once_and_what_is_no_image_is_let_be(tmp_path: Path) -> None:
    (tmp_path / "wanted").mkdir()
    for name in ("redis", "nonsense", "redis2"):
        (tmp_path / "wanted" / name).touch()
    said: list[str] = []

    build.build_wanted(tmp_path, said.append, {})
    build.build_wanted(tmp_path, said.append, {})

    assert [line.partition(":")[0] for line in said] == ["image redis"]
    assert [file.stem for file in (tmp_path / "tags").iterdir()] == ["redis"]
    assert list((tmp_path / "wanted").iterdir()) == []


def test_another_build_of_a_program_makes_the_images_anew() -> None:
    image = Image(name="gate", packages=(), command=(), programs={"/bin/gate": "gate"})

    assert build._key((image,), {"gate": Path("/gate-1")}) != build._key((image,), {"gate": Path("/gate-2")})
