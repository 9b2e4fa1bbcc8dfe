"""ARM ids: made from paths, taken apart again, compared without regard to case."""

import pytest

from sandbox.azure import ids
from sandbox.azure.kinds import KINDS, kind_of_id

GROUP = "/subscriptions/s/resourceGroups/g"
RECORD = f"{GROUP}/providers/Microsoft.Network/dnsZones/example.com/A/www"


@pytest.mark.parametrize("token", sorted(KINDS))
def test_every_kinds_id_can_be_taken_apart_again(token: str) -> None:
    kind = KINDS[token]
    values = {name: f"{name}-1" for name in ids.parameters_of(kind.path)}
    if "scope" in values:
        values["scope"] = f"{GROUP}/providers/Microsoft.Network/dnsZones/example.com"
    made = ids.format_id(kind.path, values)
    taken_apart = ids.parse_id(kind.path, made.upper())
    assert taken_apart is not None
    assert {name: value.strip("/").lower() for name, value in taken_apart.items()} == {
        name: value.strip("/").lower() for name, value in values.items()
    }
    assert kind_of_id(made) is kind


def test_an_id_says_its_type_name_and_group() -> None:
    assert ids.type_of(RECORD) == "Microsoft.Network/dnsZones/A"
    assert ids.type_of(GROUP) == "Microsoft.Resources/resourceGroups"
    assert ids.name_of(RECORD) == "www"
    assert ids.resource_group_id(RECORD) == GROUP
    assert ids.resource_group_id("/subscriptions/s") is None


def test_two_spellings_of_an_id_have_one_key() -> None:
    assert ids.key(RECORD) == ids.key(RECORD.upper() + "/")


def test_a_group_is_not_taken_for_something_inside_it() -> None:
    assert not ids.looks_like_id(GROUP)
    assert ids.looks_like_id(RECORD)
