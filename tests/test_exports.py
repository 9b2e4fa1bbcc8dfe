"""Outputs of stacks are found by flat names."""

import pytest

from platform_components.exports import CONTRACT, CONTRACT_OUTPUT, PLAN_OUTPUT, output_name


@pytest.mark.parametrize(
    ("identity", "output", "name"),
    [
        ("postgres-server.shared#main", "host", "postgres-server.shared/main/host"),
        ("postgres.default#web.db", "port", "postgres.default/web.db/port"),
        ("k8s-cluster.default#main", "oidc_issuer_url", "k8s-cluster.default/main/oidc_issuer_url"),
    ],
)
def test_an_output_is_exported_under_type_class_id_and_its_name(identity: str, output: str, name: str) -> None:
    assert output_name(identity, output) == name


def test_two_outputs_never_share_a_name() -> None:
    identities = ("a.default#b", "a.default#b.c", "a.b#default", "a-b.default#c")

    names = {output_name(identity, output) for identity in identities for output in ("d", "d_e")}

    assert len(names) == 2 * len(identities)
    assert names.isdisjoint({CONTRACT_OUTPUT, PLAN_OUTPUT, "url", "namespace"})


def test_environments_rely_on_contract_one() -> None:
    assert (CONTRACT_OUTPUT, CONTRACT) == ("platform/contract", 1)
