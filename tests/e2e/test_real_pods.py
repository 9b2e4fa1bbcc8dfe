"""Pods that really run: the developer's container answers over HTTPS with a row of its database (`make test-pods`).

For root. A sandbox of its own; what is promised of it is looked at from outside, and from inside of the container.
"""

import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.node import cgroups
from sandbox.node.addresses import Addresses
from sandbox.pods import why_not
from sandbox.proof import resolve
from sandbox.state import azure_address
from tests.conftest import CHECKOUT, Sandbox, sandbox_command, started
from tests.e2e.conftest import Pave
from tests.e2e.test_failed_runs import IMPATIENT

pytestmark = [pytest.mark.e2e, pytest.mark.pods]

BRANCH = ("--app", "shop", "--branch", "feature/login")
WEB = str(CHECKOUT / "examples/web")
LOOPS = int(os.environ.get("LOOPS", "2"))


@pytest.fixture(scope="module")
def real() -> Iterator[Sandbox]:
    if reason := why_not():
        # Asked for (`make test-pods`), it is no reason to go without
        (pytest.fail if os.environ.get("SANDBOX_PODS") == "real" else pytest.skip)(f"pods can't run here: {reason}")
    with started("pods", "--pods", "real") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def web(real: Sandbox, platform: Path) -> Pave:
    """The foundation, and a branch with one workload that has a database, a bucket and a route."""
    pave = Pave(real, platform)
    pave.run("up", "--env", "foundation-nonproduction", "--yes")
    pave.run("up", WEB, *BRANCH, "--yes")
    return pave


class Visitor:
    """Whoever opens the environment's URL."""

    def __init__(self, pave: Pave) -> None:
        url = pave.json("show", *BRANCH)["urls"]["web"]
        self.host = url.removeprefix("https://").rstrip("/")
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


def inside(pave: Pave, program: str, branch: tuple[str, ...] = BRANCH) -> Any:
    """What a Python program prints, as JSON, that runs in the container."""
    namespace = pave.json("show", *branch)["namespace"]
    done = pave.execute("kubectl", "exec", "-n", namespace, "deployment/web", "--", "python", "-c", program)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_url_answers_with_a_row_and_an_object_that_the_container_wrote(web: Pave) -> None:
    visitor = Visitor(web)

    first, second = visitor.get(), visitor.get()

    assert first[0] == second[0] == 200
    assert first[1].startswith("Hello from web, visit ")
    assert int(second[1].rpartition(" ")[2]) == int(first[1].rpartition(" ")[2]) + 1


def test_a_changed_variable_changes_the_answer_and_no_request_fails_meanwhile(web: Pave) -> None:
    visitor, answers, done = Visitor(web), Counter[tuple[int, str]](), threading.Event()

    def visit() -> None:
        while not done.is_set():
            try:
                status, text = visitor.get()
                answers[status, text.partition(",")[0]] += 1
            except OSError as error:
                answers[0, repr(error)] += 1
            time.sleep(0.02)

    visiting = threading.Thread(target=visit)
    visiting.start()
    try:
        greeting = "containers.web.variables.GREETING=Bonjour"
        web.run("up", WEB, *BRANCH, "--override-property", greeting, "--yes")
        time.sleep(3)
    finally:
        done.set()
        visiting.join()

    assert set(answers) == {(200, "Hello from web"), (200, "Bonjour")}, answers
    assert visitor.get()[1].startswith("Bonjour")


def test_a_container_reaches_what_is_its_own_and_nothing_else(web: Pave) -> None:
    settings = web.sandbox.state.load_settings()
    addresses = Addresses.of(settings)
    database = web.json("show", *BRANCH)["resources"][0]["shown"].partition(":")[0]
    places = {
        "database": (database, 5432),
        "api": (addresses.control, settings["apiserver_port"]),
        "api service": (addresses.api_service, 443),
        "gateway": (Visitor(web).address, 443),
        "azure": (azure_address(settings), 443),
        "azurite": (azure_address(settings), 10000),
        "etcd": (addresses.control, settings["etcd_port"]),
        "controller manager": (addresses.control, settings["controller_manager_port"]),
        "host": (addresses.host, settings["apiserver_port"]),
        "internet": ("192.0.2.7", 80),
    }
    program = f"""
import json, socket
def reached(place):
    try:
        socket.create_connection(tuple(place), 2).close()
        return True
    except OSError:
        return False
print(json.dumps({{name: reached(place) for name, place in json.loads('{json.dumps(places)}').items()}}))
"""
    found = inside(web, program)

    assert {name for name, open_ in found.items() if open_} == {*("database", "api", "api service", "gateway", "azure")}


def test_a_container_knows_services_by_name_and_the_sandboxs_own_hosts(web: Pave) -> None:
    host = Visitor(web).host
    program = f"""
import json, os, socket
print(json.dumps([socket.gethostbyname(name) for name in ("web", "{host}")] + [os.getuid()]))
"""
    service, gateway, user = inside(web, program)

    assert service.startswith(Addresses.of(web.sandbox.state.load_settings()).services.rpartition(".")[0])
    assert gateway == Visitor(web).address
    assert user != 0


def test_logs_are_what_the_container_has_written(web: Pave) -> None:
    excerpts = web.json("logs", *BRANCH, "--workload", "web")

    assert "serving on 8080" in [line for one in excerpts for line in one["lines"]]


OTHER = ("--app", "shop", "--branch", "feature/cart")
USE_OF_A_BUCKET = """
import boto3, io, json, os, urllib.request
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

config = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], config=config)
bucket = os.environ["S3_BUCKET"]
said = {}
client.put_object(Bucket=bucket, Key="a/small", Body=b"small", ContentType="text/plain", Metadata={"who": "me"})
found = client.get_object(Bucket=bucket, Key="a/small")
said["small"] = [found["Body"].read().decode(), found["ContentType"]]
said["range"] = client.get_object(Bucket=bucket, Key="a/small", Range="bytes=1-2")["Body"].read().decode()
large = os.urandom(12 << 20)
parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
client.upload_fileobj(io.BytesIO(large), bucket, "a/large", Config=parts)
said["large"] = client.get_object(Bucket=bucket, Key="a/large")["Body"].read() == large
client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a/small"})
said["listed"] = [one["Key"] for one in client.list_objects_v2(Bucket=bucket, Prefix="a/")["Contents"]]
said["buckets"] = [one["Name"] for one in client.list_buckets()["Buckets"]]
put = client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "signed"})
urllib.request.urlopen(urllib.request.Request(put, data=b"signed", method="PUT"))
get = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "signed"})
said["signed"] = urllib.request.urlopen(get).read().decode()
client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a/large"}, {"Key": "copy"}]})
said["left"] = [one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"] if one["Key"][0] != "v"]
print(json.dumps(said))
"""
USE_OF_ANOTHERS_BUCKET = """
import boto3, json, os
from botocore.config import Config
from botocore.exceptions import ClientError

def said(endpoint, **keys):
    once = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
    client = boto3.client("s3", endpoint_url=endpoint, config=once, **keys)
    try:
        return client.list_objects_v2(Bucket=os.environ["S3_BUCKET"])["KeyCount"] >= 0
    except ClientError as error:
        return error.response["Error"]["Code"]

other, theirs = "OTHER", {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "x" * 32}
print(json.dumps([said(os.environ["S3_ENDPOINT"]), said(other), said(os.environ["S3_ENDPOINT"], **theirs)]))
"""


def test_a_bucket_is_used_as_one_of_s3s(web: Pave) -> None:
    assert inside(web, USE_OF_A_BUCKET) == {
        "small": ["small", "text/plain"],
        "range": "ma",
        "large": True,
        "listed": ["a/large", "a/small"],
        "buckets": ["data"],
        "signed": "signed",
        "left": ["a/small", "signed"],
    }


def test_the_keys_of_an_environment_open_its_own_bucket_alone_and_a_new_one_is_empty(web: Pave) -> None:
    web.run("up", WEB, *OTHER, "--yes")
    other = web.json("show", *OTHER)
    endpoint = other["variables"]["web/web"]["S3_ENDPOINT"]

    assert inside(web, USE_OF_ANOTHERS_BUCKET.replace("OTHER", endpoint)) == [
        True,
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
    ]
    assert Visitor(web).get()[0] == 200
    inside(web, USE_OF_A_BUCKET, OTHER)
    web.run("destroy", *OTHER, "--yes")
    web.run("up", WEB, *OTHER, "--yes")
    assert inside(web, USE_OF_A_BUCKET.partition("said = {}")[0] + _LISTED, OTHER) == 0
    web.run("destroy", *OTHER, "--yes")


_LISTED = 'print(client.list_objects_v2(Bucket=bucket)["KeyCount"])'


FAILING = {
    "ends": ("[python, -c, 'print(1)']", "a workload has to keep running"),
    "crashes": ("[python, -c, 'import sys; sys.exit(3)']", "exit code 3"),
    "grows": ("[python, -c, 'x = bytearray(10**9)']", "OOMKilled"),
}


@pytest.fixture(scope="module")
def impatient(web: Pave) -> Iterator[Pave]:
    """A platform whose workloads of one app have fifteen seconds to become ready."""
    definition = web.platform / "definitions" / "impatient.yaml"
    definition.write_text(IMPATIENT)
    yield web
    definition.unlink()


@pytest.mark.parametrize("how", [*FAILING, "is missing", "insists on root"])
def test_a_container_that_does_not_run_says_why(impatient: Pave, how: str) -> None:
    command, words = FAILING.get(how, ("[python]", ""))
    image = "registry.example/team/nothing:1" if how == "is missing" else "python"
    if how == "is missing":
        words = "registry.example/team/nothing:1"
    if how == "insists on root":
        command, words = "[python, -c, 'import sys; sys.exit(\"must be run as root\")']", "nothing runs as root here"
    score = impatient.platform / "failing.yaml"
    score.write_text(
        "apiVersion: score.dev/v1b1\nmetadata: {name: bad}\ncontainers:\n"
        f"  bad: {{image: '{image}', command: {command}, resources: {{limits: {{memory: 64Mi}}}}}}\n"
    )
    where = ("--app", "luck", "--branch", how.replace(" ", "-"))

    started_at = time.monotonic()
    failed = impatient.run("up", str(score), *where, "--yes", code=4)

    assert words in failed.stderr
    assert time.monotonic() - started_at < 60
    impatient.run("destroy", *where, "--yes")


def test_it_comes_up_again_after_a_kill_of_everything_and_goes_without_a_trace(web: Pave) -> None:
    """Killed as `kill -9` kills; up and down in a loop."""
    state = web.sandbox.state
    link = Addresses.of(state.load_settings()).link
    mounts = _mounts(state.root)

    process = json.loads((state.processes / "node.json").read_text())["pid"]
    os.kill(process, 9)
    sandbox_command("up", state=state.root)
    visitor = Visitor(web)
    until = time.monotonic() + 30
    while (answer := visitor.get())[0] != 200 and time.monotonic() < until:
        time.sleep(0.5)
    assert answer[0] == 200

    for _ in range(LOOPS):
        sandbox_command("down", state=state.root)
        assert not (Path("/sys/class/net") / link).exists()
        assert cgroups.left(link) == []
        assert _mounts(state.root) == mounts == []
        assert _processes(str(state.root)) == []
        sandbox_command("up", state=state.root)


def _mounts(root: Path) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(root) in line]


def _processes(text: str) -> list[str]:
    """Command lines with this text, of processes other than these tests' own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
        except OSError:
            continue
        if text in command and "pytest" not in command:
            found.append(command)
    return found
