"""Whether this machine and this platform repository are fit for work: programs, log-ins, backends, definitions, locks.

Everything is looked at and nothing is changed. What a single deployment needs is `preflight`'s.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlparse

from platform_components.azure_cli import at_hand
from platform_components.catalog import Catalog
from platform_components.environment import PROJECT
from platform_components.errors import Holder, InputError, OutsideError, PlatformError
from platform_components.exports import output_name
from platform_components.lifecycle import azure_cli, backends, cluster, locks, revisions, stack_file
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.preflight.findings import Check, Finding, answers
from platform_components.repository import catalog_of

OLDEST_ENGINE = (3, 255)
EXTRAS = {"lightkube": "cli", "rich": "cli", "psycopg": "postgres"}
"""Packages that verbs on stacks need, and the extra that brings each."""
PLUGINS = {"azure-native": "pulumi_azure_native", "kubernetes": "pulumi_kubernetes"}


def examined(platform: Path) -> tuple[Finding, ...]:
    """Everything there is to say about this machine and this platform repository."""
    checks = [
        Check("python", "packages", _packages),
        Check("az", "log-in", _azure),
        Check("kubelogin", "program", _kubelogin),
    ]
    try:
        catalog = catalog_of(platform)
    except InputError as error:
        problem = Finding("definitions", "definitions/", "problem", f"do not load: {error.what}", error.fix)
        return (*answers([Check("engine", "pulumi", lambda: _engine(platform))]), *answers(checks), problem)
    checks += [Check("definitions", "definitions/", lambda: _definitions(catalog))]
    first = answers([Check("engine", "pulumi", lambda: _engine(platform))])
    if any(one.state in ("problem", "unknown") for one in first):
        return (*first, *answers(checks))  # without an engine nobody can say anything of stacks
    for place, names in _places(catalog).items():
        engine = Engine(platform, place)
        subject = place.backend or "where the engine is logged in"
        checks.append(Check("backend", subject, partial(_backend, engine, subject, names)))
    return (*first, *answers(checks))


def _packages() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    library = importlib.metadata.version("platform-components")
    missing = sorted({extra for name, extra in EXTRAS.items() if importlib.util.find_spec(name) is None})
    if missing:
        fix = f"pip install 'platform-components[{','.join(missing)}]'"
        yield Finding("python", "packages", "problem", f"the extras {', '.join(missing)} are not installed", fix)
    else:
        yield Finding("python", "packages", "ok", f"Python {version}, platform-components {library}, all extras")


def _engine(platform: Path) -> Iterator[Finding]:
    try:
        engine = Engine(platform)
        said = str(engine.workspace.pulumi_version).lstrip("v")
    except OutsideError as error:
        yield Finding("engine", "pulumi", "problem", error.what, error.fix)
        return
    found = re.match(r"(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_ENGINE:
        oldest = ".".join(map(str, OLDEST_ENGINE))
        fix = f"install {oldest} or newer: https://www.pulumi.com/docs/install"
        yield Finding("engine", "pulumi", "problem", f"{said} is older than {oldest}", fix)
        return
    yield Finding("engine", "pulumi", "ok", f"{said}, with the SDK {importlib.metadata.version('pulumi')}")
    there = {(one["name"], one["version"]) for one in json.loads(engine.run("plugin", "ls", "--json"))}
    comes = os.environ.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() not in ("1", "true")
    for name, package in PLUGINS.items():
        wanted = importlib.metadata.version(package)
        if (name, wanted) in there or shutil.which(f"pulumi-resource-{name}"):
            yield Finding("engine", f"plugin {name}", "ok", f"{wanted} is installed")
        elif comes:
            yield Finding("engine", f"plugin {name}", "ok", f"{wanted} comes with the first deployment")
        else:
            fix = f"pulumi plugin install resource {name} {wanted}"
            yield Finding("engine", f"plugin {name}", "problem", f"{wanted} is not installed", fix)


def _azure() -> Iterator[Finding]:
    if not at_hand():
        fix = "install the Azure CLI, and log in: az login"
        yield Finding("az", "log-in", "problem", "no program `az` on PATH", fix)
        return
    try:
        account = azure_cli.az("account", "show")
    except OutsideError as error:
        yield Finding("az", "log-in", "problem", "; ".join((error.what, *error.details)), "az login")
        return
    wanted = os.environ.get("ARM_SUBSCRIPTION_ID") or account["id"]
    words = f"{account['user']['name']}, subscription {account['name']}"
    if wanted != account["id"]:
        words += f"; ARM_SUBSCRIPTION_ID names another one, {wanted}"
        yield Finding("az", "log-in", "warning", words, f"az account set --subscription {wanted}")
    else:
        yield Finding("az", "log-in", "ok", words)


def _kubelogin() -> Iterator[Finding]:
    if shutil.which("kubelogin"):
        yield Finding("kubelogin", "program", "ok", "is on PATH")
    else:
        yield Finding("kubelogin", "program", "problem", "no program `kubelogin` on PATH", "az aks install-cli")


def _definitions(catalog: Catalog) -> Iterator[Finding]:
    types = catalog.environment_types
    words = f"{len(catalog.definitions)} definitions, {len(types)} environment types"
    yield Finding("definitions", "definitions/", "ok", words)
    for name, one in sorted(types.items()):
        below = types.get((one.foundation or "").rpartition("/")[2])
        if below is not None and below.backend != one.backend:
            what = f"is kept in {one.backend}, its foundation in {below.backend}: it can't be found from there"
            yield Finding("definitions", name, "problem", what, "give both types the same `backend`")


def _places(catalog: Catalog) -> dict[backends.Place, list[str]]:
    """Each backend that there is to work with, and the environment types that are kept there."""
    if os.environ.get(backends.VARIABLE):
        return {backends.Place(os.environ[backends.VARIABLE]): sorted(catalog.environment_types)}
    found: dict[backends.Place, list[str]] = {}
    for name in sorted(catalog.environment_types):
        found.setdefault(backends.place_of(catalog.environment_types, name, {}), []).append(name)
    return found


def _backend(engine: Engine, subject: str, names: list[str]) -> Iterator[Finding]:
    try:
        who = json.loads(engine.run("whoami", "--json"))
        stacks = engine.stack_names()
    except PlatformError as error:
        words = "; ".join((error.what, *error.details))
        fix = f"needed for {', '.join(names)}: log in there, or correct `backend` in definitions/environments.yaml"
        yield Finding("backend", subject, "problem", f"can't be reached: {words}", fix)
        return
    yield Finding("backend", subject, "ok", f"as {who['user']}, {len(stacks)} stacks")
    foundations = [stack for stack in stacks if _type_of(engine, stack).startswith("foundation")]
    if stacks:
        yield from _secrets(engine, (foundations or list(stacks))[0])
    for stack in foundations:
        yield from _cluster(engine, stack)
    yield from _locks(engine, stacks)
    yield from _files(engine, stacks)


def _secrets(engine: Engine, stack: str) -> Iterator[Finding]:
    try:
        engine.run_privately("stack", "export", "--show-secrets", "-s", stack)
    except PlatformError as error:
        words = "; ".join((error.what, *error.details))
        yield Finding("secrets", stack, "problem", f"can't be opened: {words}", error.fix)
    else:
        yield Finding("secrets", stack, "ok", "can be opened")


def _cluster(engine: Engine, stack: str) -> Iterator[Finding]:
    kubeconfig = engine.outputs(stack).get(output_name("k8s-cluster.default#main", "kubeconfig"))
    if kubeconfig is None:
        return
    try:
        cluster.namespace_owner(cluster.Access(str(kubeconfig)), "kube-system")
    except OutsideError as error:
        yield Finding("cluster", stack, "problem", error.what, error.fix)
    else:
        yield Finding("cluster", stack, "ok", "lets this user in")


def _locks(engine: Engine, stacks: tuple[str, ...]) -> Iterator[Finding]:
    """Locks in a backend of files; other backends tell of a lock only to who runs into it."""
    where = urlparse(engine.backend)
    if where.scheme != "file":
        return
    root = Path(unquote(where.path)).expanduser() / ".pulumi" / "locks" / "organization" / PROJECT
    for stack in stacks:
        for file in sorted((root / stack).glob("*.json")):
            holder = _holder(file)
            if holder is None:
                continue
            if locks.is_gone(holder) and holder.host == os.uname().nodename:
                fix = f"the next `pave up` takes it on; or by hand: pulumi cancel --stack {stack}"
                yield Finding("lock", stack, "warning", f"is left over from {holder}, which has ended", fix)
            else:
                yield Finding("lock", stack, "ok", f"is held by {holder}")


def _holder(file: Path) -> Holder | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(str(found["timestamp"])[:19] + "+00:00")
        return Holder(str(found["username"]), str(found["hostname"]), int(found["pid"]), since)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it has just gone, or is none


def _files(engine: Engine, stacks: tuple[str, ...]) -> Iterator[Finding]:
    """Settings of branches' stacks that this checkout has, and another one has deployed since."""
    for stack in stacks:
        if not stack_file.path_of(engine.platform, stack).is_file():
            continue
        try:
            stale = revisions.is_stale(engine.platform, stack, engine.tags(stack))
        except InputError as error:
            yield Finding("stack file", stack, "problem", error.what, error.fix)
            continue
        if stale:
            what = "is older than what is deployed"
            yield Finding("stack file", stack, "warning", what, "nothing to do: the next `pave up` takes the newer one")


def _type_of(engine: Engine, stack: str) -> str:
    stored: Mapping[str, object] = stack_file.read(engine.platform, stack)
    return str(stored.get("type") or engine.tags(stack).get("pave:type", ""))
