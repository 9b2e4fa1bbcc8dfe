"""A resource type as data: what a template becomes, and what is refused of one before anything is made."""

from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import Catalog, CatalogError, load
from platform_components.drivers.custom import Available
from platform_components.drivers.manifests import Scope, TemplateError, filled, rendered
from platform_components.open_values import StandIn, concatenated
from platform_components.plan import PlanError, make_plan
from platform_components.score.yaml import load_all
from tests.catalog.world import ENVIRONMENT_TYPES, environment, sources

TEMPLATE = """\
apiVersion: v1
kind: Secret
metadata: {name: "${name}"}
stringData: {password: "${secrets.password}", port: "${values.port}"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "${name}"}
spec:
  replicas: ${values.replicas}
  selector: {matchLabels: {app.kubernetes.io/name: "${name}"}}
  template:
    spec:
      containers:
        - name: queue
          image: ${values.image}
          env:
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: "${name}", key: password}}}
            - {$if: "${values.debug}", name: DEBUG, value: "yes"}
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: "${name}"}
spec:
  selector: {app.kubernetes.io/name: "${name}"}
  ports: [{port: "${values.port}"}]
"""
DEFINITION = """\
id: queue
type: amqp
driver: kubernetes/manifests
criteria: [{env_type: ephemeral}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
inputs:
  cluster: ${uses.cluster}
  namespace: ${uses.namespace}
  file: manifests/queue.yaml
  values: {image: "queue:1", replicas: 1, port: 5672, debug: "${environment.unset}"}
  secrets: [password]
  outputs:
    host: ${name}.${namespace}.svc
    port: ${values.port}
    vhost: /
    username: queue
    password: ${secrets.password}
"""
IMPLICIT = "---".join(
    f"\nid: {name}\ntype: {name}\ndriver: static\ncriteria: [{{}}]\ninputs: {inputs}\n"
    for name, inputs in {
        "k8s-cluster": "{id: x, name: x, kubeconfig: x}",
        "k8s-namespace": "{name: x}",
        "workload-identity": "{}",
        "workload": "{name: x, kind: x}",
    }.items()
)
SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {web: {image: nginx, variables: {HOST: "${resources.queue.host}"}}}
resources: {queue: {type: amqp}}
"""
SCOPE = Scope("queue-1", "shop", {"image": "queue:1", "replicas": 2, "port": 5672}, {"password": "s3cret"})
LABELS = {"platform-components/stack": "shop-main"}


def catalog(folder: Path, definition: str = DEFINITION, template: str = TEMPLATE) -> Catalog:
    (folder / "definitions" / "manifests").mkdir(parents=True)
    (folder / "definitions" / "own.yaml").write_text(definition)
    (folder / "definitions" / "rest.yaml").write_text("---\n".join([ENVIRONMENT_TYPES, IMPLICIT]))
    (folder / "definitions" / "manifests" / "queue.yaml").write_text(template)
    return load([folder / "definitions"], drivers=Available())


def problems(folder: Path, definition: str = DEFINITION, template: str = TEMPLATE) -> str:
    with pytest.raises(CatalogError) as caught:
        catalog(folder, definition, template)
    return str(caught.value)


def objects(template: str = TEMPLATE, scope: Scope = SCOPE) -> dict[str, Any]:
    found = rendered(template_of(template), scope, labels=LABELS, annotations={"platform-components/branch": "x!"})
    return {one["kind"]: one for one in found}


def template_of(text: str) -> list[Any]:
    return [document.value for document in load_all(text, "queue.yaml")]


@pytest.fixture(autouse=True)
def _in_the_platform_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_placeholders_keep_the_type_of_what_they_stand_for() -> None:
    found = objects()

    assert found["Deployment"]["spec"]["replicas"] == 2
    assert found["Service"]["spec"]["ports"] == [{"port": 5672}]
    assert found["Secret"]["stringData"] == {"password": "s3cret", "port": "5672"}  # which takes texts alone


def test_where_kubernetes_takes_texts_alone_a_number_becomes_one() -> None:
    text = TEMPLATE.replace("          env:", '          args: [--port, "${values.port}"]\n          env:').replace(
        'value: "yes"', 'value: "${values.port}"'
    )
    scope = Scope("queue-1", "shop", {**SCOPE.values, "debug": True}, SCOPE.secrets)
    container = objects(text, scope)["Deployment"]["spec"]["template"]["spec"]["containers"][0]

    assert container["args"] == ["--port", "5672"]
    assert container["env"][1]["value"] == "5672"


@pytest.mark.parametrize(("value", "there"), [(None, False), (False, False), (True, True), ("5Gi", True)])
def test_a_part_can_depend_on_a_value(value: Any, there: bool) -> None:
    tree = [{"$if": "${values.x}", "a": "${values.x}"}, {"$unless": "${values.x}", "b": 1}]

    found = filled(tree, Scope("n", "ns", {"x": value}))

    assert found == ([{"a": value}] if there else [{"b": 1}])


def test_what_no_value_was_set_for_is_left_out_and_a_text_needs_one() -> None:
    assert filled({"a": "${values.x}", "b": 1}, Scope("n", "ns")) == {"b": 1}
    with pytest.raises(TemplateError, match="has no value here"):
        filled({"a": "about ${values.x}"}, Scope("n", "ns"))


def test_every_object_says_whose_it_is_and_lives_in_the_namespace() -> None:
    for kind, found in objects().items():
        metadata = found["metadata"]
        assert metadata["namespace"] == "shop", kind
        assert metadata["labels"] == {"app.kubernetes.io/name": "queue-1", **LABELS}, kind
        assert metadata["annotations"]["platform-components/branch"] == "x!", kind


def test_a_template_can_not_pass_for_somebody_elses() -> None:
    text = TEMPLATE.replace(
        'kind: Service\nmetadata: {name: "${name}"}',
        'kind: Service\nmetadata: {name: "${name}", labels: {platform-components/stack: other, team: a}}',
    )
    assert objects(text)["Service"]["metadata"]["labels"]["platform-components/stack"] == "shop-main"
    assert objects(text)["Service"]["metadata"]["labels"]["team"] == "a"


def test_pods_are_hardened_where_the_template_says_nothing() -> None:
    pod = objects()["Deployment"]["spec"]["template"]

    assert pod["metadata"]["labels"] == {"app.kubernetes.io/name": "queue-1", **LABELS}
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsUser"] == 65532
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["spec"]["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }


def test_files_of_a_pod_belong_to_the_user_that_the_template_names() -> None:
    text = TEMPLATE.replace(
        "    spec:\n      containers", "    spec:\n      securityContext: {runAsUser: 999}\n      containers"
    )
    security = objects(text)["Deployment"]["spec"]["template"]["spec"]["securityContext"]

    assert [security[key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [999, 999, 999]


def test_pods_roll_when_their_configuration_changes_and_not_when_anything_else_does() -> None:
    def annotation(template: str = TEMPLATE, **values: Any) -> str:
        scope = Scope("queue-1", "shop", {**SCOPE.values, **values}, SCOPE.secrets)
        pod = objects(template, scope)["Deployment"]["spec"]["template"]
        return str(pod["metadata"]["annotations"]["platform-components/config"])

    assert annotation() == annotation(replicas=5)
    assert annotation() != annotation(port=1)
    assert annotation() != annotation(TEMPLATE.replace("stringData: {", "stringData: {a: b, "))


def test_nothing_of_a_secret_is_in_what_rolls_the_pods() -> None:
    def pods(password: str) -> Any:
        return objects(scope=Scope("queue-1", "shop", SCOPE.values, {"password": password}))["Deployment"]

    assert pods("one") == pods("other")


def test_a_text_with_a_secret_in_it_is_a_secret() -> None:
    scope = Scope("n", "ns", {}, {"p": StandIn("<p>", secret=True)}, lambda parts: concatenated(*parts))

    assert filled("amqp://a:${secrets.p}@${name}", scope).secret
    assert filled("amqp://a:${secrets.p}@${name}", scope) == "amqp://a:<p>@n"


def test_a_definition_is_planned_with_what_its_file_says(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    plan = make_plan(environment(found), sources(tmp_path / "app", SCORE), found)

    queue = plan.resource("amqp.default#web.queue")
    assert queue.names == {"name": "amqp-web-queue-" + queue.names["name"][-6:]}
    assert queue.inputs["manifests"][0]["stringData"]["password"] == "${secrets.password}"
    assert queue.inputs["values"] == {"image": "queue:1", "replicas": 1, "port": 5672}
    assert "file" not in queue.inputs


def test_another_template_is_another_version_of_the_definitions(tmp_path: Path) -> None:
    one, other = catalog(tmp_path / "one"), catalog(tmp_path / "other", template=TEMPLATE + "---\n")
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "stringData: {password",
            "data: {password",
            "queue.yaml:4:18: queue: inputs.manifests[0].data.password: ${secrets.password}: a secret may stand in",
        ),
        (
            'value: "yes"',
            'value: "${secrets.password}"',
            "queue.yaml:19:60: queue: inputs.manifests[1].spec.template.spec.containers[0].env[1].value: ${secrets.p",
        ),
        (
            "kind: Secret\nmetadata",
            "kind: ConfigMap\nmetadata",
            "queue.yaml:4:24: queue: inputs.manifests[0].stringData.password: ${secrets.password}: a secret",
        ),
        (
            "${values.image}",
            "${values.imag}",
            "queue.yaml:16:18: queue: inputs.manifests[1].spec.template.spec.contain",
        ),
        ("${values.image}", "${env.image}", "${env.image}: unknown root 'env'"),
        ("${values.image}", "${name.image}", "${name.image}: is a text, with nothing inside"),
        ("${values.image}", "${values}", "${values}: says nothing more than the root"),
        ("kind: Deployment", "kind: Deploymnet", "apps/v1 has no kind 'Deploymnet'\n  did you mean `Deployment`?"),
        ("apiVersion: apps/v1", "apiVersion: v1", "a Deployment is of apps/v1, not of v1"),
        ("kind: Service", "kind: Namespace", "a Namespace belongs to no namespace"),
        ("kind: Service", "kin: Service", "is no Kubernetes manifest: it has no `kind`"),
        (
            'kind: Service\nmetadata: {name: "${name}"',
            "kind: Service\nmetadata: {name: queue",
            "does not follow from the r",
        ),
        (
            'kind: Service\nmetadata: {name: "${name}"',
            'kind: Service\nmetadata: {namespace: x, name: "${name}"',
            "metadata.namespace: is the environment's own",
        ),
        ("kind: Service", "kind: Secret", "there is a Secret of this name already"),
        ("limits: {memory: 32Mi}", "limits: {}", "sets no resources.limits.memory"),
        ('$if: "${values.debug}"', "$if: sometimes", "must be one placeholder of a value"),
        ("spec:\n  replicas", "spec: [\n  replicas", "queue.yaml:10:14: is not YAML"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert TEMPLATE.count(old) == 1
    assert message in problems(tmp_path, template=TEMPLATE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("queue.yaml", "queu.yaml", "own.yaml:11:9: queue: inputs.file: there is no file manifests/queu.yaml"),
        ("manifests/queue.yaml", "../../secrets.yaml", "../../secrets.yaml is outside of the folder of definitions"),
        ("manifests/queue.yaml", "[a]", "inputs.file: must be the path of a YAML file"),
        ("file: manifests/queue.yaml", "manifests: []", "inputs.manifests: are missing, or there are none"),
        ("  file:", "  manifests: []\n  file:", "is given beside `manifests`"),
        ("host: ${name}", "hots: ${name}", "the type 'amqp' has no output 'hots'"),
        ("host: ${name}", "hots: ${name}", "has the output 'host', which is not given"),
        (
            "password: ${secrets.password}",
            "password: x",
            "output 'password' of the type 'amqp' is secret, but what is given",
        ),
        (
            "username: queue",
            "username: ${secrets.password}",
            "output 'username' of the type 'amqp' is plain, but what is",
        ),
        ("[password]", "[password, other]", "inputs.secrets[1]: nothing uses the secret 'other'"),
        ("[password]", "[Password]", "'Password' can't be a secret's name"),
        ('image: "queue:1"', 'image: "queue:1", size: 1', "inputs.values.size: nothing uses the value 'size'"),
        ("host: ${name}", "host: ${uses.cluster.id}", "inputs.outputs.host: ${uses.cluster.id}: unknown root 'uses'"),
        ("debug: ", "debug: 1, debuf: ", "inputs.values.debuf: nothing uses"),
        ("${environment.unset}", "${environment.unst}", "has no setting 'unst'"),
    ],
)
def test_a_mistake_in_a_definition_of_manifests_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert DEFINITION.count(old) == 1
    assert message in problems(tmp_path, DEFINITION.replace(old, new))


def test_objects_of_the_whole_cluster_can_be_allowed(tmp_path: Path) -> None:
    role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "${name}"}\nrules: []\n'
    definition = DEFINITION.replace("  secrets:", "  cluster_scoped: true\n  secrets:")

    assert catalog(tmp_path, definition, f"{TEMPLATE}---\n{role}").by_name["queue"]


def test_objects_of_other_groups_are_taken_as_they_are(tmp_path: Path) -> None:
    custom = 'apiVersion: example.com/v1\nkind: Queue\nmetadata: {name: "${name}"}\nspec: {}\n'

    assert catalog(tmp_path, template=f"{TEMPLATE}---\n{custom}").by_name["queue"]


def test_what_is_left_out_has_to_be_known_when_the_plan_is_made(tmp_path: Path) -> None:
    known = catalog(tmp_path, DEFINITION.replace("${environment.unset}", "${uses.cluster.version}"))

    with pytest.raises(PlanError, match="is known only when something else has been created"):
        make_plan(environment(known), sources(tmp_path / "app", SCORE), known)


def test_a_text_that_lacks_a_value_is_told_when_the_plan_is_made(tmp_path: Path) -> None:
    known = catalog(
        tmp_path,
        template=TEMPLATE.replace('value: "yes"', 'value: "is ${values.debug}"').replace(
            '$if: "${values.debug}", ', ""
        ),
    )

    with pytest.raises(PlanError, match=r"values\.debug}: has no value here") as caught:
        make_plan(environment(known), sources(tmp_path / "app", SCORE), known)
    assert "manifests/queue.yaml:19" in str(caught.value)
