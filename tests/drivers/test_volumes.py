"""Volumes: which definition serves them, who shares one, and what a pod can't mount."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import Catalog
from platform_components.errors import InputError
from platform_components.repository import catalog_of
from tests.drivers.offline import environment, objects_of, plan_of, source_at
from tests.drivers.world import CHECKOUT, branch
from tests.mocks import assert_component_conventions

SHARED = """apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx
    volumes:
      /data: {source: "${resources.data}"}
      /config: {source: "${resources.data}", path: etc/web, readOnly: true}
      /cache: {source: "${resources.cache}"}
  beside:
    image: nginx
    volumes:
      /mine: {source: "${resources.data}"}
resources:
  data: {type: volume}
  cache: {type: volume, class: scratch}
"""


def score(*, name: str = "web", kind: str = "", resource: str = "{type: volume}", source: str = "") -> str:
    annotations = f", annotations: {{platform-components/kind: {kind}}}" if kind else ""
    return f"""apiVersion: score.dev/v1b1
metadata: {{name: {name}{annotations}}}
containers:
  main:
    image: nginx
    volumes:
      /data: {{source: "{source or "${resources.data}"}"}}
resources:
  data: {resource}
  host: {{type: dns}}
"""


def mounts(container: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["mountPath"]: one for one in container["volumeMounts"] if one["mountPath"] != "/tmp"}


def test_containers_that_mount_one_resource_share_it_and_two_resources_never_do() -> None:
    made = objects_of(SHARED)

    names = {one["mountPath"]: one["name"] for one in made.container("main")["volumeMounts"]}
    data, cache = names["/data"], names["/cache"]
    assert data != cache
    assert mounts(made.container("main")) == {
        "/data": {"name": data, "mountPath": "/data"},
        "/config": {"name": data, "mountPath": "/config", "subPath": "etc/web", "readOnly": True},
        "/cache": {"name": cache, "mountPath": "/cache"},
    }
    assert mounts(made.container("beside")) == {"/mine": {"name": data, "mountPath": "/mine"}}
    sources = {one["name"]: one for one in made.pod["volumes"]}
    assert sources[data]["emptyDir"] == sources[cache]["emptyDir"] == {"sizeLimit": "1Gi"}


def test_two_names_of_one_resource_are_one_volume() -> None:
    text = SHARED.replace("{type: volume}", "{type: volume, id: all}").replace(
        "{type: volume, class: scratch}", "{type: volume, id: all}"
    )
    made = objects_of(text)

    assert len({one["name"] for one in mounts(made.container("main")).values()}) == 1
    assert len(made.pod["volumes"]) == 2  # and the pod's /tmp


@pytest.mark.parametrize("type_", ["development", "staging", "production"])
def test_where_environments_stay_a_volume_outlives_its_pods(type_: str) -> None:
    made = objects_of(score(), type_=type_)

    (volume,) = [one for one in made.pod["volumes"] if one["name"] != "workload-scratch"]
    assert volume["persistentVolumeClaim"] == {"claimName": "volume-claim"}
    plan = plan_of(score(), type_=type_)
    planned = plan.resource("volume.default#web.data")
    assert planned.holds_data
    assert planned.names["claim"].startswith("volume-web-data-")
    assert planned.data_in == ("k8s-cluster.default#main", "k8s-namespace.default#main")


def test_a_claim_is_guarded_where_data_is_and_named_after_the_resource() -> None:
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "nginx", "volumes": {"/data": {"source": "${resources.data}"}}}},
        "resources": {"data": {"type": "volume"}},
    }
    made = branch("development", workloads=[document])

    claim = made.recorded.one("core/v1:PersistentVolumeClaim")
    component = made.recorded.one("platform-components:index:Volume")
    assert claim.inputs["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "azurefile-csi",
    }
    assert claim.inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
    assert claim.ignore_changes == ["spec.accessModes", "spec.storageClassName"]
    assert component.protect
    pod = made.recorded.one("apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    (volume,) = [one for one in pod["volumes"] if one["name"] != "workload-scratch"]
    name = claim.inputs["metadata"]["name"]
    assert volume == {"name": name, "persistentVolumeClaim": {"claimName": name}}
    assert_component_conventions(made.recorded)


def test_each_pod_of_a_stateful_set_has_a_volume_of_its_own() -> None:
    made = objects_of(score(kind="StatefulSet", resource="{type: volume, class: claim}"))

    (claim,) = made.controller["spec"]["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "managed-csi",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    assert mounts(made.container())["/data"]["name"] == claim["metadata"]["name"]
    assert [one["name"] for one in made.pod["volumes"]] == ["workload-scratch"]


def refused(folder: Path, text: str, *others: str, catalog: Catalog | None = None, **config: Any) -> str:
    source = source_at(folder, text)
    with pytest.raises(InputError) as error:
        plan_of(source, *others, catalog=catalog, **config)
    return str(error.value)


def test_a_volume_for_each_pod_needs_a_stateful_set(tmp_path: Path) -> None:
    told = refused(tmp_path, score(resource="{type: volume, class: claim}"))

    place = f'{tmp_path}/score.yaml:7:23: containers.main.volumes["/data"].source: '
    assert f"{place}this volume is one for each pod of a StatefulSet, and the workload is a Deployment" in told
    assert "platform-components/kind: StatefulSet" in told


@pytest.mark.parametrize("source", ["${resources.data.source}", "data", "x${resources.data}"])
def test_a_volume_is_a_resource_and_nothing_else(tmp_path: Path, source: str) -> None:
    text = score(source=source)

    told = refused(tmp_path, text)

    assert 'score.yaml:7:23: containers.main.volumes["/data"].source: must name one resource and nothing more' in told
    assert "write ${resources.NAME}" in told


def test_what_is_no_volume_is_not_mounted(tmp_path: Path) -> None:
    told = refused(tmp_path, score(source="${resources.host}"))

    assert "score.yaml:7:23: containers.main.volumes[\"/data\"].source: a 'dns' is no volume" in told


def test_workloads_that_would_not_share_what_they_ask_for_together_are_told(tmp_path: Path) -> None:
    resource = "{type: volume, id: all}"

    told = refused(tmp_path, score(name="other", resource=resource), score(resource=resource))

    assert "score.yaml:7:23: " in told
    assert "this volume is each pod's own, so web would not share it" in told
    assert plan_of(score(resource=resource), score(name="other", resource=resource), type_="development")


@pytest.mark.parametrize(
    ("target", "changed", "what"),
    [
        ("data", "data", "is no path in a container"),
        ("/data/../x", "/data/../x", "is no path in a container"),
        ("/data", "/data", "must stay in the volume"),
    ],
)
def test_a_mount_that_no_pod_can_have_is_told(tmp_path: Path, target: str, changed: str, what: str) -> None:
    text = score().replace("/data: {", f"{changed}: {{path: ../up, " if "stay" in what else f"{changed}: {{")

    assert what in refused(tmp_path, text)


@pytest.fixture
def one_place(tmp_path: Path) -> Catalog:
    """A platform whose disks can be mounted by the pods of one node."""
    platform = tmp_path / "platform"
    shutil.copytree(CHECKOUT / "definitions", platform / "definitions")
    (platform / "definitions" / "disk.yaml").write_text(
        """id: disk
type: volume
driver: kubernetes/volume
criteria: [{class: disk}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
inputs: {cluster: "${uses.cluster}", namespace: "${uses.namespace}", size: 10Gi}
"""
    )
    return catalog_of(platform)


def test_what_one_node_mounts_is_for_one_pod(tmp_path: Path, one_place: Catalog) -> None:
    text = score(resource="{type: volume, class: disk}")

    assert plan_of(text, catalog=one_place)
    told = refused(tmp_path, text, catalog=one_place, type_="staging")
    assert "a volume of the mode ReadWriteOnce is mounted by one pod, and the workload has 2" in told


def test_a_pod_that_another_one_would_wait_for_goes_first(one_place: Catalog) -> None:
    text = score(resource="{type: volume, class: disk}")

    assert objects_of(text, catalog=one_place).controller["spec"]["strategy"] == {"type": "Recreate"}
    shared = objects_of(score(), type_="development").controller["spec"]["strategy"]
    assert shared["type"] == "RollingUpdate"


def test_every_environment_type_says_what_a_volume_is() -> None:
    for type_ in ("ephemeral", "development", "staging", "production"):
        assert set(environment(type_).settings["volume"]) == {
            "size",
            "access_mode",
            "storage_class",
            "claim_storage_class",
            "scratch_size",
        }
