"""A developer's own secrets reach the workload's Secret, from the stack's config or a Key Vault, and nothing else."""

import base64
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest

from platform_components.drivers.registry import DRIVERS
from platform_components.drivers.values import secret_name
from platform_components.environment import Environment, EnvironmentType
from tests.drivers.world import CHECKOUT, Made, foundation, make

STACK = "shop-main-abc123"
ENVIRONMENT = Environment(STACK, EnvironmentType(name="ephemeral", kind="application"), app="shop")
PAY = {
    "apiVersion": "score.dev/v1b1",
    "metadata": {"name": "pay"},
    "containers": {
        "pay": {
            "image": "shop/pay:1",
            "variables": {"KEY": "${resources.env.API_KEY}", "HEADER": "Bearer ${resources.env.API_KEY}"},
        }
    },
    "resources": {"env": {"type": "environment"}},
}
VAULT = """
id: values-of-a-vault
type: environment
driver: azure/key-vault-values
criteria: [{env_type: ephemeral}]
inputs: {vault: kv-test, prefix: "${context.app_id}--"}
"""


def deployed(platform: Path = CHECKOUT, *, preview: bool = False, **config: Any) -> Made:
    encrypted = config.pop("encrypted", ("values",))
    settings = {"type": "ephemeral", "app": "shop", "branch": "main", "workloads": [PAY], **config}
    return make(
        STACK,
        settings,
        foundation=foundation().exports,
        platform=platform,
        encrypted=encrypted,
        preview=preview,
    )


def secrets_of(made: Made) -> dict[str, str]:
    """What the workload's Secrets hold."""
    found = [each for each in made.recorded.registrations if each.type == "kubernetes:core/v1:Secret"]
    return {key: base64.b64decode(text).decode() for each in found for key, text in each.inputs["data"].items()}


def elsewhere(made: Made) -> str:
    """Every other input of every resource, and all that is exported, with what is base64 in it read, too."""
    inputs = [each.inputs for each in made.recorded.registrations if each.type != "kubernetes:core/v1:Secret"]
    text = str(inputs) + str(made.exports)
    encoded = re.findall(r"[A-Za-z0-9+/]{4,}={0,2}", text)
    return text + str([base64.b64decode(one) for one in encoded if len(one) % 4 == 0])


def test_a_value_goes_into_the_workloads_secret_and_nowhere_else() -> None:
    made = deployed(values={"API_KEY": "s3cret", "UNUSED": "0ther"})

    assert sorted(secrets_of(made).values()) == ["Bearer s3cret", "s3cret"]
    assert "s3cret" not in elsewhere(made)
    assert "0ther" not in elsewhere(made) + str(secrets_of(made))


def test_the_deployed_plan_has_the_names_and_no_value() -> None:
    plan = deployed(values={"API_KEY": "s3cret", "UNUSED": "0ther"}).exports["platform/plan"]

    assert plan["environment"]["values"] == ["API_KEY", "UNUSED"]


def test_a_value_that_is_not_set_ends_with_its_name_and_what_to_do() -> None:
    with pytest.raises(pulumi.RunError, match=r"(?s)no value 'API_KEY'.*--values-file FILE"):
        deployed(values={"API_KEI": "s3cret"})


def test_a_map_in_the_clear_is_refused_by_hand_as_well() -> None:
    with pytest.raises(pulumi.RunError, match="in the clear") as error:
        deployed(values={"API_KEY": "s3cret"}, encrypted=())

    assert "s3cret" not in str(error.value)


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"platform:values\.API_KEY: must be a text"):
        deployed(values={"API_KEY": 7})


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A platform whose values come from a vault, and an `az` that has one secret and notes what it is asked."""
    platform = tmp_path / "platform"
    shutil.copytree(CHECKOUT / "definitions", platform / "definitions")
    (platform / "definitions" / "vault.yaml").write_text(VAULT)
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(
        f"""#!/bin/sh
echo "$@" >> {tmp_path}/asked
case "$*" in
  *shop--API-KEY*) echo '"fr0m the vault"' ;;
  *) echo "ERROR: (SecretNotFound) A secret with (name/id) x was not found in this key vault." >&2; exit 3 ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return platform


@pytest.mark.parametrize("preview", [False, True])
def test_a_value_of_a_vault_is_read_when_the_program_runs(vault: Path, tmp_path: Path, preview: bool) -> None:
    made = deployed(vault, preview=preview)

    assert sorted(secrets_of(made).values()) == ["Bearer fr0m the vault", "fr0m the vault"]
    assert "fr0m the vault" not in elsewhere(made)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["keyvault secret show --vault-name kv-test --name shop--API-KEY --query value --output json"]


def test_a_vault_without_the_secret_ends_with_both_names(vault: Path) -> None:
    with pytest.raises(pulumi.RunError) as error:
        deployed(vault, app="other")

    assert "Key Vault kv-test, secret other--API-KEY: the vault has no such secret" in str(error.value)


def test_a_vault_has_no_underscore_in_names() -> None:
    assert secret_name("shop--", "STRIPE_KEY") == "shop--STRIPE-KEY"


def test_no_app_can_spell_the_secret_of_another_one() -> None:
    """`shop` must not reach `API_KEY` of the app `shop-admin` by calling a value `admin-…`."""
    refusal = DRIVERS["azure/key-vault-values"].refusal
    for name in ("-admin--API_KEY", "admin--API_KEY", "_X", "X_", "A__B", "A-_B"):
        assert refusal(ENVIRONMENT, name) is not None, name
    for name in ("STRIPE_KEY", "api-key", "X1"):
        assert refusal(ENVIRONMENT, name) is None, name
