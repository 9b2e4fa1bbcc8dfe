"""Finds secrets in files: as they are, in base64 at any alignment, in hex, and inside compressed files."""

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_GZIP = b"\x1f\x8b\x08"


def forms(secret: str) -> dict[str, bytes]:
    """Every way in which a secret may stand in a file, by a name for it."""
    raw = secret.encode()
    found = {"plain": raw, "hex": raw.hex().encode(), "UTF-16": secret.encode("utf-16-le")}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        # The characters at both ends depend on what stands beside the secret
        first = {0: 0, 1: 2, 2: 3}[offset]
        inner = encoded.rstrip(b"=")[first : -1 if (offset + len(raw)) % 3 else None]
        found[f"base64 at offset {offset}"] = inner
        found[f"base64url at offset {offset}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def leaks(root: Path, secrets: Mapping[str, str], *, skip: Iterable[Path] = ()) -> list[str]:
    """Each place below `root` where a secret stands, as `file: name (form)`."""
    needles = [(name, form, needle) for name, secret in secrets.items() for form, needle in forms(secret).items()]
    skipped = {path.resolve() for path in skip}
    found: list[str] = []
    for file in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        if file.resolve() in skipped:
            continue
        try:
            contents = list(_contents(file))
        except FileNotFoundError:  # a server that runs has taken it away since it was listed
            continue
        for content in contents:
            found += [f"{file}: {name} ({form})" for name, form, needle in needles if needle in content]
    return found


def _contents(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield content
    for start in _starts(content, _GZIP):
        try:
            yield zlib.decompressobj(wbits=31).decompress(content[start:])
        except zlib.error:
            continue


def _starts(content: bytes, mark: bytes) -> Iterator[int]:
    start = content.find(mark)
    while start >= 0:
        yield start
        start = content.find(mark, start + 1)


def compressed(text: str) -> bytes:
    """What a compressed checkpoint looks like; for tests of this search."""
    return gzip.compress(text.encode(), mtime=0)
