"""Every example as an environment of every type: what the program makes of it under mocks, and what is rendered."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from platform_components.rendering import Rendered, render
from platform_components.repository import deployed
from tests.drivers.world import CHECKOUT, Made, foundation, kubeconfig_at_hand, make

STACK = "shop-main-abc123"
TYPES = ("ephemeral", "development", "staging", "production", "local")
KNOWN = {
    "dns-zone.default/main/name": "dev.example.com",
    "gateway.default/main/name": "gateway",
    "gateway.default/main/namespace": "platform-gateway",
    "k8s-cluster.default/main/version": "1.35.1",
    "postgres-server.dedicated/main/host": "dedicated.example.com",
    "postgres-server.dedicated/main/port": 5432,
    "postgres-server.shared/main/host": "shared.example.com",
    "postgres-server.shared/main/port": 5432,
}
"""Outputs of a foundation that objects hold."""
FEATURES = sorted(f"features/{path.name}" for path in (CHECKOUT / "examples" / "features").iterdir())
"""The folders of the examples of one feature each."""
EXAMPLES = sorted(
    {path.relative_to(CHECKOUT).parts[1] for path in CHECKOUT.glob("examples/**/*score.yaml")} - {"features"}
)
"""The folders of the other examples. Each folder is an app of its own."""
POORER = {("shop", "staging"), ("shop", "production")}
"""Whose caches and queues this platform has no definition for: a team chooses a service of the cloud's there."""


def examples(type_: str) -> list[str]:
    """Those that environments of a type can serve."""
    return [example for example in EXAMPLES if (example, type_) not in POORER]


def config(example: str, type_: str) -> dict[str, Any]:
    """The config of an environment that holds one example."""
    workloads = [f"examples/{example}"]
    return {"type": type_, "app": "shop", "branch": "main", "workloads": workloads, "values": {"API_KEY": "sk-live"}}


def exports_of_foundation(type_: str) -> Mapping[str, Any]:
    """What the foundation exports that environments of a type stand on; of a laptop there is none."""
    if type_ == "local":
        return {}
    kind = "production" if type_ in ("staging", "production") else "nonproduction"
    return foundation(f"foundation-{kind}").exports


@cache
def deployed_example(example: str, type_: str) -> Made:
    """What `pave up` makes."""
    with kubeconfig_at_hand():
        return make(STACK, config(example, type_), foundation=exports_of_foundation(type_))


@cache
def rendered_example(example: str, type_: str) -> Rendered:
    """What `pave render` prints, with the outputs of the foundation known."""
    return rendered(config(example, type_), exports_of_foundation(type_))


def rendered(config: Mapping[str, Any], known: Mapping[str, Any] | None = None, *, stack: str = STACK) -> Rendered:
    """The rendering of a stack's config."""
    return render(deployed(CHECKOUT, config, stack), known)
