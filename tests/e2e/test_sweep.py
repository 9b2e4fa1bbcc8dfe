"""A sweep on real parts: what a lost stack has left is found, what is another's stays, doubt keeps."""

import json

import pytest

from tests.e2e.conftest import APP, Pave

pytestmark = pytest.mark.e2e

BRANCH = ("--app", APP, "--branch", "lost")
FOREIGN = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "foreign",
        "labels": {
            "platform-components/stack": "shop-foreign-abc123",
            "platform-components/temporary": "true",
            "platform-components/foundation": "foundation-elsewhere",
        },
    },
}


def test_what_a_lost_stack_left_is_swept_and_what_is_anothers_is_not(foundation: Pave) -> None:
    foundation.run("up", "examples/python-service", *BRANCH, "--yes")
    stack = foundation.json("show", *BRANCH)["stack"]
    foundation.pulumi("stack", "rm", "--force", "--yes", stack)
    (foundation.platform / "foreign.json").write_text(json.dumps(FOREIGN))
    foundation.execute("kubectl", "apply", "--filename", str(foundation.platform / "foreign.json"))

    would = foundation.json("sweep")
    blind = foundation.run("sweep", "--yes", "--json", code=4, PGSSLROOTCERT="/nowhere.pem")
    done = foundation.json("sweep", "--yes")

    kinds = {task["name"].split()[0] for task in would["tasks"] if task["stack"] == stack}
    assert (would["dry_run"], kinds) == (True, {"namespace", "database", "record", "resource"})
    tasks = json.loads(blind.stdout)["tasks"]
    assert {task["name"].split()[0] for task in tasks if task["stack"] == stack} == kinds - {"database"}
    assert {task["result"] for task in tasks} == {"done"}
    assert "PostgreSQL" in json.loads(blind.stdout)["unknown"][0]
    assert [task["name"].split()[0] for task in done["tasks"]] == ["database"]
    assert foundation.json("sweep")["tasks"] == []
    assert foundation.execute("kubectl", "get", "namespace", "foreign").returncode == 0
    foundation.execute("kubectl", "delete", "namespace", "foreign")
