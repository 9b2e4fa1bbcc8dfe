"""Looking at pods that run: from outside as whoever opens the URL, from inside as the container's own program."""

import http.client
import json
import socket
import ssl
from typing import Any

from sandbox.proof import resolve
from tests.e2e.conftest import Pave

IMPATIENT = """id: workload-that-is-not-waited-for
type: workload
driver: kubernetes/workload
criteria: [{app_id: luck}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
  identity: {type: workload-identity, id: main}
  gateway: {type: gateway, id: main}
inputs:
  cluster: ${uses.cluster}
  namespace: ${uses.namespace}
  identity: ${uses.identity}
  gateway: ${uses.gateway}
  deadline_seconds: 15
"""


class Visitor:
    """Whoever opens the URL of a workload."""

    def __init__(self, pave: Pave, branch: tuple[str, ...], workload: str = "web") -> None:
        url = pave.json("show", *branch)["urls"][workload]
        self.host = url.removeprefix("https://").partition("/")[0]
        self.address = resolve(self.host, pave.sandbox.environment["SANDBOX_DNS"])[0]
        authority = pave.sandbox.state.certificates / "ca.crt"
        self._trusting = ssl.create_default_context(cafile=str(authority))

    def get(self, path: str = "/") -> tuple[int, str]:
        """Status and text of one answer over a connection of its own."""
        with socket.create_connection((self.address, 443), timeout=5) as plain:
            secured = self._trusting.wrap_socket(plain, server_hostname=self.host)
            connection = http.client.HTTPSConnection(self.host, context=self._trusting)
            connection.sock = secured
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode().strip()
            connection.close()
        return answer.status, text


class Namespace:
    """An environment's pods."""

    def __init__(self, pave: Pave, branch: tuple[str, ...]) -> None:
        self.name = pave.json("show", *branch)["namespace"]
        self._pave = pave

    def run(self, workload: str, *command: str, container: str = "") -> str:
        """What a command prints in a container of a workload, a Deployment unless it says `KIND/NAME`."""
        target = workload if "/" in workload else f"deployment/{workload}"
        choice = ("-c", container) if container else ()
        return self.kubectl("exec", target, *choice, "--", *command)

    def python(self, workload: str, program: str) -> Any:
        """What a Python program prints there, as JSON."""
        return json.loads(self.run(workload, "python", "-c", program))

    def object(self, *what: str) -> Any:
        """An object of the namespace, or a list."""
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def kubectl(self, *arguments: str) -> str:
        """What `kubectl` prints of the namespace."""
        done = self._pave.execute("kubectl", "-n", self.name, *arguments)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)
