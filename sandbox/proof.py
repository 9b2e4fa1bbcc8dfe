"""The demo's proof: what was deployed is read back and used, the way a kubelet and a client would.

Nothing here knows a password beforehand: the connection string comes out of the pod template and its Secret.
"""

import base64
import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import psycopg
import urllib3

from sandbox.errors import SandboxError
from sandbox.state import State


@dataclass(frozen=True)
class Fact:
    """One line of the proof."""

    text: str
    holds: bool


class Cluster:
    """The API server as `kubectl` with the sandbox's kubeconfig sees it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """One object. Raises `SandboxError` when it is not there."""
        answer = subprocess.run(
            ["kubectl", "get", kind, name, "--namespace", namespace, "--output", "json"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise SandboxError(f"{kind} {namespace}/{name}: {answer.stderr.strip()}")
        found: dict[str, Any] = json.loads(answer.stdout)
        return found

    def container_environment(self, deployment: str, container: str, namespace: str) -> dict[str, str]:
        """The environment that a kubelet gives a container: plain values, and those from Secrets and ConfigMaps."""
        template = self.get("deployment", deployment, namespace)["spec"]["template"]["spec"]
        found = next(one for one in template["containers"] if one["name"] == container)
        return {entry["name"]: self._value(entry, namespace) for entry in found.get("env", [])}

    def _value(self, entry: Mapping[str, Any], namespace: str) -> str:
        source = entry.get("valueFrom", {})
        if "secretKeyRef" in source:
            reference = source["secretKeyRef"]
            data = self.get("secret", reference["name"], namespace)["data"]
            return base64.b64decode(data[reference["key"]]).decode()
        if "configMapKeyRef" in source:
            reference = source["configMapKeyRef"]
            return str(self.get("configmap", reference["name"], namespace)["data"][reference["key"]])
        return str(entry.get("value", "")).replace("$$", "$")


def use_database(connection_string: str) -> str:
    """Log in over TLS, create a table, write and read a row; returns the server's version. The table stays."""
    with psycopg.connect(connection_string, connect_timeout=10, autocommit=True) as connection:
        encrypted = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        if encrypted != (True,):
            raise SandboxError("the connection is not encrypted")
        connection.execute("CREATE TABLE IF NOT EXISTS greeting (id int PRIMARY KEY, word text)")
        connection.execute("INSERT INTO greeting VALUES (1, 'hello') ON CONFLICT DO NOTHING")
        row = connection.execute("SELECT word FROM greeting WHERE id = 1").fetchone()
        if row != ("hello",):
            raise SandboxError(f"the row that was written came back as {row}")
        return connection.info.parameter_status("server_version") or "?"


def resolve(host: str, server: str) -> list[str]:
    """The addresses of a host, as the name server at `address:port` answers."""
    address, _, port = server.rpartition(":")
    answer = dns.query.udp(dns.message.make_query(host, dns.rdatatype.A), address, port=int(port), timeout=5)
    return [str(item) for rrset in answer.answer for item in rrset if item.rdtype == dns.rdatatype.A]


def prove(pave: str, environment: Mapping[str, str], app: str, branch: str) -> bool:
    """Print the proof, line by line; true when all of it holds."""
    held = True
    for fact in facts(pave, environment, app, branch):
        print(f"  {'ok  ' if fact.holds else 'FAIL'}  {fact.text}", flush=True)
        held = held and fact.holds
    print(
        "  --    not exercised: pods are made ready by kwok and do not run, so neither does the S3 endpoint, and the\n"
        "        gateway serves no traffic; storage, identities and the gateway's address are the Azure stand-in's"
    )
    return held


def prove_real(pave: str, environment: Mapping[str, str], state: State, app: str, branch: str) -> bool:
    """Print the answers of the containers themselves, and how to ask them by hand; true when all have answered well."""
    held = True
    authority = state.certificates / "ca.crt"
    for name, url in _shown(pave, environment, app, branch)["urls"].items():
        host = urllib3.util.parse_url(url).host or ""
        address = resolve(host, environment["SANDBOX_DNS"])[0]
        fact = _fact(f"{url} answers out of the container of {name}", partial(answer, host, address, authority))
        print(f"  {'ok  ' if fact.holds else 'FAIL'}  {fact.text}", flush=True)
        print(f"\n  curl --cacert {authority} --resolve {host}:443:{address} {url}\n", flush=True)
        held = held and fact.holds
    print(
        "  --    simulated: Azure itself; its sign-in and its identities are the sandbox's, its storage is Azurite,\n"
        "        and the gateway is Traefik in the place of the one that AKS brings"
    )
    return held


def answer(host: str, address: str, authority: Path, *, seconds: float = 10) -> str:
    """The text of `GET /`, over TLS that is checked; a gateway may take a moment to know a new route."""
    trusting = ssl.create_default_context(cafile=str(authority))
    until = time.monotonic() + seconds
    while True:
        connections = urllib3.HTTPSConnectionPool(
            address, 443, ssl_context=trusting, server_hostname=host, assert_hostname=host, retries=False, timeout=5
        )
        answer = connections.request("GET", "/", headers={"Host": host})
        text = answer.data.decode(errors="replace").strip()
        if answer.status == 200:
            return text.partition("\n")[0]
        if time.monotonic() > until:
            raise SandboxError(f"status {answer.status}: {text[:100]}")
        time.sleep(0.2)


def _shown(pave: str, environment: Mapping[str, str], app: str, branch: str) -> dict[str, Any]:
    answer = subprocess.run(
        [pave, "show", "--app", app, "--branch", branch, "--json"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def facts(pave: str, environment: Mapping[str, str], app: str, branch: str) -> Iterator[Fact]:
    """Everything that can be checked of the demo's environment without running its pods."""
    shown = _shown(pave, environment, app, branch)
    namespace = shown["namespace"]
    cluster = Cluster(environment)
    for workload, variable in (("python-service", "CONNECTION_STRING"), ("web", "DATABASE_URL")):
        values = cluster.container_environment(workload, workload, namespace)
        text = f"{workload}: {variable} of its container logs in to PostgreSQL over TLS and makes a table"
        yield _fact(text, lambda values=values, variable=variable: f"server {use_database(values[variable])}")  # type: ignore[misc]
    for row in shown["resources"]:
        if row["resource"].startswith("dns."):
            host = row["shown"]
            yield _fact(f"{host} resolves", lambda host=host: ", ".join(resolve(host, environment["SANDBOX_DNS"])))  # type: ignore[misc]
    route = subprocess.run(
        ["kubectl", "get", "httproutes", "--namespace", namespace, "--output", "json"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    hosts = [host for item in json.loads(route.stdout)["items"] for host in item["spec"].get("hostnames", [])]
    yield Fact(f"a route leads from {', '.join(hosts) or 'nowhere'} to web", bool(hosts))


def _fact(text: str, check: Callable[[], str]) -> Fact:
    try:
        detail = check()
    except (
        psycopg.Error,
        dns.exception.DNSException,
        urllib3.exceptions.HTTPError,
        OSError,
        KeyError,
        SandboxError,
    ) as error:
        return Fact(f"{text}: {error}", False)
    return Fact(f"{text} ({detail})" if detail else f"{text}: nothing came back", bool(detail))
