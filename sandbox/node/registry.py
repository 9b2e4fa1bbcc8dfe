"""The registry that a node's containerd pulls from: the sandbox's own images, whatever registry an image names.

It answers what a pull asks for and no more (OCI distribution specification, "pull"), on the node's own loopback
address, which no pod reaches.
"""

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.images import RECIPES, WANTED, named

_MANIFEST = re.compile(r"/v2/(?P<name>[a-z0-9._/-]+)/manifests/(?P<reference>[A-Za-z0-9._:-]+)")
_BLOB = re.compile(r"/v2/[a-z0-9._/-]+/blobs/(?P<digest>sha256:[0-9a-f]{64})")


def server(images: Path, address: str, port: int, missing: Callable[[str], None]) -> ThreadingHTTPServer:
    """A server of the images in a folder; `missing` is told which image was asked for and is not there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def log_message(self, *_: object) -> None:
            """Nothing: containerd's own log says what it pulls."""

        def _answer(self, *, with_body: bool) -> None:
            path = self.path.partition("?")[0]
            if path.rstrip("/") == "/v2":
                return self._send(200, b"{}", "application/json", with_body=with_body)
            if found := _BLOB.fullmatch(path):
                blob = images / "blobs" / found["digest"].replace(":", "-")
                if blob.is_file():
                    return self._send_file(blob, "application/octet-stream", with_body=with_body)
            elif found := _MANIFEST.fullmatch(path):
                manifest = manifest_of(images, found["name"], found["reference"])
                if manifest is not None:
                    return self._send_file(manifest, media_type(manifest), with_body=with_body)
                missing(f"{found['name']}:{found['reference']}")
                if (recipe := named(found["name"])) is not None and "sha256:" not in found["reference"]:
                    (images / WANTED / recipe.name).touch()
                    words = f"the sandbox builds its image {recipe.name} now, in about a minute; it is asked for again"
                    return self._send(503, b"{}", "application/json", with_body=with_body, words=words)
                # containerd tells of a 404 nothing but "not found", and of any other status its words
                return self._send(410, b"{}", "application/json", with_body=with_body, words=known())
            error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "the sandbox has no such image"}]}
            return self._send(404, json.dumps(error).encode(), "application/json", with_body=with_body)

        def _send_file(self, file: Path, kind: str, *, with_body: bool) -> None:
            content = file.read_bytes()
            self._send(200, content, kind, with_body=with_body, digest=file.name.replace("-", ":", 1))

        def _send(
            self, status: int, body: bytes, kind: str, *, with_body: bool, digest: str = "", words: str | None = None
        ) -> None:
            self.send_response(status, words)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if digest:
                self.send_header("Docker-Content-Digest", digest)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    return ThreadingHTTPServer((address, port), Handler)


def manifest_of(images: Path, name: str, reference: str) -> Path | None:
    """The manifest of an image, by digest or tag. Any tag serves: there is one version of each, and it says which."""
    if reference.startswith("sha256:"):
        file = images / "blobs" / reference.replace(":", "-")
        return file if file.is_file() else None
    tags = images / "tags" / f"{name.removeprefix('library/').rpartition('/')[2]}.json"
    if not tags.is_file():
        return None
    digest = json.loads(tags.read_text())["manifest"]
    return images / "blobs" / str(digest).replace(":", "-")


def known() -> str:
    """Which images there are, for whoever asks for another one."""
    names = ", ".join(sorted(one.name for one in RECIPES if one.name != "pause"))
    return f"the sandbox has no such image, it has {names}; docs/sandbox.md#images says how to add one"


def media_type(manifest: Path) -> str:
    """What kind of manifest it is, as it says itself."""
    return str(json.loads(manifest.read_bytes())["mediaType"])
