"""Drivers of a platform team's own, for tests: a cache made of plain manifests, and workloads by their names."""

from platform_components.drivers.network import network_policy
from platform_components.drivers.request import Deployed, Request
from platform_components.kubernetes.metadata import metadata, selector
from platform_components.kubernetes.objects import kubernetes_manifest, kubernetes_object


def cache(request: Request) -> Deployed:
    """A Redis; outputs of the type `redis`, but no real ones."""
    namespace = request.inputs["namespace"]["name"]
    labels = selector(request.name)
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "redis", "image": "redis"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    options = request.options(in_namespace=True)
    place = metadata(request.name, namespace)
    kubernetes_object(f"{request.name}-pods", kubernetes_manifest("apps/v1", "Deployment", place, spec), options)
    kubernetes_object(f"{request.name}-network", network_policy(request, namespace), options)
    return Deployed({"host": request.name, "port": 6379, "username": "default", "password": request.inputs["password"]})
