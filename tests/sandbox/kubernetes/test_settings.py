import json
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.settings import Settings, settings_difference
from sandbox.kubernetes.values import UNKNOWN, Manifest


def settings(environment: dict[str, str] | None = None, **inputs: str) -> Settings:
    return Settings.of({f"kubernetes:config:{name}": value for name, value in inputs.items()}, environment or {})


def test_inputs_go_before_the_environment_and_the_environment_before_defaults() -> None:
    assert settings().server_side_apply
    assert not settings().upsert
    assert settings().patch_force is None
    environment = {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "false"}
    assert settings(environment).upsert
    assert not settings(environment).server_side_apply
    assert not settings(environment, upsertExistingObjects="false").upsert
    assert settings(enableSecretMutable="true").secrets_mutable
    assert settings(enablePatchForce="false").patch_force is False


def test_what_the_sandbox_cannot_do_is_refused() -> None:
    with pytest.raises(ProviderError, match="renderYamlToDirectory"):
        settings(renderYamlToDirectory="out")


def kubeconfig(server: str = "https://one", token: str = "a") -> str:
    return json.dumps(
        {
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "users": [{"name": "me", "user": {"token": token}}],
        }
    )


def inputs(config: Any = None, **others: Any) -> Manifest:
    return {"kubeconfig": config or kubeconfig(), **others}


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        (inputs(), inputs(), [], []),
        # The same cluster with other credentials: an update, or the engine would keep the old ones.
        (inputs(), inputs(kubeconfig(token="b")), ["kubeconfig"], []),
        (inputs(), inputs(kubeconfig("https://two")), ["kubeconfig"], ["kubeconfig"]),
        (inputs(), inputs(UNKNOWN), ["kubeconfig"], ["kubeconfig"]),
        (inputs(), inputs(namespace="n"), ["namespace"], []),
        # An identifier decides alone, once it was there before.
        (inputs(clusterIdentifier="x"), inputs(kubeconfig("https://two"), clusterIdentifier="x"), ["kubeconfig"], []),
        (inputs(clusterIdentifier="x"), inputs(UNKNOWN, clusterIdentifier="x"), ["kubeconfig"], []),
        (inputs(clusterIdentifier="x"), inputs(clusterIdentifier="y"), ["clusterIdentifier"], ["clusterIdentifier"]),
        (inputs(), inputs(clusterIdentifier="y"), ["clusterIdentifier"], []),
        (inputs(clusterIdentifier="x"), inputs(), ["clusterIdentifier"], []),
        (inputs("/no/such/file"), inputs(), ["kubeconfig"], []),
    ],
)
def test_a_change_replaces_everything_only_if_it_may_be_another_cluster(
    old: Manifest, new: Manifest, changed: list[str], replaces: list[str]
) -> None:
    answer = settings_difference(old, new, {})
    some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    assert answer.changes == some
    assert list(answer.diffs) == changed
    assert list(answer.replaces) == replaces
