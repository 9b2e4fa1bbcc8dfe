"""Where a sandbox keeps everything: one folder per checkout, with the settings its parts agree on.

Ports and loopback addresses are chosen once and kept, so that what was deployed finds its servers after a restart.
"""

import fcntl
import hashlib
import json
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast

from sandbox.errors import SandboxError

CHECKOUT = Path(__file__).resolve().parent.parent

Port = Literal[
    "dns_port",
    "apiserver_port",
    "etcd_port",
    "etcd_peer_port",
    "controller_manager_port",
    "scheduler_port",
    "kwok_port",
]

# Taken where free; any other free port serves as well. None is privileged.
PREFERRED_PORTS: dict[Port, int] = {
    "dns_port": 5053,
    "apiserver_port": 6443,
    "etcd_port": 2379,
    "etcd_peer_port": 2380,
    "controller_manager_port": 10257,
    "scheduler_port": 10259,
    "kwok_port": 10247,
}


Pods = Literal["kwok", "real"]


class Settings(TypedDict):
    """What the parts of one sandbox agree on."""

    loopback_net: str
    """First three numbers of the sandbox's addresses.

    `.1` is the control plane and DNS, `.2` what running pods meet of Azure, from `.10` on PostgreSQL servers,
    from `.100` on public IP addresses.
    """
    dns_port: int
    apiserver_port: int
    etcd_port: int
    etcd_peer_port: int
    controller_manager_port: int
    scheduler_port: int
    kwok_port: int
    toolchain_path: list[str]
    """Folders that come first on `PATH`."""
    postgres_bin: str
    """The folder with `initdb`, `postgres` and `pg_ctl`."""
    pods: NotRequired[Pods]
    """Whether pods run or kwok says that they do; for a sandbox's whole life. Missing: kwok."""


@dataclass(frozen=True)
class State:
    """The folder of one sandbox. Two checkouts have two, and share nothing."""

    root: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "State":
        """`$SANDBOX_STATE`, else `.sandbox` in this checkout."""
        chosen = environment.get("SANDBOX_STATE")
        return cls(Path(chosen).expanduser().absolute() if chosen else CHECKOUT / ".sandbox")

    @property
    def azure(self) -> Path:
        """What the Azure stand-in has created."""
        return self._folder("azure")

    @property
    def postgres(self) -> Path:
        return self._folder("postgres")

    @property
    def dns(self) -> Path:
        return self._folder("dns")

    @property
    def etcd(self) -> Path:
        return self._folder("etcd")

    @property
    def control_plane(self) -> Path:
        """Configuration files of the control plane and kwok."""
        return self._folder("control-plane")

    @property
    def certificates(self) -> Path:
        return self._folder("certificates")

    @property
    def node(self) -> Path:
        """Images, containers and volumes of the node, where pods run."""
        return self._folder("node")

    @property
    def gateway(self) -> Path:
        """Configuration of what serves the routes, where pods run."""
        return self._folder("gateway")

    @property
    def blobs(self) -> Path:
        """What is kept in storage accounts, where pods run."""
        return self._folder("blobs")

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    @property
    def processes(self) -> Path:
        return self._folder("processes")

    @property
    def pulumi(self) -> Path:
        """`PULUMI_HOME`, with the stand-ins as plugins."""
        return self._folder("pulumi")

    @property
    def backend(self) -> Path:
        """The file backend: state and history of every stack."""
        return self._folder("backend")

    @property
    def bin(self) -> Path:
        """Programs that come first on `PATH`."""
        return self._folder("bin")

    @property
    def kubeconfig(self) -> Path:
        """An administrator's, with a client certificate; for a person's `kubectl`."""
        return self.root / "kubeconfig"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def exists(self) -> bool:
        return self.settings.exists()

    def load_settings(self) -> Settings:
        try:
            return cast(Settings, json.loads(self.settings.read_text()))
        except FileNotFoundError:
            raise SandboxError(f"there is no sandbox at {self.root}", fix="start one: python -m sandbox up") from None
        except json.JSONDecodeError as error:
            raise SandboxError(
                f"{self.settings} is damaged: {error}", fix="start over: python -m sandbox down --purge"
            ) from None

    def save_settings(self, settings: Settings) -> None:
        self._make(self.root)
        write_private(self.settings, json.dumps(settings, indent=2) + "\n")

    @contextmanager
    def locked(self, name: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """One holder at a time among all processes on this machine; `waiting` is called when there is another."""
        self._make(self.root)
        with (self.root / f".{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _folder(self, name: str) -> Path:
        self._make(self.root)
        folder = self.root / name
        self._make(folder)
        return folder

    @staticmethod
    def _make(folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Writes a whole file or nothing, readable by its owner alone from the first byte on."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    new = Path(file.name)
    new.chmod(mode)
    new.replace(path)


def new_settings(state: State, *, toolchain_path: list[str], postgres_bin: str, pods: Pods = "kwok") -> Settings:
    """Settings of a sandbox that starts for the first time."""
    net = free_loopback_net(state.root)
    address = f"{net}.1"
    ports = {name: free_port(address, preferred) for name, preferred in PREFERRED_PORTS.items()}
    return cast(
        Settings,
        {
            "loopback_net": net,
            **ports,
            "toolchain_path": toolchain_path,
            "postgres_bin": postgres_bin,
            "pods": pods,
        },
    )


def control_address(settings: Settings) -> str:
    """Where the control plane and DNS listen."""
    return f"{settings['loopback_net']}.1"


def azure_address(settings: Settings) -> str:
    """Where pods that run sign in to Azure, and find its storage."""
    return f"{settings['loopback_net']}.2"


def free_loopback_net(root: Path) -> str:
    """A prefix inside 127.0.0.0/8, picked by the state's path, on which nothing listens yet."""
    taken = _listening_addresses()
    for attempt in range(1000):
        digest = hashlib.sha256(f"{root}#{attempt}".encode()).digest()
        # 127.0.0.* and 127.1.*.* are what other programs use by habit; nets of pods follow from it: node/addresses.py
        net = f"127.{64 + digest[0] % 64}.{digest[1]}"
        if not any(address.startswith(f"{net}.") for address in taken):
            return net
    raise SandboxError(
        "no free range of loopback addresses was found", fix="stop other sandboxes: python -m sandbox down"
    )


def free_port(address: str, preferred: int) -> int:
    """`preferred` if nothing listens there, else one the system picks; free for TCP and UDP."""
    if port_is_free(address, preferred):
        return preferred
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
            port = int(probe.getsockname()[1])
        if port_is_free(address, port):
            return port
    raise SandboxError(f"no free port was found on {address}")


def port_is_free(address: str, port: int) -> bool:
    """Whether a server could bind there, for TCP and UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            # As servers do: a port with connections that are just closing is free.
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def _listening_addresses() -> set[str]:
    """IPv4 addresses that something on this machine is bound to: proc(5), /proc/net/tcp."""
    addresses = set()
    for table in ("tcp", "udp"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            little_endian = line.split()[1].partition(":")[0]
            addresses.add(socket.inet_ntoa(bytes.fromhex(little_endian)[::-1]))
    return addresses
