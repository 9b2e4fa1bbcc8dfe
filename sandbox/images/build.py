"""Builds an image: packages unpacked, packed again in one order and with one date, with a manifest beside it.

Source: the OCI image specification, "image layout", "manifest" and "config".
"""

import fcntl
import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sandbox.images.recipes import RECIPES, Image, named
from sandbox.toolchain import debian
from sandbox.toolchain.build import ToolchainError
from sandbox.toolchain.cache import cache_root
from sandbox.toolchain.progress import CommandFailedError, Life

Report = Callable[[str], None]

_NONE: Mapping[str, Path] = MappingProxyType({})
WANTED = "wanted"
_DATE = "1970-01-01T00:00:00Z"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "amd64"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# What no program needs that runs in a container
_LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian", "var/cache")
_MERGED = ("bin", "sbin", "lib", "lib64")
"""Folders that Debian has as links into /usr."""


def ensure(images: Sequence[Image] = RECIPES, report: Report = print, *, parts: Mapping[str, Path] = _NONE) -> Path:
    """The folder of all images: `tags/NAME.json` and `blobs/sha256-…`; of what is missing, what is needed at once is
    built.

    `parts`: the folders of the toolchain's parts that images have programs of.
    """
    folder = cache_root(os.environ).parent / "images" / _key(images, parts)
    (folder / WANTED).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as lists:
        for image in images:
            if image.at_once and not (folder / "tags" / f"{image.name}.json").exists():
                build(image, folder, report, parts, Path(lists) / "apt")
    return folder


def build_wanted(folder: Path, report: Report, parts: Mapping[str, Path]) -> None:
    """Build the images that somebody has asked for by a file in the folder's `wanted`."""
    for wanted in sorted((folder / WANTED).iterdir()):
        try:
            wanted.unlink()  # it is asked for again if this fails
        except FileNotFoundError:  # somebody else builds it
            continue
        image = named(wanted.name)
        if image is not None and not (folder / "tags" / f"{image.name}.json").exists():
            build(image, folder, report, parts)


def build(
    image: Image, folder: Path, report: Report, parts: Mapping[str, Path] = _NONE, lists: Path | None = None
) -> None:
    """Build one image into the folder of all, unless somebody else has. Raises `ToolchainError`."""
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    (folder / "tags").mkdir(exist_ok=True)
    tag = folder / "tags" / f"{image.name}.json"
    # All sandboxes of a user share the folder
    with (folder / f".{image.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f".building-{image.name}-*"):  # by one that was killed
            shutil.rmtree(left)
        if not tag.exists():
            _build(image, folder, report, parts, lists)


def _build(image: Image, folder: Path, report: Report, parts: Mapping[str, Path], lists: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".building-{image.name}-") as temporary:
        root = Path(temporary) / "root"
        life = Life(f"image {image.name}", report)
        try:
            found = debian.fetch(
                image.packages, root, environment=os.environ, life=life, closure=not image.kept, lists=lists
            )
        except CommandFailedError as failure:
            raise ToolchainError(
                f"image {image.name}: Debian's packages can't be fetched",
                details=failure.lines[-5:],
                fix="check the network and apt's sources.list",
            ) from None
        _trimmed(root, image)
        _completed(root, image)
        for path, text in image.files.items():
            _written_to(root / path.lstrip("/"), text)
        for path, part in image.programs.items():
            _copied(parts[part] / part, root / path.lstrip("/"))
        layer = _packed(root)
        config = _written(folder, json.dumps(_config(image, layer, found), sort_keys=True).encode())
        compressed = _written(folder, gzip.compress(layer, 6, mtime=0))
        size = {name: (folder / "blobs" / name.replace(":", "-")).stat().st_size for name in (config, compressed)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, "digest": config, "size": size[config]},
            "layers": [{"mediaType": _LAYER, "digest": compressed, "size": size[compressed]}],
        }
        digest = _written(folder, json.dumps(manifest, sort_keys=True).encode())
    tag = folder / "tags" / f"{image.name}.json"
    new = tag.with_suffix(".new")
    new.write_text(json.dumps({"manifest": digest, "packages": found}, indent=2) + "\n")
    new.replace(tag)
    report(f"image {image.name}: {size[compressed] / 2**20:.0f} MiB, {life.seconds:.0f} s")


def _key(images: Sequence[Image], parts: Mapping[str, Path]) -> str:
    # The name of a part's folder says what it was built from
    used = sorted(str(parts[part]) for image in images for part in image.programs.values())
    source = Path(__file__).read_bytes()
    return hashlib.sha256(source + repr((images, used, _ARCHITECTURE)).encode()).hexdigest()[:16]


def _written_to(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def _copied(program: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)


def _trimmed(root: Path, image: Image) -> None:
    if image.kept:
        for path in [one for one in sorted(root.rglob("*"), reverse=True) if one.is_file() or one.is_symlink()]:
            if str(path.relative_to(root)) not in image.kept:
                path.unlink()
        return
    for pattern in (*_LEFT_OUT, *image.without):
        for path in sorted(root.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _completed(root: Path, image: Image) -> None:
    """What packages expect to find, and their own scripts would make; the scripts are not run."""
    if not image.kept:
        for name in _MERGED:
            usr = root / "usr" / name
            usr.mkdir(parents=True, exist_ok=True)
            if (root / name).is_dir() and not (root / name).is_symlink():
                shutil.copytree(root / name, usr, symlinks=True, dirs_exist_ok=True)
                shutil.rmtree(root / name)
            (root / name).unlink(missing_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        _certificates(root)
    for folder in ("tmp", "etc", "proc", "sys", "dev", "run", "root"):
        (root / folder).mkdir(exist_ok=True)
    users = {"root": 0, "nonroot": 65532, **image.users}
    passwd = "".join(f"{name}:x:{one}:{one}::{'/tmp' if one else '/root'}:/bin/sh\n" for name, one in users.items())
    (root / "etc/passwd").write_text(passwd)
    (root / "etc/group").write_text("".join(f"{name}:x:{one}:\n" for name, one in users.items()))
    for path, target in image.links.items():
        link = root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _certificates(root: Path) -> None:
    """One file of all authorities, as the package's script would make it."""
    found = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    if found:
        bundle = root / "etc/ssl/certs/ca-certificates.crt"
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_bytes(b"".join(file.read_bytes() for file in found))


def _packed(root: Path) -> bytes:
    """The folder as an archive that is the same whenever and by whomever it is made."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in _sorted(root):
            entry = archive.gettarinfo(path, arcname=str(path.relative_to(root)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            # Whatever the builder's umask is: any user reads it
            entry.mode |= 0o555 if entry.isdir() else 0o444
            if entry.name == "tmp":
                entry.mode = 0o1777
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)
    return packed.getvalue()


def _sorted(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _sorted(path)


def _config(image: Image, layer: bytes, packages: list[str]) -> dict[str, Any]:
    environment = {"PATH": _PATH, **image.environment}
    return {
        "created": _DATE,
        "architecture": _ARCHITECTURE,
        "os": "linux",
        "config": {
            "Cmd": list(image.command),
            **({"Entrypoint": list(image.entrypoint)} if image.entrypoint else {}),
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "WorkingDir": "/",
            "Labels": {"debian.packages": " ".join(packages)},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": _DATE, "created_by": f"the sandbox's recipe '{image.name}'"}],
    }


def _written(folder: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    file = folder / "blobs" / f"sha256-{digest}"
    if not file.exists():
        new = file.with_suffix(f".new-{os.getpid()}")
        new.write_bytes(content)
        new.replace(file)
    return f"sha256:{digest}"
