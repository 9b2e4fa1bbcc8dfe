"""The package's own tests: that what it brings is found, checked and planned, and what its driver makes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks

SCORE = Path(__file__).parents[1] / "checkout.score"


def plan(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`pave plan` of the example, in the platform repository that PAVE_PLATFORM names."""
    pave = [str(Path(sys.executable).with_name("pave")), "plan", str(SCORE), "--app", "shop", "--branch", "main"]
    return subprocess.run([*pave, *arguments], capture_output=True, text=True, check=False)


def test_the_definition_of_the_package_serves_the_type() -> None:
    found = json.loads(plan("--json").stdout)
    flags = next(one for one in found["resources"] if one["type"] == "feature-flags")

    assert flags["definition"] == "acme-feature-flags"
    assert flags["driver"] == "acme/feature-flags"
    assert flags["inputs"]["flags"] == {"new-checkout": True, "old-basket": False}


def test_where_nothing_serves_the_type_it_says_so() -> None:
    refused = plan("--env-type", "production")

    assert refused.returncode == 1
    assert "no resource definition serves 'feature-flags'" in refused.stderr
    assert "acme-feature-flags" in refused.stderr


class _Cluster(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", {"metadata": {"name": f"{args.name}-1"}, **args.inputs}

    def call(self, _args: MockCallArgs) -> dict[str, Any]:
        return {}


def test_the_driver_writes_the_flags_down() -> None:
    set_mocks(_Cluster())
    from acme_platform.flags import FeatureFlags

    written: list[str] = []

    @pulumi.runtime.test
    def make() -> Any:
        flags = FeatureFlags("flags", {"namespace": "shop", "flags": {"b": False, "a": True}})
        return flags.json.apply(written.append)

    make()

    assert written == ['{"a": true, "b": false}']
