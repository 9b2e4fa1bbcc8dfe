"""Stand-ins for the credential tools that a runner has on its PATH: the Azure CLI and kubelogin."""
