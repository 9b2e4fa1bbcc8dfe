"""Drivers that know no type: values as they are written, what another stack has made, and any component."""

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
    options = pulumi.ResourceOptions(parent=request.parent)
    reference = pulumi.StackReference(request.name, stack_name=inputs["stack"], opts=options)
    identity = f"{type_}.{class_}#{id_}"

    def required(name: str) -> pulumi.Output[object]:
        exported = output_name(identity, name)

        def present(value: object) -> object:
            if value is None:
                raise pulumi.RunError(
                    f"the stack {inputs['stack']} exports no '{exported}': deploy it first, "
                    "from the same version of the platform repository"
                )
            return value

        return reference.get_output(exported).apply(present)

    may_be = {name: reference.get_output(output_name(identity, name)) for name in request.optional}
    return Deployed(may_be | {name: required(name) for name in request.expected})


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
