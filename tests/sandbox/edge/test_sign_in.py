"""Sign-in as a workload identity: who gets a token, and what everybody else is told."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from sandbox.azure.store import Resource, Store
from sandbox.edge import tokens
from sandbox.edge.sign_in import AUDIENCE, HOST, SignIn
from sandbox.state import State

TENANT, CLIENT, PRINCIPAL = "t-1", "c-1", "p-1"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
STORAGE = "https://storage.azure.com"
SUBJECT = "system:serviceaccount:shop:s3"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def signing(state: State) -> SignIn:
    store = Store(state)
    with store.writing() as transaction:
        transaction.put(
            Resource(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
                "azure-native:containerservice:ManagedCluster",
                "v",
                {},
                {"oidcIssuerProfile": {"issuerURL": "https://issuer"}},
            )
        )
        transaction.put(
            Resource(
                f"{IDENTITY}/federatedIdentityCredentials/elsewhere",
                "azure-native:managedidentity:FederatedIdentityCredential",
                "v",
                {"subject": "system:serviceaccount:shop:stranger", "audiences": [AUDIENCE], "issuer": "https://other"},
                {},
            )
        )
        transaction.put(
            Resource(
                IDENTITY,
                "azure-native:managedidentity:UserAssignedIdentity",
                "v",
                {},
                {"clientId": CLIENT, "principalId": PRINCIPAL, "tenantId": TENANT},
            )
        )
        transaction.put(
            Resource(
                f"{IDENTITY}/federatedIdentityCredentials/one",
                "azure-native:managedidentity:FederatedIdentityCredential",
                "v",
                {"subject": SUBJECT, "audiences": [AUDIENCE], "issuer": "https://issuer"},
                {},
            )
        )
    subjects = {"good": SUBJECT, "other": "system:serviceaccount:shop:other"}
    subjects |= {"stranger": "system:serviceaccount:shop:stranger"}
    return SignIn(state, store, subjects.get)


def form(**changes: str) -> bytes:
    return urlencode(
        {"client_id": CLIENT, "client_assertion": "good", "scope": f"{STORAGE}/.default"} | changes
    ).encode()


def test_a_service_account_that_the_identity_names_gets_a_token_for_what_it_asked(
    state: State, signing: SignIn
) -> None:
    status, answer = signing.post(f"/{TENANT}/oauth2/v2.0/token", form())

    assert status == 200
    assert tokens.principal_of(state, answer["access_token"], STORAGE) == PRINCIPAL
    assert tokens.principal_of(state, answer["access_token"], "https://vault.azure.net") is None


@pytest.mark.parametrize(
    ("changes", "status", "code", "words"),
    [
        ({"client_assertion": "other"}, 401, 70021, "system:serviceaccount:shop:other"),
        ({"client_assertion": "stranger"}, 401, 70021, "system:serviceaccount:shop:stranger"),
        ({"scope": " "}, 400, 900144, "'scope'"),
        ({"client_assertion": "forged"}, 401, 50013, "signature"),
        ({"client_id": "c-2"}, 400, 700016, "c-2"),
        ({"scope": ""}, 400, 900144, "'scope'"),
    ],
)
def test_everybody_else_is_told_why_not(
    signing: SignIn, changes: dict[str, str], status: int, code: int, words: str
) -> None:
    said, answer = signing.post(f"/{TENANT}/oauth2/v2.0/token", form(**changes))

    assert (said, answer["error_codes"]) == (status, [code])
    assert words in answer["error_description"]


def test_another_tenant_does_not_know_the_identity(signing: SignIn) -> None:
    assert signing.post("/t-2/oauth2/v2.0/token", form())[1]["error_codes"] == [700016]


def test_an_sdk_finds_the_place_of_the_tokens(signing: SignIn) -> None:
    status, found = signing.get(f"/{TENANT}/v2.0/.well-known/openid-configuration")

    assert (status, found["token_endpoint"]) == (200, f"https://{HOST}/{TENANT}/oauth2/v2.0/token")
    assert signing.get("/common/discovery/instance")[0] == 200
    assert signing.get("/elsewhere")[0] == signing.post("/elsewhere", b"")[0] == 404


def test_a_token_is_good_for_an_hour_and_only_as_it_was_written(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.issued(state, STORAGE, PRINCIPAL)
    header, claims, signature = token.split(".")
    other = tokens.issued(state, STORAGE, "p-2").split(".")

    assert tokens.principal_of(state, token, STORAGE) == PRINCIPAL
    for changed in (f"{header}.{other[1]}.{signature}", f"{header}.{claims}.", "", ".", "é.é.é", token[:-1]):
        assert tokens.principal_of(state, changed, STORAGE) is None
    later = tokens.time.time() + tokens.LIFETIME_SECONDS + 1
    monkeypatch.setattr(tokens.time, "time", lambda: later)
    assert tokens.principal_of(state, token, STORAGE) is None
