"""What is refused before an environment is removed, and what has to be proved before it is forgotten."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_components.errors import InputError, SurvivorsError
from platform_components.lifecycle import destruction, stack_file, survivors
from platform_components.lifecycle.destruction import Proof
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.orphans import Orphan, Place
from platform_components.lifecycle.survivors import Look
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.lifecycle.backend import Stored
from tests.lifecycle.conftest import MakeBackend

FOUNDATION = "foundation-nonproduction"


def branch_of(platform: Path) -> Stored:
    wanted = Wanted(app="shop", branch="main", scores=(platform / "examples/web",))
    plan = prepare(platform, wanted, {}, stack="one").matched.plan
    marks = Marks(app="shop", branch="main", env_type="ephemeral", foundation=f"organization/platform/{FOUNDATION}")
    return Stored(marks.tags(), {"platform/plan": json.loads(plan.to_json())})


def test_what_is_not_there_is_not_removed(backend: MakeBackend) -> None:
    with pytest.raises(InputError, match="no environment 'one'"):
        destruction.find(backend(), "one")


def test_another_branchs_environment_is_not_removed(backend: MakeBackend) -> None:
    engine = backend()
    engine.stacks["one"] = branch_of(engine.platform)

    with pytest.raises(InputError, match="belongs to 'main', not to 'other'"):
        destruction.find(engine, "one", app="shop", branch="other")


def test_a_foundation_is_not_removed_from_under_an_environment(backend: MakeBackend) -> None:
    engine = backend(**{"foundation_nonproduction": Stored()})
    engine.stacks["one"] = branch_of(engine.platform)

    with pytest.raises(InputError) as error:
        destruction.find(engine, FOUNDATION)
    assert error.value.details == ("one",)


def test_removing_a_branch_asks_nothing_of_other_environments(backend: MakeBackend) -> None:
    engine = backend(two=Stored(), three=Stored())
    engine.stacks["one"] = branch_of(engine.platform)

    destruction.find(engine, "one")

    assert [call for call in engine.calls if "tag ls" in call] == ["stack tag ls --json -s one"]


def test_what_is_known_of_an_environment_is_kept_to_look_for_it_afterwards(backend: MakeBackend) -> None:
    engine = backend()
    engine.stacks["one"] = branch_of(engine.platform)

    doomed = destruction.find(engine, "one", app="shop", branch="main")

    assert doomed.plan.resource("postgres.default#web.db").names
    assert doomed.marks.branch == "main"


def test_an_environment_whose_first_deployment_did_not_end_is_looked_for_by_what_it_wanted(
    backend: MakeBackend, tmp_path: Path
) -> None:
    places = {"dns-zone.default/main/name": "dev.example.com"}
    engine = backend(foundation_nonproduction=Stored(outputs=places), one=Stored())
    wanted = Wanted(app="shop", branch="main", scores=(engine.platform / "examples/web",))
    stack_file.write(engine.platform, "one", prepare(engine.platform, wanted, {}, stack="one").config)
    try:
        doomed = destruction.find(engine, "one")
    finally:
        stack_file.path_of(engine.platform, "one").unlink()

    assert "postgres.default#web.db" in {resource.id for resource in doomed.plan.resources}
    assert doomed.outputs == places


def test_an_environment_that_was_killed_before_it_had_anything_is_removed(backend: MakeBackend) -> None:
    doomed = destruction.find(backend(one=Stored()), "one")

    assert (doomed.stack, doomed.plan.resources) == ("one", ())


def test_an_environment_that_was_begun_in_another_checkout_and_killed_has_to_be_known_first(
    backend: MakeBackend,
) -> None:
    with pytest.raises(InputError, match="began elsewhere"):
        destruction.find(backend(one=Stored(resources=[{"type": "pulumi:pulumi:Stack"}])), "one")


def test_a_branch_that_was_begun_in_another_checkout_and_killed_is_looked_for_by_its_marks(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: object) -> Iterator[Place]:
        namespaces = [Orphan("namespace", name, "cluster", name, "shop", lambda: None) for name in ("one", "two")]
        yield Place("cluster", lambda: namespaces)

    monkeypatch.setattr(destruction, "places", here)
    monkeypatch.setattr(survivors, "az", lambda *_: [])
    begun = Marks(app="shop", branch="main", env_type="ephemeral", foundation=f"organization/platform/{FOUNDATION}")
    engine = backend(
        one=Stored(begun.tags(), resources=[{"type": "pulumi:pulumi:Stack"}]), foundation_nonproduction=Stored()
    )

    proof = destruction.prove(destruction.find(engine, "one"))

    assert proof.survivors == ("cluster: namespace one",)


def test_an_environment_of_which_something_is_left_is_not_forgotten(backend: MakeBackend) -> None:
    engine = backend(one=Stored())
    proof = Proof((Look("DNS a.example", ()), Look("Kubernetes namespaces", ("one",))))

    with pytest.raises(SurvivorsError) as error:
        destruction.forget(engine, "one", proof)

    assert error.value.exit_code == 6
    assert error.value.details == ("Kubernetes namespaces: one",)
    assert "one" in engine.stacks


@pytest.mark.parametrize(("marks", "keeps"), [(Marks(branch="main"), False), (Marks(env_type="development"), True)])
def test_a_branchs_settings_go_with_it_and_a_fixed_environments_stay(
    backend: MakeBackend, marks: Marks, keeps: bool
) -> None:
    engine = backend(one=Stored(tags=marks.tags()))

    destruction.forget(engine, "one", Proof((Look("DNS a.example", ()),)))

    assert "one" not in engine.stacks
    assert ("--preserve-config" in engine.calls[-1]) is keeps


def test_machines_read_every_place_that_was_looked_at() -> None:
    proof = Proof((Look("DNS a.example", ()), Look("Azure resources", ("/subscriptions/s/one",))))

    assert proof.as_json() == {
        "looks": [
            {"place": "DNS a.example", "survivors": []},
            {"place": "Azure resources", "survivors": ["/subscriptions/s/one"]},
        ],
        "survivors": ["Azure resources: /subscriptions/s/one"],
    }
