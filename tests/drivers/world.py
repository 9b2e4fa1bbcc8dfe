"""Whole environments made by the real program under mocks: a foundation, and what stands on it."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config
from pulumi.runtime import get_root_resource

from platform_components.environment import STRUCTURED_KEYS
from platform_components.program import run as deploy
from tests.mocks import Recorded, run

CHECKOUT = Path(__file__).resolve().parents[2]
KUBECONFIG_TOKEN = "token-of-a-person"
REFERENCE = "pulumi:pulumi:StackReference"
FOUNDATION_RESOURCES = {
    "network": {"type": "network", "id": "main"},
    "cluster": {"type": "k8s-cluster", "id": "main"},
    "gateway": {"type": "gateway", "id": "main"},
    "postgres": {"type": "postgres-server", "class": "shared", "id": "main"},
    "zone": {"type": "dns-zone", "id": "main"},
}


@dataclass(frozen=True)
class Made:
    """What a run of the program registered and exported."""

    recorded: Recorded
    exports: Mapping[str, Any]
    secret_exports: frozenset[str]


def make(
    stack: str,
    config: Mapping[str, Any],
    *,
    foundation: Mapping[str, Any] | None = None,
    preview: bool = False,
    platform: Path = CHECKOUT,
    encrypted: Sequence[str] = ("values",),
) -> Made:
    """Run the program of a stack; `foundation` is what a reference to another stack answers, `encrypted` are the keys
    of its config that the engine has decrypted.
    """
    texts = {
        f"platform:{key}": json.dumps(value) if key in STRUCTURED_KEYS else str(value) for key, value in config.items()
    }
    secrets: set[str] = set()

    async def exported() -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for name, value in get_root_resource().outputs.items():  # type: ignore[union-attr]
            output = pulumi.Output.from_input(value)
            outputs[name] = await output.future()
            if await output.is_secret():
                secrets.add(name)
        return outputs

    def program() -> Any:
        get_root_resource().outputs.clear()  # type: ignore[union-attr]  # mocks keep one root for all runs
        runtime_config.set_all_config(texts, [f"platform:{key}" for key in encrypted])
        deploy(platform)
        return pulumi.Output.from_input(exported())

    answer = {"name": "", "outputs": dict(foundation or {}), "secretOutputNames": []}
    try:
        recorded = run(program, stack=stack, preview=preview, answers={REFERENCE: lambda _: answer})
    finally:
        runtime_config.set_all_config({})
    return Made(recorded, recorded.result or {}, frozenset(secrets))


@cache
def foundation(type_: str = "foundation-nonproduction") -> Made:
    """A foundation with everything that environments use."""
    return make(type_, {"type": type_, "resources": FOUNDATION_RESOURCES})


def branch(type_: str = "ephemeral", *, preview: bool = False, **config: Any) -> Made:
    """An environment of the app `shop` with both examples, on a foundation of its kind."""
    kind = "production" if type_ in ("staging", "production") else "nonproduction"
    workloads = ["examples/python-service/score.yaml", "examples/web/score.yaml"]
    with kubeconfig_at_hand():
        return make(
            "shop-main-abc123",
            {"type": type_, "app": "shop", "branch": "main", "workloads": workloads, **config},
            foundation=None if type_ == "local" else foundation(f"foundation-{kind}").exports,
            preview=preview,
        )


@contextmanager
def kubeconfig_at_hand() -> Iterator[Path]:
    """A kubeconfig where `kubectl` looks for one: only that of a laptop is read."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "config"
        user = {"name": "me", "user": {"token": KUBECONFIG_TOKEN}}
        known = {"current-context": "laptop", "contexts": [{"name": "laptop"}], "users": [user]}
        file.write_text(json.dumps(known))
        patch.setenv("KUBECONFIG", str(file))
        yield file


@cache
def environment(type_: str = "ephemeral") -> Made:
    """The same, made once for all tests that only look."""
    return branch(type_)
