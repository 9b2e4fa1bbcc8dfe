"""What others import from this library; a change here is a change for them."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import platform_components

PUBLIC = [
    "AksCluster",
    "AksClusterArgs",
    "DnsRecord",
    "DnsRecordArgs",
    "DnsZone",
    "DnsZoneArgs",
    "Environment",
    "EnvironmentArgs",
    "Gateway",
    "GatewayArgs",
    "InputError",
    "KeyVault",
    "KeyVaultArgs",
    "Namespace",
    "NamespaceArgs",
    "Network",
    "NetworkArgs",
    "ObjectStorage",
    "ObjectStorageArgs",
    "OutsideError",
    "PlatformError",
    "PostgresDatabase",
    "PostgresDatabaseArgs",
    "PostgresEntraDatabase",
    "PostgresEntraDatabaseArgs",
    "PostgresServer",
    "PostgresServerArgs",
    "Route",
    "RouteArgs",
    "S3Gateway",
    "S3GatewayArgs",
    "Volume",
    "VolumeArgs",
    "Workload",
    "WorkloadArgs",
    "WorkloadIdentity",
    "WorkloadIdentityArgs",
    "__version__",
    "run",
]


def test_the_public_names_are_these() -> None:
    assert sorted(platform_components.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(importlib.import_module("platform_components"), name) is not None


def test_a_star_import_brings_exactly_these() -> None:
    program = (
        "names = {}; exec('from platform_components import *', names); print(sorted(names.keys() - {'__builtins__'}))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert found.strip() == str(sorted(PUBLIC))


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        platform_components.Nonsense  # noqa: B018


def test_a_name_that_is_about_to_go_still_works_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(platform_components._RENAMED, "Vnet", "Network")

    with pytest.warns(DeprecationWarning, match="platform_components.Vnet is deprecated: use Network") as caught:
        assert platform_components.Vnet is platform_components.Network

    assert caught[0].filename == __file__
    assert "Vnet" not in dir(platform_components)


def test_every_name_that_is_about_to_go_is_in_the_changelog() -> None:
    changelog = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")

    assert [name for name in platform_components._RENAMED if f"`{name}`" not in changelog] == []


def test_dir_lists_the_public_names_without_loading_them() -> None:
    program = "import platform_components, sys; print(dir(platform_components)); assert 'pulumi' not in sys.modules"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert found.strip() == str(sorted(PUBLIC))


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert platform_components.__version__ == version("platform-components")
