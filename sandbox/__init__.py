"""Everything a production run touches, on one machine and with no account: `python -m sandbox up`.

Servers are the real ones (etcd, the Kubernetes control plane, PostgreSQL); Azure and pods are stand-ins.
The product never imports this.
"""
