"""The addresses of a node and its pods: all follow from the sandbox's loopback addresses, so two sandboxes never meet.

The loopback net itself, 127.N.M.0/24, is reached from every pod under the same addresses, through the node and by way
of the host's end of the link between them: what was deployed works from a pod and from a shell alike.
"""

from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.state import Settings


@dataclass(frozen=True)
class Addresses:
    """Every address and net that a node needs."""

    loopback: str
    """The sandbox's own net; `.1` is the control plane."""
    control: str
    host: str
    """The host's end of the link."""
    node: str
    """The node's end, and its address as Kubernetes knows it."""
    gateway: str
    """The node's end of the link to each pod."""
    pods: str
    first_pod: str
    last_pod: str
    services: str
    api_service: str
    """The first address of the services' net: `kubernetes.default`."""
    link: str
    """The name of the host's end of the link."""

    @classmethod
    def of(cls, settings: Settings) -> "Addresses":
        """Those of a sandbox. Raises `SandboxError` for one that was made before there were nodes."""
        _, second, third = settings["loopback_net"].split(".")
        if not 64 <= int(second) < 128:
            raise SandboxError(
                f"the addresses of this sandbox, {settings['loopback_net']}.*, leave no room for pods",
                fix="start over: python -m sandbox down --purge",
            )
        # 100.64.0.0/10 is nobody's on the Internet, and rarely anybody's behind a router: RFC 6598
        pods, services = f"100.{second}.{third}", f"10.{int(second) - 64}.{third}"
        return cls(
            loopback=f"{settings['loopback_net']}.0/24",
            control=f"{settings['loopback_net']}.1",
            host=f"{pods}.1",
            node=f"{pods}.2",
            gateway=f"{pods}.3",
            pods=f"{pods}.0/24",
            first_pod=f"{pods}.8",
            last_pod=f"{pods}.250",
            services=f"{services}.0/24",
            api_service=f"{services}.1",
            link=f"pave{int(second):02x}{int(third):02x}",
        )
