"""The workload identity: its credentials, their order and names, and the limit that is seen before it is hit."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.azure.roles import ROLES
from platform_components.azure.workload_identity import credential_name
from platform_components.errors import InputError
from tests.azure.samples import LARGE, deploy

CREDENTIAL = ":FederatedIdentityCredential"
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)


def accounts(count: int) -> list[dict[str, str]]:
    return [{"namespace": "shop", "name": f"worker-{index}"} for index in range(count)]


def test_every_service_account_gets_a_credential() -> None:
    recorded = deploy("WorkloadIdentity", LARGE["WorkloadIdentity"])
    credentials = recorded.all(CREDENTIAL)
    assert [each.inputs["subject"] for each in credentials] == [
        "system:serviceaccount:shop:web",
        "system:serviceaccount:shop:worker",
        "system:serviceaccount:tools:web",
    ]
    assert {each.inputs["issuer"] for each in credentials} == {"https://oidc.example/1/"}
    assert all(each.inputs["audiences"] == ["api://AzureADTokenExchange"] for each in credentials)


def test_credentials_are_written_one_after_the_other() -> None:
    credentials = deploy("WorkloadIdentity", service_accounts=accounts(20)).all(CREDENTIAL)
    assert len(credentials) == 20
    for before, after in itertools.pairwise(credentials):
        assert before.urn in after.depends_on


def test_the_twenty_first_is_refused_before_anything_is_made() -> None:
    with pytest.raises(InputError, match="21 service accounts, but Azure keeps at most 20"):
        deploy("WorkloadIdentity", service_accounts=accounts(21))


def test_an_identity_that_nobody_uses_yet_is_fine() -> None:
    recorded = deploy("WorkloadIdentity", service_accounts=[])
    assert recorded.result["client_id"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"service_accounts": [{"namespace": "a", "name": "x"}, {"namespace": "b", "name": "x"}]}, "give each a `key`"),
        ({"service_accounts": [{"namespace": "A", "name": "x"}]}, "a namespace's name"),
        ({"service_accounts": [{"namespace": "a", "name": "-"}]}, "a service account's name"),
        ({"issuer_url": "http://oidc.example"}, "an https URL"),
        ({"identity_name": "x"}, "3 to 128 letters"),
    ],
)
def test_an_identity_that_azure_would_refuse_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("WorkloadIdentity", **changes)


@given(NAMES, NAMES, NAMES, NAMES)
def test_two_accounts_never_share_a_credentials_name(one: str, two: str, three: str, four: str) -> None:
    first, second = credential_name(one, two), credential_name(three, four)
    assert (first == second) == ((one, two) == (three, four))
    assert len(first) <= 120
    assert len(first) >= 3


def test_dots_are_replaced_and_long_names_cut() -> None:
    name = credential_name("n" * 63, "a.b" + "c" * 250)
    assert len(name) == 120
    assert "." not in name
    assert credential_name("shop", "web") == "shop-web"


def test_the_identity_gets_its_roles_before_anybody_acts_as_it() -> None:
    recorded = deploy("WorkloadIdentity", LARGE["WorkloadIdentity"])
    roles = {each.name: each.inputs for each in recorded.all(":RoleAssignment")}
    assert set(roles) == {"main-may-secrets", "main-may-blobs"}
    assert roles["main-may-secrets"]["roleDefinitionId"].endswith(ROLES["Key Vault Secrets User"])
    assert {each["principalType"] for each in roles.values()} == {"ServicePrincipal"}


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ([{"key": "a", "role": "Owner", "scope": "/subscriptions/x"}], "roles.0.role: Input should be"),
        ([{"key": "a", "role": "AcrPull", "scope": "registry"}], "roles.0.scope: 'registry' is not accepted"),
        ([{"key": "a", "role": "AcrPull", "scope": "/subscriptions/x"}] * 2, "several roles have the key a"),
    ],
)
def test_roles_that_make_no_sense_are_refused(roles: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("WorkloadIdentity", roles=roles)
