"""No password anywhere but in Kubernetes Secret objects, as the API server serves them."""

import base64
import json

import psycopg
import pytest

from tests.e2e.conftest import APP, EXAMPLES, VALUES, VAULT_VALUE, Deployed
from tests.secret_search import forms, leaks

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def secrets(branches: tuple[Deployed, Deployed], pay: Deployed) -> dict[str, str]:
    """Every secret of the environments: what the Secret objects hold, the passwords inside, and the runner's token."""
    found: dict[str, str] = {**VALUES, "of the vault": VAULT_VALUE}
    for deployed in (*branches, pay):
        listed = deployed.pave.execute("kubectl", "get", "secrets", "-n", deployed.namespace, "-o", "json")
        for item in json.loads(listed.stdout)["items"]:
            for key, value in item.get("data", {}).items():
                text = base64.b64decode(value).decode()
                found[f"{deployed.stack}/{item['metadata']['name']}/{key}"] = text
                if text.startswith("postgresql://"):
                    password = psycopg.conninfo.conninfo_to_dict(text)["password"]
                    found[f"{deployed.stack}/{item['metadata']['name']}/{key}: the password"] = str(password)
    assert len(found) >= 14
    token = branches[0].pave.execute(
        "az", "account", "get-access-token", "--resource-type", "oss-rdbms", "--query", "accessToken", "-o", "tsv"
    )
    assert token.returncode == 0, token.stderr
    found["the runner's token for PostgreSQL"] = token.stdout.strip()
    return found


def test_no_file_of_the_sandbox_holds_a_secret(branches: tuple[Deployed, Deployed], secrets: dict[str, str]) -> None:
    """Checkpoints and their history, etcd, PostgreSQL's files and logs, the Azure stand-in's store, every log."""
    assert leaks(branches[0].pave.sandbox.state.root, secrets) == []


def test_no_file_of_the_platform_repository_holds_a_secret(
    branches: tuple[Deployed, Deployed], secrets: dict[str, str]
) -> None:
    assert leaks(branches[0].pave.platform, secrets) == []


def test_no_output_holds_a_secret(branches: tuple[Deployed, Deployed], pay: Deployed, secrets: dict[str, str]) -> None:
    deployed = branches[0]
    branch = ("--app", APP, "--branch", deployed.branch)
    own = ("--app", APP, "--branch", pay.branch)
    answers = [
        deployed.pave.run("show", *branch),
        deployed.pave.run("show", *branch, "--json"),
        deployed.pave.run("plan", *EXAMPLES, *branch, "--json"),
        deployed.pave.run("preview", *EXAMPLES, *branch),
        deployed.pave.run("up", *EXAMPLES, *branch, "--yes"),
        deployed.pave.run("up", *EXAMPLES, *branch, "--yes", "--json"),
        deployed.pave.run("list", "--json"),
        deployed.pave.pulumi("stack", "output", "--json", "--stack", deployed.stack),
        deployed.pave.pulumi("stack", "export", "--stack", deployed.stack),
        deployed.pave.pulumi("stack", "history", "--json", "--stack", deployed.stack),
        pay.pave.run("show", *own),
        pay.pave.run("plan", "pay.yaml", *own, "--json"),
        pay.pave.run("explain", "pay.yaml", *own, "--resource", "env"),
        pay.pave.run("up", "pay.yaml", *own, "--yes", "--json"),
        pay.pave.pulumi("config", "--json", "--stack", pay.stack),
        pay.pave.pulumi("preview", "--diff", "--show-sames", "--stack", pay.stack),
        pay.pave.pulumi("stack", "export", "--stack", pay.stack),
        pay.pave.pulumi("stack", "history", "--json", "--stack", pay.stack),
    ]
    needles = [(name, form.decode("latin-1")) for name, secret in secrets.items() for form in forms(secret).values()]

    found = [
        f"{name} in {answer.args}"
        for answer in answers
        for name, needle in needles
        if needle in answer.stdout + answer.stderr
    ]

    assert found == []


def test_plain_fields_of_pods_hold_no_secret(
    branches: tuple[Deployed, Deployed], pay: Deployed, secrets: dict[str, str]
) -> None:
    for deployed in (*branches, pay):
        kinds = "deployments,replicasets,pods,configmaps,services,serviceaccounts,events,httproutes"
        listed = deployed.pave.execute("kubectl", "get", kinds, "-n", deployed.namespace, "-o", "json")
        assert listed.returncode == 0, listed.stderr
        assert [name for name, secret in secrets.items() if secret in listed.stdout] == []
