"""checkov's Kubernetes policies over every rendered example: nothing fails, but for exceptions with a reason."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_components.rendering import Rendered, as_yaml
from tests.rendering.world import EXAMPLES, KNOWN, TYPES, config, examples, rendered

from .checkov import checked

EXCEPTIONS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("exceptions.yaml").read_text())
DIGEST = "sha256:" + "0" * 64
RESOURCE = re.compile(r"(amqp|postgres|redis|s3)-.*-[0-9a-f]{6}")
"""A resource in the cluster, by its type to the exceptions; an S3 endpoint is an `s3-gateway`."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What checkov says of all examples in all types, with images by digest, as a pipeline gives them."""
    folder = tmp_path_factory.mktemp("rendered")
    for type_ in TYPES:
        for example in examples(type_):
            settings = config(example, type_)
            by_digest = {**settings, "images": images(rendered(settings, KNOWN))}
            text = as_yaml(rendered(by_digest, KNOWN))
            (folder / f"{example}-{type_}.yaml").write_text(text, encoding="utf-8")
    return checked(folder)


def test_no_policy_fails_but_for_a_reason(
    found: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    failed = {(each["check_id"], named(each["resource"])): each["check_name"] for each in failures(found)}
    unexplained = {
        f"{check} {name}: {what}"
        for (check, name), what in failed.items()
        if check not in EXCEPTIONS or name not in EXCEPTIONS[check].get("of", [name])
    }
    passed = found["summary"]["passed"]

    record_property(
        "figure", f"checkov: {passed} passed, {len(EXCEPTIONS)} policies with exceptions, {len(unexplained)} failed"
    )
    assert found["summary"]["parsing_errors"] == 0
    assert passed > 100 * len(EXAMPLES)
    assert sorted(unexplained) == []


def test_no_exception_is_left_that_nothing_needs(found: dict[str, Any]) -> None:
    failed = {(each["check_id"], named(each["resource"])) for each in failures(found)}
    checks = {check for check, _ in failed}
    unused = {
        f"{check} {name}"
        for check, exception in EXCEPTIONS.items()
        for name in exception.get("of", ["anything"])
        if (check, name) not in failed and (name != "anything" or check not in checks)
    }

    assert unused == set()


def images(rendered: Rendered) -> dict[str, str]:
    """An image by digest for each container of each workload."""
    found: dict[str, str] = {}
    for each in rendered.objects:
        type_, _, name = each.resource.partition(".default#")
        spec = each.manifest.get("spec", {})
        pod = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}).get("spec", {})
        if type_ == "workload":
            for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
                found[f"{name}/{container['name']}"] = f"registry.example/{name}@{DIGEST}"
    return found


def failures(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The checks that failed."""
    failed: list[dict[str, Any]] = found["results"]["failed_checks"]
    return failed


def named(resource: str) -> str:
    """What exceptions call an object that checkov calls `Kind.namespace.name`."""
    name = resource.rpartition(".")[2]
    matched = RESOURCE.fullmatch(name)
    return name if matched is None else matched[1].replace("s3", "s3-gateway")
