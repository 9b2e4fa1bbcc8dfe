"""No change of definitions costs anybody their data: each kind, on the engine, beside a table full of rows."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
import pytest

from tests.e2e.conftest import APP, Pave

pytestmark = pytest.mark.e2e

BRANCH = ("--app", APP, "--branch", "full-of-rows")
DB = "postgres.default#python-service.db"
ROWS = 10_000

ELSEWHERE = """
---
id: postgres-server-elsewhere
type: postgres-server
driver: static
criteria: [{class: dedicated, env_type: ephemeral}]
inputs: {id: elsewhere, name: elsewhere, host: db.example.com, port: 5432, administrator: admin, version: "17"}
"""
OF_SHOP = """
---
id: postgres-of-shop
type: postgres
driver: postgres/database
criteria:
  - {app_id: shop, env_type: ephemeral}
uses: {server: {type: postgres-server, class: dedicated, id: main}}
inputs: {server: "${uses.server}"}
"""
WITHOUT = """
apiVersion: score.dev/v1b1
metadata: {name: python-service}
containers: {python-service: {image: python}}
resources: {storage: {type: s3}, dns: {type: dns}}
"""
USES = "server: {type: postgres-server, class: shared, id: main}"
SHARED = "id: postgres-shared\ntype: postgres\ndriver: postgres/database\n"
FOUNDATION = "id: postgres-server-of-the-foundation\ntype: postgres-server\ndriver: stack-reference\n"


@dataclass(frozen=True)
class Rows:
    """A branch environment of a platform repository of its own, whose database holds rows."""

    pave: Pave
    connection: str

    def count(self) -> int:
        with psycopg.connect(self.connection, connect_timeout=10) as connection:
            row = connection.execute("SELECT count(*) FROM orders").fetchone()
        assert row is not None
        return int(row[0])

    def up(self, score: str, *more: str, code: int = 0) -> str:
        return self.pave.run("up", score, *BRANCH, "--yes", *more, code=code).stderr

    def refused_with(self, definitions: Mapping[str, tuple[str, str]]) -> str:
        """What `pave up` says when definitions are changed; they are put back afterwards."""
        folder = self.pave.platform / "definitions"
        before = {name: (folder / name).read_text() for name in definitions}
        try:
            for name, (old, new) in definitions.items():
                assert not old or old in before[name]
                text = before[name].replace(old, new, 1) if old else before[name] + new
                (folder / name).write_text(text)
            told = self.up("examples/python-service", code=1)
        finally:
            for name, text in before.items():
                (folder / name).write_text(text)
        assert self.count() == ROWS
        return told


@pytest.fixture(scope="module")
def rows(foundation: Pave, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    copy = tmp_path_factory.mktemp("own") / "platform"
    shutil.copytree(foundation.platform, copy, symlinks=True)
    with (copy / "definitions" / "application.yaml").open("a") as file:
        file.write(ELSEWHERE)
    pave = Pave(foundation.sandbox, copy)
    pave.run("up", "examples/python-service", *BRANCH, "--yes")
    namespace = pave.json("show", *BRANCH)["namespace"]
    variables = pave.cluster.container_environment("python-service", "python-service", namespace)
    with psycopg.connect(variables["CONNECTION_STRING"], connect_timeout=10) as connection:
        connection.execute("CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, %s) AS n", [ROWS])
    yield Rows(pave, variables["CONNECTION_STRING"])
    pave.run("destroy", *BRANCH, "--yes")


def test_moving_from_shared_to_dedicated_is_refused(rows: Rows) -> None:
    told = rows.refused_with({"application.yaml": (USES, USES.replace("shared", "dedicated"))})

    assert f"    {DB}\n".strip() in told
    assert "it would leave postgres-server.shared#main for postgres-server.dedicated#main" in told
    assert "what is lost  database shop_full_of_rows_python_service_db_" in told
    assert "then by       postgres-shared (postgres/database), because of {env_type: ephemeral}" in told
    assert f"--replace-data '{DB}'" in told


def test_another_driver_is_refused(rows: Rows) -> None:
    values = "{host: db.example.com, port: 5432, name: shop, username: shop, password: not-a-real-one}"
    outside = "id: postgres-outside\ntype: postgres\ndriver: static\ncriteria: [{env_type: ephemeral}]\n"
    outside += f"inputs: {values}\n---\n"
    told = rows.refused_with(
        {"application.yaml": (SHARED + "criteria: [{env_type: ephemeral}, ", outside + SHARED + "criteria: [")}
    )

    assert "the driver postgres/database would become static" in told
    assert (
        "served by     postgres-shared (postgres/database), because of {env_type: ephemeral}      definitions/" in told
    )
    assert "then by       postgres-outside (static), because of {env_type: ephemeral}      definitions/" in told


def test_a_server_from_elsewhere_is_refused(rows: Rows) -> None:
    told = rows.refused_with({"foundation.yaml": (FOUNDATION, FOUNDATION.replace("stack-reference", "static"))})

    assert (
        "postgres-server.shared#main, which it is in, would be made by driver static instead of driver stack-ref"
        in told
    )


def test_a_more_specific_rule_is_named_with_its_line_when_it_would_move_the_data(rows: Rows) -> None:
    told = rows.refused_with({"application.yaml": ("", OF_SHOP)})

    text = (rows.pave.platform / "definitions" / "application.yaml").read_text() + OF_SHOP
    at = f"definitions/application.yaml:{text[: text.index('{app_id: shop')].count(chr(10)) + 1}"
    assert "served by     postgres-shared (postgres/database), because of {env_type: ephemeral}" in told
    then = f"postgres-of-shop (postgres/database), because of {{app_id: shop, env_type: ephemeral}}      {at}"
    assert f"then by       {then}" in told


def test_what_changes_nothing_for_the_data_goes_on(rows: Rows) -> None:
    """Another limit, and less that the data is said to live in."""
    path = rows.pave.platform / "definitions" / "application.yaml"
    text = path.read_text().replace(USES, f"{USES}\ndata_in: [server]", 1)
    path.write_text(text.replace("${environment.postgres.connection_limit}", "7", 1))

    rows.up("examples/python-service")

    assert rows.count() == ROWS


def test_dropping_the_resource_is_refused_until_its_loss_is_wanted(rows: Rows) -> None:
    (rows.pave.platform / "without.yaml").write_text(WITHOUT)

    told = rows.up("without.yaml", code=1)
    assert "it would be removed" in told
    assert "then by       nobody: nothing asks for it any more" in told
    assert rows.count() == ROWS

    rows.up("without.yaml", "--replace-data", DB)
    with pytest.raises(psycopg.OperationalError):
        rows.count()
