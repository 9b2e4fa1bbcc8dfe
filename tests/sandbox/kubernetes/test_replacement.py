import pytest

from sandbox.kubernetes.difference import differences
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.paths import text
from sandbox.kubernetes.replacement import delete_first, immutable_paths, replaces
from sandbox.kubernetes.values import UNKNOWN, Manifest


def replaced(kind: Kind, old: Manifest, new: Manifest, *, mutable: bool = False, patch: bool = False) -> list[str]:
    paths = immutable_paths(kind, new, config_maps_mutable=mutable, secrets_mutable=mutable, patch=patch)
    return [text(difference.path) for difference in differences(old, new) if replaces(difference, paths)]


DEPLOYMENT = Kind("apps", "v1", "Deployment")
CONFIG_MAP = Kind("", "v1", "ConfigMap")
SECRET = Kind("", "v1", "Secret")


@pytest.mark.parametrize(
    ("kind", "old", "new", "path"),
    [
        (DEPLOYMENT, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, "metadata.name"),
        (DEPLOYMENT, {"metadata": {"namespace": "a"}}, {"metadata": {"namespace": UNKNOWN}}, "metadata.namespace"),
        (
            DEPLOYMENT,
            {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
            {"spec": {"selector": {"matchLabels": {"a": "2"}}}},
            "spec.selector.matchLabels.a",
        ),
        (DEPLOYMENT, {}, {"spec": {"selector": {"matchLabels": {"a": "2"}}}}, "spec"),
        (CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "1", "b": "2"}}, "data.b"),
        (CONFIG_MAP, {"data": {"a": "1"}}, {}, "data"),
        (SECRET, {"stringData": {"a": "1"}}, {"stringData": {"a": "2"}}, "stringData.a"),
        (SECRET, {"type": "Opaque"}, {"type": "other"}, "type"),
        (
            Kind("batch", "v1", "Job"),
            {"spec": {"template": {}}},
            {"spec": {"template": {"spec": 1}}},
            "spec.template.spec",
        ),
        (
            Kind("rbac.authorization.k8s.io", "v1", "RoleBinding"),
            {"roleRef": {"name": "a"}},
            {"roleRef": {"name": "b"}},
            "roleRef.name",
        ),
        (Kind("", "v1", "Service"), {"spec": {}}, {"spec": {"clusterIP": "None"}}, "spec.clusterIP"),
        (
            Kind("", "v1", "Pod"),
            {"spec": {"containers": [{"image": "a"}]}},
            {"spec": {"containers": [{"image": "b"}]}},
            "spec.containers[0].image",
        ),
        (
            Kind("", "v1", "PersistentVolumeClaim"),
            {"spec": {"storageClassName": "a"}},
            {"spec": {"storageClassName": "b"}},
            "spec.storageClassName",
        ),
    ],
)
def test_what_cannot_change_in_place_replaces(kind: Kind, old: Manifest, new: Manifest, path: str) -> None:
    assert replaced(kind, old, new) == [path]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (DEPLOYMENT, {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
        (DEPLOYMENT, {"spec": {"template": {"spec": {"x": 1}}}}, {"spec": {"template": {"spec": {"x": 2}}}}),
        (CONFIG_MAP, {"metadata": {"labels": {}}}, {"metadata": {"labels": {"a": "b"}}}),
        (Kind("example.com", "v1", "Thing"), {"spec": {"selector": 1}}, {"spec": {"selector": 2}}),
        (
            Kind("", "v1", "PersistentVolumeClaim"),
            {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
            {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        ),
    ],
)
def test_what_can_change_in_place_does(kind: Kind, old: Manifest, new: Manifest) -> None:
    assert replaced(kind, old, new) == []


def test_data_may_be_declared_mutable_unless_the_object_says_it_is_not() -> None:
    for kind in (CONFIG_MAP, SECRET):
        assert replaced(kind, {"data": {"a": "1"}}, {"data": {"a": "2"}}, mutable=True) == []
        fixed = {"data": {"a": "1"}, "immutable": True}
        assert replaced(kind, fixed, {**fixed, "data": {"a": "2"}}, mutable=True) == ["data.a"]


def test_of_a_patch_only_the_identity_is_fixed() -> None:
    assert replaced(CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}, patch=True) == []
    assert replaced(CONFIG_MAP, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, patch=True) == [
        "metadata.name"
    ]


def test_an_object_that_loses_its_metadata_is_another_one() -> None:
    assert replaced(CONFIG_MAP, {"metadata": {"labels": {"a": "b"}}}, {}) == ["metadata"]


@pytest.mark.parametrize(
    ("metadata", "first"),
    [
        ({"name": "a", "namespace": "n"}, True),
        ({"name": "b", "namespace": "n"}, False),
        ({"name": "a", "namespace": "other"}, False),
        ({"name": "a", "namespace": "n", "annotations": {"pulumi.com/autonamed": "true"}}, False),
        ({"name": UNKNOWN, "namespace": "n"}, False),
        ({"namespace": "n"}, False),
    ],
)
def test_the_old_object_goes_first_if_the_new_one_needs_its_name(metadata: Manifest, first: bool) -> None:
    assert delete_first({"metadata": metadata}, {"metadata": {"name": "a", "namespace": "n"}}) is first
