"""What a plan left open, filled in with what was created: definitions' inputs, and the texts of workloads.

Values may be plain or open: pulumi Outputs, or the stand-ins of a rendering. The plan says which texts are secret; what
the engine says of them at run time has to agree, both ways, or the run stops: a secret never reaches a plain field.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platform_components.catalog import ResourceType
from platform_components.drivers.request import Injected, InjectedContainer, Outputs, StoredSecret
from platform_components.errors import InputError
from platform_components.open_values import StandIn, combined, is_output, mapped
from platform_components.plan import Edge, Peer, Plan, PlannedResource, PlannedWorkload, pods_of
from platform_components.plan.values import Ref, evaluate
from platform_components.score import Reference, Template, Workload, render_value, value_at

Made = Mapping[str, Outputs]
"""Outputs of what was created so far, by the resource's identity, aliases included."""


def filled(value: Any, made: Made) -> Any:
    """A planned input with its references replaced: see `plan.values` for how they are written."""

    def look_up(ref: Ref) -> Any:
        outputs = made[ref.resource]
        if ref.output is None:
            return dict(outputs)
        found = outputs[ref.output]
        if not ref.keys:
            return found
        return _inside(found, ref.keys)

    return evaluate(value, look_up, _concatenated)


def edges_of(resource: PlannedResource, plan: Plan, made: Made) -> tuple[Edge, ...]:
    """The edges that a resource's own pods are an end of, with their references replaced."""

    def known(peer: Peer) -> Peer:
        return peer.model_copy(update={"namespace": filled(peer.namespace, made)})

    return tuple(
        edge.model_copy(update={"source": known(edge.source), "target": known(edge.target)})
        for edge in plan.edges_by_pods.get(pods_of(resource), ())
    )


def held_to_contract(resource: PlannedResource, type_: ResourceType, outputs: Outputs) -> dict[str, Any]:
    """A driver's outputs under all the names of the contract, each secret exactly where the contract says so.

    Raises `InputError` for a missing or unknown output; a secretness that differs stops the run when it is known.
    """
    required = {name for name, spec in type_.outputs.items() if spec.alias_of is None and not spec.optional}
    required |= set(resource.wanted_outputs)
    missing = sorted(required - outputs.keys())
    unknown = sorted(outputs.keys() - type_.outputs.keys()) if not type_.open_outputs else []
    if missing or unknown:
        problems = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"unknown: {', '.join(unknown)}"] * bool(
            unknown
        )
        raise InputError(
            f"driver {resource.driver} does not keep the contract of the type '{type_.name}' for {resource.id}",
            where=resource.definition_at,
            details=problems,
        )
    held = {name: _held(value, resource, name, secret=type_.secret(name)) for name, value in outputs.items()}
    aliases = {name: spec.alias_of for name, spec in type_.outputs.items() if spec.alias_of}
    return held | {alias: held[name] for alias, name in aliases.items() if name in held}


def injected(planned: PlannedWorkload, workload: Workload, made: Made) -> Injected:
    """A workload's texts with every placeholder filled in."""
    resources = {name: made[identity] for name, identity in planned.resources.items()}

    def look_up(reference: Reference) -> Any:
        if reference.root == "metadata":
            return render_value(value_at(workload.metadata, reference.keys))
        name, *keys = reference.keys
        value = resources[name][keys[0]] if keys else None
        return _rendered(value, tuple(keys[1:]))

    containers = {}
    for name, container in workload.containers.items():
        secret_variables = frozenset(planned.secret_variables.get(name, ()))
        secret_files = frozenset(planned.secret_files.get(name, ()))
        variables = {key: _text(text, look_up) for key, text in container.variables.items()}
        files = {
            target: file.content if file.no_expand else _text(file.content, look_up)
            for target, file in container.files.items()
            if file.content is not None
        }
        for kind, texts, secret in (("variables", variables, secret_variables), ("files", files, secret_files)):
            for key, value in texts.items():
                place = f"{workload.name}: containers.{name}.{kind}.{key}"
                texts[key] = _guarded(value, place, secret=key in secret)
        stored_variables, variables = _stored(variables)
        stored_files, files = _stored(files)
        containers[name] = InjectedContainer(
            variables={key: value for key, value in variables.items() if key not in secret_variables},
            secret_variables={key: value for key, value in variables.items() if key in secret_variables},
            files={key: value for key, value in files.items() if key not in secret_files},
            secret_files={key: value for key, value in files.items() if key in secret_files},
            stored_variables=stored_variables,
            stored_files=stored_files,
        )
    return Injected(workload, containers, resources)


def _stored(texts: Mapping[str, Any]) -> tuple[dict[str, StoredSecret], dict[str, Any]]:
    """Those that stay in a store, and the others."""
    stored = {key: value for key, value in texts.items() if isinstance(value, StoredSecret)}
    return stored, {key: value for key, value in texts.items() if key not in stored}


def _text(text: str, look_up: Callable[[Reference], Any]) -> Any:
    parts = Template.parse(text).map(look_up)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], StoredSecret) else _concatenated(parts)


def _concatenated(parts: Sequence[Any]) -> Any:
    """Plain text when every part is known, else an Output; secretness follows."""
    if any(isinstance(part, StoredSecret) for part in parts):  # the plan has refused it, whatever came then
        raise InputError("a text holds a value that stays in its store and is known to nobody here")
    return combined(lambda *known: "".join(render_value(part) for part in known), *parts)


def _rendered(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, StoredSecret):
        return value
    return mapped(_inside(value, keys), render_value)


def _inside(value: Any, keys: tuple[str, ...]) -> Any:
    """A value inside of another; of what only a rendering stands in for, a stand-in with the way to it."""
    if not keys:
        return value
    if isinstance(value, StandIn):
        return value.inside(keys)
    return mapped(value, lambda known: value_at(known, keys))


def _held(value: Any, resource: PlannedResource, name: str, *, secret: bool) -> Any:
    return _guarded(value, f"{resource.id}: output '{name}' of driver {resource.driver}", secret=secret)


def _guarded(value: Any, place: str, *, secret: bool) -> Any:
    """The value, marked secret if it has to be; the run stops if the engine knows better."""
    if isinstance(value, StandIn) and value.secret == secret:
        return value
    if isinstance(value, StoredSecret) and secret:
        return value
    if not is_output(value):
        if secret:
            raise InputError(f"{place} must be secret, but is plain text in the program")
        return value
    import asyncio

    pulumi: Any = sys.modules["pulumi"]

    async def checked() -> Any:
        known = await value.future()
        if await value.is_secret() != secret and await value.is_known():
            said, meant = ("secret", "plain") if not secret else ("not secret", "secret")
            raise pulumi.RunError(f"{place} is {said}, but its contract says {meant}; nothing was passed on")
        return known

    async def is_secret() -> bool:
        return secret or bool(await value.is_secret())

    # Futures, all of them: a coroutine that nobody awaits because another one failed is a warning beside the error
    return pulumi.Output(
        asyncio.ensure_future(value.resources()),
        asyncio.ensure_future(checked()),
        asyncio.ensure_future(value.is_known()),
        asyncio.ensure_future(is_secret()),
    )
