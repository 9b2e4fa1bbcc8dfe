"""From a Score file to its objects with this platform's own definitions, by pure functions alone: no engine, no mocks.

What other resources give is invented (`GIVEN`), so that a test can say what a placeholder becomes.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from platform_components.catalog import Catalog
from platform_components.component import validated
from platform_components.drivers.custom import Available
from platform_components.drivers.kubernetes_args import service_outputs, service_port_outputs
from platform_components.drivers.request import Request
from platform_components.drivers.workload_args import workload_args
from platform_components.environment import Environment, environment_from_config
from platform_components.injection import filled, injected
from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.workload_manifests import config_map, secret_data, workload_manifests
from platform_components.kubernetes.workload_settings import WorkloadSettings
from platform_components.open_values import StandIn
from platform_components.plan import Plan, PlannedResource, make_plan
from platform_components.repository import catalog_of
from platform_components.score import Source, Workload, parse
from tests.drivers.world import CHECKOUT

STACK = "shop-main-abc123"
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "k8s-namespace": {"name": STACK},
    "workload-identity": {"client_id": "the-client"},
    "gateway": {"name": "main", "namespace": "platform-gateway"},
    "postgres": {
        "host": "db.example.com",
        "port": 5432,
        "name": "shop",
        "database": "shop",
        "username": "shop-role",
        "user": "shop-role",
        "password": StandIn("s3cret", secret=True),
    },
    "dns": {"host": "web.example.com", "url": "https://web.example.com"},
    "environment": {"API_KEY": StandIn("sk-live", secret=True)},
    "volume": {"source": {"persistentVolumeClaim": {"claimName": "volume-claim"}}},
}
"""What is given by drivers that need the engine."""


@dataclass(frozen=True)
class Objects:
    """What one workload becomes."""

    settings: WorkloadSettings
    manifests: Mapping[str, Manifest]
    """By what they are to the workload; `config-map` and `secret` among them."""
    secrets: Mapping[str, bytes]
    """What is in the workload's Secret, by key."""

    @property
    def controller(self) -> Manifest:
        return self.manifests["controller"]

    @property
    def template(self) -> Manifest:
        spec = self.controller["spec"]
        found: Manifest = (spec["jobTemplate"]["spec"] if self.settings.kind == "CronJob" else spec)["template"]
        return found

    @property
    def pod(self) -> Manifest:
        found: Manifest = self.template["spec"]
        return found

    def container(self, name: str = "main") -> Manifest:
        every = [*self.pod.get("initContainers", ()), *self.pod["containers"]]
        return next(one for one in every if one["name"] == name)

    def environment(self, container: str = "main") -> dict[str, str]:
        """The variables as the process sees them."""
        found = {}
        for entry in self.container(container).get("env", ()):
            if "value" in entry:
                found[entry["name"]] = entry["value"].replace("$$", "$")
            else:
                found[entry["name"]] = self.secrets[entry["valueFrom"]["secretKeyRef"]["key"]].decode()
        return found

    def files(self, container: str = "main") -> dict[str, tuple[bytes, str, bool]]:
        """The mounted files by path: bytes, mode, and whether they come from a Secret."""
        volumes = {one["name"]: one for one in self.pod["volumes"]}
        found = {}
        for mount in self.container(container)["volumeMounts"]:
            volume = volumes.get(mount["name"], {})
            source = volume.get("secret") or volume.get("configMap")
            if source is None:
                continue
            (item,) = [one for one in source["items"] if one["path"] == mount["subPath"]]
            found[mount["mountPath"]] = (self._bytes(item["key"], "secret" in volume), f"{item['mode']:04o}",
                                         "secret" in volume)  # fmt: skip
            assert mount["readOnly"] is True
        return found

    def _bytes(self, key: str, secret: bool) -> bytes:
        if secret:
            return self.secrets[key]
        plain = self.manifests["config-map"]
        if key in plain.get("data", {}):
            text: str = plain["data"][key]
            return text.encode()
        return base64.b64decode(plain["binaryData"][key])


@cache
def platform() -> Catalog:
    """This repository's own definitions."""
    return catalog_of(CHECKOUT)


def environment(type_: str = "ephemeral", **config: Any) -> Environment:
    return environment_from_config(
        {"type": type_, "app": "shop", "branch": "main", **config}, stack=STACK, types=platform().environment_types
    )


def plan_of(*scores: str | Source, type_: str = "ephemeral", catalog: Catalog | None = None, **config: Any) -> Plan:
    """The plan of Score texts; raises `PlanError` with everything that is wrong."""
    known = catalog or platform()
    return make_plan(environment(type_, **config), [_source(score) for score in scores], known)


def objects_of(
    *scores: str | Source, name: str = "web", type_: str = "ephemeral", catalog: Catalog | None = None, **config: Any
) -> Objects:
    """What the workload `name` becomes, of Score texts that are deployed together."""
    plan = plan_of(*scores, type_=type_, catalog=catalog, **config)
    chosen = environment(type_, **config)
    made: dict[str, Mapping[str, Any]] = {}
    for resource in plan.resources:
        made[resource.id] = _outputs(resource, plan, chosen, made)
    planned = plan.workload(name)
    score = Workload.model_validate(planned.document)
    own = plan.resource(f"workload.default#{name}")
    args = workload_args(_request(own, plan, chosen, made, injected=injected(planned, score, made)))
    settings = validated(WorkloadSettings, "Workload", name, args)
    manifests = workload_manifests(settings, replicas=settings.replicas, config_map_name="files", secret_name="secrets")
    if (plain := config_map(settings)) is not None:
        manifests["config-map"] = plain
    secrets = {
        key: base64.b64decode(value) if encoded else value.encode()
        for key, (value, encoded) in secret_data(settings).items()
    }
    return Objects(settings, manifests, secrets)


def _outputs(
    resource: PlannedResource, plan: Plan, chosen: Environment, made: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    drivers = {"kubernetes/service": service_outputs, "kubernetes/service-port": service_port_outputs}
    if resource.driver in drivers:
        return drivers[resource.driver](_request(resource, plan, chosen, made))
    if resource.driver == "static":
        return {**filled(resource.inputs, made)}
    return GIVEN.get(resource.type, {"id": resource.id, "name": resource.id})


def _request(
    resource: PlannedResource, plan: Plan, chosen: Environment, made: Mapping[str, Mapping[str, Any]], **more: Any
) -> Request:
    asking = plan.workload(resource.workload).document if resource.workload else None
    return Request(
        resource=resource,
        name=resource.id,
        inputs=Available()[resource.driver].settled(filled(resource.inputs, made)),
        expected=(),
        optional=(),
        environment=chosen,
        plan=plan,
        workload=Workload.model_validate(asking) if asking else None,
        **more,
    )


def _source(score: str | Source) -> Source:
    if isinstance(score, Source):
        return score
    return parse(yaml.safe_load(score), file="score.yaml", contracts=platform().types)


def source_at(folder: Path, score: str) -> Source:
    """A Score file on disk, with the lines where everything is."""
    from platform_components.score import read_all

    path = folder / "score.yaml"
    path.write_text(score, encoding="utf-8")
    (source,) = read_all([path], contracts=platform().types)
    return source
