"""The provider as a process, spoken to as the engine does; and programs run by the real engine."""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.kubernetes.values import Manifest, decoded, encoded

CHECKOUT = Path(__file__).parents[3]


class RefusedError(Exception):
    """A call that the provider refused, with what it says about an object that exists all the same."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.unready: provider_pb2.ErrorResourceInitFailed | None = None
        metadata: Any = error.trailing_metadata() or ()
        for key, value in metadata:
            if key == "grpc-status-details-bin":
                self.unready = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(self.unready)


class _Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.lines.append(request.message)
        return empty_pb2.Empty()


class Plugin:
    """One running provider plugin."""

    def __init__(self, environment: Mapping[str, str], inputs: Mapping[str, str]) -> None:
        self.engine = _Engine()
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.kubernetes.provider", f"127.0.0.1:{port}"],
            env={**environment, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.process.stdout.readline().strip()}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        variables = {f"kubernetes:config:{name}": value for name, value in inputs.items()}
        self.stub.Configure(provider_pb2.ConfigureRequest(variables=variables))

    def stop(self) -> None:
        """End the process, which must not have printed a traceback."""
        self._channel.close()
        self._server.stop(None).wait()
        self.process.terminate()
        _, printed = self.process.communicate(timeout=10)
        assert "Traceback" not in printed, printed

    def check(self, urn: str, inputs: Manifest, old: Manifest | None = None, seed: bytes = b"seed") -> Manifest:
        """The inputs as the provider completes them."""
        request = provider_pb2.CheckRequest(urn=urn, news=encoded(inputs), olds=encoded(old or {}), randomSeed=seed)
        return decoded(self._call("Check", request).inputs)

    def diff(self, urn: str, state: "Deployed", inputs: Manifest, ignored: tuple[str, ...] = ()) -> Any:
        """What the provider says of new inputs."""
        request = provider_pb2.DiffRequest(
            id=state.id,
            urn=urn,
            olds=encoded(state.outputs),
            old_inputs=encoded(state.inputs),
            news=encoded(self.check(urn, inputs, state.inputs)),
            ignoreChanges=ignored,
        )
        return self._call("Diff", request)

    def preview(self, urn: str, inputs: Manifest) -> Manifest:
        """What a preview shows of the creation."""
        properties = encoded(self.check(urn, inputs))
        request = provider_pb2.CreateRequest(urn=urn, properties=properties, preview=True)
        return decoded(self._call("Create", request).properties)

    def create(self, urn: str, inputs: Manifest, *, timeout: float = 60, seed: bytes = b"seed") -> "Deployed":
        """Create the object and wait for it."""
        checked = self.check(urn, inputs, seed=seed)
        request = provider_pb2.CreateRequest(urn=urn, properties=encoded(checked), timeout=timeout)
        made = self._call("Create", request)
        return Deployed(made.id, checked, decoded(made.properties))

    def update(
        self,
        urn: str,
        state: "Deployed",
        inputs: Manifest,
        *,
        preview: bool = False,
        timeout: float = 60,
        ignored: tuple[str, ...] = (),
    ) -> "Deployed":
        """Update the object and wait for it."""
        checked = self.check(urn, inputs, state.inputs)
        request = provider_pb2.UpdateRequest(
            id=state.id,
            urn=urn,
            olds=encoded(state.outputs),
            old_inputs=encoded(state.inputs),
            news=encoded(checked),
            preview=preview,
            timeout=timeout,
            ignoreChanges=ignored,
        )
        return Deployed(state.id, checked, decoded(self._call("Update", request).properties))

    def read(self, urn: str, identifier: str, state: "Deployed | None" = None) -> "Deployed | None":
        """The object as it is now; None when it is gone."""
        request = provider_pb2.ReadRequest(id=identifier, urn=urn)
        if state is not None:
            request.properties.CopyFrom(encoded(state.outputs))
            request.inputs.CopyFrom(encoded(state.inputs))
        found = self._call("Read", request)
        return Deployed(found.id, decoded(found.inputs), decoded(found.properties)) if found.id else None

    def delete(self, urn: str, state: "Deployed", *, timeout: float = 60) -> None:
        """Delete the object and wait until it is gone."""
        request = provider_pb2.DeleteRequest(
            id=state.id,
            urn=urn,
            properties=encoded(state.outputs),
            old_inputs=encoded(state.inputs),
            timeout=timeout,
        )
        self._call("Delete", request)

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request)
        except grpc.RpcError as error:
            raise RefusedError(error) from None


class Deployed:
    """A resource as the engine's state has it."""

    def __init__(self, identifier: str, inputs: Manifest, outputs: Manifest) -> None:
        self.id = identifier
        self.inputs = inputs
        self.outputs = outputs


def urn_of(token: str, name: str = "thing") -> str:
    return f"urn:pulumi:stack::project::{token}::{name}"


class Project:
    """A Pulumi program in a folder of its own, run by the real engine with a backend of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.backend = folder / "backend"
        self.backend.mkdir()
        self.environment = {
            **environment,
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PYTHONWARNINGS": "ignore",
        }
        (folder / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
        self.pulumi("stack", "init", "stack")

    def write(self, program: str) -> None:
        """The program to run from now on."""
        (self.folder / "__main__.py").write_text(program)

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """What the command printed; an error unless it ends as expected."""
        finished = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        printed = finished.stdout + finished.stderr
        assert (finished.returncode != 0) == fails, printed
        assert "Traceback" not in printed, printed
        return printed

    def up(self, *arguments: str, fails: bool = False) -> str:
        """Deploy."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, fails=fails)

    def kept(self) -> str:
        """Everything that the engine wrote into the project and its backend."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
        return "".join(path.read_text() for path in files)

    def resources(self) -> dict[str, Manifest]:
        """The resources in the state, by name."""
        exported = json.loads(self.pulumi("stack", "export"))
        found = exported["deployment"].get("resources") or []
        return {entry["urn"].rpartition("::")[2]: entry for entry in found}
