"""The first process of a node, `python -m sandbox.node.inside FILE`: makes namespaces, and runs the node's programs in
them.

Network, mounts and process ids are the node's own, so when its first process ends, however it ends, the kernel ends
every other one and takes mounts, links and rules with them. What stays of a node is cgroups and files.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.node import registry

_NEWNS, _NEWPID, _NEWNET = 0x00020000, 0x20000000, 0x40000000  # sched.h
_MS_BIND, _MS_REC, _MS_PRIVATE, _MS_SHARED = 0x1000, 0x4000, 1 << 18, 1 << 20  # sys/mount.h
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

SYSCTLS = {"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1"}
SYSCTLS |= {"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000"}
"""What a kubelet sets for the whole machine: here it finds files in their place that say so already."""
READY = "/run/node-ready"


@dataclass
class Program:
    """One program of the node."""

    name: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    after: str = ""
    """A file that has to be there first."""


@dataclass
class Inside:
    """What the first process is told."""

    ip: str
    libraries: str
    host: str
    node: str
    loopback: str
    control: str
    api_service: str
    api_port: int
    nft: str
    images: str
    registry_port: int
    sysctls: str
    logs: str
    programs: list[Program]

    def write(self, file: Path) -> None:
        """As a file for `inside`."""
        file.write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, file: Path) -> "Inside":
        """What `write` wrote."""
        content = json.loads(file.read_text())
        return cls(**{**content, "programs": [Program(**one) for one in content["programs"]]})


def main(arguments: list[str]) -> int:
    inside = Inside.read(Path(arguments[0]))
    _called(_libc.unshare(_NEWNS | _NEWPID | _NEWNET), "unshare")
    child = os.fork()
    if child == 0:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            _first(inside)
        finally:
            os._exit(1)

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    _, status = os.waitpid(child, 0)
    return 0 if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def forbidden() -> str:
    """Why this process may not make what a node needs; empty where it may. Tried in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = b""
        try:
            _called(_libc.unshare(_NEWNS | _NEWPID | _NEWNET), "unshare")
            _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
            _mount("tmpfs", "/run", "tmpfs")
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        except OSError as error:
            said = f"this machine does not let it: {error.strerror or error}".encode()
        finally:
            os.write(writing, said)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    return text


def _first(inside: Inside) -> None:
    _mounts(inside)
    _network(inside)
    images = registry.server(
        Path(inside.images), "127.0.0.1", inside.registry_port, lambda name: print(f"no image {name}", flush=True)
    )
    threading.Thread(target=images.serve_forever, daemon=True).start()
    waiting = list(inside.programs)
    running: dict[int, Program] = {}
    ended: dict[str, float] = {}
    while True:
        for program in [one for one in waiting if not one.after or Path(one.after).exists()]:
            if time.monotonic() - ended.get(program.name, -10) > 1:
                waiting.remove(program)
                running[_started(program, inside)] = program
        # As the first process it is the parent of whatever loses its own
        while gone := _reaped():
            if (lost := running.pop(gone, None)) is not None:
                print(f"{lost.name} has ended; it is started again", flush=True)
                ended[lost.name] = time.monotonic()
                waiting.append(lost)
        time.sleep(0.05)


def _reaped() -> int:
    """The id of a child that has ended; 0: none has."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def _started(program: Program, inside: Inside) -> int:
    log = Path(inside.logs) / f"{program.name}.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            program.argv,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
    child.returncode = 0  # it is waited for here, not by Popen
    return child.pid


def _mounts(inside: Inside) -> None:
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    _mount("none", "/", "", _MS_REC | _MS_SHARED)  # among those of the node: volumes reach containers that way
    _mount("proc", "/proc", "proc")
    for folder in ("/run", "/var/log"):
        _mount("tmpfs", folder, "tmpfs")
    # What programs write there though they are told of other places: seen by them alone
    for name in ("upper", "work"):
        Path("/run/var-lib", name).mkdir(parents=True)
    layers = "lowerdir=/var/lib,upperdir=/run/var-lib/upper,workdir=/run/var-lib/work"
    _mount("overlay", "/var/lib", "overlay", 0, layers)
    for name, value in SYSCTLS.items():
        if Path("/proc/sys", name).exists():
            file = Path(inside.sysctls) / name.replace("/", "-")
            file.write_text(f"{value}\n")
            _mount(str(file), f"/proc/sys/{name}", "", _MS_BIND)


def _network(inside: Inside) -> None:
    environment = {**os.environ, "LD_LIBRARY_PATH": inside.libraries}

    def ip(*arguments: str) -> bool:
        done = subprocess.run([inside.ip, *arguments], env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"ip {' '.join(arguments)}: {done.stderr.strip()}", flush=True)
        return done.returncode == 0

    while "eth0:" not in Path("/proc/self/net/dev").read_text().replace(" ", ""):
        time.sleep(0.02)  # the host's side makes the link
    for setting in ("ip_forward", "conf/all/route_localnet", "conf/default/route_localnet"):
        Path("/proc/sys/net/ipv4", setting).write_text("1")
    ip("link", "set", "lo", "up")
    ip("address", "replace", inside.node, "peer", inside.host, "dev", "eth0")
    ip("link", "set", "eth0", "up")
    ip("route", "replace", inside.loopback, "via", inside.host, "dev", "eth0", "src", inside.node, "table", "local")
    ip("route", "replace", "default", "via", inside.host, "dev", "eth0")
    # Endpoints may be no loopback addresses, so the Service of the API server has none
    rules = f"""
table ip sandbox {{
    chain pods {{
        type nat hook prerouting priority -110
        ip daddr {inside.api_service} tcp dport 443 dnat to {inside.control}:{inside.api_port}
    }}
    chain own {{
        type nat hook output priority -110
        ip daddr {inside.api_service} tcp dport 443 dnat to {inside.control}:{inside.api_port}
    }}
}}
"""
    done = subprocess.run(
        [inside.nft, "--file", "-"], input=rules, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(f"nft: {done.stderr.strip()}", flush=True)
    Path(READY).touch()


def _mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    words = [text.encode() for text in (source, target, kind)]
    _called(_libc.mount(*words, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def _called(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
