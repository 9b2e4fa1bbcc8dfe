"""What running pods meet of Azure: sign-in with a workload identity, Blob storage, and the webhook that AKS brings."""
