"""The environment in which plain `pulumi`, `kubectl` and `psql` work on the sandbox, and the small programs it names.

The stand-ins attach here, from outside: as plugins in the sandbox's `PULUMI_HOME` and as programs first on `PATH`.
"""

import importlib.metadata
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.certificates import authority
from sandbox.errors import SandboxError
from sandbox.state import CHECKOUT, State, control_address, write_private

SUBSCRIPTION_ID = "5a4d0b0c-0000-4000-8000-00005a4db0c5"
TENANT_ID = "7e4a4700-0000-4000-8000-0000007e4a47"
"""Made up: no Azure account is behind them."""

PASSPHRASE = "sandbox"
"""What secrets in stacks are encrypted with. No secret itself: the sandbox hides nothing from its user."""

# Provider plugin, the Python package whose version the engine asks for, and the stand-in's module.
_PLUGINS = (
    ("azure-native", "pulumi_azure_native", "sandbox.azure.provider"),
    ("kubernetes", "pulumi_kubernetes", "sandbox.kubernetes.provider"),
)
# What the stand-ins are told by the person's own environment
_PASSED = tuple(
    f"SANDBOX_{name}"
    for name in ("ARM_TYPES", "AZURE_FAULTS", "AZURE_LATENCY", "AZURE_QUOTAS", "AZURE_ROLES", "AZURE_UNOFFERED")
)
_PROGRAMS = {"az": "sandbox.credentials.az", "kubelogin": "sandbox.credentials.kubelogin"}


def variables(state: State, environment: Mapping[str, str]) -> dict[str, str]:
    """Everything that differs from `environment` inside the sandbox."""
    settings = state.load_settings()
    first = [str(state.bin), str(Path(sys.prefix) / "bin"), *settings["toolchain_path"]]
    rest = [folder for folder in environment.get("PATH", os.defpath).split(os.pathsep) if folder not in first]
    passed = {name: environment[name] for name in _PASSED if environment.get(name)}
    return {
        "SANDBOX_STATE": str(state.root),
        "SANDBOX_DNS": f"{control_address(settings)}:{settings['dns_port']}",
        "PAVE_DNS": f"{control_address(settings)}:{settings['dns_port']}",
        **passed,
        "KUBECONFIG": str(state.kubeconfig),
        "PULUMI_HOME": str(state.pulumi),
        "PULUMI_BACKEND_URL": f"file://{state.backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # Downloads of plugins would fail after seconds of waiting, at every run.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "ARM_TENANT_ID": TENANT_ID,
        "PGSSLROOTCERT": str(authority(state).certificate),
        "PATH": os.pathsep.join([*first, *rest]),
    }


def write_programs(state: State) -> None:
    """Writes the stand-ins' plugins and programs, unless an official plugin is at hand."""
    for name, package, module in _PLUGINS:
        program = f"pulumi-resource-{name}"
        for old in (state.pulumi / "plugins").glob(f"resource-{name}-v*"):
            shutil.rmtree(old)
        if shutil.which(program) is None:
            folder = state.pulumi / "plugins" / f"resource-{name}-v{_version(package)}"
            folder.mkdir(parents=True)
            _write_program(state, folder / program, module)
    for name, module in _PROGRAMS.items():
        _write_program(state, state.bin / name, module)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise SandboxError(
            f"{package} is not installed in {sys.prefix}", fix="install what the sandbox needs: make environment"
        ) from None


def _write_program(state: State, file: Path, module: str) -> None:
    lines = [
        "#!/bin/sh",
        f"PYTHONPATH={shlex.quote(str(CHECKOUT))}${{PYTHONPATH:+:$PYTHONPATH}}",
        f"SANDBOX_STATE={shlex.quote(str(state.root))}",
        "export PYTHONPATH SANDBOX_STATE",
        # The engine ends a plugin by ending this process, so Python must be the same one.
        f'exec {shlex.quote(sys.executable)} -m {module} "$@"',
    ]
    write_private(file, "\n".join(lines) + "\n", mode=0o700)
