"""The configuration files of a node's programs: containerd, its network plugins, kubelet, kube-proxy and CoreDNS."""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import yaml

from sandbox.certificates import authority, issue_server
from sandbox.control_plane.access import kubeconfig_of
from sandbox.control_plane.furniture import REGION
from sandbox.node.addresses import Addresses
from sandbox.node.network import Tools
from sandbox.state import CHECKOUT, Settings, State, write_private

NODE = "node-1"
KUBELET_USER = f"system:node:{NODE}"
PROXY_USER = "system:kube-proxy"
DNS_USER = "coredns"
REGISTRY_PORT = 5000
DOMAIN = "cluster.local"

_CONTAINERD = """
version = 2
root = "{root}"
state = "{state}"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "sandbox/pause:1"
  # A container that is meant to be killed last would be refused where this process may not say so
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "{runc}"
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{networks}"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{registries}"
"""

_DNS = """
{domain}:53 in-addr.arpa:53 {{
    bind {node}
    errors
    health {node}:8080
    ready {node}:8181
    kubernetes {domain} in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods disabled
        ttl 5
    }}
    cache 5
}}
.:53 {{
    bind {node}
    errors
    forward . {control}:{port}
}}
"""


class Folders:
    """Where a node keeps what: all of it below one folder of the sandbox's state."""

    def __init__(self, state: State) -> None:
        self.root = state.node
        self.containerd = self.root / "containerd"
        self.kubelet = self.root / "kubelet"
        self.logs = self.root / "pod-logs"
        self.configuration = self.root / "configuration"
        self.sysctls = self.root / "sysctls"
        self.plugins = self.root / "plugins"
        # A socket's path has 107 bytes at most: unix(7); these are inside of the node's own /run
        self.socket = Path("/run/containerd.sock")
        self.running = Path("/run/containerd")


def write_all(state: State, settings: Settings, addresses: Addresses, packages: Path) -> None:
    """Write every file; what a node's programs are told stands in them and in `inside.json`."""
    folders = Folders(state)
    for folder in (folders.containerd, folders.kubelet, folders.logs, folders.sysctls):
        folder.mkdir(parents=True, exist_ok=True)
    files = {
        "containerd.toml": _CONTAINERD.format(
            root=folders.containerd,
            state=folders.running,
            socket=folders.socket,
            runc=packages / "usr/sbin/runc",
            plugins=folders.plugins,
            networks=folders.configuration / "networks",
            registries=folders.configuration / "registries",
        ),
        "networks/10-pods.conflist": json.dumps(_network(addresses), indent=2),
        "registries/_default/hosts.toml": f'[host."http://127.0.0.1:{REGISTRY_PORT}"]\n'
        '  capabilities = ["pull", "resolve"]\n',
        "kubelet.yaml": yaml.safe_dump(_kubelet(state, folders, addresses)),
        "kube-proxy.yaml": yaml.safe_dump(_proxy(state, settings, addresses)),
        "Corefile": _DNS.format(
            domain=DOMAIN,
            node=addresses.node,
            control=addresses.control,
            port=settings["dns_port"],
            kubeconfig=kubeconfig_of(state, settings, DNS_USER),
        ),
        "resolv.conf": f"nameserver {addresses.node}\n",
    }
    for name, content in files.items():
        file = folders.configuration / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, content, mode=0o644)
    _write_plugins(folders, addresses, packages)


def kubelet_kubeconfig(state: State, settings: Settings) -> Path:
    """Whom the kubelet is known as."""
    return kubeconfig_of(state, settings, KUBELET_USER, groups=("system:nodes",))


def _network(addresses: Addresses) -> dict[str, Any]:
    """A link of its own for each pod. A bridge would need the kernel to let its frames through the service rules."""
    ranges = {
        "subnet": addresses.pods,
        "rangeStart": addresses.first_pod,
        "rangeEnd": addresses.last_pod,
        "gateway": addresses.gateway,
    }
    ipam = {"type": "host-local", "ranges": [[ranges]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni"}
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [{"type": "ptp", "ipMasq": False, "ipam": ipam}, {"type": "sandbox-loopback"}],
    }


def _write_plugins(folders: Folders, addresses: Addresses, packages: Path) -> None:
    """Debian's network plugins, and one more: it leads the sandbox's loopback net out of each pod."""
    folders.plugins.mkdir(exist_ok=True)
    for plugin in (packages / "usr/lib/cni").iterdir():
        link = folders.plugins / plugin.name
        link.unlink(missing_ok=True)
        link.symlink_to(plugin)
    tools = Tools(packages)
    script = f"""#!/bin/sh
# A network plugin: cni.dev, specification 0.4.0. What came before has made the pod's link.
set -e
case "$CNI_COMMAND" in
VERSION) echo '{{"cniVersion": "0.4.0", "supportedVersions": ["0.4.0"]}}'; exit 0;;
ADD) ;;
*) exit 0;;
esac
export LD_LIBRARY_PATH={tools.libraries}
nsenter --net="$CNI_NETNS" sh -c '
  echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
  {tools.ip_program} route replace {addresses.loopback} via {addresses.gateway} dev eth0 table local'
exec {sys.executable} -I -S -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["prevResult"]))'
"""
    write_private(folders.plugins / "sandbox-loopback", script, mode=0o755)


def _kubelet(state: State, folders: Folders, addresses: Addresses) -> dict[str, Any]:
    server = issue_server(state, "kubelet", [addresses.node], [NODE])
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": addresses.node,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True, "cacheTTL": "2m"},
            "x509": {"clientCAFile": str(authority(state).certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(server.certificate),
        "tlsPrivateKeyFile": str(server.key),
        "healthzBindAddress": "127.0.0.1",
        "readOnlyPort": 0,
        "clusterDNS": [addresses.node],
        "clusterDomain": DOMAIN,
        "resolvConf": str(folders.configuration / "resolv.conf"),
        "containerRuntimeEndpoint": f"unix://{folders.socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{addresses.link}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "maxOpenFiles": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "makeIPTablesUtilChains": False,
        "localStorageCapacityIsolation": False,
        "podLogsDir": str(folders.logs),
        "volumePluginDir": str(folders.root / "volume-plugins"),
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 200,
        "registryPullQPS": 0,
        "serializeImagePulls": False,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "nodeStatusUpdateFrequency": "10s",
        "syncFrequency": "10s",
    }


def _proxy(state: State, settings: Settings, addresses: Addresses) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": addresses.node,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clusterCIDR": addresses.pods,
        "hostnameOverride": NODE,
        "clientConnection": {"kubeconfig": str(kubeconfig_of(state, settings, PROXY_USER))},
        "conntrack": {"maxPerCore": 0, "min": 0},
        "nodePortAddresses": [],
        "nftables": {"minSyncPeriod": "100ms"},
    }


def labels() -> str:
    """What a cloud would say of the node."""
    return f"topology.kubernetes.io/region={REGION},topology.kubernetes.io/zone={REGION}-1"


def python_path() -> dict[str, str]:
    """The environment in which the sandbox's own modules are found."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT)}
