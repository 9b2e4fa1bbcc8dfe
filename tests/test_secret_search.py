"""A search that can't find anything proves nothing."""

import base64
from pathlib import Path

import pytest

from tests.secret_search import compressed, leaks

SECRET = "q7Zk2mP9xT4vB8nL1cR5wD3sF6gH0jKy"


@pytest.mark.parametrize(
    "content",
    [
        f"password: {SECRET}\n".encode(),
        SECRET.encode("utf-16-le"),
        SECRET.encode().hex().encode(),
        *(base64.b64encode(f"{'x' * offset}{SECRET}{'y' * rest}".encode()) for offset in range(4) for rest in range(4)),
        base64.urlsafe_b64encode(f"postgresql://user:{SECRET}@host/db".encode()),
        compressed(f'{{"password": "{SECRET}"}}'),
        b"header" + compressed(f'{{"password": "{SECRET}"}}'),
    ],
)
def test_a_secret_is_found_however_it_stands(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    assert leaks(tmp_path, {"the password": SECRET})


def test_a_file_without_the_secret_is_clean(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(base64.b64encode(SECRET[::-1].encode()) + compressed(SECRET.swapcase()))

    assert leaks(tmp_path, {"the password": SECRET}) == []
