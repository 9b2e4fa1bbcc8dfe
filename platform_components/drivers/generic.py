"""Drivers that know no type: values as they are written, what another stack has made, and any component."""

import asyncio
import inspect
from typing import Any

import pulumi

from platform_components.drivers.entrances import host_outputs
from platform_components.drivers.request import Deployed, Implementation, Request
from platform_components.exports import output_name


def static(request: Request) -> Deployed:
    """Each input is an output: for what exists already and is known by its values."""
    return Deployed(dict(request.inputs))


def stack_reference(request: Request) -> Deployed:
    """The outputs of the same resource in another stack, which exports them as `<type>.<class>/<id>/<output>`.

    An output that the other stack does not export is an error that names both.
    """
    inputs, resource = request.inputs, request.resource
    type_, class_, id_ = (
        inputs["type"] or resource.type,
        inputs["class_"] or resource.class_,
        inputs["id"] or resource.res_id,
    )
    stack = inputs["stack"]
    if stack not in request.references:
        request.references[stack] = pulumi.StackReference(stack, opts=pulumi.ResourceOptions(parent=request.parent))
    reference = request.references[stack]
    identity = f"{type_}.{class_}#{id_}"

    def required(name: str) -> pulumi.Output[object]:
        exported = output_name(identity, name)

        def present(value: object) -> object:
            if value is None:
                raise pulumi.RunError(
                    f"the stack {stack} exports no '{exported}': deploy it first, "
                    "from the same version of the platform repository"
                )
            return value

        return _exported(reference, exported).apply(present)

    may_be = {name: _exported(reference, output_name(identity, name)) for name in request.optional}
    return Deployed(may_be | {name: required(name) for name in request.expected})


def _exported(reference: pulumi.StackReference, name: str) -> pulumi.Output[Any]:
    """An output of another stack, secret as it is there; None where it is not exported.

    As `get_output`, which for every single one copies all that the stack exports into outputs of their own, leaf by
    leaf: of a foundation that is its plan, too, and took longer than all of an environment's own resources.
    """
    value = reference.outputs.apply(lambda exported: exported.get(name))

    async def is_secret() -> bool:
        names = await reference.secret_output_names.future()
        return await reference.outputs.is_secret() if names is None else name in names

    return pulumi.Output(value.resources(), value.future(), value.is_known(), asyncio.ensure_future(is_secret()))


def wildcard_host(request: Request) -> Deployed:
    """A host of which nothing has to be made; outputs of the type `dns`."""
    return Deployed(host_outputs(request))


def component(class_: type[pulumi.ComponentResource]) -> Implementation:
    """A driver out of a component: inputs are its arguments, and its attributes of the contract's names the outputs.

    As Pulumi has it, a class takes its arguments as one dictionary called `args`, or each by its own name.
    """

    def make(request: Request) -> Deployed:
        make_one: Any = class_
        inputs = dict(request.inputs)
        given = {"args": inputs} if "args" in inspect.signature(class_).parameters else inputs
        made = make_one(request.name, **given, opts=request.options())
        names = (*request.expected, *request.optional, *request.resource.wanted_outputs)
        return Deployed({name: getattr(made, name) for name in names if hasattr(made, name)})

    return make
