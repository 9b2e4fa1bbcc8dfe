"""An S3 endpoint in front of Azure Blob storage."""

from typing import Any

import pulumi
import pytest

from platform_components.errors import InputError
from platform_components.kubernetes import S3Gateway
from tests.mocks import Recorded, assert_component_conventions, run

SECRET = "GeneratedPassword0GeneratedPassw"


def made(**changes: Any) -> Recorded:
    arguments: Any = {
        "namespace": "shop-login",
        "gateway_name": "storage",
        "image": "registry.example/versitygw:1.8",
        "account_name": "shopdata",
        "blob_endpoint": "https://shopdata.blob.core.windows.net/",
        "bucket": "data",
        "client_id": "guid",
        **changes,
    }

    def program() -> pulumi.Output[Any]:
        gateway = S3Gateway("storage", arguments)
        return pulumi.Output.all(
            endpoint=gateway.endpoint,
            access_key_id=gateway.access_key_id,
            secret_key=gateway.secret_key,
            bucket=gateway.bucket,
            region=gateway.region,
        )

    return run(program)


def test_outputs_are_what_an_s3_client_needs() -> None:
    assert made().result == {
        "endpoint": "http://storage.shop-login.svc:7070",
        "access_key_id": "storage",
        "secret_key": SECRET,
        "bucket": "data",
        "region": "us-east-1",
    }


def test_it_signs_in_as_the_workload_identity_and_no_account_key_exists() -> None:
    recorded = made()
    template = recorded.one(":Deployment").inputs["spec"]["template"]
    (container,) = template["spec"]["containers"]
    variables = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert variables == {
        "AZ_ACCOUNT_NAME": "shopdata",
        "AZ_ENDPOINT": "https://shopdata.blob.core.windows.net/",
        "ROOT_ACCESS_KEY_ID": "storage",
        "ROOT_SECRET_ACCESS_KEY": None,
        "VGW_REGION": "us-east-1",
    }
    assert container["args"][-1] == "azure"
    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    account = recorded.one(":ServiceAccount").inputs["metadata"]
    assert account["name"] == "storage"
    assert account["annotations"] == {"azure.workload.identity/client-id": "guid"}


def test_the_key_is_in_the_secret_and_nowhere_else() -> None:
    recorded = made()
    assert recorded.one(":Secret").secrets == {"data"}
    assert recorded.one(":Deployment").secrets == frozenset()
    assert_component_conventions(recorded)


def test_it_runs_as_a_workload_that_restricted_admits() -> None:
    pod = made(replicas=2).one(":Deployment").inputs["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/healthz"


def test_its_name_is_a_services_name() -> None:
    with pytest.raises(InputError, match="gateway_name"):
        made(gateway_name="1storage")
