import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.kubernetes.errors import UnreachableError
from sandbox.kubernetes.kubeconfig import active_cluster, connection


def config(**user: Any) -> dict[str, Any]:
    return {
        "current-context": "one",
        "clusters": [
            {"name": "one", "cluster": {"server": "https://one:6443/", "insecure-skip-tls-verify": True}},
            {"name": "two", "cluster": {"server": "https://two"}},
        ],
        "contexts": [
            {"name": "one", "context": {"cluster": "one", "user": "me"}},
            {"name": "two", "context": {"cluster": "two", "user": "me", "namespace": "team"}},
        ],
        "users": [{"name": "me", "user": {"token": "secret-token", **user}}],
    }


def test_contents_may_be_json_or_yaml_and_a_path_may_stand_for_them(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config()))
    expected = connection(json.dumps(config()), environment={})
    assert expected.cluster.server == "https://one:6443"
    assert expected.user.token == "secret-token"
    assert expected.namespace == "default"
    for text in (yaml.safe_dump(config()), str(path)):
        assert connection(text, environment={}) == expected
    assert connection("", environment={"KUBECONFIG": str(path)}) == expected


def test_the_provider_chooses_context_cluster_and_namespace() -> None:
    text = json.dumps(config())
    assert connection(text, environment={}, context="two").namespace == "team"
    assert connection(text, environment={}, cluster="two").cluster.server == "https://two"
    assert connection(text, environment={}, context="two", namespace="mine").namespace == "mine"


def test_several_files_are_one_and_the_first_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    other = config()
    other["clusters"][0]["cluster"]["server"] = "https://other"
    other["current-context"] = "two"
    first.write_text(json.dumps(config()))
    second.write_text(json.dumps(other))
    found = connection("", environment={"KUBECONFIG": f"{first}:{second}:{tmp_path / 'none'}"})
    assert found.cluster.server == "https://one:6443"


def test_certificates_may_be_in_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "client.crt").write_text("certificate")
    encoded = base64.b64encode(b"key").decode()
    contents = config(**{"client-certificate": "client.crt", "client-key-data": encoded})
    (tmp_path / "kubeconfig").write_text(json.dumps(contents))
    user = connection(str(tmp_path / "kubeconfig"), environment={}).user
    assert (user.certificate, user.key) == (b"certificate", b"key")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"current-context": "gone"}, "context 'gone' does not exist"),
        ({"current-context": ""}, "has no current-context"),
        ({"clusters": []}, "cluster 'one' does not exist"),
        ({"users": []}, "user 'me' does not exist"),
        ({"clusters": [{"name": "one", "cluster": {}}]}, "the cluster has no `server`"),
        ({"clusters": [{"name": "one", "cluster": {"server": "s", "proxy-url": "p"}}]}, "`proxy-url`"),
        ({"users": [{"name": "me", "user": {"username": "u"}}]}, "logs in by 'username'"),
        ({"users": [{"name": "me", "user": {"client-certificate": "/none"}}]}, "/none: No such file"),
        ({"users": [{"name": "me", "user": {"client-key-data": "%"}}]}, "client-key-data is not base64"),
    ],
)
def test_what_is_wrong_is_named(contents: dict[str, Any], message: str) -> None:
    with pytest.raises(UnreachableError, match=message):
        connection(json.dumps({**config(), **contents}), environment={})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=f"no such file: {tmp_path}/none"):
        connection("", environment={"KUBECONFIG": f"{tmp_path}/none"})


@pytest.mark.parametrize("text", ["users: {secret-token", "just a text\nin two lines", "[1]\n"])
def test_what_cannot_be_read_does_not_show_its_contents(text: str) -> None:
    with pytest.raises(UnreachableError, match="failed to parse kubeconfig data") as caught:
        connection(text, environment={})
    assert "secret-token" not in str(caught.value)


def test_the_active_cluster_is_what_a_change_is_judged_by() -> None:
    def active(contents: object, context: str = "", cluster: str = "") -> Any:
        text = json.dumps(contents)
        return active_cluster(text, context=context, cluster=cluster, environment={})

    assert active(config()) == {"server": "https://one:6443/", "insecure-skip-tls-verify": True}
    assert active(config(), context="two") == active(config(), cluster="two") == {"server": "https://two"}
    assert active({**config(), "current-context": "gone"}) is None
    assert active_cluster("", context="", cluster="", environment={}) == {}
