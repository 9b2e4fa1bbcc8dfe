"""What a stack exports, by which others find it: flat names, and never a secret.

An object that holds one secret turns secret as a whole when another stack reads it (pulumi#17422), so each output of
each resource is exported under a name of its own.
"""

from platform_components.naming import ResourceIdentity

CONTRACT = 1
"""What environments rely on in a foundation; raised when a name or meaning changes."""
CONTRACT_OUTPUT = "platform/contract"
PLAN_OUTPUT = "platform/plan"
"""The deployed plan: what `pave show`, `destroy` and `diff` start from."""
URL_OUTPUT = "url"
NAMESPACE_OUTPUT = "namespace"
PAUSED_OUTPUT = "platform/paused"
"""True, of an environment that is paused; it is not there otherwise."""


def output_name(identity: str, output: str) -> str:
    """`<type>.<class>/<id>/<output>`, for the resource `<type>.<class>#<id>`."""
    resource = ResourceIdentity.parse(identity)
    return f"{resource.type}.{resource.class_}/{resource.res_id}/{output}"
