"""What a person asked for becomes a stack's config: offline, and refused before anything is touched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import InputError, UsageError
from platform_components.lifecycle.wanted import Prepared, Wanted, offline, prepare
from platform_components.plan import PlanError
from platform_components.score import Overrides, ScoreError

PYTHON_SERVICE, WEB = Path("examples/python-service/score.yaml"), Path("examples/web/score.yaml")


def document(name: str, image: str = "nginx", **resources: Mapping[str, Any]) -> dict[str, Any]:
    """A Score document as a stack's config holds it."""
    found: dict[str, Any] = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": name},
        "containers": {"main": {"image": image}},
    }
    return found | ({"resources": dict(resources)} if resources else {})


def stored(*workloads: Any, **keys: Any) -> dict[str, Any]:
    """The config of an environment that is there already."""
    return {"type": "ephemeral", "app": "shop", "branch": "main", "workloads": list(workloads), **keys}


def prepared(platform: Path, wanted: Wanted, config: Mapping[str, Any] | None = None) -> Prepared:
    return prepare(platform, wanted, config or {}, stack="shop-main-abc123")


def names(result: Prepared) -> list[str]:
    return [workload.name for workload in result.matched.plan.workloads]


def images(result: Prepared) -> dict[str, str]:
    return {
        workload.name: next(iter(workload.document["containers"].values()))["image"]
        for workload in result.matched.plan.workloads
    }


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(), "--branch BRANCH or --env NAME"),
        (Wanted(branch="main", env="development", app="shop"), "give one of them"),
        (Wanted(branch="main"), "--app APP"),
    ],
)
def test_a_command_that_names_no_environment_says_what_to_add(wanted: Wanted, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        wanted.stack()


def test_a_fixed_environment_is_its_stack_and_a_branchs_says_whose_it_is() -> None:
    assert Wanted(env="development").stack() == "development"
    assert Wanted(app="shop", branch="feature/login").stack().startswith("shop-feature-login-")


def test_two_branches_or_apps_that_look_alike_have_stacks_of_their_own() -> None:
    stacks = {
        Wanted(app=app, branch=branch).stack()
        for app, branch in (("shop", "a/b"), ("shop", "a-b"), ("shop", "A-B"), ("shop-a", "b"))
    }
    assert len(stacks) == 4


def test_a_branchs_environment_is_ephemeral_unless_another_type_is_asked_for(platform: Path) -> None:
    scores = (platform / WEB,)

    assert prepared(platform, Wanted(app="shop", branch="main", scores=scores)).config["type"] == "ephemeral"
    other = Wanted(app="shop", branch="main", env_type="development", scores=scores)
    assert prepared(platform, other).config["type"] == "development"


def test_a_new_fixed_environment_has_to_be_of_a_type(platform: Path) -> None:
    with pytest.raises(UsageError, match="--env-type TYPE"):
        prepared(platform, Wanted(env="development", app="shop", scores=(platform / WEB,)))


def test_what_the_environment_is_stays_when_a_command_does_not_say_it(platform: Path) -> None:
    config = stored(document("web"), settings={"workload": {"replicas": 2}}, owner="ann")

    result = prepared(platform, Wanted(env="x"), config)

    assert {key: result.config[key] for key in config} == config


def test_read_files_are_kept_whole_so_that_their_checkout_may_go(platform: Path, tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text("host = ${resources.dns.host}\n")
    score = tmp_path / "score.yaml"
    score.write_text(
        """apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: nginx, files: {/etc/app.conf: {source: app.conf}}}
resources: {dns: {type: dns}}
"""
    )
    first = prepared(platform, Wanted(app="shop", branch="main", scores=(score,)))
    for path in (score, tmp_path / "app.conf"):
        path.unlink()

    again = prepared(platform, Wanted(app="shop", branch="main"), first.config)

    assert again.config == first.config
    assert again.matched.plan.to_document(places=False) == first.matched.plan.to_document(places=False)
    files = again.matched.plan.workloads[0].document["containers"]["main"]["files"]
    assert files["/etc/app.conf"]["content"] == "host = ${resources.dns.host}\n"


def test_another_up_with_other_files_keeps_the_workloads_that_are_there(platform: Path) -> None:
    result = prepared(platform, Wanted(scores=(platform / WEB,)), stored(document("api")))

    assert names(result) == ["api", "web"]


def test_a_file_of_the_same_name_takes_the_place_of_the_workload(platform: Path) -> None:
    config = stored(document("api"), document("web", "nginx:old"), document("worker"))

    result = prepared(platform, Wanted(scores=(platform / WEB,)), config)

    assert images(result) == {"api": "nginx", "web": "python", "worker": "nginx"}
    assert [entry["metadata"]["name"] for entry in result.config["workloads"]] == ["api", "web", "worker"]


def test_a_path_of_a_fixed_environment_stays_a_path_until_its_workload_is_replaced(platform: Path) -> None:
    config = stored(str(PYTHON_SERVICE), str(WEB))

    result = prepared(platform, Wanted(scores=(platform / WEB,)), config)

    assert result.config["workloads"][0] == str(PYTHON_SERVICE)
    assert result.config["workloads"][1]["metadata"]["name"] == "web"


def test_a_removed_workload_is_gone_with_what_was_told_of_it(platform: Path) -> None:
    config = stored(
        document("api"), document("web"), images={"web": "python:3", "web/main": "python:3", "api": "python:3"}
    )

    result = prepared(platform, Wanted(remove=("web",)), config)

    assert names(result) == ["api"]
    assert result.config["images"] == {"api": "python:3"}


def test_a_workload_can_be_taken_out_of_a_folder_that_holds_several(platform: Path) -> None:
    result = prepared(platform, Wanted(remove=("service",)), stored("examples/features/service"))

    assert names(result) == ["catalog"]


def test_removing_what_is_not_there_names_what_is(platform: Path) -> None:
    with pytest.raises(InputError) as error:
        prepared(platform, Wanted(remove=("wbe",)), stored(document("api"), document("web")))

    assert "no workload 'wbe'" in str(error.value)
    assert "api, web" in str(error.value)


def test_an_environment_cannot_lose_its_last_workload_by_remove(platform: Path) -> None:
    with pytest.raises(InputError):
        _ = prepared(platform, Wanted(remove=("web",)), stored(document("web"))).matched.plan


def test_an_image_is_told_once_and_stays(platform: Path) -> None:
    first = prepared(platform, Wanted(images={"web": "python:3.12"}), stored(document("web"), document("api")))
    second = prepared(platform, Wanted(images={"api": "nginx:2"}), first.config)

    assert images(second) == {"web": "python:3.12", "api": "nginx:2"}
    assert second.config["images"] == {"web": "python:3.12", "api": "nginx:2"}


def test_an_image_of_a_workload_that_is_not_there_is_refused(platform: Path) -> None:
    with pytest.raises(PlanError, match="wbe"):
        _ = prepared(platform, Wanted(images={"wbe": "python:3"}), stored(document("web"))).matched.plan


def test_overrides_are_part_of_what_is_stored(platform: Path) -> None:
    overrides = Overrides(properties=("containers.web.image=python:3.13",))

    result = prepared(platform, Wanted(app="a", branch="b", scores=(platform / WEB,), overrides=overrides))

    assert images(result) == {"web": "python:3.13"}
    assert images(prepared(platform, Wanted(app="a", branch="b"), result.config)) == {"web": "python:3.13"}


def test_nothing_stored_is_changed_by_asking(platform: Path) -> None:
    config = stored(document("web"), images={"web": "python:3"})
    before = repr(config)

    prepared(platform, Wanted(images={"web": "nginx:2"}, scores=(platform / PYTHON_SERVICE,)), config)

    assert repr(config) == before


@pytest.mark.parametrize("entry", ["no/such/score.yaml", 7, None, ["score.yaml"]])
def test_a_workload_that_cannot_be_found_is_told_by_its_place_in_the_config(platform: Path, entry: Any) -> None:
    with pytest.raises(InputError) as error:
        prepared(platform, Wanted(), stored(document("api"), entry))

    assert error.value.where == "platform:workloads[1]"


def test_a_stored_document_that_is_wrong_is_told_by_its_place_in_the_config(platform: Path) -> None:
    with pytest.raises(ScoreError, match=r"platform:workloads\[0\]"):
        prepared(platform, Wanted(), stored({**document("web"), "containers": {}}))


def test_offline_the_names_that_nobody_told_stand_in_angle_brackets(platform: Path) -> None:
    plan = offline(platform, Wanted(scores=(platform / WEB,), env_type="ephemeral"), {}).plan

    assert plan.environment.name == "<env>"
    assert plan.environment.app == "<app>"


def test_offline_names_are_those_of_the_deployment(platform: Path) -> None:
    wanted = Wanted(app="shop", branch="main", scores=(platform / WEB,))

    plan = offline(platform, wanted, {}).plan
    deployed = prepare(platform, wanted, {}, stack=wanted.stack()).matched.plan

    assert plan.to_json() == deployed.to_json()


def test_a_foundation_is_planned_without_an_app(platform: Path) -> None:
    config = {"type": "foundation-nonproduction", "resources": {"main": {"type": "network", "id": "main"}}}

    plan = offline(platform, Wanted(env="foundation-nonproduction"), config).plan

    assert plan.environment.app is None
    assert "network.default#main" in {resource.id for resource in plan.resources}


def asking(*names: str) -> dict[str, Any]:
    """A workload that reads values of these names."""
    found = document("pay", env={"type": "environment"})
    found["containers"]["main"]["variables"] = {name: f"${{resources.env.{name}}}" for name in names}
    return found


ENCRYPTED = {"secure": "v1:abc"}


def test_a_value_that_is_handed_in_is_there_for_workloads_and_in_no_config(platform: Path) -> None:
    result = prepared(platform, Wanted(values={"API_KEY": "s3cret"}), stored(asking("API_KEY")))

    assert result.matched.plan.environment.values == ("API_KEY",)
    assert result.matched.plan.resource("environment.default#pay.env").wanted_outputs == ("API_KEY",)
    assert result.values == {"API_KEY": "s3cret"}
    assert result.config["values"] is None
    assert "s3cret" not in repr(result) + repr(Wanted(values={"API_KEY": "s3cret"})) + str(result.matched.plan)


def test_a_value_that_is_stored_stays_until_it_is_removed(platform: Path) -> None:
    config = stored(asking("A"), values={"A": ENCRYPTED, "B": ENCRYPTED})

    assert prepared(platform, Wanted(values={"A": "x", "C": "x"}), config).config["values"] == config["values"]
    removed = prepared(platform, Wanted(values={"B": None, "NEVER": None}), config)
    assert removed.config["values"] == {"A": ENCRYPTED}
    assert removed.matched.plan.environment.values == ("A",)


def test_a_value_that_a_workload_reads_and_nobody_set_is_told_by_its_place_with_what_to_do(platform: Path) -> None:
    with pytest.raises(PlanError) as error:
        _ = prepared(platform, Wanted(), stored(asking("API_KEI"), values={"API_KEY": ENCRYPTED})).matched.plan

    told = str(error.value)
    assert "platform:workloads[0]: containers.main.variables.API_KEI: ${resources.env.API_KEI}: " in told
    assert "did you mean `API_KEY`?" in told
    assert "--values-file FILE" in told


def test_a_value_is_not_removed_while_a_workload_reads_it(platform: Path) -> None:
    config = stored(asking("API_KEY"), values={"API_KEY": ENCRYPTED})

    with pytest.raises(PlanError, match="no value 'API_KEY'"):
        _ = prepared(platform, Wanted(values={"API_KEY": None}), config).matched.plan


def test_offline_nobody_knows_which_values_there_will_be(platform: Path) -> None:
    for config in (stored(asking("API_KEY")), stored(asking("API_KEY"), values={"B": ENCRYPTED})):
        plan = offline(platform, Wanted(env="x"), config).plan

        assert plan.resource("environment.default#pay.env").wanted_outputs == ("API_KEY",)
        assert plan.workloads[0].secret_variables == {"main": ("API_KEY",)}


def test_a_value_in_the_clear_is_refused_until_it_is_set_anew(platform: Path) -> None:
    config = stored(asking("A"), values={"A": "s3cret"})

    with pytest.raises(InputError) as error:
        prepared(platform, Wanted(), config)
    assert error.value.where == "platform:values.A"
    assert "s3cret" not in str(error.value)
    assert prepared(platform, Wanted(values={"A": "another"}), config).config["values"] is None


def test_values_that_are_encrypted_as_a_whole_are_used_but_not_changed(platform: Path) -> None:
    config = stored(asking("A"), values={"secure": "v1:abc"})

    assert prepared(platform, Wanted(), config).matched.plan.resource("environment.default#pay.env")
    with pytest.raises(InputError, match="as a whole"):
        prepared(platform, Wanted(values={"A": "x"}), config)


def test_a_foundation_takes_no_values(platform: Path) -> None:
    config = {"type": "foundation-nonproduction", "resources": {"main": {"type": "network", "id": "main"}}}

    with pytest.raises(InputError, match="a foundation runs no workloads"):
        prepare(platform, Wanted(values={"A": "x"}), config, stack="foundation-nonproduction")


def test_an_environment_like_another_gets_the_workloads_that_are_missing(platform: Path) -> None:
    like = [document("web", image="web:there"), document("pay", image="pay:there"), document("old", image="old:there")]
    wanted = Wanted(scores=(platform / WEB,), like="development")

    made = prepare(platform, wanted, stored(document("old", image="old:here")), stack="shop-main-abc123", like=like)

    assert names(made) == ["old", "pay", "web"]
    assert images(made) == images(prepared(platform, wanted, stored())) | {"old": "old:here", "pay": "pay:there"}
    assert document("pay", image="pay:there") in made.config["workloads"]


def test_what_is_removed_comes_anew_from_the_other_environment(platform: Path) -> None:
    wanted = Wanted(remove=("old",), like="development")
    like = [document("old", image="old:there")]

    made = prepare(platform, wanted, stored(document("old", image="old:here")), stack="shop-main-abc123", like=like)

    assert images(made) == {"old": "old:there"}


def test_an_image_that_is_given_counts_for_what_comes_along(platform: Path) -> None:
    wanted = Wanted(images={"pay": "pay:mine"}, like="development")

    made = prepare(platform, wanted, stored(), stack="shop-main-abc123", like=[document("pay", image="pay:there")])

    assert images(made) == {"pay": "pay:mine"}


def test_repositories_of_one_app_meet_in_one_environment(platform: Path, tmp_path: Path) -> None:
    """Each deploys its own Score file to the same branch; what the other brought stays."""
    config: Mapping[str, Any] = {}
    for name in ("cart", "pay"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "score.yaml"
        file.write_text(
            f"apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\ncontainers: {{main: {{image: {name}}}}}\n"
        )
        config = prepared(platform, Wanted(app="shop", branch="main", scores=(file,)), config).config
        file.unlink()

    assert names(prepared(platform, Wanted(), config)) == ["cart", "pay"]
    assert names(prepared(platform, Wanted(remove=("cart",)), config)) == ["pay"]
