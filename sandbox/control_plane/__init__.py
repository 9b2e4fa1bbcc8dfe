"""A Kubernetes control plane on loopback: etcd, Kubernetes' own servers, and kwok in the kubelets' place."""

from sandbox.control_plane.run import health, start, stop

__all__ = ["health", "start", "stop"]
