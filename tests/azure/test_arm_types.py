"""Every body that a component sends is one that Azure Resource Manager describes."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.kinds import KINDS, parse_token
from tests.azure.samples import LARGE, SMALL, deploy

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "arm-types"
CASES = [
    pytest.param(component, args, id=f"{component}-{size}")
    for size, samples in (("small", SMALL), ("large", LARGE))
    for component, args in samples.items()
]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="Azure's type descriptions are not beside the checkout")
@pytest.mark.parametrize(("component", "args"), CASES)
def test_azure_describes_every_body(component: str, args: Any) -> None:
    types = ArmTypes(FOLDER)
    recorded = deploy(component, args)
    found = []
    for each in recorded.registrations:
        token, api_version = parse_token(each.type)
        kind = KINDS.get(token)
        if kind is not None:
            result = types.check(kind, api_version or kind.api_version, each.inputs)
            found += [f"{each.name}: {path}: {reason}" for path, reason in result.errors]
    assert found == []
