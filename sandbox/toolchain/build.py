"""Carries out the steps of a part in a folder: compile, copy out of a module, install a package.

Whether a part is needed and where it ends up is ensure.py's.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.toolchain.debian import fetch
from sandbox.toolchain.parts import (
    RECIPES,
    DebianPackages,
    GoCopies,
    GoModuleFiles,
    GoProgram,
    NodePackage,
    NodeProgram,
    Part,
    Step,
)
from sandbox.toolchain.progress import CommandFailedError, Life, is_package, run

GO_FLAGS = ("-trimpath", "-mod=readonly", "-buildvcs=false")
# No C compiler is needed, and a go.work around the checkout is not meant.
GO_ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
NODE_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")

_SHOWN_LINES = 12
_NO_NETWORK = (
    r"dial tcp|lookup .*: |i/o timeout|connection refused|TLS handshake|proxyconnect|x509:|unexpected EOF"
    r"|40[0-9] |50[0-9] |module lookup disabled|E40[0-9]|ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN"
)
# What a failure looks like, and what helps against it; the first that is found counts.
_REMEDIES = {
    r"no space left on device": "make room, or set PLATFORM_TOOLCHAIN_CACHE and GOCACHE to a larger disk",
    r"SECURITY ERROR|checksum mismatch|EINTEGRITY": "this is not what the recipe pins: check GOPROXY, npm's registry",
    _NO_NETWORK: "check the network, HTTPS_PROXY, GOPROXY, npm's registry; what is built stays built",
    r"EBADPLATFORM|notsup": "there is none for this machine: put PostgreSQL 16 or newer, built with TLS, on PATH",
    r"requires go >=|file indicates go|cannot find package|undefined: ": "check `go version`: this is for Go 1.26",
    r"signal: killed|cannot allocate memory": "the compiler ran out of memory: free 2 GB, run it again",
}
_OTHERWISE = "run it again; if it stays, `go clean -cache` starts over from the sources"


class ToolchainError(SandboxError):
    """A part could not be built: which, at which module, the compiler's last words, and what to do."""


def build(part: Part, folder: Path, *, environment: Mapping[str, str], life: Life) -> None:
    """Carries out every step of `part` in `folder`."""
    for step in part.steps:
        try:
            _carry_out(step, folder, environment, life)
        except CommandFailedError as failure:
            raise _explained(part, step, failure) from None


def _carry_out(step: Step, folder: Path, environment: Mapping[str, str], life: Life) -> None:
    match step:
        case GoProgram():
            _compile(step, folder, environment, life)
        case GoModuleFiles():
            _copy_from_module(step, folder, environment, life)
        case GoCopies():
            _compile_copies(step, folder, environment, life)
        case NodePackage():
            _install(step, folder, environment, life)
        case NodeProgram():
            shutil.copytree(RECIPES / step.recipe, folder, dirs_exist_ok=True)
            run(["npm", "ci", *NODE_FLAGS], cwd=folder, env=environment, life=life)
        case DebianPackages():
            fetch(step.packages, folder / step.folder, environment=environment, life=life, closure=False)


def _compile(step: GoProgram, folder: Path, environment: Mapping[str, str], life: Life) -> None:
    target = folder / "bin" / step.output
    link = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in step.variables.items())])
    argv = ["go", "build", "-v", *GO_FLAGS, "-ldflags", link, "-o", str(target), step.package]
    run(argv, cwd=RECIPES / step.recipe, env={**environment, **GO_ENVIRONMENT}, life=life)
    for name in step.links:
        (target.parent / name).symlink_to(step.output)


def _copy_from_module(step: GoModuleFiles, folder: Path, environment: Mapping[str, str], life: Life) -> None:
    argv = ["go", "list", "-mod=readonly", "-m", "-json", step.module]
    recipe = RECIPES / step.recipe
    go = {**environment, **GO_ENVIRONMENT}
    run(["go", "mod", "download", step.module], cwd=recipe, env=go, life=life)
    module = Path(json.loads("\n".join(run(argv, cwd=recipe, env=go, life=life)))["Dir"])
    target = folder / step.folder
    target.mkdir(exist_ok=True)
    for pattern in step.files:
        for file in sorted(module.glob(pattern)):
            copy = target / file.name
            shutil.copyfile(file, copy)  # the module cache is read-only, and so would copied modes be
            copy.chmod(0o755 if step.executable else 0o644)


def _compile_copies(step: GoCopies, folder: Path, environment: Mapping[str, str], life: Life) -> None:
    recipe, work = RECIPES / step.recipe, folder / "build"
    go = {**environment, **GO_ENVIRONMENT}
    main = _copy_of(step.module, recipe, work, go, life)
    for module in dict.fromkeys(module for module, _, _ in step.written if module != step.module):
        copy = _copy_of(module, main, work, go, life)
        run(["go", "mod", "edit", f"-replace={module}={copy}"], cwd=main, env=go, life=life)
    for module, file, source in step.written:
        target = work / module / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(recipe / source, target)
    argv = ["go", "build", "-v", "-trimpath", "-buildvcs=false", "-mod=mod", "-ldflags", "-s -w"]
    run([*argv, "-o", str(folder / "bin" / step.output), step.package], cwd=main, env=go, life=life)
    shutil.rmtree(work)


def _copy_of(module: str, pinned_in: Path, work: Path, go: Mapping[str, str], life: Life) -> Path:
    """A copy of a module that may be written to; the cache's is read-only."""
    said = run(["go", "mod", "download", "-json", module], cwd=pinned_in, env=go, life=life)
    copy = work / module
    shutil.copytree(json.loads("\n".join(said))["Dir"], copy)
    for each in (copy, *copy.rglob("*")):
        each.chmod(each.stat().st_mode | 0o200)
    return copy


def _install(step: NodePackage, folder: Path, environment: Mapping[str, str], life: Life) -> None:
    work = folder / "install"
    shutil.copytree(RECIPES / step.recipe, work)
    run(["npm", "ci", *NODE_FLAGS], cwd=work, env=environment, life=life)
    package = work / "node_modules" / step.package
    run(["node", step.script], cwd=package, env=environment, life=life)
    for entry in (package / step.folder).iterdir():
        entry.rename(folder / entry.name)
    shutil.rmtree(work)


def _explained(part: Part, step: Step, failure: CommandFailedError) -> ToolchainError:
    lines = [line for line in failure.lines if not is_package(line) and not line.startswith("go: downloading ")]
    text = "\n".join(lines)
    remedy = next((remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, text)), _OTHERWISE)
    return ToolchainError(
        f"toolchain: could not build part '{part.name}' ({part.title}), at {_culprit(step, text)}",
        details=lines[-_SHOWN_LINES:],
        fix=remedy,
    )


def _culprit(step: Step, text: str) -> str:
    """The module or package the output blames, else the recipe's own."""
    module = re.search(r"([a-z0-9.-]+\.[a-z]+(?:/[\w.~-]+)+@v[\w.+-]+)", text)
    if module:
        return f"module {module[1]}"
    package = re.search(r"^# (\S+)", text, re.MULTILINE)
    if package:
        return f"package {package[1]}"
    match step:
        case GoProgram():
            culprit = f"package {step.package} of recipe {step.recipe}"
        case GoModuleFiles() | GoCopies():
            culprit = f"module {step.module}"
        case NodePackage() | NodeProgram():
            culprit = f"npm package {step.package}"
        case DebianPackages():
            culprit = f"Debian's packages {', '.join(step.packages)}"
    return culprit
