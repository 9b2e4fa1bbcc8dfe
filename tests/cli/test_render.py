"""`pave render`: the Kubernetes objects of an environment as text."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Pave

WEB = "examples/web"
BRANCH = ("--app", "shop", "--branch", "main")
ONE = ("render", WEB, *BRANCH)
CUSTOM = """
id: queue
type: amqp
driver: tests.rendering.queues:Queue
criteria: [{app_id: shop}]
"""
WITH_A_QUEUE = """
apiVersion: score.dev/v1b1
metadata: {name: worker}
containers: {main: {image: python,
    variables: {PASSWORD: "${resources.queue.password}", QUEUE: "${resources.queue.host}"}}}
resources: {queue: {type: amqp}}
"""


def objects(text: str) -> dict[str, dict[str, Any]]:
    """The objects of a stream by `Kind/name`."""
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in yaml.safe_load_all(text)}


def test_it_prints_every_object_of_the_environment_below_what_is_not_here(pave: Pave) -> None:
    ended = pave(*ONE)

    found = objects(ended.out)
    assert ended.code == 0
    assert {each.split("/")[0] for each in found} == {
        *("Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "HTTPRoute"),
        *("Secret", "ConfigMap", "ServiceAccount", "Deployment", "Service"),
    }
    assert ended.out.startswith(
        f"# rendered by pave\n# shop-main-309755 (ephemeral): {len(found)} Kubernetes objects\n"
    )
    heading = ended.out.partition("---\n")[0]
    assert "#   postgres.default#web.db         postgres/database\n" in heading
    assert "#   <postgres-server.shared#main.host>\n" in heading
    assert "k8s-namespace" not in heading


def test_it_is_the_same_text_every_time(pave: Pave) -> None:
    assert pave(*ONE).out == pave(*ONE).out


def test_a_secret_is_shown_by_where_it_comes_from(pave: Pave) -> None:
    found = objects(pave(*ONE).out)

    secret = next(each for name, each in found.items() if name.startswith("Secret/workload-web"))
    container = found["Deployment/web"]["spec"]["template"]["spec"]["containers"][0]
    reference = next(entry for entry in container["env"] if entry["name"] == "DATABASE_URL")["valueFrom"][
        "secretKeyRef"
    ]
    assert reference["name"] == secret["metadata"]["name"]
    assert (
        ":<secret postgres.default#web.db.password>@<postgres-server.shared#main.host>:"
        in (secret["stringData"][reference["key"]])
    )


def test_a_change_of_a_files_content_changes_the_name_that_pods_refer_to(pave: Pave) -> None:
    def config_map(content: str) -> str:
        file = f'containers.web.files={{"/etc/a": {{"content": "{content}"}}}}'
        found = objects(pave(*ONE, "--override-property", file).out)
        volume = found["Deployment/web"]["spec"]["template"]["spec"]["volumes"][0]
        name: str = volume["configMap"]["name"]
        assert f"ConfigMap/{name}" in found
        return name

    assert config_map("one") == config_map("one") != config_map("two")


def test_without_a_name_the_environments_stands_as_env(pave: Pave) -> None:
    found = objects(pave("render", WEB, "--env-type", "ephemeral").out)

    assert found["Namespace/<env>"]["metadata"]["labels"]["platform-components/stack"] == "<env>"
    assert found["Deployment/web"]["metadata"]["namespace"] == "<env>"


def test_known_outputs_of_the_foundation_stand_where_they_belong(pave: Pave, tmp_path: Path) -> None:
    known = tmp_path / "foundation.json"
    known.write_text(
        json.dumps(
            {
                "gateway.default/main/name": "public",
                "gateway.default/main/namespace": "gateway",
                "dns-zone.default/main/name": "dev.example.com",
                "postgres-server.shared/main/host": "db.example.com",
                "postgres-server.shared/main/port": 5432,
                "postgres.default/web.db/password": "hunter2",
            }
        )
    )

    out = pave(*ONE, "--known", str(known)).out

    found = objects(out)
    route = next(each for name, each in found.items() if name.startswith("HTTPRoute/"))
    assert route["spec"]["hostnames"] == ["web-shop-main-9dd950.dev.example.com"]
    assert route["spec"]["parentRefs"][0]["name"] == "public"
    assert "@db.example.com:5432/" in out
    assert "<gateway" not in out
    assert "hunter2" not in out


@pytest.mark.parametrize(("text", "message"), [("[1]", "must be a map of outputs"), ("{", "cannot be read: ")])
def test_known_outputs_that_are_none_are_refused(pave: Pave, tmp_path: Path, text: str, message: str) -> None:
    known = tmp_path / "known.json"
    known.write_text(text)

    ended = pave(*ONE, "--known", str(known))

    assert ended.code == 1
    assert ended.err.startswith(f"error: {known}: {message}")


def test_for_machines_it_is_a_list_as_kubectl_takes_it(pave: Pave) -> None:
    document = json.loads(pave(*ONE, "--json").out)

    assert (document["apiVersion"], document["kind"]) == ("v1", "List")
    assert document["items"] == list(yaml.safe_load_all(pave(*ONE).out))


def test_a_folder_gets_a_file_for_each_object_and_loses_those_of_before(pave: Pave, tmp_path: Path) -> None:
    folder = tmp_path / "rendered"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: []\n")
    assert pave("render", "examples", *BRANCH, "-o", str(folder)).code == 0
    before = {path.name for path in folder.iterdir()}

    ended = pave(*ONE, "-o", str(folder))

    after = {path.name for path in folder.iterdir()}
    files = sorted(after - {"kustomization.yaml"})
    assert "2-deployment-python-service.yaml" in before - after
    assert after < before
    assert files[0] == "0-namespace-shop-main-309755.yaml"
    assert objects("---\n".join((folder / name).read_text() for name in files)) == objects(pave(*ONE).out)
    assert ended.out.endswith(f"\nwritten to {folder}\n")


def test_a_file_that_no_rendering_wrote_stays(pave: Pave, tmp_path: Path) -> None:
    theirs = tmp_path / "0-namespace-shop-main-309755.yaml"
    theirs.write_text("kind: Namespace\n")

    ended = pave(*ONE, "-o", str(tmp_path))

    assert ended.code == 1
    assert (
        ended.err
        == f"error: {theirs}: is there already, and no rendering wrote it\n  take it away, or name another folder\n"
    )
    assert [path for path in tmp_path.iterdir() if path.suffix == ".yaml"] == [theirs]


def test_what_only_its_own_code_knows_is_named(pave: Pave, platform: Path, tmp_path: Path) -> None:
    own = shutil.copytree(platform, tmp_path / "platform", symlinks=True)
    (own / "definitions" / "queue.yaml").write_text(CUSTOM)
    score = tmp_path / "score.yaml"
    score.write_text(WITH_A_QUEUE)

    ended = pave("render", str(score), *BRANCH, "--platform", str(own))

    assert ended.code == 0
    assert ended.err == (
        "warning: amqp.default#worker.queue cannot be rendered: only the code of tests.rendering.queues:Queue says"
        " what it makes\n"
    )
    assert "# Cannot be rendered: only its own code says what it makes:\n#   amqp.default#worker.queue " in ended.out
    worker = objects(ended.out)["Deployment/worker"]["spec"]["template"]["spec"]["containers"][0]
    assert worker["env"][1] == {"name": "QUEUE", "value": "<amqp.default#worker.queue.host>"}


def test_a_secret_of_the_developers_own_is_shown_by_its_name(pave: Pave, tmp_path: Path) -> None:
    score = tmp_path / "score.yaml"
    score.write_text(
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\nresources: {env: {type: environment}}\n"
        "containers: {main: {image: python, variables: {KEY: '${resources.env.STRIPE_KEY}'}}}\n"
    )

    ended = pave("render", str(score), *BRANCH)

    assert ended.code == 0
    assert "main.KEY: <secret environment.default#web.env.STRIPE_KEY>" in ended.out
