"""Whatever a person writes: a catalogue, a plan, or a message; never a traceback, and never two answers."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_components.catalog import Catalog, load
from platform_components.environment import environment_from_config
from platform_components.errors import PlatformError
from platform_components.plan import Plan, make_plan
from platform_components.plan.explain import as_text, explain
from platform_components.plan.graph import page
from platform_components.plan.guard import losses
from platform_components.score.reader import parse
from tests.catalog.world import DRIVERS, ENVIRONMENT_TYPES, IMPLICIT, environment

TYPES = ["postgres", "redis", "amqp", "volume", "s3"]
OUTPUTS = {"postgres": "host", "redis": "port", "amqp": "password", "volume": "source", "s3": "bucket"}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(
        [
            *("", "x", "default", "postgres", "any", "ephemeral", "${", "$$", "${}", "${uses}", "${params.size}"),
            *("${uses.a}", "${uses.a.host}", "${environment.size}", "${environment}", "${context.app_id}", "é\u0000"),
        ]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "type", "class", "id", "params", "$ref", "env_type", "size"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
CHECKOUT = Path(__file__).resolve().parents[2]
KEYS = ["id", "version", "type", "driver", "criteria", "uses", "also", "inputs", "data_in", "description", "tpye"]


def loaded(*documents: Any) -> Catalog:
    with tempfile.TemporaryDirectory() as folder:
        text = "\n---\n".join(yaml.safe_dump(document) for document in documents)
        Path(folder, "all.yaml").write_text("\n---\n".join([ENVIRONMENT_TYPES, IMPLICIT, text]), encoding="utf-8")
        return load([Path(folder)], drivers=DRIVERS)


def told(run: Callable[[], object]) -> str | None:
    """The message that something ends in; None if it ends well."""
    try:
        run()
    except PlatformError as error:
        return str(error)
    return None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), anything, max_size=7), max_size=3))
def test_whatever_a_definition_holds_is_loaded_or_told(documents: list[dict[str, Any]]) -> None:
    good: dict[str, Any] = {"id": "db", "type": "postgres", "driver": "any", "criteria": [{}]}
    changed = [{**good, "id": f"db{number}"} | document for number, document in enumerate(documents)]
    assert told(lambda: loaded(*changed)) != ""


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["type", "app", "branch", "settings", "pins", "images", "values", "x"]), anything)
)
def test_whatever_a_config_holds_is_an_environment_or_told(config: dict[str, Any]) -> None:
    known = _KNOWN.environment_types
    for given_ in (config, {"type": "ephemeral", "app": "shop"} | config):
        assert told(partial(environment_from_config, given_, stack="one", types=known)) != ""


_KNOWN = loaded()


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Definitions that use and bring along each other, and workloads that ask for what they serve."""
    definitions = []
    for number, type_ in enumerate(TYPES):
        may_use = TYPES if draw(st.integers(0, 4)) == 0 else TYPES[number + 1 :]  # mostly without loops
        uses = {
            f"use{index}": {"type": used, **({"id": "one"} if draw(st.booleans()) else {})}
            for index, used in enumerate(sorted(draw(st.sets(st.sampled_from(may_use), max_size=2)) if may_use else ()))
            if used != type_
        }
        also = [
            {"type": brought, "id": "extra", "waits": draw(st.booleans()), "awaited": draw(st.booleans())}
            for brought in (draw(st.sets(st.sampled_from(may_use), max_size=1)) if may_use else ())
        ]
        inputs = {alias: f"${{uses.{alias}.{OUTPUTS[use['type']]}}}" for alias, use in uses.items()}
        definitions.append(
            {
                "id": type_,
                "type": type_,
                "driver": "any",
                "criteria": [{}],
                **({"uses": uses, "inputs": inputs} if uses else {}),
                **({"also": also} if also else {}),
            }
        )
    workloads = [
        {
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": f"work-{number}"},
            "containers": {"main": {"image": "nginx"}},
            "resources": {
                f"res-{index}": {"type": type_, **({"id": "one"} if draw(st.booleans()) else {})}
                for index, type_ in enumerate(draw(st.lists(st.sampled_from(TYPES), max_size=3)))
            },
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    return definitions, workloads


@settings(max_examples=80, deadline=None)
@given(worlds(), st.randoms())
def test_every_plan_is_in_order_complete_and_the_same_each_time(
    world: tuple[list[dict[str, Any]], list[dict[str, Any]]], random: Any
) -> None:
    definitions, workloads = world
    known = loaded(*definitions)
    of = environment(known)
    sources = [parse(document) for document in workloads]
    message = told(lambda: make_plan(of, sources, known))
    if message is not None:
        assert "wait for each other" in message
        return
    plan = make_plan(of, sources, known)
    done: set[str] = set()
    for resource in plan.resources:
        assert set(resource.depends_on) <= done
        assert all(resource.id in plan.resource(user).depends_on for user in resource.used_by)
        done.add(resource.id)
    for layer in plan.layers:
        for name in layer:
            assert not set(plan.resource(name).depends_on) & set(layer)
    for workload in plan.workloads:
        assert set(workload.resources.values()) <= set(plan.resource(f"workload.default#{workload.name}").depends_on)
    _one_answer(plan, known, sources, definitions, random)


def _one_answer(plan: Plan, known: Catalog, sources: list[Any], definitions: list[dict[str, Any]], random: Any) -> None:
    mixed = list(sources)
    random.shuffle(mixed)
    again = make_plan(environment(known), mixed, known)
    assert again.to_json() == plan.to_json()
    assert losses(plan, Plan.from_json(again.to_json())) == ()
    shuffled = list(definitions)
    random.shuffle(shuffled)
    other = loaded(*shuffled)
    assert make_plan(environment(other), sources, other).to_json(places=False) == plan.to_json(places=False)
    assert page(plan)
    for resource in plan.resources:
        assert all(as_text(one) for one in explain(environment(known), sources, known, resource.id))


def test_the_same_input_gives_the_same_bytes_however_python_hashes() -> None:
    plan = (
        "import sys; from platform_components.cli.main import main;"
        "sys.argv = ['pave', '{verb}', 'examples', '--env-type', 'ephemeral', '--app', 'shop', {more}]; main()"
    )
    for verb, more in (("plan", "'--json'"), ("graph", "'--format', 'html'"), ("explain", "'--resource', 'db'")):
        printed = {
            subprocess.run(
                [sys.executable, "-c", plan.format(verb=verb, more=more)],
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("0", "1", "4242")
        }
        assert len(printed) == 1
