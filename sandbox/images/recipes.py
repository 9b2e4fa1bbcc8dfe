"""Which images the sandbox has: Debian packages, and how the image starts. docs/sandbox.md says how to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Image:
    """A recipe. An image is asked for by its name, whatever registry and tag stand around it."""

    name: str
    packages: tuple[str, ...]
    """Debian packages; what they depend on comes along."""
    command: tuple[str, ...]
    """What runs where a container names no command."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links: path and what it points at."""
    environment: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    """Only these paths of the packages; empty: all of them."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Programs of the toolchain: path, and the part that has it under the same name."""
    entrypoint: tuple[str, ...] = ()
    """What always runs; a container's `args` come behind it."""


RECIPES = (
    Image(
        name="pause",
        packages=("busybox-static",),
        command=("/bin/busybox", "sleep", "2147483647"),
        kept=("bin/busybox",),
    ),
    Image(
        name="busybox",
        packages=("busybox-static",),
        command=("/bin/sh",),
        links={
            f"/bin/{name}": "busybox"
            for name in [
                "cat",
                "cp",
                "echo",
                "env",
                "false",
                "id",
                "ls",
                "mkdir",
                "sh",
                "sleep",
                "test",
                "true",
                "wget",
            ]
        },
        kept=("bin/busybox",),
    ),
    Image(
        name="python",
        packages=(
            *("python3", "python3-psycopg2", "python3-boto3"),
            *("ca-certificates", "netbase", "tzdata", "dash", "coreutils"),
        ),
        command=("python3",),
        links={
            "/usr/local/bin/python": "/usr/bin/python3",
            "/usr/local/bin/python3": "/usr/bin/python3",
            "/bin/sh": "dash",
        },
        environment={"LANG": "C.UTF-8"},
    ),
    Image(
        name="versitygw",
        packages=("busybox-static",),
        command=(),
        links={f"/bin/{name}": "busybox" for name in ("mkdir", "sh")},
        kept=("bin/busybox",),
        programs={"/usr/local/bin/versitygw": "versitygw"},
        entrypoint=("/usr/local/bin/versitygw",),
    ),
)
