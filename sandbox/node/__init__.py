"""A node on which pods really run: kubelet, containerd and kube-proxy in namespaces of their own, for root on Linux."""
