"""Outputs of types that take any name: every one that is named is known, and what the driver won't give is told."""

from pathlib import Path

import pytest

from platform_components.plan import PlanError
from tests.plan.worlds import plan_of

VALUES = """
id: values
type: environment
driver: some
criteria: [{}]
---
id: anything
type: environment
driver: any
criteria: [{class: open}]
---
id: token
type: redis
driver: any
criteria: [{}]
uses: {env: {type: environment, id: shared}}
inputs: {token: "${uses.env.TOKEN}", text: "Bearer ${uses.env.TOKEN}"}
"""

PAY = """
apiVersion: score.dev/v1b1
metadata: {name: pay}
containers:
  pay:
    image: shop/pay:1
    variables: {KEY: "${resources.env.API_KEY}", HEADER: "Bearer ${resources.env.API_KEY}"}
    files: {/etc/key: {content: "${resources.env.TOKEN}"}}
resources:
  env: {type: environment}
"""


def told(folder: Path, score: str, platform: str = VALUES) -> list[str]:
    with pytest.raises(PlanError) as error:
        plan_of(folder, score, platform=platform)
    return str(error.value).replace(f"{folder}/", "").splitlines()


def test_each_name_is_an_output_once_and_all_of_them_are_secret(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PAY, platform=VALUES)

    assert plan.resource("environment.default#pay.env").wanted_outputs == ("API_KEY", "TOKEN")
    assert plan.workload("pay").secret_variables == {"pay": ("HEADER", "KEY")}
    assert plan.workload("pay").secret_files == {"pay": ("/etc/key",)}


def test_a_name_that_the_driver_does_not_have_is_told_at_every_place(tmp_path: Path) -> None:
    assert told(tmp_path, PAY.replace("API_KEY", "API_KEI")) == [
        "app/score0.yaml:7:22: containers.pay.variables.KEY: ${resources.env.API_KEI}: 'API_KEI' is not set",
        "  set: API_KEY, TOKEN",
        "app/score0.yaml:7:58: containers.pay.variables.HEADER: ${resources.env.API_KEI}: 'API_KEI' is not set",
        "  set: API_KEY, TOKEN",
    ]


def test_a_definition_with_another_driver_is_not_held_to_what_that_one_knows(tmp_path: Path) -> None:
    score = PAY.replace("API_KEY", "API_KEI").replace("{type: environment}", "{type: environment, class: open}")

    plan = plan_of(tmp_path, score, platform=VALUES)

    assert plan.resource("environment.open#pay.env").wanted_outputs == ("API_KEI", "TOKEN")


def test_what_a_definition_reads_is_an_output_as_well(tmp_path: Path) -> None:
    score = PAY.replace("env: {type: environment}", "env: {type: environment}\n  cache: {type: redis}")

    plan = plan_of(tmp_path, score, platform=VALUES)
    assert plan.resource("environment.default#shared").wanted_outputs == ("TOKEN",)

    found = told(tmp_path, score, VALUES.replace("uses.env.TOKEN", "uses.env.TOKN"))
    assert found == [
        "definitions/own.yaml:17:9: token: inputs: ${environment.default#shared.TOKN}: 'TOKN' is not set",
        "  set: API_KEY, TOKEN",
    ]
