"""The pipelines for Azure Pipelines: of Microsoft's schema, and of the same rules as GitHub's workflows.

Nothing here runs Azure Pipelines: what its expressions come to is not tried.
"""

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema.validators import validator_for

FILES = ("setup", "pave", "environment", "sweep", "platform")


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    vendor = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((vendor / "azure-pipelines.json").read_text(encoding="utf-8"))
    made: jsonschema.protocols.Validator = validator_for(schema)(schema)
    return made


def text(repository: Path, name: str) -> str:
    return (repository / "pipelines/azure" / f"{name}.yml").read_text(encoding="utf-8")


def accepts(validator: jsonschema.protocols.Validator, pipeline: str) -> bool:
    """The schema is for a reader to whom scalars are texts, but for the inputs of tasks."""
    as_texts = yaml.load(pipeline, Loader=yaml.BaseLoader)
    return validator.is_valid(as_texts) or validator.is_valid(yaml.safe_load(pipeline))


def steps(document: Any) -> list[dict[str, Any]]:
    """Every step, wherever it is."""
    if isinstance(document, list):
        return [step for one in document for step in steps(one)]
    if not isinstance(document, dict):
        return []
    own = [step for step in document.get("steps", []) if isinstance(step, dict)]
    return own + [step for key, value in document.items() if key != "steps" for step in steps(value)]


@pytest.mark.parametrize("name", FILES)
def test_every_pipeline_is_of_microsofts_schema(
    repository: Path, validator: jsonschema.protocols.Validator, name: str
) -> None:
    assert accepts(validator, text(repository, name))


def test_the_schema_refuses_what_is_wrong(repository: Path, validator: jsonschema.protocols.Validator) -> None:
    assert not accepts(validator, text(repository, "sweep").replace("timeoutInMinutes", "timeout"))
    assert not accepts(validator, text(repository, "sweep").replace("sequential", "cancel"))


def test_all_files_are_looked_at(repository: Path) -> None:
    assert {file.stem for file in (repository / "pipelines/azure").glob("*.yml")} == set(FILES)


def test_runs_queue_and_none_is_cancelled(repository: Path) -> None:
    for name in ("environment", "sweep", "platform"):
        assert yaml.safe_load(text(repository, name))["lockBehavior"] == "sequential"


def test_a_fork_is_not_deployed_and_no_token_stays_behind(repository: Path) -> None:
    document = yaml.safe_load(text(repository, "environment"))
    deploying = next(stage for stage in document["stages"] if stage["stage"] == "up")

    assert "ne(variables['System.PullRequest.IsFork'], 'True')" in deploying["condition"]
    assert document["pr"] == "none"
    checkouts = [step for step in steps(deploying) if "checkout" in step and step["checkout"] != "none"]
    assert [step["persistCredentials"] for step in checkouts] == [False, False]


def test_every_template_that_is_named_is_there(repository: Path) -> None:
    for name in FILES:
        for template in re.findall(r"template: (\S+)", text(repository, name)):
            path, _, other = template.partition("@")
            assert (repository / path if other else repository / "pipelines/azure" / path).is_file(), template


def test_no_key_is_stored(repository: Path) -> None:
    for name in FILES:
        assert not re.search(r"secret|password|passphrase|account.?key", text(repository, name), re.IGNORECASE), name
