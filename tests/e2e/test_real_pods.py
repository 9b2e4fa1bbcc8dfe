"""Pods that really run: the developer's container answers over HTTPS with a row and an object of its own.

For root. A sandbox of its own; what is promised of it is looked at from outside, and from inside of the container.
"""

import json
import os
import pwd
import subprocess
import sys
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
from sandbox.processes import as_user
from sandbox.state import azure_address
from sandbox.toolchain.cache import cache_root
from tests.conftest import CHECKOUT, Sandbox, sandbox_command, started
from tests.e2e.conftest import Pave
from tests.e2e.real import IMPATIENT, Namespace, Visitor

pytestmark = [pytest.mark.e2e]
at_length = pytest.mark.pods
"""Left to `make test-pods`."""

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


def inside(pave: Pave, program: str, branch: tuple[str, ...] = BRANCH) -> Any:
    """What a Python program prints, as JSON, that runs in the container of `web`."""
    return Namespace(pave, branch).python("web", program)


def test_the_url_answers_with_a_row_and_an_object_that_the_container_wrote(web: Pave) -> None:
    visitor = Visitor(web, BRANCH)

    first, second = visitor.get(), visitor.get()

    assert first[0] == second[0] == 200
    assert first[1].startswith("Hello from web, visit ")
    assert int(second[1].rpartition(" ")[2]) == int(first[1].rpartition(" ")[2]) + 1


@at_length
def test_a_changed_variable_changes_the_answer_and_no_request_fails_meanwhile(web: Pave) -> None:
    visitor, answers, done = Visitor(web, BRANCH), Counter[tuple[int, str]](), threading.Event()

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
        "gateway": (Visitor(web, BRANCH).address, 443),
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
    host = Visitor(web, BRANCH).host
    program = f"""
import json, os, socket
print(json.dumps([socket.gethostbyname(name) for name in ("web", "{host}")] + [os.getuid()]))
"""
    service, gateway, user = inside(web, program)

    assert service.startswith(Addresses.of(web.sandbox.state.load_settings()).services.rpartition(".")[0])
    assert gateway == Visitor(web, BRANCH).address
    assert user != 0


@at_length
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


@at_length
def test_the_keys_of_an_environment_open_its_own_bucket_alone_and_a_new_one_is_empty(web: Pave) -> None:
    web.run("up", WEB, *OTHER, "--yes")
    other = web.json("show", *OTHER)
    endpoint = other["variables"]["web/web"]["S3_ENDPOINT"]

    assert inside(web, USE_OF_ANOTHERS_BUCKET.replace("OTHER", endpoint)) == [
        True,
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
    ]
    assert Visitor(web, BRANCH).get()[0] == 200
    inside(web, USE_OF_A_BUCKET, OTHER)
    web.run("destroy", *OTHER, "--yes")
    web.run("up", WEB, *OTHER, "--yes")
    assert inside(web, USE_OF_A_BUCKET.partition("said = {}")[0] + _LISTED, OTHER) == 0
    web.run("destroy", *OTHER, "--yes")


_LISTED = 'print(client.list_objects_v2(Bucket=bucket)["KeyCount"])'


FEATURES = CHECKOUT / "examples/features"
HALVES = (
    "annotations autoscaling before-complete before-healthy before-started command containers cronjob environment",
    "files job ports probes routes service service-port shared statefulset variables volumes",
)
"""In two environments: one has at most 20 workloads that act as its identity."""


@pytest.fixture(scope="class")
def features(web: Pave) -> Iterator[tuple[Namespace, Namespace]]:
    """All feature examples, deployed."""
    given = json.dumps({"API_KEY": "k-1"})
    found = []
    for number, half in enumerate(HALVES):
        branch = ("--app", "features", "--branch", f"half-{number}")
        folders = [str(FEATURES / name) for name in half.split()]
        web.run("up", *folders, *branch, "--values-file", "-", "--yes", given=given)
        found.append(Namespace(web, branch))
    yield found[0], found[1]
    for number in range(len(HALVES)):
        web.run("destroy", "--app", "features", "--branch", f"half-{number}", "--yes")


NAME_SERVER_ASKED = """
import json, socket, struct
query = struct.pack("!HHHHHH", 1, 256, 1, 0, 0, 0) + b"\\1x\\0" + struct.pack("!HH", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
    asker.settimeout(5)
    asker.sendto(query, ("name-server", 53))
    print(json.dumps(asker.recv(512)[0:2].hex()))
"""


@at_length
class TestEveryFeature:
    """In a class, so that their environments go before the next ones come: a node has no more than the machine."""

    def test_every_feature_is_tried_here(self) -> None:
        assert sorted(" ".join(HALVES).split()) == sorted(path.name for path in FEATURES.iterdir() if path.is_dir())

    def test_containers_have_their_files_variables_and_commands(self, features: tuple[Namespace, Namespace]) -> None:
        first, second = features
        database = second.run("variables", "printenv", "DATABASE_HOST").strip()

        assert second.run("files", "cat", "/etc/app/app.conf") == f"name = files\nhost = {database}\n"
        assert "password = " in second.run("files", "cat", "/etc/app/database.conf")
        assert second.run("files", "/etc/app/run.sh").endswith(" is not the platform's to fill in\n")
        program = "print(list(open('/etc/app/logo.png', 'rb').read()))"
        assert second.python("files", program) == list(b"\x89PNG\r\n\x1a\n")
        assert "literally: $(HOSTNAME) ${resources.nothing}" in first.kubectl("logs", "deployment/command")
        assert first.run("environment", "printenv", "AUTHORIZATION") == "Bearer k-1\n"
        assert second.run("variables", "printenv", "PRICE", "TEAM") == "$5 for ${everybody}\npayments\n"
        shared = {second.run(one, "printenv", "DATABASE_NAME") for one in ("shared", "worker")}
        assert len(shared) == 1

    def test_containers_start_in_order_and_share_what_they_should(self, features: tuple[Namespace, Namespace]) -> None:
        first, second = features
        answer = "import json, os, urllib.request; print(json.dumps(urllib.request.urlopen({}).status))"

        assert "UTC" in first.run("before-complete", "cat", "/work/started")
        assert first.python("before-healthy", answer.format("os.environ['PROXY']")) == 200
        assert "UTC" in first.run("before-started", "cat", "/logs/app.log")
        assert first.python("containers", answer.format("'http://127.0.0.1:9102'")) == 200
        assert "UTC" in second.run("volumes", "cat", "/srv/now", container="reader")
        assert "[Errno 30]" in second.run(
            "volumes",
            *("python", "-c", "import pathlib\ntry: pathlib.Path('/srv/mine').touch()\nexcept OSError as e: print(e)"),
            container="reader",
        )

    def test_workloads_find_each_other_and_are_found(self, features: tuple[Namespace, Namespace]) -> None:
        first, second = features
        answer = "import json, os, urllib.request; print(json.dumps(urllib.request.urlopen(os.environ['{}']).status))"
        assert second.python("service", answer.format("CATALOG_URL")) == 200
        assert second.python("service-port", answer.format("PRICES_URL")) == 200
        assert second.python("service", NAME_SERVER_ASKED) == "0001"
        host = second.object("httproutes")["items"][0]["spec"]["hostnames"][0]
        assert second.python("service", f"import json, socket; print(json.dumps(socket.gethostbyname('{host}')))")
        assert first.object("deployment", "autoscaling")["status"]["readyReplicas"] == 2

    def test_jobs_end_on_time_and_what_a_statefulset_keeps_stays(self, features: tuple[Namespace, Namespace]) -> None:
        first, second = features
        assert second.object("job", "job")["status"]["succeeded"] == 1
        first.kubectl("create", "job", "now", "--from=cronjob/cronjob")
        first.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=60s")
        assert first.kubectl("logs", "job/now") == "swept\n"

        second.run("statefulset/statefulset", "python", "-c", "open('/var/lib/store/kept', 'w').write('me')")
        second.kubectl("delete", "pod", "statefulset-0", "--grace-period=1")
        second.kubectl("wait", "--for=condition=ready", "pod/statefulset-0", "--timeout=60s")
        assert second.run("statefulset/statefulset", "cat", "/var/lib/store/kept") == "me"


STORES = """apiVersion: score.dev/v1b1
metadata: {name: stores}
containers:
  web:
    image: python
    command: [sleep, infinity]
    variables:
      POSTGRES: "${resources.pg.host} ${resources.pg.port} ${resources.pg.username} ${resources.pg.password} app"
      REDIS: "${resources.cache.host} ${resources.cache.port} ${resources.cache.password}"
      AMQP: "${resources.queue.host} ${resources.queue.port} ${resources.queue.username} ${resources.queue.password}"
      MYSQL: "${resources.my.host} ${resources.my.port}"
      S3: "${resources.s3.endpoint} ${resources.s3.bucket} ${resources.s3.access_key_id} ${resources.s3.secret_key}"
resources:
  pg: {type: postgres, class: in-cluster}
  cache: {type: redis}
  queue: {type: amqp}
  my: {type: mysql}
  s3: {type: s3, class: in-cluster}
"""


@at_length
def test_databases_queues_and_buckets_of_pods_take_what_their_keys_open(web: Pave) -> None:
    """Their images are built when they are first asked for."""
    score = web.platform / "stores.yaml"
    score.write_text(STORES)
    branch = ("--app", "stores", "--branch", "all")
    web.run("up", str(score), *branch, "--yes")
    namespace = Namespace(web, branch)
    mysql = next(one["metadata"]["name"] for one in namespace.object("pods")["items"] if "mysql" in str(one))
    query = "mariadb -h127.0.0.1 -u$MYSQL_USER -p$MYSQL_PASSWORD $MYSQL_DATABASE -e 'SELECT current_user()'"

    assert namespace.python("stores", (Path(__file__).parent / "inside_stores.py").read_text()) == {
        "postgres": "app",
        "redis": ["+OK", "+PONG"],
        "amqp": [10, 30],  # connection.tune: the broker has let it in
        "mysql": True,
        "s3": "1",
    }
    assert "app@%" in namespace.run(f"pod/{mysql}", "sh", "-c", query)
    web.run("destroy", *branch, "--yes")


FAILING = {
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


@at_length
@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("python", "a workload has to keep running"),
        (
            "registry.example/team/nothing:1",
            "no such image, it has busybox, coredns, mysql, postgres, python, rabbitmq, redis, versitygw;",
        ),
    ],
)
def test_what_can_never_run_is_not_waited_for(web: Pave, image: str, words: str) -> None:
    score = web.platform / "bare.yaml"
    score.write_text(
        f"apiVersion: score.dev/v1b1\nmetadata: {{name: bare}}\ncontainers: {{bare: {{image: '{image}'}}}}\n"
    )
    where = ("--app", "bare", "--branch", image.rpartition("/")[2].replace(":", "-"))

    started_at = time.monotonic()
    failed = web.run("up", str(score), *where, "--yes", code=4)

    assert "not waited for any longer, time does not help: Deployment bare: container bare" in failed.stderr
    assert words in failed.stderr
    assert time.monotonic() - started_at < 150  # ten minutes are its deadline
    web.run("destroy", *where, "--yes")


@at_length
@pytest.mark.parametrize("how", [*FAILING, "insists on root"])
def test_a_container_that_does_not_run_says_why(impatient: Pave, how: str) -> None:
    command, words = FAILING.get(how, ("[python]", ""))
    if how == "insists on root":
        command, words = "[python, -c, 'import sys; sys.exit(\"must be run as root\")']", "nothing runs as root here"
    score = impatient.platform / "failing.yaml"
    score.write_text(
        "apiVersion: score.dev/v1b1\nmetadata: {name: bad}\ncontainers:\n"
        f"  bad: {{image: python, command: {command}, resources: {{limits: {{memory: 64Mi}}}}}}\n"
    )
    where = ("--app", "luck", "--branch", how.replace(" ", "-"))

    started_at = time.monotonic()
    failed = impatient.run("up", str(score), *where, "--yes", code=4)

    assert words in failed.stderr
    assert time.monotonic() - started_at < 60
    impatient.run("destroy", *where, "--yes")


@at_length
def test_it_comes_up_again_after_a_kill_of_everything_and_goes_without_a_trace(web: Pave) -> None:
    """Killed as `kill -9` kills; up and down in a loop."""
    state = web.sandbox.state
    link = Addresses.of(state.load_settings()).link
    mounts = _mounts(state.root)

    process = json.loads((state.processes / "node.json").read_text())["pid"]
    os.kill(process, 9)
    sandbox_command("up", state=state.root)
    visitor = Visitor(web, BRANCH)
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


def test_an_ordinary_user_gets_kwok_and_one_line_that_says_why(tmp_path: Path) -> None:
    """As `nobody`, who here may read every file all the same: the checkout may lie in a folder of root's."""
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, pwd.getpwnam("nobody").pw_uid, -1)
    tmp_path.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "SANDBOX_PODS"},
        "PLATFORM_TOOLCHAIN_CACHE": str(cache_root(os.environ)),
        "SANDBOX_STATE": str(home / "state"),
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*as_user("nobody"), sys.executable, "-m", "sandbox", *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False, capture_output=True, text=True)

    try:
        up = sandbox("up")
        assert up.returncode == 0, up.stderr
        assert "pods do not run here, kwok makes them ready: only root may run pods" in up.stdout.splitlines()
        assert sandbox("status").returncode == 0
    finally:
        sandbox("down", "--purge")


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
