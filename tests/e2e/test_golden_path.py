"""The golden path on real parts: the engine, an API server, PostgreSQL and DNS; only Azure is simulated."""

import json
import re
from pathlib import Path

import psycopg
import pytest
import yaml

from sandbox.proof import resolve, use_database
from tests.e2e.conftest import APP, EXAMPLES, Deployed, Pave

pytestmark = pytest.mark.e2e


def names(deployed: Deployed) -> set[str]:
    """Every physical name of an environment."""
    plan = deployed.pave.json("plan", *EXAMPLES, "--app", APP, "--branch", deployed.branch)
    return {name for resource in plan["resources"] for name in resource.get("names", {}).values()}


def test_a_branch_gets_a_database_it_can_use(branches: tuple[Deployed, Deployed]) -> None:
    assert use_database(branches[0].connection_string()).startswith("1")


def test_a_branch_gets_a_host_that_resolves(branches: tuple[Deployed, Deployed]) -> None:
    server = branches[0].pave.sandbox.environment["SANDBOX_DNS"]
    hosts = [row["shown"] for row in branches[0].shown["resources"] if row["resource"].startswith("dns.")]

    assert len(hosts) == 2
    assert all(resolve(host, server) for host in hosts)


def test_a_second_up_changes_nothing(branches: tuple[Deployed, Deployed]) -> None:
    result = branches[0].pave.json("up", *EXAMPLES, "--app", APP, "--branch", branches[0].branch, "--yes")

    assert result["changes"] == {}


def test_pulumi_up_by_hand_after_pave_up_with_an_image_changes_nothing(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[0]
    deployed.pave.run("up", "--app", APP, "--branch", deployed.branch, "--image", "web=python:3.12", "--yes")

    by_hand = deployed.pave.pulumi("up", "--yes", "--stack", deployed.stack, "--expect-no-changes")

    assert "unchanged" in by_hand.stdout


def test_no_preview_shows_a_secret(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[0]
    password = psycopg.conninfo.conninfo_to_dict(deployed.connection_string())["password"]

    changed = deployed.pave.pulumi("preview", "--diff", "--stack", deployed.stack)
    refreshed = deployed.pave.pulumi("preview", "--diff", "--refresh", "--show-sames", "--stack", deployed.stack)

    assert str(password) not in changed.stdout + changed.stderr + refreshed.stdout + refreshed.stderr


def test_branches_that_fold_to_the_same_text_share_no_name(branches: tuple[Deployed, Deployed]) -> None:
    first, second = map(names, branches)
    shared_by_design = {"python-service", "web", "data"}

    assert {name for name in first & second if not re.search(r"-[0-9a-f]{6}$", name)} <= shared_by_design
    assert branches[0].stack != branches[1].stack
    assert branches[0].namespace != branches[1].namespace
    hosts = [{row["shown"] for row in one.shown["resources"] if row["resource"].startswith("dns.")} for one in branches]
    assert hosts[0].isdisjoint(hosts[1])


def test_a_role_can_log_in_to_its_own_database_and_to_no_other(branches: tuple[Deployed, Deployed]) -> None:
    own, other = (one.connection_string() for one in branches)
    database = psycopg.conninfo.conninfo_to_dict(other)["dbname"]

    with psycopg.connect(own) as connection:
        others = "SELECT datname FROM pg_database WHERE datallowconn AND datname <> current_database()"
        databases = [str(row[0]) for row in connection.execute(others)]

    assert database in databases
    for name in databases:
        with pytest.raises(psycopg.OperationalError), psycopg.connect(psycopg.conninfo.make_conninfo(own, dbname=name)):
            pytest.fail(f"the role got into {name}")


def test_the_list_says_whose_an_environment_is(branches: tuple[Deployed, Deployed]) -> None:
    listed = {entry["stack"]: entry for entry in branches[0].pave.json("list", "--app", APP)}

    entry = listed[branches[1].stack]
    assert entry["branch"] == "feature/Login!"
    assert entry["owner"] == "tests@example.com"
    assert entry["env_type"] == "ephemeral"
    assert entry["expires"]
    assert entry["url"].startswith("https://")


def test_the_engine_knows_the_tags_that_were_set(branches: tuple[Deployed, Deployed]) -> None:
    """They are written beside it, into its own file."""
    deployed = branches[1]
    tags = json.loads(deployed.pave.pulumi("stack", "tag", "ls", "--json", "--stack", deployed.stack).stdout)

    assert (tags["pave:branch"], tags["pave:type"]) == ("feature/Login!", "ephemeral")
    deployed.pave.pulumi("stack", "tag", "set", "theirs", "1", "--stack", deployed.stack)
    deployed.pave.run("extend", "3h", "--app", APP, "--branch", deployed.branch)
    after = json.loads(deployed.pave.pulumi("stack", "tag", "ls", "--json", "--stack", deployed.stack).stdout)
    assert after["theirs"] == "1"
    assert after["pave:expires"] != tags["pave:expires"]


def test_another_checkout_takes_the_environment_on(branches: tuple[Deployed, Deployed]) -> None:
    """The settings file of a branch is git-ignored; the backend has what was in it."""
    deployed = branches[0]
    settings = deployed.pave.platform / "stacks" / f"Pulumi.{deployed.stack}.yaml"
    before = yaml.safe_load(settings.read_text())["config"]
    settings.unlink()

    result = deployed.pave.json("up", "--app", APP, "--branch", deployed.branch, "--yes")

    assert result["changes"] == {}
    assert yaml.safe_load(settings.read_text())["config"].keys() == before.keys()


def test_an_older_checkout_does_not_take_back_what_another_one_deployed(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[0]
    branch = ("--app", APP, "--branch", deployed.branch, "--yes")
    settings = deployed.pave.platform / "stacks" / f"Pulumi.{deployed.stack}.yaml"
    older = settings.read_bytes()
    assert deployed.pave.json("up", *branch, "--image", "web=python:3.98")["changes"] == {"updated": 1}
    settings.write_bytes(older)

    assert deployed.pave.json("up", *branch)["changes"] == {}
    assert "python:3.98" in settings.read_text()


def test_a_fixed_environment_deploys_by_hand_like_any_pulumi_project(foundation: Pave) -> None:
    foundation.pulumi("stack", "init", "development", "--no-select")
    foundation.pulumi("up", "--yes", "--stack", "development")
    again = foundation.json("up", "--env", "development", "--yes")

    assert again["changes"] == {}


def test_destroy_leaves_nothing_and_proves_it(foundation: Pave) -> None:
    branch = ("--app", APP, "--branch", "to-be-removed")
    foundation.run("up", EXAMPLES[1], *branch, "--yes")
    stack = foundation.json("show", *branch)["stack"]

    proof = foundation.json("destroy", *branch, "--yes")

    assert proof["survivors"] == []
    places = " ".join(look["place"] for look in proof["looks"])
    assert all(word in places for word in ("Kubernetes", "PostgreSQL", "DNS", "Azure"))
    assert stack not in [entry["stack"] for entry in foundation.json("list")]
    assert not (foundation.platform / "stacks" / f"Pulumi.{stack}.yaml").exists()


def test_destroy_names_what_it_still_finds(foundation: Pave) -> None:
    branch = ("--app", APP, "--branch", "leaves-something")
    foundation.run("up", EXAMPLES[0], *branch, "--yes")
    stack = foundation.json("show", *branch)["stack"]
    forgotten = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "forgotten", "labels": {"platform-components/stack": stack}},
    }
    manifest = foundation.platform / "forgotten.json"
    manifest.write_text(json.dumps(forgotten))
    foundation.execute("kubectl", "apply", "--filename", str(manifest))

    answer = foundation.run("destroy", *branch, "--yes", code=6)

    assert "forgotten" in answer.stderr
    foundation.execute("kubectl", "delete", "namespace", "forgotten")
    foundation.run("destroy", *branch, "--yes")


def test_a_foundation_in_use_is_not_destroyed(branches: tuple[Deployed, Deployed]) -> None:
    answer = branches[0].pave.run("destroy", "--env", "foundation-nonproduction", "--yes", code=1)

    assert branches[0].stack in answer.stderr


def test_a_foundation_exports_no_secret(foundation: Pave) -> None:
    outputs = json.loads(foundation.pulumi("stack", "output", "--json", "--stack", "foundation-nonproduction").stdout)

    assert outputs["platform/contract"] == 1
    assert "[secret]" not in json.dumps(outputs)
    assert "client-key-data" not in json.dumps(outputs)


def test_a_preview_of_a_new_branch_creates_nothing(foundation: Pave) -> None:
    branch = ("--app", APP, "--branch", "only-previewed")
    before = sorted(path.name for path in Path(foundation.platform / "stacks").iterdir())

    changes = foundation.json("preview", EXAMPLES[1], *branch)["changes"]
    foundation.run("preview", EXAMPLES[1], *branch, "--exit-code", code=3)

    assert changes["created"] > 10
    assert sorted(path.name for path in Path(foundation.platform / "stacks").iterdir()) == before
    assert not any("only-previewed" in entry["stack"] for entry in foundation.json("list"))


def test_data_is_not_lost_by_dropping_a_workload(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[1]
    branch = ("--app", APP, "--branch", deployed.branch)

    answer = deployed.pave.run("up", *branch, "--remove", "python-service", "--yes", code=1)

    assert "--replace-data 'postgres.default#python-service.db'" in answer.stderr
    assert use_database(deployed.connection_string())


def test_two_environments_are_compared(branches: tuple[Deployed, Deployed]) -> None:
    first, second = branches

    first.pave.run("diff", first.stack, first.stack)
    answer = first.pave.run("diff", first.stack, second.stack, code=3)

    assert first.stack in answer.stdout
    assert second.stack in answer.stdout


def test_an_environment_is_compared_with_files(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[1]

    same = deployed.pave.run("diff", deployed.stack, *EXAMPLES)
    other = deployed.pave.run("diff", deployed.stack, f"./{EXAMPLES[1]}", "--image", "web=python:3.99", code=3)

    assert "would change nothing" in same.stdout
    assert "python:3.99" in other.stdout
