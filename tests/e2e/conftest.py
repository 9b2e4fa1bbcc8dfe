"""`pave` on the tests' sandbox, the foundation, and two branch environments that the tests share."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from platform_components.cli import outputs
from sandbox.proof import Cluster
from tests.conftest import CHECKOUT, Sandbox

APP = "shop"
BRANCHES = ("feature/login", "feature/Login!")
"""Fold to the same text, and must not meet anywhere."""
TIMEOUT = 180
"""Seconds that a command may take; the slowest takes 15 on an idle machine."""
EXAMPLES = ("examples/python-service", "examples/web")


@dataclass(frozen=True)
class Pave:
    """The command line, in a copy of the platform repository."""

    sandbox: Sandbox
    platform: Path

    def run(
        self, *arguments: str, code: int = 0, given: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `pave ARGUMENTS` with `given` as its input; it must end with `code`, and never with a traceback."""
        answer = self.execute(str(Path(sys.executable).with_name("pave")), *arguments, given=given, **variables)
        said = f"pave {' '.join(arguments)} ended with {answer.returncode}\n{answer.stdout}\n{answer.stderr}"
        assert answer.returncode == code, said
        assert "Traceback" not in answer.stdout + answer.stderr, said
        return answer

    def json(self, *arguments: str, given: str = "") -> Any:
        """What `pave ARGUMENTS --json` prints; it must be as the verb's schema says."""
        document = json.loads(self.run(*arguments, "--json", given=given).stdout)
        jsonschema.validate(document, outputs.schema_of(arguments[0]), cls=jsonschema.Draft202012Validator)
        return document

    def pulumi(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `pulumi ARGUMENTS` by hand."""
        answer = self.execute("pulumi", "--non-interactive", "--color", "never", *arguments)
        assert answer.returncode == code, f"pulumi {' '.join(arguments)}\n{answer.stdout}\n{answer.stderr}"
        return answer

    def execute(self, *command: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the platform repository, on the sandbox."""
        environment = {**self.sandbox.environment, "PAVE_OWNER": "tests@example.com", **variables}
        with subprocess.Popen(
            command,
            cwd=self.platform,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(given, timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the engine and its plugins too
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    @property
    def cluster(self) -> Cluster:
        """The API server."""
        return Cluster(self.sandbox.environment)


@dataclass(frozen=True)
class Deployed:
    """One branch environment."""

    pave: Pave
    branch: str
    shown: dict[str, Any]

    @property
    def stack(self) -> str:
        return str(self.shown["stack"])

    @property
    def namespace(self) -> str:
        return str(self.shown["namespace"])

    def connection_string(self) -> str:
        """As the container of `python-service` gets it."""
        found = self.pave.cluster.container_environment("python-service", "python-service", self.namespace)
        return found["CONNECTION_STRING"]


@pytest.fixture(scope="session")
def pave(sandbox: Sandbox, platform: Path) -> Pave:
    return Pave(sandbox, platform)


@pytest.fixture(scope="session")
def foundation(pave: Pave) -> Pave:
    """The non-production foundation, deployed."""
    pave.run("up", "--env", "foundation-nonproduction", "--yes")
    return pave


@pytest.fixture(scope="session")
def branches(foundation: Pave) -> tuple[Deployed, Deployed]:
    """Two branches whose names fold to the same text, side by side."""
    for branch in BRANCHES:
        foundation.run("up", *EXAMPLES, "--app", APP, "--branch", branch, "--yes")
    first, second = (
        Deployed(foundation, branch, foundation.json("show", "--app", APP, "--branch", branch)) for branch in BRANCHES
    )
    return first, second


PAY = """apiVersion: score.dev/v1b1
metadata: {name: pay}
containers:
  pay:
    image: python
    variables:
      STRIPE_KEY: ${resources.env.STRIPE_KEY}
      AUTHORIZATION: Bearer ${resources.vault.PAY_TOKEN}
    files:
      /etc/pay.pem: {content: "${resources.env.PEM}"}
      /etc/pay.conf: {content: level=info}
resources:
  env: {type: environment}
  vault: {type: environment, class: vault}
"""
VAULT = """id: values-of-a-vault
type: environment
driver: azure/key-vault-values
criteria: [{class: vault}]
inputs: {vault: kv-e2e, prefix: "${context.app_id}--"}
"""
VALUES = {"STRIPE_KEY": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "PEM": "-----BEGIN KEY-----\n4dGk8sLpQ2\n"}
VAULT_VALUE = "t0ken-" + "of-the-vault-9f2c51"


@pytest.fixture(scope="session")
def pay(foundation: Pave) -> Deployed:
    """A branch with secrets of the developer's own: two from standard input, one from a Key Vault."""
    (foundation.platform / "definitions" / "vault.yaml").write_text(VAULT)
    (foundation.platform / "pay.yaml").write_text(PAY)
    put = (sys.executable, "-m", "sandbox", "azure", "secret", "set", "kv-e2e", f"{APP}--PAY-TOKEN")
    stored = foundation.execute(*put, given=VAULT_VALUE, PYTHONPATH=str(CHECKOUT))
    assert stored.returncode == 0, stored.stderr
    branch = ("--app", APP, "--branch", "feature/pay")
    foundation.run("up", "pay.yaml", *branch, "--values-file", "-", "--yes", given=json.dumps(VALUES))
    return Deployed(foundation, branch[-1], foundation.json("show", *branch))
