"""The contracts that come with the library: outputs as the Score community names them, examples that work."""

from pathlib import Path

import pytest

from platform_components.catalog.load import builtin_types
from platform_components.score.reader import read

TYPES = builtin_types()
DEVELOPERS = sorted(name for name, one in TYPES.items() if one.developer)

# score-compose and score-k8s provisioners, defaults and community: reference table of their outputs; `!` is secret.
# `user` and `database` beside them are what people write anyway.
COMMUNITY = {
    "postgres": "host port name database username user !password",
    "postgres-instance": "host port username user !password",
    "mysql": "host port name database username user !password",
    "mongodb": "host port username user !password !connection",
    "redis": "host port username user !password",
    "amqp": "host port vhost username user !password",
    "mssql": "server port !connection database username user !password",
    "s3": "bucket access_key_id !secret_key endpoint region aws_access_key_id !aws_secret_key",
    "kafka-topic": "host port name num_partitions",
    "elasticsearch": "host port username user !password",
    "dns": "host url",
    "route": "url",
    "service-port": "hostname port",
    "volume": "source claimSpec",
    "environment": "",
    "horizontal-pod-autoscaler": "",
    "service": "name",
    "endpoint": "url",
    "llm-model": "model url !api-key",
    "dapr-pubsub": "name",
    "dapr-state-store": "name",
    "dapr-subscription": "name topic",
    "gcp-pubsub-emulator": "host port project_id emulator_host",
    "postgres-entra": "host port name database username user",
}
OWN = (
    *("k8s-cluster", "k8s-namespace", "workload", "postgres-server", "network", "gateway", "dns-zone"),
    *("workload-identity", "resource-group", "k8s-job"),
)
LOSES_NOTHING = {"dns", "route", "service-port", "environment", "horizontal-pod-autoscaler", "service", "endpoint"} | {
    *("llm-model", "dapr-pubsub", "dapr-subscription", "gcp-pubsub-emulator"),
    "redis",  # a cache: what it holds can be made again
}


def test_every_type_of_the_community_is_there() -> None:
    assert sorted(COMMUNITY) == DEVELOPERS
    assert sorted(OWN) == sorted(TYPES.keys() - COMMUNITY.keys())


@pytest.mark.parametrize("name", sorted(COMMUNITY))
def test_the_outputs_are_those_of_the_community(name: str) -> None:
    outputs = {f"!{output}" if spec.secret else output for output, spec in TYPES[name].outputs.items()}
    assert outputs == set(COMMUNITY[name].split())


@pytest.mark.parametrize("name", sorted(COMMUNITY))
def test_what_keeps_data_is_guarded(name: str) -> None:
    assert TYPES[name].holds_data == (name not in LOSES_NOTHING)


@pytest.mark.parametrize("name", DEVELOPERS)
def test_the_example_of_a_type_is_a_score_file_without_a_mistake(name: str, tmp_path: Path) -> None:
    example = "".join(f"  {line}\n" for line in TYPES[name].example.splitlines())
    others = "".join(
        f"  {other}: {{type: {other_type}}}\n"
        for other, other_type in (("dns", "dns"), ("events", "dapr-pubsub"))
        if f"${{resources.{other}." in example
    )
    path = tmp_path / "score.yaml"
    path.write_text(
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {web: {image: nginx}}\n"
        f"resources:\n{example}{others}"
    )
    asked = {resource.type for resource in read(path, contracts=TYPES).workload.resources.values()}
    assert name in asked


def test_whatever_is_called_a_password_or_key_is_secret() -> None:
    plain = [
        f"{name}.{output}"
        for name, one in TYPES.items()
        for output, spec in one.outputs.items()
        if not spec.secret and (output in ("password", "connection") or output.endswith(("secret_key", "api-key")))
    ]
    assert plain == []


def test_an_alias_is_as_secret_as_what_it_stands_for() -> None:
    for one in TYPES.values():
        for name, spec in one.outputs.items():
            if spec.alias_of is not None:
                assert one.secret(name) == one.secret(spec.alias_of)


def test_every_value_of_the_developers_own_is_secret() -> None:
    assert TYPES["environment"].knows("ANYTHING")
    assert TYPES["environment"].secret("ANYTHING")
    assert not TYPES["dns"].knows("ANYTHING")


def test_a_foundations_kubeconfig_is_no_secret_because_it_holds_no_credentials() -> None:
    assert not TYPES["k8s-cluster"].secret("kubeconfig")


def test_what_replaces_a_type_that_is_not_for_developers_is_for_them() -> None:
    for one in TYPES.values():
        if one.instead:
            assert TYPES[one.instead].developer
