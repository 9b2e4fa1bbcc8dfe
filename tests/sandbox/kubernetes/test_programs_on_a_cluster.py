"""Pulumi programs that the real engine runs with this provider, on the sandbox's API server."""

import base64
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.resources import Resources
from tests.sandbox.kubernetes.plugin import Project

pytestmark = pytest.mark.e2e

CONFIG_MAP = Kind("", "v1", "ConfigMap")

SHOP = """
import pulumi
import pulumi_kubernetes as kubernetes

config = pulumi.Config()
provider = kubernetes.Provider("cluster", cluster_identifier="the-one")
here = pulumi.ResourceOptions(provider=provider)
namespace = kubernetes.core.v1.Namespace("shop", opts=here)
place = {"namespace": namespace.metadata.name}
password = config.require_secret("password")
secret = kubernetes.core.v1.Secret("access", metadata=place, string_data={"password": password}, opts=here)
variables = [
    {"name": "VERSION", "value": config.get("version") or "1"},
    {"name": "PASSWORD", "value_from": {"secret_key_ref": {"name": secret.metadata.name, "key": "password"}}},
]
deployment = kubernetes.apps.v1.Deployment(
    "web",
    metadata={"name": "web", **place},
    spec={
        "replicas": 2,
        "selector": {"match_labels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web", "env": variables}]},
        },
    },
    opts=here,
)
service = kubernetes.core.v1.Service(
    "web-service",
    metadata={"name": "web", **place},
    spec={"selector": {"app": "web"}, "ports": [{"port": 80}]},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[deployment]),
)
kubernetes.apiextensions.CustomResource(
    "route",
    api_version="gateway.networking.k8s.io/v1",
    kind="HTTPRoute",
    metadata={"name": "web", **place},
    spec={"hostnames": ["web.example"], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
    opts=here,
)
pulumi.export("namespace", namespace.metadata.name)
pulumi.export("address", service.spec.cluster_ip)
"""

ONE = """
import pulumi
import pulumi_kubernetes as kubernetes

kubernetes.core.v1.ConfigMap("one", metadata={{"name": "one", "namespace": "{namespace}"}}, data={data})
"""

NEVER_READY = """
import pulumi
import pulumi_kubernetes as kubernetes

labels = {{"app": "web"}}
kubernetes.apps.v1.Deployment(
    "web",
    metadata={{"name": "web", "namespace": "{namespace}"}},
    spec={{
        "selector": {{"match_labels": labels}},
        "template": {{
            "metadata": {{"labels": labels}},
            "spec": {{
                "containers": [
                    {{
                        "name": "web",
                        "image": "web",
                        "env": [{{"name": "P", "value": pulumi.Output.secret("open-sesame")}}],
                    }}
                ],
                "node_selector": {selector},
            }},
        }},
    }},
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="{limit}", update="{limit}")),
)
"""


def test_a_shop_goes_up_changes_and_goes_away(project: Project, cluster: Resources) -> None:
    password = "correct-horse-battery-staple"
    project.write(SHOP)
    project.pulumi("config", "set", "--secret", "password", password)
    shown = project.pulumi("preview", "--diff")
    assert "7 to create" in shown
    up = project.up()
    assert "7 created" in up
    outputs = json.loads(project.pulumi("stack", "output", "--json"))
    assert outputs["address"].count(".") == 3
    assert "7 unchanged" in project.up()

    changed = project.pulumi("preview", "--diff", "-c", "version=2")
    assert '~ value: "1" => "2"' in changed
    assert "1 updated" in project.up()
    assert "7 unchanged" in project.pulumi("refresh", "--yes", "--skip-preview")

    project.pulumi("config", "set", "--secret", "password", password + "!")
    rolled = project.up("--diff")
    assert "1 replaced" in rolled
    assert "1 updated" in rolled
    live = cluster.matching(Kind("", "v1", "Secret"), outputs["namespace"])
    assert [base64.b64decode(entry["data"]["password"]).decode() for entry in live] == [password + "!"]

    said = "".join([shown, up, changed, rolled])
    kept = project.kept()
    for spelling in (password, base64.b64encode(password.encode()).decode().rstrip("=")):
        assert spelling not in said
        assert spelling not in kept

    project.pulumi("destroy", "--yes", "--skip-preview")
    assert cluster.find(Kind("", "v1", "Namespace"), "", outputs["namespace"]) is None


def test_renaming_a_resource_does_not_take_its_object_away(
    project: Project, namespace: str, cluster: Resources
) -> None:
    project.write(ONE.format(namespace=namespace, data={"a": "1"}))
    project.up()
    project.write(ONE.format(namespace=namespace, data={"a": "1"}).replace('ConfigMap("one"', 'ConfigMap("two"'))
    printed = project.up(fails=True)
    assert 'was not successfully created by the Kubernetes API server: configmaps "one" already exists' in printed
    assert cluster.get(CONFIG_MAP, namespace, "one")["data"] == {"a": "1"}


def test_a_config_map_with_a_fixed_name_is_replaced_by_one_of_the_same_name(
    project: Project, namespace: str, cluster: Resources
) -> None:
    project.write(ONE.format(namespace=namespace, data={"a": "1"}))
    project.up()
    before = cluster.get(CONFIG_MAP, namespace, "one")["metadata"]["uid"]
    project.write(ONE.format(namespace=namespace, data={"a": "2"}))
    assert "1 to replace" in project.pulumi("preview", "--diff")
    project.up()
    after = cluster.get(CONFIG_MAP, namespace, "one")
    assert after["data"] == {"a": "2"}
    assert after["metadata"]["uid"] != before


def test_what_did_not_get_ready_is_finished_by_the_next_run(project: Project, namespace: str) -> None:
    stuck = NEVER_READY.format(namespace=namespace, selector={"no-such": "node"}, limit="3s")
    project.write(stuck)
    printed = project.up(fails=True)
    assert "'web' timed out waiting to be Ready" in printed
    assert "Minimum number of live Pods was not attained" in printed
    assert "didn't match Pod's node affinity" in printed
    assert project.resources()["web"]["initErrors"]
    assert "timed out" in project.up(fails=True)
    assert "open-sesame" not in project.kept()
    project.write(NEVER_READY.format(namespace=namespace, selector={}, limit="60s"))
    assert "1 updated" in project.up()
    assert "initErrors" not in project.resources()["web"]


def test_an_interrupted_run_ends_soon_and_the_next_one_goes_on(project: Project, namespace: str) -> None:
    project.write(NEVER_READY.format(namespace=namespace, selector={"no-such": "node"}, limit="10m"))
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert engine.stdout is not None
    for line in engine.stdout:
        if "Waiting for app ReplicaSet" in line:
            break
    began = time.monotonic()
    engine.send_signal(signal.SIGINT)
    printed, _ = engine.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert 'Resource operation was cancelled for "web"' in printed
    assert "web" in project.resources()
    project.write(NEVER_READY.format(namespace=namespace, selector={}, limit="60s"))
    project.up()


def test_the_plugin_ends_when_the_engine_was_killed(project: Project, namespace: str) -> None:
    project.write(NEVER_READY.format(namespace=namespace, selector={"no-such": "node"}, limit="10m"))
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert engine.stdout is not None
    for line in engine.stdout:
        if "Waiting for app ReplicaSet" in line:
            break
    plugins = _plugins_of(engine.pid)
    assert plugins
    os.kill(engine.pid, signal.SIGKILL)
    engine.communicate()
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in plugins) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in plugins if Path(f"/proc/{pid}").exists()]
    project.pulumi("cancel", "--yes")
    project.pulumi("refresh", "--yes", "--clear-pending-creates", "--skip-preview")


def test_an_existing_object_is_imported_and_then_managed(project: Project, namespace: str, cluster: Resources) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": namespace}}
    cluster.create(CONFIG_MAP, {**manifest, "data": {"a": "1"}}, {})
    project.write(ONE.format(namespace=namespace, data={"a": "1"}))
    project.pulumi(
        "import", "kubernetes:core/v1:ConfigMap", "one", f"{namespace}/one", "--yes", "--protect=false",
        "--generate-code=false",
    )  # fmt: skip
    assert "unchanged" in project.up()


def test_a_provider_whose_cluster_comes_with_the_update_is_previewed(project: Project) -> None:
    project.write(
        """
import json
import os
import pathlib
import pulumi
import pulumi_kubernetes as kubernetes

class Later(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        return pulumi.dynamic.CreateResult("it", {"text": pathlib.Path(os.environ["KUBECONFIG"]).read_text()})

class Cluster(pulumi.dynamic.Resource):
    text: pulumi.Output[str]

    def __init__(self, name):
        super().__init__(Later(), name, {"text": None}, pulumi.ResourceOptions(additional_secret_outputs=["text"]))

provider = kubernetes.Provider("late", kubeconfig=Cluster("cluster").text, cluster_identifier="late")
space = kubernetes.core.v1.Namespace("space", opts=pulumi.ResourceOptions(provider=provider))
pulumi.export("space", space.metadata.name)
"""
    )
    assert "4 to create" in project.pulumi("preview")
    project.up()
    assert project.pulumi("stack", "output", "space").startswith("space-")
    assert "4 unchanged" in project.up()


def test_credentials_by_a_program_are_used(project: Project, namespace: str, tmp_path: Path) -> None:
    admin = json.loads(json.dumps(_kubeconfig(project.environment["KUBECONFIG"])))
    user = admin["users"][0]["user"]
    printed = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
            "clientKeyData": base64.b64decode(user["client-key-data"]).decode(),
        },
    }
    (tmp_path / "credential.json").write_text(json.dumps(printed))
    admin["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "cat",
            "args": [str(tmp_path / "credential.json")],
            "interactiveMode": "Never",
        }
    }
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps(admin))
    project.environment["KUBECONFIG"] = str(config)
    project.write(ONE.format(namespace=namespace, data={"a": "1"}))
    assert "grpc" not in project.up().lower()
    admin["users"][0]["user"]["exec"]["args"] = ["/no/such/file"]
    config.write_text(json.dumps(admin))
    project.write(ONE.format(namespace=namespace, data={"a": "2"}))
    assert "exec: cat failed with exit code 1" in project.up(fails=True)
    admin["users"][0]["user"]["exec"]["args"] = [str(tmp_path / "credential.json")]
    config.write_text(json.dumps(admin))


def _kubeconfig(path: str) -> dict[str, list[dict[str, dict[str, str]]]]:
    import yaml

    contents: dict[str, list[dict[str, dict[str, str]]]] = yaml.safe_load(Path(path).read_text())
    return contents


def _plugins_of(engine: int) -> list[int]:
    """The provider plugins that the engine started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == engine and b"sandbox.kubernetes.provider" in command:
                found.append(int(entry.name))
    return found
