"""The parts of the toolchain as data: what each is made of, and which programs on `PATH` serve in its place.

Versions are pinned by the recipes' go.mod and package.json; how a step is carried out is build.py's.
"""

import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class GoProgram:
    """Compiles a package of the recipe's module into `bin/<output>`."""

    recipe: str
    package: str
    output: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """String variables to set at link time, by their full name."""
    links: tuple[str, ...] = ()
    """Further names in `bin` for a program that looks at the name it is called by."""


@dataclass(frozen=True)
class GoModuleFiles:
    """Copies files out of a module that the recipe pins, without compiling anything."""

    recipe: str
    module: str
    files: tuple[str, ...]
    """Patterns inside the module."""
    folder: str
    executable: bool = False


@dataclass(frozen=True)
class NodePackage:
    """Installs a package and keeps one folder of it."""

    recipe: str
    package: str
    script: str
    """Run inside the package after it is unpacked; install scripts themselves are off."""
    folder: str


@dataclass(frozen=True)
class NodeProgram:
    """Installs a package with everything that it needs, into `node_modules`."""

    recipe: str
    package: str


@dataclass(frozen=True)
class GoCopies:
    """Compiles a package out of copies of modules, some of whose files are put in their place first.

    For programs that lack a file in their module, or take along what nobody needs here.
    """

    recipe: str
    """Pins the module."""
    module: str
    package: str
    """Below the module."""
    output: str
    written: tuple[tuple[str, str, str], ...]
    """Module, file in it, and a file of the recipe that is put there."""


@dataclass(frozen=True)
class DebianPackages:
    """Fetches Debian's packages, and unpacks them into a folder without installing anything."""

    packages: tuple[str, ...]
    folder: str


Step = GoProgram | GoModuleFiles | GoCopies | NodePackage | NodeProgram | DebianPackages


@dataclass(frozen=True, eq=False)
class Part:
    """Something that is built, cached and looked up as a whole."""

    name: str
    title: str
    steps: tuple[Step, ...]
    on_path: Callable[[], Path | None]
    """The folder on `PATH` with programs that serve in its place."""
    provides: str = "bin"
    """The folder inside the part that others use."""

    @property
    def recipes(self) -> tuple[Path, ...]:
        return tuple(RECIPES / step.recipe for step in self.steps if not isinstance(step, DebianPackages))

    @property
    def needs_go(self) -> bool:
        return any(not isinstance(step, NodePackage | NodeProgram | DebianPackages) for step in self.steps)

    @property
    def needs_node(self) -> bool:
        return any(isinstance(step, NodePackage | NodeProgram) for step in self.steps)


def version_of(program: Path, *arguments: str) -> tuple[int, ...]:
    """The first dotted number a program prints, `()` when it prints none or cannot run."""
    try:
        answer = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    number = re.search(r"\d+(?:\.\d+)+", answer.stdout)
    return tuple(int(digits) for digits in number[0].split(".")) if number else ()


def _which(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found).resolve() if found else None


def _pulumi() -> Path | None:
    pulumi = _which("pulumi")
    if pulumi is None or not (pulumi.parent / "pulumi-language-python").exists():
        return None
    return pulumi.parent if version_of(pulumi, "version") >= (3, 255) else None


def _control_plane() -> Path | None:
    programs = [_which(name) for name in ("kube-apiserver", *CONTROL_PLANE_LINKS)]
    if programs[0] is None or not all(programs):
        return None
    # The kinds of API the platform deploys with (sidecars, CEL admission) are stable from 1.33 on.
    return programs[0].parent if version_of(programs[0], "--version") >= (1, 33) else None


def _kwok() -> Path | None:
    kwok = _which("kwok")
    return kwok.parent if kwok and version_of(kwok, "--version") >= (0, 7) else None


def _postgres() -> Path | None:
    postgres = _which("postgres")
    if postgres is None or not all((postgres.parent / name).exists() for name in ("initdb", "pg_ctl")):
        return None
    # A server without TLS does not link against libssl, and says so nowhere without a data folder.
    with_tls = b"libssl.so" in postgres.read_bytes()
    # From 16 on a role's maker needs ADMIN OPTION, as on Azure: postgresql.org, release notes of 16.
    return postgres.parent if with_tls and version_of(postgres, "--version") >= (16,) else None


def _which_folder(program: str) -> Path | None:
    found = _which(program)
    return found.parent if found else None


def _nowhere() -> Path | None:
    return None


CONTROL_PLANE_LINKS = ("etcd", "kube-controller-manager", "kube-scheduler", "kubectl")
_KUBERNETES_VERSION = "k8s.io/component-base/version"
# As npm calls it; it refuses the package on any other.
_MACHINE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x64"
_PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_KUBERNETES = {
    f"{_KUBERNETES_VERSION}.gitVersion": "v1.35.3",
    f"{_KUBERNETES_VERSION}.gitMajor": "1",
    f"{_KUBERNETES_VERSION}.gitMinor": "35",
    f"{_KUBERNETES_VERSION}.gitTreeState": "clean",
    f"{_KUBERNETES_VERSION}.gitCommit": "6c1cd99aef09161ddb07b8ade6c9564e9b9bfe27",
    f"{_KUBERNETES_VERSION}.buildDate": "1970-01-01T00:00:00Z",
}

ALL = (
    Part(
        name="pulumi",
        title="Pulumi CLI and its Python language host",
        steps=(
            GoProgram("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "pulumi", {_PULUMI_VERSION: "3.255.0"}),
            # sdk v3.74.0 is the last version of that module with the language host in it.
            GoProgram(
                "language-python",
                "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
                "pulumi-language-python",
                {_PULUMI_VERSION: "3.74.0"},
            ),
            # The engine looks for these beside itself: pulumi, sdk/go/common/workspace/plugins.go, IsPluginBundled.
            GoModuleFiles(
                "language-python/scripts",
                "github.com/pulumi/pulumi/sdk/v3",
                ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
                "bin",
                executable=True,
            ),
        ),
        on_path=_pulumi,
    ),
    Part(
        name="control-plane",
        title="Kubernetes control plane with etcd and kubectl",
        steps=(
            GoProgram(
                "control-plane",
                ".",
                "kube-apiserver",
                _KUBERNETES,
                links=CONTROL_PLANE_LINKS,
            ),
        ),
        on_path=_control_plane,
    ),
    Part(
        name="kwok",
        title="kwok, which makes pods ready without running them",
        steps=(
            GoProgram("kwok", "sigs.k8s.io/kwok/cmd/kwok", "kwok", {"sigs.k8s.io/kwok/pkg/consts.Version": "v0.7.0"}),
        ),
        on_path=_kwok,
    ),
    Part(
        name="postgres",
        title="PostgreSQL with TLS",
        steps=(
            NodePackage(
                f"postgres/linux-{_MACHINE}",
                f"@embedded-postgres/linux-{_MACHINE}",
                "scripts/hydrate-symlinks.js",
                "native",
            ),
        ),
        on_path=_postgres,
    ),
    Part(
        name="gateway-crds",
        title="Gateway API resource definitions",
        steps=(GoModuleFiles("gateway-crds", "sigs.k8s.io/gateway-api", ("config/crd/standard/*.yaml",), "crds"),),
        on_path=_nowhere,
        provides="crds",
    ),
)

LANGUAGE_YAML = Part(
    name="language-yaml",
    title="Pulumi YAML's language host",
    steps=(
        GoProgram("language-yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", "pulumi-language-yaml"),
    ),
    on_path=lambda: _which_folder("pulumi-language-yaml"),
)
"""Not in the toolchain: only a test of programs in Pulumi YAML needs it."""

NODE = (
    Part(
        name="node",
        title="Kubernetes' programs of a node",
        steps=(GoProgram("node", ".", "kubelet", _KUBERNETES, links=("kube-proxy",)),),
        on_path=_nowhere,
    ),
    Part(
        name="node-packages",
        title="containerd, runc, network plugins and nftables from Debian",
        steps=(
            DebianPackages(
                (
                    *("containerd", "runc", "libseccomp2", "containernetworking-plugins"),
                    *("nftables", "libnftables1", "libnftnl11", "libjansson4", "libgmp10", "libedit2", "libbsd0"),
                    *("iproute2", "libmnl0", "libbpf1", "libelf1", "libxtables12", "libtinfo6", "libmd0", "libcap2"),
                ),
                "root",
            ),
        ),
        on_path=_nowhere,
        provides="root",
    ),
    Part(
        name="coredns",
        title="CoreDNS",
        steps=(GoProgram("coredns", ".", "coredns"),),
        on_path=_nowhere,
    ),
    Part(
        name="traefik",
        title="Traefik, for the Gateway API",
        steps=(
            GoCopies(
                "traefik",
                "github.com/traefik/traefik/v3",
                "./cmd/traefik",
                "traefik",
                (
                    # The module lacks what its web page is made of, and would not compile
                    ("github.com/traefik/traefik/v3", "webui/static/index.html", "index.html"),
                    # A hundred clients of DNS services, for certificates that nobody here asks for: half of the build
                    ("github.com/go-acme/lego/v4", "providers/dns/zz_gen_dns_providers.go", "dns_providers.go.txt"),
                ),
            ),
        ),
        on_path=_nowhere,
    ),
    Part(
        name="versitygw",
        title="versitygw, S3 over Azure's blobs",
        steps=(
            GoProgram(
                "versitygw", "github.com/versity/versitygw/cmd/versitygw", "versitygw", {"main.Version": "v1.8.0"}
            ),
        ),
        on_path=_nowhere,
    ),
    Part(
        name="azurite",
        title="Azurite, Microsoft's emulator of Azure's storage",
        steps=(NodeProgram("azurite", "azurite"),),
        on_path=_nowhere,
        provides="node_modules",
    ),
)
"""What a sandbox with pods that run needs besides: root, and Debian's packages."""
