"""Ids worked out beforehand are those that Azure gives."""

import json
from pathlib import Path

from platform_components.azure.arm_ids import PATHS, arm_id, subscription_of
from sandbox.azure import ids
from sandbox.azure.kinds import KINDS, parse_token

GOLDEN = Path(__file__).with_name("golden")


def test_every_type_that_a_component_makes_has_its_path() -> None:
    made = {
        parse_token(one["type"])[0].removeprefix("azure-native:")
        for path in GOLDEN.glob("*.json")
        for one in json.loads(path.read_text())
        if one["type"].startswith("azure-native:")
    }

    assert made - set(PATHS) == set()
    assert made


def test_paths_are_those_of_azure() -> None:
    known = {token.removeprefix("azure-native:"): kind for token, kind in KINDS.items()}

    for name, path in PATHS.items():
        if name in known:
            values = {parameter: f"the-{parameter}" for parameter in ids.parameters_of(known[name].path)}
            inputs = {key: value for key, value in values.items() if key != "subscriptionId"}
            expected = ids.format_id(known[name].path, values)
            assert (arm_id(f"azure-native:{name}", inputs, "the-subscriptionId") or "").lower() == expected.lower()
            assert path


def test_an_input_that_is_not_plain_text_makes_no_id() -> None:
    assert arm_id("azure-native:resources:ResourceGroup", {}, "s") is None
    assert arm_id("azure-native:resources:ResourceGroup", {"resourceGroupName": 1}, "s") is None
    assert arm_id("aws:s3:Bucket", {}, "s") is None


def test_an_id_names_its_subscription() -> None:
    assert subscription_of("/subscriptions/abc/resourceGroups/g") == "abc"
    assert subscription_of("shop/web") is None
