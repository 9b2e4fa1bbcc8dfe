"""What a stack needs of others before anything is created."""

from pathlib import Path

import pytest

from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle import cluster
from platform_components.lifecycle.foundation import foundation_outputs, refuse_foreign_namespace
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from tests.lifecycle.backend import Stored
from tests.lifecycle.conftest import MakeBackend

OUTPUTS = {"platform/contract": 1, "k8s-cluster.default/main/kubeconfig": "kind: Config"}


def branch(platform: Path) -> Prepared:
    wanted = Wanted(app="shop", branch="main", scores=(platform / "examples/web",))
    return prepare(platform, wanted, {}, stack=wanted.stack())


def test_an_environment_gets_the_outputs_of_its_foundation(backend: MakeBackend) -> None:
    engine = backend(foundation_nonproduction=Stored(outputs=OUTPUTS))

    assert foundation_outputs(engine, branch(engine.platform).matched.environment) == OUTPUTS


def test_a_foundation_stands_on_nothing(backend: MakeBackend) -> None:
    engine = backend()
    config = {"type": "foundation-nonproduction", "resources": {"main": {"type": "network", "id": "main"}}}
    foundation = prepare(engine.platform, Wanted(), config, stack="foundation-nonproduction")

    assert foundation_outputs(engine, foundation.matched.environment) == {}
    assert engine.calls == []


@pytest.mark.parametrize(
    ("stacks", "words"),
    [
        ({}, "is not deployed"),
        ({"foundation_nonproduction": Stored()}, "has no outputs yet"),
        ({"foundation_nonproduction": Stored(outputs={"platform/contract": 2})}, "speaks contract 2, this platform 1"),
    ],
)
def test_without_a_foundation_of_this_contract_nothing_is_begun(
    backend: MakeBackend, stacks: dict[str, Stored], words: str
) -> None:
    engine = backend(**stacks)

    with pytest.raises(OutsideError, match=words):
        foundation_outputs(engine, branch(engine.platform).matched.environment)


@pytest.mark.parametrize("owner", [None, "mine"])
def test_a_namespace_that_is_free_or_ones_own_is_taken(
    platform: Path, monkeypatch: pytest.MonkeyPatch, owner: str | None
) -> None:
    monkeypatch.setattr(cluster, "namespace_owner", lambda _kubeconfig, _namespace: owner)

    refuse_foreign_namespace(branch(platform).matched.plan, "mine", OUTPUTS)


@pytest.mark.parametrize(("owner", "whose"), [("theirs", "'theirs'"), ("", "'nobody'")])
def test_a_namespace_of_somebody_else_is_never_taken_over(
    platform: Path, monkeypatch: pytest.MonkeyPatch, owner: str, whose: str
) -> None:
    monkeypatch.setattr(cluster, "namespace_owner", lambda _kubeconfig, _namespace: owner)

    with pytest.raises(InputError, match=f"belongs to {whose}, not to the stack 'mine'"):
        refuse_foreign_namespace(branch(platform).matched.plan, "mine", OUTPUTS)
