"""What a node's containerd gets when it pulls."""

import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.node import registry

LAYER = b"a layer"
DIGEST = f"sha256:{hashlib.sha256(LAYER).hexdigest()}"
MANIFEST = json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json"}).encode()
MANIFEST_DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for folder in ("blobs", "tags", "wanted"):
        (tmp_path / folder).mkdir()
    for digest, content in ((DIGEST, LAYER), (MANIFEST_DIGEST, MANIFEST)):
        (tmp_path / "blobs" / digest.replace(":", "-")).write_bytes(content)
    (tmp_path / "tags" / "python.json").write_text(json.dumps({"manifest": MANIFEST_DIGEST}))
    (tmp_path / "secret.json").write_text(json.dumps({"manifest": MANIFEST_DIGEST}))
    return tmp_path


@pytest.fixture
def served(images: Path) -> Iterator[tuple[http.client.HTTPConnection, list[str]]]:
    missing: list[str] = []
    server = registry.server(images, "127.0.0.1", 0, missing.append)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    try:
        yield connection, missing
    finally:
        connection.close()
        server.shutdown()
        server.server_close()


def asked(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, bytes, str]:
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers.get("Docker-Content-Digest", "")


@pytest.mark.parametrize(
    "path", ["library/python/manifests/latest", "team/python/manifests/3.12", f"any/manifests/{MANIFEST_DIGEST}"]
)
def test_an_image_is_found_by_its_name_whatever_stands_around_it(
    served: tuple[http.client.HTTPConnection, list[str]], path: str
) -> None:
    assert asked(served[0], f"/v2/{path}?ns=docker.io") == (200, MANIFEST, MANIFEST_DIGEST)
    assert asked(served[0], f"/v2/{path}", "HEAD") == (200, b"", MANIFEST_DIGEST)
    assert asked(served[0], f"/v2/library/python/blobs/{DIGEST}") == (200, LAYER, DIGEST)


@pytest.mark.parametrize(
    "path",
    [f"python/blobs/sha256:{'0' * 64}", "../secret/manifests/x", "x/blobs/../../secret"],
)
def test_what_is_not_there_is_said_and_nothing_else_is_given(
    served: tuple[http.client.HTTPConnection, list[str]], path: str
) -> None:
    status, body, digest = asked(served[0], f"/v2/{path}")

    assert status in (404, 410)
    assert (MANIFEST in body, LAYER in body, digest) == (False, False, "")


def test_for_an_image_that_is_not_there_it_says_which_are(served: tuple[http.client.HTTPConnection, list[str]]) -> None:
    served[0].request("HEAD", "/v2/library/mongo/manifests/7")
    answer = served[0].getresponse()

    assert (answer.status, "it has busybox, coredns, " in answer.reason) == (410, True)
    assert served[1] == ["library/mongo:7"]


def test_one_that_is_not_built_yet_is_wanted_and_the_pull_tried_again(
    served: tuple[http.client.HTTPConnection, list[str]], images: Path
) -> None:
    served[0].request("HEAD", "/v2/library/redis/manifests/7")
    answer = served[0].getresponse()

    assert (answer.status, "builds its image redis now" in answer.reason) == (503, True)
    assert [file.name for file in (images / "wanted").iterdir()] == ["redis"]
