from datetime import timedelta
from typing import Any

import pytest

from platform_components.environment import (
    ConfigError,
    Environment,
    EnvironmentType,
    duration,
    environment_from_config,
)
from platform_components.errors import InputError

TYPES = {
    "ephemeral": EnvironmentType(
        name="ephemeral",
        kind="application",
        foundation="organization/platform/foundation",
        location="westeurope",
        domain="dev.example.com",
        settings={"postgres": {"limit": 10, "tier": None}, "labels": {}},
    ),
    "foundation": EnvironmentType(name="foundation", kind="foundation"),
}


def environment(stack: str = "one", **config: Any) -> Environment:
    return environment_from_config({"type": "ephemeral", "app": "shop"} | config, stack=stack, types=TYPES)


def problems(**config: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        environment(**config)
    return str(caught.value).splitlines()


def test_what_the_config_leaves_out_comes_from_the_type() -> None:
    made = environment()
    assert (made.location, made.domain, made.foundation) == (
        "westeurope",
        "dev.example.com",
        "organization/platform/foundation",
    )
    assert made.setting("postgres.limit") == 10


def test_the_config_wins_over_the_type() -> None:
    made = environment(domain="shop.example.com", location="northeurope", settings={"postgres": {"limit": 20}})
    assert (made.domain, made.location, made.setting("postgres.limit")) == ("shop.example.com", "northeurope", 20)
    assert made.setting("postgres.tier", "none") is None


def test_structured_values_may_be_json_as_the_engine_keeps_them() -> None:
    given: dict[str, Any] = {"settings": {"postgres": {"limit": 20}}, "pins": ["postgres@2"], "images": {"web": "x"}}
    as_json = {"settings": '{"postgres": {"limit": 20}}', "pins": '["postgres@2"]', "images": '{"web": "x"}'}
    assert environment(**given) == environment(**as_json)
    assert environment(**given).pins == {"postgres": 2}


def test_a_key_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    assert problems(brunch="main")[:2] == ["platform:brunch: is not known", "  did you mean `branch`?"]


def test_all_problems_are_told_at_once() -> None:
    told = problems(type="ephemral", brunch="x", app=["shop"])
    assert {line.split(":")[1] for line in told if line.startswith("platform:")} == {"brunch", "app", "type"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": None}, "platform:type: is missing"),
        ({"type": "ephemral"}, "platform:type: no environment type is called 'ephemral'"),
        ({"type": ""}, "platform:type: is empty"),
        ({"app": None}, "platform:app: is missing"),
        ({"app": "My Shop"}, "platform:app: 'My Shop' can't be an app's name"),
        ({"branch": "!!"}, "platform:branch: '!!' has no letter or digit"),
        ({"foundation": "foundation"}, "platform:foundation: 'foundation' is not a whole stack name"),
        ({"domain": "Example"}, "platform:domain: 'Example' is not a domain in lower case"),
        ({"resources": {"db": {"type": "postgres"}}}, "platform:resources: only a foundation lists resources"),
        ({"pins": ["postgres"]}, "platform:pins[0]: 'postgres' is no pin"),
        ({"pins": ["a@1", "a@2"]}, "platform:pins[1]: 'a' is pinned to two versions"),
        ({"pins": "a@1"}, "platform:pins: must be a list"),
        ({"images": {"web": 1}}, "platform:images.web: must be an image reference"),
        ({"overrides": {"web": "x"}}, "platform:overrides.web: must be a map in the shape of a Score file"),
        ({"settings": {"postgres": {"limt": 1}}}, "platform:settings.postgres.limt: the environment type has no such"),
        ({"settings": {"postgres": 1}}, "platform:settings.postgres: must be a map"),
        ({"settings": "{"}, "platform:settings: must be a map"),
        ({"branch": {"a": 1}}, "platform:branch: must be a text"),
        ({"workloads": {}}, "platform:workloads: must be a list"),
    ],
)
def test_a_wrong_value_is_told_with_its_key(config: dict[str, Any], message: str) -> None:
    assert problems(**config)[0].startswith(message)


@pytest.mark.parametrize("key", ["app", "branch", "foundation"])
def test_a_foundation_belongs_to_no_app_branch_or_foundation(key: str) -> None:
    value = "organization/platform/other" if key == "foundation" else "x"
    config = {"type": "foundation", "app": None, key: value}
    assert problems(**config)[0].startswith(f"platform:{key}: a foundation ")


def test_settings_that_the_type_leaves_open_may_be_anything() -> None:
    assert environment(settings={"labels": {"team": "shop"}}).setting("labels") == {"team": "shop"}


def test_the_types_own_settings_stay_as_they_are() -> None:
    environment(settings={"postgres": {"limit": 20}})
    assert TYPES["ephemeral"].settings["postgres"] == {"limit": 10, "tier": None}


def test_values_are_known_by_name_and_never_kept() -> None:
    made = environment(values={"API_KEY": "s3cret"})
    assert made.values == ("API_KEY",)
    assert "s3cret" not in repr(made)
    assert environment(values={"secure": "v1:abc"}).values is None


def test_what_criteria_look_at_follows_from_the_environment() -> None:
    context = environment(stack="shop-main-123456").context("web.db")
    assert (context.env_type, context.app_id, context.env_id, context.res_id) == (
        "ephemeral",
        "shop",
        "shop-main-123456",
        "web.db",
    )


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("12h", 12), ("3d", 72), ("2w", 336)])
def test_durations_are_read_as_people_write_them(text: str, hours: float) -> None:
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "3", "d", "0d", "-1d", "1.5h", "3 d", "3days", "3D", "٣d", "3d\n", "1234567d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no length of time"):
        duration(text)


@pytest.mark.parametrize("text", ["521w", "999999w", "999999d"])
def test_a_length_of_time_beyond_ten_years_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is too long"):
        duration(text)
