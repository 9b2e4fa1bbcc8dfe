"""A run that fails says why in one message with exit code 4, and the next run ends as if nothing had been."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGKILL

import pytest

from sandbox import processes
from sandbox.control_plane.pods import container_log
from sandbox.postgres import service as postgres
from tests.conftest import CHECKOUT, Sandbox
from tests.e2e.conftest import Pave

pytestmark = pytest.mark.e2e

APP = "luck"
BRANCH = ("--app", APP, "--branch", "feature/bad")
SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
SCORE = """apiVersion: score.dev/v1b1
metadata: {name: shy}
containers:
  shy:
    image: python
    variables: {KEY: "${resources.env.KEY}"}
resources:
  env: {type: environment}
"""
WITH_DATABASE = """apiVersion: score.dev/v1b1
metadata: {name: ledger}
containers:
  ledger: {image: python, variables: {HOST: "${resources.db.host}"}}
resources:
  db: {type: postgres}
"""


@pytest.fixture(scope="module")
def luck(foundation: Pave) -> Pave:
    """A platform, and a branch of it that is well."""
    (foundation.platform / "shy.yaml").write_text(SCORE)
    (foundation.platform / "ledger.yaml").write_text(WITH_DATABASE)
    foundation.run("up", "shy.yaml", *BRANCH, "--values-file", "-", "--yes", given=json.dumps({"KEY": SECRET}))
    return foundation


@contextmanager
def said_by_containers(sandbox: Sandbox, *lines: str) -> Iterator[None]:
    """What all containers of the sandbox have written meanwhile."""
    log = container_log(sandbox.state)
    log.write_text("".join(f"2026-01-01T00:00:00.000000000Z stdout F {line}\n" for line in lines))
    try:
        yield
    finally:
        log.write_text("")


def sandbox_up(sandbox: Sandbox) -> None:
    """Start again what does not run; on a busy machine one part or another needs a second go."""
    command = [sys.executable, "-m", "sandbox", "up"]
    for _ in range(3):
        answer = subprocess.run(
            command, cwd=CHECKOUT, env=dict(sandbox.environment), check=False, capture_output=True, text=True
        )
        if answer.returncode == 0:
            return
    pytest.fail(f"the sandbox does not come up again:\n{answer.stdout}\n{answer.stderr}")


def test_a_workload_that_never_becomes_ready_says_why_and_the_next_run_is_clean(luck: Pave, sandbox: Sandbox) -> None:
    with said_by_containers(sandbox, "reading settings", f"nobody takes {SECRET}"):
        begun = time.monotonic()
        failed = luck.run("up", *BRANCH, "--image", "shy=fail.example/crash:3", "--yes", code=4)
        taken = time.monotonic() - begun
        seen = luck.json("show", *BRANCH)
        logs = luck.json("logs", *BRANCH, "--workload", "shy", "--tail", "1")

    assert (
        "not waited for any longer, time does not help: Deployment shy: container shy has ended 8 times"
        in failed.stderr
    )
    assert taken < 120, "it waited for what can't come"  # ten minutes are its deadline
    assert "error: step Deploy failed at workload.default#shy" in failed.stderr
    assert "Deployment shy: 0 of 1 ready (1 of the version before), CrashLoopBackOff" in failed.stderr
    assert "container shy: CrashLoopBackOff: Error (exit code 3), restarted 7 times" in failed.stderr
    assert "shy | reading settings\n" in failed.stderr
    assert "shy | nobody takes ******\n" in failed.stderr
    assert "BackOff: Back-off restarting failed container" in failed.stderr
    assert "not done: workload.default#shy\n" in failed.stderr
    assert failed.stderr.rstrip().endswith(f"pave up --app {APP} --branch feature/bad")
    assert seen["last_run"]["result"] == "failed"
    assert [(one["name"], one["state"], one["ready"]) for one in seen["workloads"]] == [("shy", "CrashLoopBackOff", 0)]
    assert [one["lines"] for one in logs] == [["nobody takes ******"]] * 2  # of the old version and of the new one
    assert SECRET not in failed.stdout + failed.stderr + json.dumps([seen, logs])

    luck.run("up", *BRANCH, "--image", "shy=python", "--yes")
    seen = luck.json("show", *BRANCH)
    assert seen["last_run"]["result"] == "succeeded"
    assert [(one["name"], one["state"], one["ready"]) for one in seen["workloads"]] == [("shy", "ready", 1)]


def test_an_api_server_that_is_down_is_one_message_and_the_next_run_is_clean(luck: Pave, sandbox: Sandbox) -> None:
    processes.stop(sandbox.state, "kube-apiserver", signal=SIGKILL)
    try:
        failed = luck.run("up", *BRANCH, "--image", "shy=python:3", "--yes", code=4)
        logs = luck.run("logs", *BRANCH, code=4)
        shown = luck.run("show", *BRANCH)
    finally:
        sandbox_up(sandbox)

    for answer in (failed, logs):
        assert answer.stderr.startswith("error: the cluster does not answer: ")
        assert "`kubectl get namespaces` should work" in answer.stderr
    assert "the state of the workloads is not known: the cluster does not answer" in shown.stdout
    assert luck.json("up", *BRANCH, "--image", "shy=python:3", "--yes")["changes"]["updated"] > 0


def test_a_database_server_that_is_down_is_one_message_and_the_next_run_is_clean(luck: Pave, sandbox: Sandbox) -> None:
    postgres.stop_all(sandbox.state)
    try:
        failed = luck.run("up", "ledger.yaml", *BRANCH[:3], "feature/ledger", "--yes", code=4)
    finally:
        postgres.start_all(sandbox.state)

    assert "error: step Create failed at postgres.default#ledger.db (by postgres-shared)" in failed.stderr
    assert "cannot be reached from here: Connection refused" in failed.stderr
    assert "workload.default#ledger" in failed.stderr.partition("not done: ")[2]
    done = luck.json("up", *BRANCH[:3], "feature/ledger", "--yes")
    assert done["changes"]["created"] > 0
