"""The driver `kubeconfig`: the cluster that this machine's kubeconfig leads to. Nothing is made."""

from platform_components.drivers.kubeconfig import at_hand
from platform_components.drivers.request import Deployed, Request


def kubeconfig(request: Request) -> Deployed:
    """Outputs of the type `k8s-cluster`. The file is given by its path: no credential comes into state or outputs."""
    found = at_hand(request.inputs["path"], request.inputs["context"])
    # Not its address, which changes when a laptop's cluster is started again
    return Deployed({"id": found.context, "name": found.context, "kubeconfig": found.path, "context": found.context})
