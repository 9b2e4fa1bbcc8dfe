"""Values reach where they belong, and a secret never a plain field: what plan and engine say of it has to agree."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
import yaml

from platform_components.catalog.load import builtin_types
from platform_components.drivers.request import InjectedContainer
from platform_components.errors import InputError
from platform_components.injection import filled, held_to_contract, injected
from platform_components.plan import PlannedResource, PlannedWorkload
from platform_components.score import Workload, parse
from tests.mocks import run

DB, DNS = "postgres.default#web.db", "dns.default#web.dns"
TYPES = builtin_types()


def resolved(make: Callable[[], Any], *, preview: bool = False) -> Any:
    """The value of what `make` returns, with which of its parts are secret."""

    async def look(value: Any) -> Any:
        if isinstance(value, pulumi.Output):
            known = await value.future()
            return ("secret", known) if await value.is_secret() else known
        if isinstance(value, Mapping):
            return {key: await look(item) for key, item in value.items()}
        return value

    def program() -> pulumi.Output[Any]:
        found = make()

        async def looked() -> Any:
            return await look(found)

        return pulumi.Output.from_input(looked())

    return run(program, preview=preview).result


def plain(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)


def secret(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.secret(value)


def made(**changes: Any) -> dict[str, Any]:
    database = {
        "host": plain("db.example.com"),
        "port": plain(5432.0),
        "username": "web",
        "password": secret("hunter2"),
    }
    labels = {"labels": plain({"team": {"name": "shop"}}), "tags": {"a": "b"}}
    return {DB: {**database, **changes}, DNS: {"host": "web.example.com", **labels}}


def test_what_is_written_plainly_stays_as_it_is() -> None:
    inputs = {"a": 1, "b": ["x", True, None], "c": {"d": "${not.ours}"}}

    assert filled(inputs, {}) == inputs


def test_one_reference_keeps_the_values_type_and_its_secrecy() -> None:
    inputs = {
        "port": {"$ref": DB, "output": "port"},
        "password": {"$ref": DB, "output": "password"},
        "user": {"$ref": DB, "output": "username"},
    }

    assert resolved(lambda: filled(inputs, made())) == {
        "port": 5432.0,
        "password": ("secret", "hunter2"),
        "user": "web",
    }


def test_a_resource_as_a_whole_is_all_its_outputs_each_still_secret_or_not() -> None:
    whole = resolved(lambda: filled({"server": {"$ref": DB}}, made()))["server"]

    assert whole["password"] == ("secret", "hunter2")
    assert whole["host"] == "db.example.com"


def test_a_value_inside_of_an_output_is_reached_by_its_keys() -> None:
    inputs = {
        "late": {"$ref": DNS, "output": "labels", "keys": ["team", "name"]},
        "at once": {"$ref": DNS, "output": "tags", "keys": ["a"]},
    }

    assert resolved(lambda: filled(inputs, made())) == {"late": "shop", "at once": "b"}


def test_a_text_is_joined_from_its_parts_and_secret_with_one_of_them() -> None:
    def text(*outputs: str) -> dict[str, Any]:
        return {"$template": ["<", *({"$ref": DB, "output": output} for output in outputs), ">"]}

    inputs = {"plain": text("host", "port"), "secret": text("username", "password"), "known": text("username")}

    assert resolved(lambda: filled(inputs, made())) == {
        "plain": "<db.example.com5432>",
        "secret": ("secret", "<webhunter2>"),
        "known": "<web>",
    }


def test_a_text_of_what_is_known_needs_no_engine() -> None:
    assert filled({"$template": ["https://", {"$ref": DNS, "output": "host"}]}, made()) == "https://web.example.com"


def test_in_a_preview_what_is_not_known_yet_stays_unknown() -> None:
    def make() -> Any:
        unknown = pulumi.Output[str](set(), _soon(""), _soon(False), _soon(False))
        return filled({"$template": ["x", {"$ref": DB, "output": "host"}]}, made(host=unknown))

    assert resolved(make, preview=True) is None


async def _soon(value: Any) -> Any:
    return value


POSTGRES = PlannedResource.model_validate(
    {
        "id": DB,
        "type": "postgres",
        "class": "default",
        "res_id": "web.db",
        "definition": "postgres-shared",
        "definition_at": "definitions/application.yaml:50",
        "driver": "postgres/database",
        "inputs": {},
    }
)


def outputs(**changes: Any) -> dict[str, Any]:
    complete = {
        "host": plain("db.example.com"),
        "port": plain(5432),
        "name": "web",
        "username": plain("web"),
        "password": secret("hunter2"),
    }
    return {key: value for key, value in {**complete, **changes}.items() if value is not None}


def held(**changes: Any) -> Any:
    return held_to_contract(POSTGRES, TYPES["postgres"], outputs(**changes))


def test_a_drivers_outputs_are_known_by_all_the_names_of_the_contract() -> None:
    found = resolved(held)

    assert found["user"] == found["username"] == "web"
    assert found["database"] == found["name"] == "web"
    assert found["password"] == ("secret", "hunter2")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"host": None, "port": None}, ("missing: host, port",)),
        ({"hots": "x"}, ("unknown: hots",)),
        ({"password": None, "pass": "x"}, ("missing: password", "unknown: pass")),
    ],
)
def test_a_driver_that_does_not_keep_the_contract_is_named_with_its_definition(
    changes: dict[str, Any], problems: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as error:
        run(lambda: held(**changes))

    assert error.value.where == "definitions/application.yaml:50"
    assert error.value.details == problems
    assert "driver postgres/database" in str(error.value)


def test_of_a_type_that_takes_any_name_a_driver_gives_what_is_named() -> None:
    resource = POSTGRES.model_copy(update={"type": "environment", "wanted_outputs": ("API_KEY", "TOKEN")})

    with pytest.raises(InputError) as error:
        run(lambda: held_to_contract(resource, TYPES["environment"], {"API_KEY": secret("hunter2")}))

    assert error.value.details == ("missing: TOKEN",)


def test_a_secret_under_a_plain_name_stops_the_run_and_is_not_told() -> None:
    with pytest.raises(pulumi.RunError) as error:
        resolved(lambda: held(username=secret("hunter2")))

    assert "output 'username' of driver postgres/database is secret, but its contract says plain" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_plain_value_under_a_secret_name_stops_the_run_and_is_not_told() -> None:
    with pytest.raises(pulumi.RunError) as error:
        resolved(lambda: held(password=plain("hunter2")))

    assert "output 'password' of driver postgres/database is not secret, but its contract says secret" in str(
        error.value
    )
    assert "hunter2" not in str(error.value)


def test_a_secret_that_stands_in_the_program_is_refused_and_not_told() -> None:
    with pytest.raises(InputError, match="must be secret, but is plain text in the program") as error:
        run(lambda: held(password="hunter2"))

    assert "hunter2" not in str(error.value)


def test_what_disagrees_reaches_nobody() -> None:
    reached: list[Any] = []

    with pytest.raises(pulumi.RunError):
        resolved(lambda: held(username=secret("hunter2"))["username"].apply(reached.append))

    assert reached == []


SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: web, annotations: {team: shop}}
containers:
  main:
    image: nginx
    variables:
      PLAIN: a $${b}
      NAME: ${metadata.name}
      HOST: ${resources.dns.host}
      DATABASE: postgresql://${resources.db.username}:${resources.db.password}@${resources.db.host}:${resources.db.port}/x
    files:
      /etc/app.conf: {content: "host=${resources.db.host}"}
      /etc/secret.conf: {content: "password=${resources.db.password}"}
      /etc/raw.conf: {content: "${resources.db.password}", noExpand: true}
resources:
  db: {type: postgres}
  dns: {type: dns}
"""


def workload(**changes: Any) -> tuple[PlannedWorkload, Workload]:
    parsed = parse(yaml.safe_load(SCORE)).workload
    planned = {
        "name": "web",
        "document": parsed.to_document(),
        "resources": {"db": DB, "dns": DNS},
        "secret_variables": {"main": ("DATABASE",)},
        "secret_files": {"main": ("/etc/secret.conf",)},
        **changes,
    }
    return PlannedWorkload.model_validate(planned), parsed


def container(**changes: Any) -> Any:
    def make() -> dict[str, Any]:
        found: InjectedContainer = injected(*workload(**changes), made()).containers["main"]
        return vars(found)

    return resolved(make)


def test_a_workloads_texts_are_filled_and_the_secret_ones_kept_apart() -> None:
    assert container() == {
        "variables": {"PLAIN": "a ${b}", "NAME": "web", "HOST": "web.example.com"},
        "secret_variables": {"DATABASE": ("secret", "postgresql://web:hunter2@db.example.com:5432/x")},
        "files": {"/etc/app.conf": "host=db.example.com", "/etc/raw.conf": "${resources.db.password}"},
        "secret_files": {"/etc/secret.conf": ("secret", "password=hunter2")},
        "stored_variables": {},
        "stored_files": {},
    }


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"secret_variables": {}}, "web: containers.main.variables.DATABASE is secret"),
        ({"secret_files": {}}, "web: containers.main.files./etc/secret.conf is secret"),
        ({"secret_files": {"main": ("/etc/secret.conf", "/etc/app.conf")}}, "files./etc/app.conf is not secret"),
    ],
)
def test_a_text_of_which_plan_and_engine_disagree_stops_the_run(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        container(**changes)

    assert place in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_plain_text_that_the_plan_calls_secret_stops_the_run() -> None:
    with pytest.raises(InputError, match=r"variables\.HOST must be secret"):
        container(secret_variables={"main": ("DATABASE", "HOST")})
