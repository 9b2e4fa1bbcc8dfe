"""Secrets of the developer's own: given once, kept encrypted, changed by giving others, shown by no process or file."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import APP, PAY, VALUES, VAULT_VALUE, Deployed
from tests.secret_search import leaks

pytestmark = pytest.mark.e2e

CHANGED = "sk_live_" + "rotated7QmX2"


def on(deployed: Deployed) -> tuple[str, ...]:
    return "--app", APP, "--branch", deployed.branch


def settings(deployed: Deployed) -> Path:
    return deployed.pave.platform / "stacks" / f"Pulumi.{deployed.stack}.yaml"


def held(deployed: Deployed) -> list[str]:
    """The texts in the Secret that the workload's pods refer to."""
    listed = deployed.pave.execute("kubectl", "get", "secrets", "-n", deployed.namespace, "-o", "json")
    return [
        base64.b64decode(text).decode() for item in json.loads(listed.stdout)["items"] for text in item["data"].values()
    ]


def rolled_by(deployed: Deployed, *options: str, given: str = "") -> tuple[int, set[str]]:
    """How many ReplicaSets came with another `up`, and which of the Secrets and ConfigMaps went."""
    sets, kept = names(deployed, "replicasets"), names(deployed, "secrets,configmaps")
    deployed.pave.run("up", *options, *on(deployed), "--yes", given=given)
    return len(names(deployed, "replicasets") - sets), kept - names(deployed, "secrets,configmaps")


def names(deployed: Deployed, kinds: str) -> set[str]:
    listed = deployed.pave.execute("kubectl", "get", kinds, "-n", deployed.namespace, "-o", "name")
    assert listed.returncode == 0, listed.stderr
    return {name for name in listed.stdout.split() if not name.endswith("/kube-root-ca.crt")}


def template(deployed: Deployed) -> Any:
    shown = deployed.pave.execute("kubectl", "get", "deployments", "-n", deployed.namespace, "-o", "json")
    return json.loads(shown.stdout)["items"][0]["spec"]["template"]


@contextmanager
def watched(needle: str) -> Iterator[list[str]]:
    """Every process of the machine whose arguments or environment showed a text in the meantime."""
    found: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for folder in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        content = (folder / name).read_bytes()
                    except OSError:  # it has ended, or is somebody else's
                        continue
                    if needle.encode() in content:
                        found.append(f"{name} of {content[:60]!r}")
            over.wait(0.02)

    watcher = threading.Thread(target=watch)  # a process that sees a value lives for a tenth of a second and longer
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def test_values_reach_the_container_byte_for_byte(pay: Deployed) -> None:
    variables = pay.pave.cluster.container_environment("pay", "pay", pay.namespace)

    assert variables == {"STRIPE_KEY": VALUES["STRIPE_KEY"], "AUTHORIZATION": f"Bearer {VAULT_VALUE}"}
    assert VALUES["PEM"] in held(pay)


def test_an_environment_shows_the_names_of_its_values(pay: Deployed) -> None:
    assert pay.shown["values"] == ["PEM", "STRIPE_KEY"]
    assert {row["name"]: row["shown"] for row in pay.shown["resources"]} == {
        "env": "PEM, STRIPE_KEY",
        "vault": "PAY_TOKEN",
    }


def test_another_up_keeps_them_in_another_checkout_and_by_hand(pay: Deployed) -> None:
    before = yaml.safe_load(settings(pay).read_text())
    assert pay.pave.json("up", *on(pay), "--yes")["changes"] == {}
    assert pay.pave.json("up", *on(pay), "--values-file", "-", "--yes", given=json.dumps(VALUES))["changes"] == {}
    assert yaml.safe_load(settings(pay).read_text()) == before

    settings(pay).unlink()
    assert pay.pave.json("up", *on(pay), "--yes")["changes"] == {}
    pay.pave.pulumi("up", "--yes", "--stack", pay.stack, "--expect-no-changes")
    assert VALUES["STRIPE_KEY"] in held(pay)


def test_a_value_that_a_workload_reads_is_not_removed(pay: Deployed) -> None:
    before = yaml.safe_load(settings(pay).read_text())

    answer = pay.pave.run("up", *on(pay), "--values-file", "-", "--yes", code=1, given="STRIPE_KEY: null\n")

    assert "${resources.env.STRIPE_KEY}: this environment has no value 'STRIPE_KEY'" in answer.stderr
    assert yaml.safe_load(settings(pay).read_text()) == before


def test_a_secret_that_a_vault_does_not_have_is_named_with_the_vault(pay: Deployed) -> None:
    (pay.pave.platform / "other.yaml").write_text(PAY.replace("PAY_TOKEN", "OTHER_TOKEN"))

    answer = pay.pave.run("preview", "other.yaml", *on(pay), code=4)

    assert f"Key Vault kv-e2e, secret {APP}--OTHER-TOKEN: the vault has no such secret" in answer.stderr


def test_environments_are_compared_by_the_names_of_their_values(pay: Deployed) -> None:
    answer = pay.pave.run("diff", pay.stack, "foundation-nonproduction", code=3)

    assert "values.STRIPE_KEY" in answer.stdout
    assert VALUES["STRIPE_KEY"] not in answer.stdout


def test_another_value_rolls_the_pods_and_is_seen_nowhere(pay: Deployed) -> None:
    given = f"STRIPE_KEY: {CHANGED}\n"
    before, file = template(pay), settings(pay).read_bytes()

    with watched(CHANGED) as seen:
        pay.pave.run("preview", *on(pay), "--values-file", "-", "--exit-code", code=3, given=given)
        assert settings(pay).read_bytes() == file
        answer = pay.pave.run("up", *on(pay), "--values-file", "-", "--yes", given=given)

    assert pay.pave.cluster.container_environment("pay", "pay", pay.namespace)["STRIPE_KEY"] == CHANGED
    assert template(pay) != before
    assert VALUES["PEM"] in held(pay)
    assert seen == []
    assert CHANGED not in answer.stdout + answer.stderr
    secret = {"the changed value": CHANGED}
    assert leaks(pay.pave.platform, secret) + leaks(pay.pave.sandbox.state.backend, secret) == []


def test_a_changed_file_variable_or_secret_rolls_the_pods_and_leaves_nothing_old_behind(pay: Deployed) -> None:
    """A branch has one pod; each kind of content is in one object, whose name is another after a change."""
    assert {name.partition("/")[0] for name in names(pay, "secrets,configmaps")} == {"secret", "configmap"}

    assert rolled_by(pay) == (0, set())
    file = pay.pave.platform / "pay.yaml"
    file.write_text(PAY.replace("level=info", "level=debug"))
    rolled, gone = rolled_by(pay, "pay.yaml")
    assert (rolled, [name.partition("/")[0] for name in gone]) == (1, ["configmap"])
    file.write_text(file.read_text().replace("    variables:\n", "    variables:\n      LEVEL: debug\n"))
    assert rolled_by(pay, "pay.yaml") == (1, set())
    rolled, gone = rolled_by(pay, "--values-file", "-", given="STRIPE_KEY: sk_live_another\n")
    assert (rolled, [name.partition("/")[0] for name in gone]) == (1, ["secret"])

    assert len(names(pay, "secrets,configmaps")) == 2
