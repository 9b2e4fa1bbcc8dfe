"""`examples/features`: each is read without a problem, planned, and shows in its objects what it is for."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.drivers.features import CONFIG, FEATURES, made, read
from tests.drivers.offline import Objects, plan_of


@pytest.mark.parametrize("type_", ["ephemeral", "development", "staging", "production"])
@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_is_planned_in_every_environment_type(feature: str, type_: str) -> None:
    assert plan_of(*read(feature), type_=type_, **CONFIG).workloads


def init(objects: Objects) -> list[tuple[str, str | None]]:
    return [(one["name"], one.get("restartPolicy")) for one in objects.pod["initContainers"]]


def probes(objects: Objects) -> Any:
    main = objects.container()
    return [main[f"{kind}Probe"].get("periodSeconds") for kind in ("liveness", "readiness", "startup")]


SHOWN: dict[str, tuple[Callable[[Objects], Any], Any]] = {
    "annotations": (
        lambda one: one.template["metadata"]["annotations"],
        {
            "example.com/team": "payments",
            "prometheus.io/scrape": "true",
            "prometheus.io/port": "8080",
            "platform-components/branch": "main",
        },
    ),
    "autoscaling": (lambda one: one.manifests["autoscaler"]["spec"]["maxReplicas"], 5),
    "before-complete": (init, [("prepare", None)]),
    "before-healthy": (init, [("proxy", "Always")]),
    "before-started": (init, [("logs", "Always")]),
    "command": (
        lambda one: one.container()["args"],
        ["echo 'literally: $$(HOSTNAME) ${resources.nothing}' &&\nexec sleep infinity\n"],
    ),
    "containers": (
        lambda one: {each["name"]: each["resources"]["requests"]["cpu"] for each in one.pod["containers"]},
        {"exporter": "0.05", "main": "100m"},
    ),
    "cronjob": (lambda one: one.controller["spec"]["schedule"], "*/15 * * * *"),
    "environment": (Objects.environment, {"API_KEY": "sk-live", "AUTHORIZATION": "Bearer sk-live"}),
    "files": (
        Objects.files,
        {
            "/etc/app/app.conf": (b"name = files\nhost = db.example.com\n", "0644", False),
            "/etc/app/database.conf": (b"user = shop-role\npassword = s3cret\n", "0440", True),
            "/etc/app/run.sh": (b'#!/bin/sh\necho "${HOME} is not the platform\'s to fill in"\n', "0755", False),
            "/etc/app/logo.png": (b"\x89PNG\r\n\x1a\n", "0644", False),
        },
    ),
    "job": (lambda one: one.controller["kind"], "Job"),
    "ports": (
        lambda one: (
            one.manifests["service"]["metadata"]["name"],
            [(each["name"], each["protocol"]) for each in one.manifests["service"]["spec"]["ports"]],
        ),
        ("name-server", [("dns", "UDP"), ("dns-tcp", "TCP"), ("metrics", "TCP")]),
    ),
    "probes": (probes, [20, 5, 2]),
    "routes": (
        lambda one: [each["targetPort"] for each in one.manifests["service"]["spec"]["ports"]],
        [8081, 8080],
    ),
    "service": (Objects.environment, {"CATALOG_URL": "http://catalog:80"}),
    "service-port": (Objects.environment, {"PRICES_URL": "http://prices:8000"}),
    "shared": (Objects.environment, {"DATABASE_HOST": "db.example.com", "DATABASE_NAME": "shop"}),
    "statefulset": (
        lambda one: one.controller["spec"]["volumeClaimTemplates"][0]["spec"]["accessModes"],
        ["ReadWriteOnce"],
    ),
    "variables": (
        Objects.environment,
        {
            "LOG_LEVEL": "info",
            "TEAM": "payments",
            "PRICE": "$5 for ${everybody}",
            "DATABASE_HOST": "db.example.com",
            "DATABASE_URL": "postgresql://shop-role:s3cret@db.example.com:5432/shop",
        },
    ),
    "volumes": (
        lambda one: [each["mountPath"] for each in one.container("writer")["volumeMounts"]],
        ["/data", "/var/cache/writer", "/tmp"],
    ),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_an_example_shows_its_feature(feature: str) -> None:
    show, expected = SHOWN[feature]

    assert show(made(feature)) == expected


def test_there_is_nothing_shown_that_has_no_example() -> None:
    assert set(SHOWN) == set(FEATURES)
