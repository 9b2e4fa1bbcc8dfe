"""What the provider does to objects, on the sandbox's API server."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.objects import Kind, dig
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import UNKNOWN, Manifest, encoded
from tests.sandbox.kubernetes.plugin import Deployed, Plugin, RefusedError, urn_of

pytestmark = pytest.mark.e2e

CONFIG_MAP = Kind("", "v1", "ConfigMap")
SECRET = Kind("", "v1", "Secret")
DEPLOYMENT = Kind("apps", "v1", "Deployment")
CONFIG_MAP_URN = urn_of("kubernetes:core/v1:ConfigMap")
SECRET_URN = urn_of("kubernetes:core/v1:Secret")
DEPLOYMENT_URN = urn_of("kubernetes:apps/v1:Deployment")
SERVICE_URN = urn_of("kubernetes:core/v1:Service")
NAMESPACE_URN = urn_of("kubernetes:core/v1:Namespace")
ROUTE_URN = urn_of("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute")


def config_map(namespace: str, name: str = "settings", **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def deployment(namespace: str, *, replicas: int = 1, **pod: Any) -> Manifest:
    labels = {"app": "web"}
    containers = [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers, **pod}},
        },
    }


def service(namespace: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"ports": [{"port": 80}], **spec},
    }


def changes(answer: Any) -> set[str]:
    return set(answer.detailedDiff)


UNSCHEDULABLE: dict[str, Any] = {"nodeSelector": {"no-such": "node"}}


class TestCreate:
    def test_an_object_without_a_name_gets_one_and_the_provider_s_namespace(
        self, start: Callable[..., Plugin], namespace: str, cluster: Resources
    ) -> None:
        made = start({"namespace": namespace}).create(CONFIG_MAP_URN, {"data": {"a": "1"}})
        assert made.id.startswith(f"{namespace}/thing-")
        live = cluster.get(CONFIG_MAP, *made.id.split("/"))
        assert live["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
        assert made.outputs["metadata"]["uid"] == live["metadata"]["uid"]

    def test_what_exists_already_is_an_error(self, plugin: Plugin, namespace: str) -> None:
        plugin.create(CONFIG_MAP_URN, config_map(namespace))
        with pytest.raises(
            RefusedError, match=r'was not successfully created .*: configmaps "settings" already exists'
        ) as caught:
            plugin.create(CONFIG_MAP_URN, config_map(namespace))
        assert caught.value.unready is None

    def test_what_exists_already_is_taken_when_the_provider_says_so(
        self, start: Callable[..., Plugin], plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        plugin.create(CONFIG_MAP_URN, config_map(namespace, a="1"))
        start({"upsertExistingObjects": "true"}).create(CONFIG_MAP_URN, config_map(namespace, a="1", b="2"))
        assert cluster.get(CONFIG_MAP, namespace, "settings")["data"] == {"a": "1", "b": "2"}

    def test_taking_another_s_field_is_a_conflict_that_names_it(
        self, start: Callable[..., Plugin], plugin: Plugin, namespace: str
    ) -> None:
        plugin.create(CONFIG_MAP_URN, config_map(namespace, a="1"))
        with pytest.raises(RefusedError, match=r'conflict with "pulumi-kubernetes" using v1: \.data\.a'):
            start({"upsertExistingObjects": "true"}).create(CONFIG_MAP_URN, config_map(namespace, a="2"))

    def test_the_provider_can_be_told_to_win_conflicts(
        self, start: Callable[..., Plugin], plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        plugin.create(CONFIG_MAP_URN, config_map(namespace, a="1"))
        forced = start({"upsertExistingObjects": "true", "enablePatchForce": "true"})
        forced.create(CONFIG_MAP_URN, config_map(namespace, a="2"))
        assert cluster.get(CONFIG_MAP, namespace, "settings")["data"] == {"a": "2"}

    def test_a_kind_that_nobody_defined_is_named_after_some_retries(self, plugin: Plugin, namespace: str) -> None:
        urn = urn_of("kubernetes:example.com/v1:Cloud")
        inputs = {"apiVersion": "example.com/v1", "kind": "Cloud", "metadata": {"name": "x", "namespace": namespace}}
        with pytest.raises(RefusedError, match=r'no matches for kind "Cloud" in version "example.com/v1"'):
            plugin.create(urn, inputs)
        assert any(line.startswith("Retry #4") for line in plugin.engine.lines)

    def test_an_object_made_before_its_namespace_waits_for_it(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        later = f"{namespace}-later"
        kind = Kind("", "v1", "Namespace")
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": later}}
        timer = threading.Timer(1, lambda: cluster.create(kind, manifest, {}))
        timer.start()
        made = plugin.create(CONFIG_MAP_URN, config_map(later))
        timer.join()
        assert made.id == f"{later}/settings"
        cluster.delete(kind, "", later, propagation="Background")

    def test_a_custom_resource_is_an_object_like_any_other(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        inputs: Manifest = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"hostnames": ["web.example"], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
        }
        made = plugin.create(ROUTE_URN, inputs)
        assert plugin.diff(ROUTE_URN, made, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
        inputs["spec"]["hostnames"] = ["other.example"]
        updated = plugin.update(ROUTE_URN, made, inputs)
        assert updated.outputs["spec"]["hostnames"] == ["other.example"]
        assert updated.outputs["spec"]["rules"][0]["backendRefs"][0]["weight"] == 1

    def test_a_custom_resource_may_come_with_its_definition(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        group = f"{namespace}.example.com"
        schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
        definition = {
            "metadata": {"name": f"clouds.{group}"},
            "spec": {
                "group": group,
                "scope": "Cluster",
                "names": {"plural": "clouds", "singular": "cloud", "kind": "Cloud"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
            },
        }
        urn = urn_of("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
        cloud_urn = urn_of(f"kubernetes:{group}/v1:Cloud")
        cloud = {"apiVersion": f"{group}/v1", "kind": "Cloud", "metadata": {"name": "one"}, "spec": {"size": 1}}
        assert plugin.check(cloud_urn, cloud)["metadata"]["namespace"] == "default"
        early = plugin.preview(cloud_urn, cloud)
        assert early["spec"] == {"size": 1}
        timer = threading.Timer(0.5, lambda: plugin.create(urn, definition))
        timer.start()
        made = plugin.create(cloud_urn, cloud)
        timer.join()
        assert made.id == "one"
        assert plugin.diff(cloud_urn, made, cloud).changes == provider_pb2.DiffResponse.DIFF_NONE
        defined = plugin.read(urn, f"clouds.{group}")
        assert defined is not None
        changed = {**definition, "metadata": {"name": f"clouds.{group}", "labels": {"a": "b"}}}
        assert changes(plugin.diff(urn, defined, {**defined.inputs, "metadata": changed["metadata"]})) == {
            "metadata.labels"
        }
        updated = plugin.update(urn, defined, changed)
        assert updated.outputs["metadata"]["labels"] == {"a": "b"}
        kind = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
        cluster.delete(kind, "", f"clouds.{group}", propagation="Background")

    def test_types_that_are_no_objects_are_refused(self, plugin: Plugin) -> None:
        for token in (
            "kubernetes:helm.sh/v3:Release",
            "kubernetes:yaml:ConfigFile",
            "kubernetes:core/v1:ConfigMapList",
        ):
            with pytest.raises(RefusedError, match=r"not supported by the sandbox|cannot be created directly"):
                plugin.check(urn_of(token), {})


class TestPreview:
    def test_it_shows_what_the_api_server_would_add(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        shown = plugin.preview(DEPLOYMENT_URN, deployment(namespace))
        assert shown["spec"]["strategy"]["type"] == "RollingUpdate"
        assert "status" not in shown
        assert cluster.find(DEPLOYMENT, namespace, "web") is None

    def test_it_shows_what_the_api_server_would_refuse(self, plugin: Plugin, namespace: str) -> None:
        wrong = deployment(namespace)
        wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
        with pytest.raises(RefusedError, match=r"`selector` does not match template `labels`"):
            plugin.preview(DEPLOYMENT_URN, wrong)

    @pytest.mark.parametrize("gap", ["namespace", "value", "name"])
    def test_it_shows_the_inputs_where_the_api_server_cannot_know(
        self, plugin: Plugin, namespace: str, gap: str
    ) -> None:
        inputs = config_map(namespace, a="1")
        if gap == "namespace":
            inputs["metadata"]["namespace"] = f"{namespace}-to-come"
        elif gap == "value":
            inputs["data"]["a"] = UNKNOWN
        else:
            inputs["metadata"]["name"] = UNKNOWN
        assert plugin.preview(CONFIG_MAP_URN, inputs) == inputs

    def test_a_replacement_of_the_same_name_is_no_error(self, plugin: Plugin, namespace: str) -> None:
        plugin.create(CONFIG_MAP_URN, config_map(namespace, a="1"))
        inputs = config_map(namespace, a="2")
        assert plugin.preview(CONFIG_MAP_URN, inputs) == inputs

    def test_an_update_is_tried_out_too(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        made = plugin.create(SERVICE_URN, service(namespace))
        wanted = service(namespace, ports=[{"port": 81, "targetPort": "http"}])
        shown = plugin.update(SERVICE_URN, made, wanted, preview=True)
        assert [port["port"] for port in shown.outputs["spec"]["ports"]] == [81]
        with pytest.raises(RefusedError, match=r'Service "web" is invalid: \[spec.ports\[0\].port: Invalid value'):
            plugin.update(SERVICE_URN, made, service(namespace, ports=[{"port": 100000}]), preview=True)
        assert cluster.get(Kind("", "v1", "Service"), namespace, "web")["spec"]["ports"][0]["port"] == 80


class TestUpdate:
    def test_fields_that_the_program_dropped_disappear_and_others_stay(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        inputs = deployment(namespace)
        inputs["metadata"]["labels"] = {"kept": "1", "dropped": "1"}
        made = plugin.create(DEPLOYMENT_URN, inputs)
        somebody = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": namespace, "labels": {"somebody": "else"}},
        }
        cluster.apply(DEPLOYMENT, somebody, {"fieldManager": "somebody", "force": "false"})
        changed = deployment(namespace)
        changed["metadata"]["labels"] = {"kept": "2"}
        del changed["spec"]["template"]["spec"]["containers"][0]["env"]
        plugin.update(DEPLOYMENT_URN, made, changed)
        live = cluster.get(DEPLOYMENT, namespace, "web")
        assert live["metadata"]["labels"] == {"kept": "2", "somebody": "else"}
        assert "env" not in live["spec"]["template"]["spec"]["containers"][0]

    def test_the_first_update_takes_the_creation_s_fields_over(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        made = plugin.create(DEPLOYMENT_URN, deployment(namespace))
        managers = {
            entry["manager"] for entry in cluster.get(DEPLOYMENT, namespace, "web")["metadata"]["managedFields"]
        }
        assert "pulumi-kubernetes" in managers
        plugin.update(DEPLOYMENT_URN, made, deployment(namespace, replicas=2))
        entries = cluster.get(DEPLOYMENT, namespace, "web")["metadata"]["managedFields"]
        ours = [entry for entry in entries if entry["manager"].startswith("pulumi-kubernetes")]
        assert [(entry["manager"], entry["operation"]) for entry in ours] == [(made.outputs["__fieldManager"], "Apply")]

    def test_a_field_that_somebody_else_set_is_a_conflict(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        made = plugin.create(DEPLOYMENT_URN, deployment(namespace))
        theirs = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"replicas": 3},
        }
        cluster.apply(DEPLOYMENT, theirs, {"fieldManager": "scaler", "force": "true"})
        with pytest.raises(RefusedError, match=r"Server-Side Apply field conflict detected") as caught:
            plugin.update(DEPLOYMENT_URN, made, deployment(namespace, replicas=2))
        assert 'conflict with "scaler": .spec.replicas' in str(caught.value)
        assert caught.value.unready is not None
        assert caught.value.unready.id == f"{namespace}/web"
        ignoring = plugin.update(
            DEPLOYMENT_URN, made, deployment(namespace, terminationGracePeriodSeconds=5), ignored=("spec.replicas",)
        )
        assert ignoring.outputs["spec"]["replicas"] == 3

    def test_patch_force_wins_the_conflict(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        made = plugin.create(SERVICE_URN, service(namespace))
        theirs = service(namespace, ports=[{"port": 80, "name": "theirs"}])
        cluster.apply(Kind("", "v1", "Service"), theirs, {"fieldManager": "somebody", "force": "true"})
        wanted = service(namespace, ports=[{"port": 80, "name": "ours"}])
        wanted["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
        updated = plugin.update(SERVICE_URN, made, wanted)
        assert updated.outputs["spec"]["ports"][0]["name"] == "ours"

    def test_an_object_that_was_deleted_behind_our_back_is_an_error(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        made = plugin.create(SERVICE_URN, service(namespace))
        cluster.delete(Kind("", "v1", "Service"), namespace, "web", propagation="Background")
        with pytest.raises(RefusedError, match=r'update of resource .* failed: services "web" not found'):
            plugin.update(SERVICE_URN, made, service(namespace, ports=[{"port": 81}]))

    def test_a_field_that_the_kind_does_not_have_is_dropped_each_time(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        inputs = deployment(namespace, notAField={"a": "1"})
        inputs["spec"]["template"]["spec"]["containers"][0]["neither"] = 1
        made = plugin.create(DEPLOYMENT_URN, inputs)
        assert not changes(plugin.diff(DEPLOYMENT_URN, made, inputs))
        reread = plugin.read(DEPLOYMENT_URN, made.id, made)
        assert reread is not None
        assert not changes(plugin.diff(DEPLOYMENT_URN, reread, inputs))
        inputs["spec"]["replicas"] = 2
        plugin.update(DEPLOYMENT_URN, reread, inputs, preview=True)
        assert plugin.update(DEPLOYMENT_URN, reread, inputs).outputs["spec"]["replicas"] == 2

    def test_a_custom_resource_s_unknown_field_is_an_error_of_the_update(self, plugin: Plugin, namespace: str) -> None:
        inputs: Manifest = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"hostnames": ["web.example"], "notAField": 1},
        }
        made = plugin.create(ROUTE_URN, inputs)
        assert changes(plugin.diff(ROUTE_URN, made, inputs)) == {"spec.notAField"}
        with pytest.raises(RefusedError, match=r"\.spec\.notAField: field not declared in schema"):
            plugin.update(ROUTE_URN, made, inputs)


class TestDiff:
    def test_nothing_differs_however_the_api_server_writes_it(self, plugin: Plugin, namespace: str) -> None:
        inputs = deployment(
            namespace, hostNetwork=False, volumes=[{"name": "tmp", "emptyDir": {"sizeLimit": "1024Mi"}}]
        )
        container = inputs["spec"]["template"]["spec"]["containers"][0]
        container["resources"] = {"requests": {"cpu": "1000m", "memory": "0.5Gi"}, "limits": {"memory": 536870912}}
        container["env"] = [{"name": "EMPTY", "value": ""}]
        made = plugin.create(DEPLOYMENT_URN, inputs)
        assert changes(plugin.diff(DEPLOYMENT_URN, made, inputs)) == set()
        reread = plugin.read(DEPLOYMENT_URN, made.id, made)
        assert reread is not None
        assert reread.inputs == made.inputs
        assert changes(plugin.diff(DEPLOYMENT_URN, reread, inputs)) == set()

    def test_data_of_a_config_map_is_replaced_and_the_old_goes_first_when_its_name_is_fixed(
        self, plugin: Plugin, start: Callable[..., Plugin], namespace: str
    ) -> None:
        made = plugin.create(CONFIG_MAP_URN, config_map(namespace, a="1"))
        answer = plugin.diff(CONFIG_MAP_URN, made, config_map(namespace, a="2"))
        assert list(answer.replaces) == ["data.a"]
        assert answer.deleteBeforeReplace
        assert answer.detailedDiff["data.a"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
        mutable = start({"enableConfigMapMutable": "true"}).diff(CONFIG_MAP_URN, made, config_map(namespace, a="2"))
        assert not mutable.replaces
        assert changes(mutable) == {"data.a"}

    def test_an_automatic_name_is_kept_and_its_replacement_comes_first(
        self, start: Callable[..., Plugin], namespace: str
    ) -> None:
        plugin = start({"namespace": namespace})
        made = plugin.create(SECRET_URN, {"stringData": {"a": "1"}})
        assert changes(plugin.diff(SECRET_URN, made, {"stringData": {"a": "1"}})) == set()
        answer = plugin.diff(SECRET_URN, made, {"stringData": {"a": "2"}})
        assert list(answer.replaces) == ["stringData.a"]
        assert not answer.deleteBeforeReplace

    def test_drift_shows_after_a_refresh(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        inputs = service(namespace, sessionAffinity="None")
        made = plugin.create(SERVICE_URN, inputs)
        theirs = service(namespace, sessionAffinity="ClientIP")
        cluster.apply(Kind("", "v1", "Service"), theirs, {"fieldManager": "somebody", "force": "true"})
        reread = plugin.read(SERVICE_URN, made.id, made)
        assert reread is not None
        assert changes(plugin.diff(SERVICE_URN, reread, inputs)) == {"spec.sessionAffinity"}
        assert not changes(plugin.diff(SERVICE_URN, reread, inputs, ignored=("spec.sessionAffinity",)))


class TestRead:
    def test_an_object_made_by_others_can_be_imported(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        cluster.create(CONFIG_MAP, config_map(namespace, a="1"), {})
        found = plugin.read(CONFIG_MAP_URN, f"{namespace}/settings")
        assert found is not None
        assert found.inputs == config_map(namespace, a="1")
        assert not changes(plugin.diff(CONFIG_MAP_URN, found, config_map(namespace, a="1")))
        updated = plugin.update(CONFIG_MAP_URN, found, {**config_map(namespace, a="1"), "immutable": True})
        assert updated.outputs["immutable"] is True

    def test_an_object_that_is_gone_is_no_object(self, plugin: Plugin, namespace: str) -> None:
        assert plugin.read(CONFIG_MAP_URN, f"{namespace}/none") is None
        assert plugin.read(urn_of("kubernetes:example.com/v1:Cloud"), f"{namespace}/none") is None

    def test_an_object_that_is_not_ready_says_why(self, plugin: Plugin, namespace: str) -> None:
        inputs = deployment(namespace, **UNSCHEDULABLE)
        inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
        made = plugin.create(DEPLOYMENT_URN, inputs)
        waited_for = Deployed(
            made.id, plugin.check(DEPLOYMENT_URN, deployment(namespace, **UNSCHEDULABLE)), made.outputs
        )
        time.sleep(1)
        with pytest.raises(RefusedError, match="was created but failed to initialize") as caught:
            plugin.read(DEPLOYMENT_URN, made.id, waited_for)
        assert caught.value.unready is not None
        assert any("didn't match Pod's node affinity" in reason for reason in caught.value.unready.reasons)


class TestWaiting:
    def test_a_service_waits_for_its_pods(self, plugin: Plugin, namespace: str) -> None:
        plugin.create(DEPLOYMENT_URN, deployment(namespace, replicas=2))
        plugin.create(SERVICE_URN, service(namespace, selector={"app": "web"}))

    @pytest.mark.parametrize(
        "spec",
        [{}, {"clusterIP": "None", "selector": {"app": "none"}}, {"type": "ExternalName", "externalName": "a.b"}],
    )
    def test_a_service_that_leads_to_no_pods_is_not_waited_for(
        self, plugin: Plugin, namespace: str, spec: Manifest
    ) -> None:
        began = time.monotonic()
        plugin.create(SERVICE_URN, service(namespace, **spec))
        assert time.monotonic() - began < 3

    def test_a_service_without_pods_gets_its_time_and_is_ready_then(self, plugin: Plugin, namespace: str) -> None:
        began = time.monotonic()
        plugin.create(SERVICE_URN, service(namespace, selector={"app": "none"}))
        assert 9 < time.monotonic() - began < 20

    def test_a_deployment_that_does_not_get_ready_stays_in_the_state_with_the_reasons(
        self, plugin: Plugin, namespace: str
    ) -> None:
        with pytest.raises(RefusedError, match="'web' timed out waiting to be Ready") as caught:
            plugin.create(DEPLOYMENT_URN, deployment(namespace, **UNSCHEDULABLE), timeout=2)
        unready = caught.value.unready
        assert unready is not None
        assert unready.id == f"{namespace}/web"
        assert "Minimum number of live Pods was not attained" in unready.reasons
        assert any("didn't match Pod's node affinity" in reason for reason in unready.reasons)
        assert "Waiting for app ReplicaSet to be available (0/1 Pods available)" in plugin.engine.lines

    def test_a_quota_is_named_as_the_reason(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small", "namespace": namespace},
            "spec": {"hard": {"pods": "0"}},
        }
        plugin.create(urn_of("kubernetes:core/v1:ResourceQuota"), quota)
        with pytest.raises(RefusedError) as caught:
            plugin.create(DEPLOYMENT_URN, deployment(namespace), timeout=2)
        assert caught.value.unready is not None
        assert any("exceeded quota: small" in reason for reason in caught.value.unready.reasons)

    def test_pod_security_is_named_as_the_reason(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        kind = Kind("", "v1", "Namespace")
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        restricted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
        cluster.apply(kind, restricted, {"fieldManager": "test", "force": "true"})
        with pytest.raises(RefusedError) as caught:
            plugin.create(DEPLOYMENT_URN, deployment(namespace), timeout=2)
        assert caught.value.unready is not None
        assert any('violates PodSecurity "restricted' in reason for reason in caught.value.unready.reasons)

    def test_the_time_to_wait_can_be_annotated(self, plugin: Plugin, namespace: str) -> None:
        inputs = deployment(namespace, **UNSCHEDULABLE)
        inputs["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "1"}
        began = time.monotonic()
        with pytest.raises(RefusedError, match="timed out"):
            plugin.create(DEPLOYMENT_URN, inputs, timeout=0)
        assert time.monotonic() - began < 5

    def test_an_interrupted_wait_keeps_the_object(self, start: Callable[..., Plugin], namespace: str) -> None:
        plugin = start()
        timer = threading.Timer(1, lambda: plugin.stub.Cancel(empty_pb2.Empty()))
        timer.start()
        with pytest.raises(RefusedError, match='Resource operation was cancelled for "web"') as caught:
            plugin.create(DEPLOYMENT_URN, deployment(namespace, **UNSCHEDULABLE))
        timer.join()
        assert caught.value.unready is not None

    def test_a_job_is_waited_for(self, plugin: Plugin, namespace: str) -> None:
        inputs = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "once", "namespace": namespace},
            "spec": {
                "template": {
                    "metadata": {"labels": {"app": "once"}},
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "once", "image": "once"}]},
                }
            },
        }
        made = plugin.create(urn_of("kubernetes:batch/v1:Job"), inputs)
        assert dig(made.outputs, "status", "succeeded") == 1

    def test_a_condition_of_the_program_s_choice_is_waited_for(self, plugin: Plugin, namespace: str) -> None:
        inputs = config_map(namespace, a="1")
        inputs["metadata"]["annotations"] = {"pulumi.com/waitFor": "jsonpath={.data.b}=2"}
        with pytest.raises(RefusedError, match="timed out") as caught:
            plugin.create(CONFIG_MAP_URN, inputs, timeout=1)
        assert caught.value.unready is not None
        assert "jsonpath={.data.b}=2" in caught.value.unready.reasons


class TestDelete:
    def test_it_waits_until_the_dependants_are_gone(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        made = plugin.create(DEPLOYMENT_URN, deployment(namespace, replicas=2))
        plugin.delete(DEPLOYMENT_URN, made)
        assert cluster.find(DEPLOYMENT, namespace, "web") is None
        assert cluster.matching(Kind("", "v1", "Pod"), namespace) == []

    def test_what_is_gone_already_is_no_error(self, plugin: Plugin, namespace: str, cluster: Resources) -> None:
        made = plugin.create(CONFIG_MAP_URN, config_map(namespace))
        cluster.delete(CONFIG_MAP, namespace, "settings", propagation="Background")
        plugin.delete(CONFIG_MAP_URN, made)

    def test_a_namespace_that_cannot_go_says_what_keeps_it(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        stuck = config_map(namespace)
        stuck["metadata"]["finalizers"] = ["example.com/never"]
        plugin.create(CONFIG_MAP_URN, stuck)
        found = plugin.read(NAMESPACE_URN, namespace)
        assert found is not None
        try:
            with pytest.raises(
                RefusedError, match=r"Timed out waiting for deletion of v1/Namespace .*example.com/never"
            ):
                plugin.delete(NAMESPACE_URN, found, timeout=8)
            assert any("example.com/never" in line for line in plugin.engine.lines)
        finally:
            live = cluster.get(CONFIG_MAP, namespace, "settings")
            cluster.patch(CONFIG_MAP, live, [{"op": "remove", "path": "/metadata/finalizers"}])
        plugin.delete(NAMESPACE_URN, found)
        assert cluster.find(Kind("", "v1", "Namespace"), "", namespace) is None


class TestPatchResources:
    def test_they_manage_some_fields_of_an_object_and_give_them_back(
        self, plugin: Plugin, namespace: str, cluster: Resources
    ) -> None:
        urn = urn_of("kubernetes:core/v1:ConfigMapPatch")
        cluster.create(CONFIG_MAP, config_map(namespace, a="1"), {"fieldManager": "somebody"})
        made = plugin.create(urn, config_map(namespace, b="2"))
        assert cluster.get(CONFIG_MAP, namespace, "settings")["data"] == {"a": "1", "b": "2"}
        answer = plugin.diff(urn, made, config_map(namespace, b="3"))
        assert changes(answer) == {"data.b"}
        assert not answer.replaces
        updated = plugin.update(urn, made, config_map(namespace, b="3"))
        plugin.delete(urn, updated)
        assert cluster.get(CONFIG_MAP, namespace, "settings")["data"] == {"a": "1"}


class TestClusterConnection:
    def test_without_a_cluster_previews_work_and_everything_else_says_why(
        self, start: Callable[..., Plugin], namespace: str
    ) -> None:
        nowhere = start({"kubeconfig": '{"clusters": [], "contexts": [], "current-context": "gone"}'})
        inputs = config_map(namespace, a="1")
        assert nowhere.preview(CONFIG_MAP_URN, inputs) == inputs
        with pytest.raises(RefusedError, match=r"cluster is unreachable: .*context 'gone' does not exist"):
            nowhere.create(CONFIG_MAP_URN, inputs)
        deployed = Deployed(f"{namespace}/settings", inputs, inputs)
        with pytest.raises(RefusedError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
            nowhere.delete(CONFIG_MAP_URN, deployed)
        with pytest.raises(RefusedError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
            nowhere.read(CONFIG_MAP_URN, deployed.id, deployed)

    def test_resources_of_a_dead_cluster_can_be_forgotten(self, start: Callable[..., Plugin], namespace: str) -> None:
        nowhere = start({"kubeconfig": "/no/such/file", "deleteUnreachable": "true"})
        deployed = Deployed(f"{namespace}/settings", config_map(namespace), config_map(namespace))
        nowhere.delete(CONFIG_MAP_URN, deployed)
        assert nowhere.read(CONFIG_MAP_URN, deployed.id, deployed) is None

    def test_an_error_does_not_show_what_is_in_a_secret(self, start: Callable[..., Plugin], namespace: str) -> None:
        inputs = {"metadata": {"name": "s", "namespace": namespace}, "data": {"a": {"password": "correct-horse"}}}
        with pytest.raises(RefusedError, match=r"\.data\.a: expected string, got something else") as caught:
            start({"upsertExistingObjects": "true"}).create(SECRET_URN, inputs)
        assert "correct-horse" not in str(caught.value)

    def test_secrets_come_back_marked_as_secret(self, plugin: Plugin, namespace: str) -> None:
        inputs = {"metadata": {"name": "s", "namespace": namespace}, "stringData": {"password": "correct-horse"}}
        checked = plugin.check(SECRET_URN, inputs)
        request = provider_pb2.CreateRequest(urn=SECRET_URN, properties=encoded(checked))
        answer = plugin.stub.Create(request)
        signature = "4dabf18193072939515e22adb298388d"
        assert answer.properties.fields["data"].struct_value.fields[signature].string_value
