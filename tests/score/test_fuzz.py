"""Whatever bytes a file holds: problems or a workload, never a traceback, within seconds and 300 MB.

`make test` tries a few thousand; SCORE_FUZZ says how many.
"""

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_components.score.problems import excerpt
from platform_components.score.reader import examine
from tests.score.large import HEAD, LARGE, many
from tests.score.meter import measured
from tests.score.worlds import CONTRACTS, container, workload

COUNT = int(os.environ.get("SCORE_FUZZ", "3000"))
SEED = int(os.environ.get("SCORE_FUZZ_SEED", "20240607"))
SECONDS = 5.0
"""Of the processor. The aim is one (`make speed` prints the worst); what grows faster than its file takes minutes."""
KIBIBYTES = 300 * 1024

TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b": ",
        b",",
        b"- ",
        b"? ",
        b"&a ",
        b"*a",
        b"!!str ",
        b"!x ",
        b"|\n",
        b">-\n",
        b"'",
        b'"',
    ),
    *(
        b"#",
        b"%YAML 1.2\n---\n",
        b"---\n",
        b"...\n",
        b"\n",
        b"  ",
        b"\t",
        b"\\u0041",
        b"\\",
        b"${resources.db.host}",
        b"$${",
        b"${",
    ),
    *(
        b"<<: *a\n",
        b"null",
        b"~",
        b"0644",
        b"1e9",
        b".inf",
        b"\x00",
        b"\xff",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\r",
    ),
    *(
        b"apiVersion: score.dev/v1b1\n",
        b"metadata: {name: shop}\n",
        b"containers:\n",
        b"  web:\n",
        b"    image: nginx\n",
    ),
    *(
        b"resources:\n",
        b"  db: {type: postgres}\n",
        b"    files:\n",
        b"    variables: {A: b}\n",
        b"    before: {web: {ready: started}}\n",
    ),
)
SEEDS = (
    *(path.read_bytes() for path in sorted((Path(__file__).parent / "wrong").glob("*.yaml"))),
    json.dumps(
        container(variables={"A": "${resources.db.host}"}) | {"resources": {"db": {"type": "postgres"}}}
    ).encode(),
    json.dumps(workload(service={"ports": {"www": {"port": 80}}})).encode(),
)


def inputs(count: int, chance: random.Random) -> Iterator[bytes]:
    """Random bytes, random YAML tokens, and mutations of Score files."""
    for index in range(count):
        kind = index % 4
        if kind == 0:
            yield chance.randbytes(chance.randrange(200))
        elif kind == 1:
            yield b"".join(chance.choices(TOKENS, k=chance.randrange(40)))
        else:
            content = bytearray(chance.choice(SEEDS))
            for _ in range(chance.randrange(1, 6)):
                mutate(content, chance)
            yield bytes(content)


def mutate(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.randrange(20))
    kind = chance.randrange(5)
    if kind == 0:
        del content[start:end]
    elif kind == 1:
        content[start:start] = chance.choice(TOKENS)
    elif kind == 2:
        content[start:end] = chance.randbytes(end - start)
    elif kind == 3:
        other = chance.choice(SEEDS)
        at = chance.randrange(len(other) + 1)
        content[start:end] = other[at : at + chance.randrange(60)]
    else:
        content[start:end] = content[start:end] * chance.randrange(4)


def told(path: Path, *, schema_only: bool = False) -> str:
    """All that `pave validate` says of a file, as text and as JSON."""
    found = examine([path], contracts=None if schema_only else CONTRACTS, schema_only=schema_only)
    assert found.problems or found.sources
    problems = (*found.problems, *found.warnings)
    texts = [f"{problem}\n{excerpt(problem, found.texts.get(str(path), ''))}" for problem in problems]
    assert all(text.replace("\n", "").isprintable() for text in texts)
    json.dumps([problem.to_dict() for problem in problems])
    return "\n".join(texts)


def test_no_input_breaks_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "score.yaml"
    with measured() as all_of_them:
        for content in inputs(COUNT, random.Random(SEED)):
            path.write_bytes(content)
            started = time.process_time()
            try:
                told(path)
                told(path, schema_only=True)
            except Exception as error:
                raise AssertionError(content) from error
            assert time.process_time() - started < SECONDS, content
    assert all_of_them.kibibytes < KIBIBYTES


@pytest.mark.parametrize("content", LARGE.values(), ids=list(LARGE))
def test_a_large_input_takes_little_time_and_memory(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "score.yaml"
    path.write_bytes(content[: 1024 * 1024])
    for schema_only in (False, True):
        with measured() as used:
            told(path, schema_only=schema_only)
        assert used.seconds < SECONDS
        assert used.kibibytes < KIBIBYTES


def test_large_sources_take_little_time_and_memory(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 1024 * 1024)
    (tmp_path / "small").write_bytes(b"x" * 400)
    for name, count in (("large", 10_000), ("small", 10_000)):
        path = tmp_path / "score.yaml"
        path.write_bytes(
            HEAD + b"containers: {web: {image: x, files: {" + many(f"/f#: {{source: {name}}}", count) + b"}}}"
        )
        with measured() as used:
            told(path)
        assert used.seconds < SECONDS
        assert used.kibibytes < KIBIBYTES


def test_time_and_memory_are_really_measured() -> None:
    bytearray(400 * 1024 * 1024)  # an earlier peak hides nothing
    with measured() as used:
        bytearray(100 * 1024 * 1024)
        sum(range(1_000_000))
    assert 90 * 1024 < used.kibibytes < 120 * 1024
    assert 0.001 < used.seconds < SECONDS
