"""The host's side of a node's network: one link, two routes, and one table of rules; all go again with the node.

Pods reach the API server, PostgreSQL, DNS, the gateway and the Azure of their sandbox, and nothing else of this machine
or beyond.
"""

import os
import subprocess
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.node.addresses import Addresses
from sandbox.state import Settings, azure_address

POSTGRES_PORT = 5432
WEB_PORTS = (80, 443)
LINKS = Path("/sys/class/net")

_RULES = """
table ip {link}
delete table ip {link}
table ip {link} {{
    chain input {{
        type filter hook input priority 0
        iifname != "{link}" accept
        ct state established,related accept
        ip daddr {loopback} tcp dport {{ {ports} }} accept
        ip daddr {control} udp dport {dns} accept
        icmp type echo-request accept
        reject with icmp type admin-prohibited
    }}
    chain forward {{
        type filter hook forward priority 0
        iifname "{link}" reject with icmp type net-prohibited
    }}
    chain to_gateway {{
        type nat hook prerouting priority dstnat
        iifname "{link}" ip daddr {loopback} ip daddr != {azure} tcp dport {{ 80, 443 }} dnat to {control}
    }}
    chain own_to_gateway {{
        type nat hook output priority -100
        ip daddr {loopback} ip daddr != {azure} tcp dport {{ 80, 443 }} dnat to {control}
    }}
}}
"""


class Tools:
    """`ip` and `nft` as Debian's packages bring them."""

    def __init__(self, packages: Path) -> None:
        folder = next(one for one in (packages / "sbin", packages / "bin") if (one / "ip").exists())
        self.ip_program, self.nft_program = folder / "ip", packages / "usr/sbin/nft"
        self.libraries = ":".join(str(folder) for folder in sorted((packages / "usr/lib").glob("*-linux-gnu")))

    def ip(self, *arguments: str) -> str:
        return self._run(self.ip_program, *arguments)

    def nft(self, rules: str) -> str:
        return self._run(self.nft_program, "--file", "-", given=rules)

    def _run(self, program: Path, *arguments: str, given: str = "") -> str:
        environment = {**os.environ, "LD_LIBRARY_PATH": self.libraries}
        command = [str(program), *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            words = " ".join([program.name, *arguments])
            raise SandboxError(f"`{words}` failed", details=done.stderr.strip().splitlines()[-5:])
        return done.stdout


def connect(tools: Tools, addresses: Addresses, settings: Settings, pid: int) -> None:
    """Make the link between the host and the process's network, and let through what pods may reach."""
    link = addresses.link
    if not (LINKS / link).exists():
        tools.ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    tools.ip("address", "replace", addresses.host, "peer", addresses.node, "dev", link)
    tools.ip("link", "set", link, "up")
    # Of this link alone: the setting goes with it
    Path(f"/proc/sys/net/ipv4/conf/{link}/route_localnet").write_text("1")
    for net in (addresses.pods, addresses.services):
        tools.ip("route", "replace", net, "via", addresses.node, "dev", link)
    ports = (settings["apiserver_port"], settings["dns_port"], POSTGRES_PORT, *WEB_PORTS)
    rules = _RULES.format(
        link=link,
        loopback=addresses.loopback,
        control=addresses.control,
        azure=azure_address(settings),
        ports=", ".join(map(str, ports)),
        dns=settings["dns_port"],
    )
    tools.nft(rules)


def disconnect(tools: Tools, addresses: Addresses) -> None:
    """Take away what is left of it; the link goes with the node's processes, and its routes with the link."""
    link = LINKS / addresses.link
    if link.exists():
        try:
            tools.ip("link", "delete", addresses.link)
        except SandboxError:
            if link.exists():  # else the kernel was faster, with the node's network
                raise
    tools.nft(f"table ip {addresses.link}\ndelete table ip {addresses.link}\n")
