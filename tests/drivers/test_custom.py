"""A platform team's own driver, from a package: checked with its JSON Schema, and imported only when it is to run."""

import json
import re
import shutil
import sys
from pathlib import Path

import pulumi
import pytest

from platform_components.catalog import Catalog, CatalogError, load
from platform_components.drivers.custom import Available
from platform_components.errors import InputError
from platform_components.plan import make_plan
from tests.catalog.world import ENVIRONMENT_TYPES, environment, sources
from tests.drivers.world import CHECKOUT, Made, foundation, make
from tests.packages import install

SCHEMA = {
    "type": "object",
    "required": ["size"],
    "additionalProperties": False,
    "properties": {"size": {"type": "integer"}, "tier": {"enum": ["small", "large"], "default": "small"}},
}
QUEUE = "id: queue\ntype: amqp\ndriver: {driver}\ncriteria: [{{}}]\ninputs: {inputs}\n"
STATIC = """
id: {0}
type: {0}
driver: static
criteria: [{{}}]
"""
SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {web: {image: nginx, variables: {HOST: "${resources.queue.host}"}}}
resources: {queue: {type: amqp}}
"""
BOMB = "raise SystemExit('a driver was imported')\n"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "acme_drivers/__init__.py": BOMB,
        "acme_drivers/queues.py": BOMB,
        "acme_drivers/Queue.schema.json": json.dumps(SCHEMA),
        "acme_drivers/Wrong.schema.json": "{",
        "acme_drivers/List.schema.json": "[]",
        "acme_drivers/Odd.schema.json": '{"tpye": "object"}',
    }
    points = {"acme/queue": "acme_drivers.queues:Queue", "acme/gone": "acme_drivers.gone:Queue"}
    folder = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(str(install(folder, "acme-drivers", files, drivers=points)))
    return folder


def known(folder: Path, driver: str = "acme/queue", inputs: str = "{size: 3}") -> Catalog:
    implicit = "---".join(
        STATIC.format(name) for name in ("k8s-cluster", "k8s-namespace", "workload-identity", "workload")
    )
    text = "---\n".join([ENVIRONMENT_TYPES, implicit, QUEUE.format(driver=driver, inputs=inputs)])
    (folder / "definitions").mkdir()
    (folder / "definitions" / "own.yaml").write_text(text)
    return load([folder / "definitions"], drivers=Available())


@pytest.mark.parametrize("driver", ["acme/queue", "acme_drivers.queues:Queue", "acme_drivers.queues:Unchecked"])
def test_a_driver_of_a_package_is_planned_with(tmp_path: Path, driver: str) -> None:
    catalog = known(tmp_path, driver)
    plan = make_plan(environment(catalog), sources(tmp_path / "app", SCORE), catalog)
    queue = plan.resource("amqp.default#web.queue")
    assert (queue.driver, queue.inputs) == (driver, {"size": 3})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{size: many}", "inputs.size: driver acme/queue: must be a whole number"),
        ("{size: 1, tier: huge}", "inputs.tier: driver acme/queue: must be one of"),
        ("{size: 1, color: red}", "inputs.color: driver acme/queue: is not known here"),
        ("{}", "inputs.size: driver acme/queue: is required"),
    ],
)
def test_its_inputs_are_checked_with_the_schema_beside_it(tmp_path: Path, inputs: str, message: str) -> None:
    with pytest.raises(CatalogError) as caught:
        known(tmp_path, inputs=inputs)
    assert message in str(caught.value)


def test_what_is_not_known_yet_may_be_anything(tmp_path: Path) -> None:
    known(tmp_path, inputs='{size: "${environment.postgres.connection_limit}"}')


def test_defaults_of_the_schema_are_filled_in() -> None:
    assert Available()["acme/queue"].settled({"size": 1}) == {"size": 1, "tier": "small"}
    assert Available()["acme_drivers.queues:Unchecked"].settled({"x": 1}) == {"x": 1}


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("acme/gone", "the driver 'acme/gone' of package acme-drivers 1.2.0: there is no module 'acme_drivers.gone'"),
        ("nowhere.at.all:Class", "there is no module 'nowhere.at.all'"),
        ("acme_drivers.queues:", "'acme_drivers.queues:' names no class"),
        ("acme_drivers.queues:Wrong", "Wrong.schema.json is no JSON: "),
        ("acme_drivers.queues:List", "List.schema.json is no JSON Schema"),
        ("acme_drivers.queues:Odd", "Odd.schema.json uses tpye: no JSON Schema word that is checked here"),
        ("acme/quueue", "no driver is called 'acme/quueue'\n  did you mean `acme/queue`?"),
    ],
)
def test_a_driver_that_is_not_there_is_told_with_its_place(tmp_path: Path, driver: str, message: str) -> None:
    with pytest.raises(CatalogError) as caught:
        known(tmp_path, f'"{driver}"')
    told = str(caught.value)
    assert ": queue: driver: " in told
    assert message in told


def test_a_driver_of_two_packages_names_both(site: Path) -> None:
    install(site, "other", {}, version="2", drivers={"acme/queue": "other:Queue"})
    with pytest.raises(InputError, match=r"from two packages: package acme-drivers 1\.2\.0 .* and package other 2 "):
        Available()["acme/queue"]


LIVE = """
import pulumi

AGE = 3

class Queue(pulumi.ComponentResource):
    def __init__(self, name, args, opts=None):
        super().__init__("acme:index:Queue", name, {"size": args["size"], "tier": args["tier"]}, opts)
        self.host, self.port, self.vhost, self.username = f"{args['tier']}.example.com", 5672, "/", "shop"
        self.password = pulumi.Output.secret("generated")
        self.register_outputs({})

class Named(Queue):
    def __init__(self, name, size, tier="large", opts=None):
        super().__init__(name, {"size": size, "tier": tier}, opts)

class Leaky(Queue):
    def __init__(self, name, args, opts=None):
        super().__init__(name, {"tier": "small", **args}, opts)
        self.password = "in the clear"
"""
OWN = "---\nid: queue\ntype: amqp\ndriver: {driver}\ncriteria: [{{app_id: shop}}]\ninputs: {{size: 3}}\n"


@pytest.fixture
def live(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform repository with a package of drivers that can run."""
    schema = json.dumps(SCHEMA)
    install(
        site,
        "acme-live",
        {"acme_live/__init__.py": "", "acme_live/queues.py": LIVE, "acme_live/Queue.schema.json": schema},
        drivers={"acme/live": "acme_live.queues:Queue"},
    )
    monkeypatch.delitem(sys.modules, "acme_live", raising=False)
    monkeypatch.delitem(sys.modules, "acme_live.queues", raising=False)
    shutil.copytree(CHECKOUT / "definitions", tmp_path / "platform" / "definitions")
    return tmp_path / "platform"


def deployed(platform: Path, driver: str) -> Made:
    (platform / "definitions" / "queue.yaml").write_text(OWN.format(driver=driver))
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "nginx", "variables": {"URL": "amqp://${resources.queue.password}"}}},
        "resources": {"queue": {"type": "amqp"}},
    }
    config = {"type": "ephemeral", "app": "shop", "branch": "main", "workloads": [document]}
    return make("shop-main-abc123", config, foundation=foundation().exports, platform=platform)


@pytest.mark.parametrize(
    ("driver", "tier"),
    [("acme/live", "small"), ("acme_live.queues:Queue", "small"), ("acme_live.queues:Named", "large")],
)
def test_a_component_of_a_package_is_made_with_its_inputs_and_keeps_the_contract(
    live: Path, driver: str, tier: str
) -> None:
    made = deployed(live, driver)
    queue = next(each for each in made.recorded.registrations if each.type == "acme:index:Queue")
    assert queue.inputs == {"size": 3, "tier": tier}
    assert made.exports["amqp.default/web.queue/host"] == f"{tier}.example.com"
    assert "amqp.default/web.queue/password" not in made.exports


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("acme_live.queues:Gone", "the driver acme_live.queues:Gone can't be imported"),
        ("acme_live.queues:Leaky", "output 'password' of driver acme_live.queues:Leaky must be secret"),
        ("acme_live.queues:AGE", "the driver acme_live.queues:AGE is neither a component nor a function"),
    ],
)
def test_a_driver_that_can_not_run_or_breaks_the_contract_is_told(live: Path, driver: str, message: str) -> None:
    with pytest.raises(pulumi.RunError, match=re.escape(message)):
        deployed(live, driver)
