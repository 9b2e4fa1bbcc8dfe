"""The example in docs/platform.md is copied as it stands, and works."""

import re
import shutil
from pathlib import Path

import pytest

from platform_components.repository import catalog_of
from tests.drivers.world import CHECKOUT, Made, kubeconfig_at_hand, make

FILES = re.compile(r"`(definitions/[a-z/]+\.yaml)`:\n\n```yaml\n(.*?)```", re.DOTALL)
WORKLOAD = {
    "apiVersion": "score.dev/v1b1",
    "metadata": {"name": "web"},
    "containers": {"main": {"image": "nginx", "variables": {"PASSWORD": "${resources.mail.password}"}}},
    "resources": {"mail": {"type": "smtp"}},
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform repository with the example's files in it."""
    folder = tmp_path_factory.mktemp("platform")
    shutil.copytree(CHECKOUT / "definitions", folder / "definitions")
    text = (CHECKOUT / "docs" / "platform.md").read_text(encoding="utf-8")
    section = text[text.index("## A type of your own, without Python") :]
    for name, content in FILES.findall(section):
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def made(platform: Path) -> Made:
    config = {"type": "local", "app": "shop", "workloads": [WORKLOAD]}
    with kubeconfig_at_hand():
        return make("laptop", config, platform=platform)


def test_the_type_is_in_the_catalogue_with_its_definition(platform: Path) -> None:
    catalog = catalog_of(platform)

    assert "smtp" in catalog.types
    assert catalog.by_name["smtp-in-cluster"].type == "smtp"


def test_the_example_becomes_pods_a_service_and_a_secret(made: Made) -> None:
    mail = [each for each in made.recorded.registrations if each.name.startswith("smtp-")]
    container = next(each for each in mail if each.type.endswith("Deployment")).inputs["spec"]["template"]["spec"][
        "containers"
    ][0]

    assert sorted(each.type.rpartition(":")[2] for each in mail) == [
        *("Deployment", "GeneratedPassword", "Manifests", "NetworkPolicy", "Secret", "Service"),
    ]
    assert container["args"][:2] == ["--max", "500"]
    assert made.exports["smtp.default/web.mail/host"].endswith(".laptop.svc")
    assert made.exports["smtp.default/web.mail/port"] == 1025
