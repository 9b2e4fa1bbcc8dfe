"""Role assignments: ids of roles, names of assignments."""

import uuid

import pytest

from platform_components.azure.roles import ROLES, assignment_name, role_definition_id
from tests.azure.samples import ADMINISTRATORS, GROUP_ID, PRINCIPAL


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_an_id_of_its_own(role: str) -> None:
    assert str(uuid.UUID(ROLES[role])) == ROLES[role]  # type: ignore[index]
    assert list(ROLES.values()).count(ROLES[role]) == 1  # type: ignore[index]


def test_a_roles_id_is_in_the_scopes_subscription() -> None:
    assert role_definition_id("AcrPull", GROUP_ID) == (
        "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/"
        "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    )


def test_an_assignments_name_follows_from_what_it_says() -> None:
    name = assignment_name(GROUP_ID, PRINCIPAL, "AcrPull")
    assert name == assignment_name(GROUP_ID.upper(), PRINCIPAL, "AcrPull")
    assert str(uuid.UUID(name)) == name
    others = {
        assignment_name(GROUP_ID, PRINCIPAL, "Network Contributor"),
        assignment_name(GROUP_ID, ADMINISTRATORS, "AcrPull"),
        assignment_name(GROUP_ID + "/x", PRINCIPAL, "AcrPull"),
    }
    assert len(others | {name}) == 4


def test_names_stay_the_same_between_releases() -> None:
    assert assignment_name(GROUP_ID, PRINCIPAL, "AcrPull") == "062631f3-b287-568e-b415-84cf3495ebcf"
