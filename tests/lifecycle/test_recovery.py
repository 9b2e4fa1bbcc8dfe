"""What a killed run was about to make: entered in the state, asked for, and taken out again if it is another's."""

import json
from typing import Any

import pytest

from platform_components.errors import OutsideError
from platform_components.lifecycle import recovery
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop"
ZONE = "azure-native:dns:RecordSet"


def resource(kind: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A resource as the engine notes it before it is made."""
    return {"urn": f"urn:pulumi:one::platform::{kind}::{name}", "custom": True, "type": kind, "inputs": inputs, **more}


def group(**tags: str) -> dict[str, Any]:
    return resource("azure-native:resources:ResourceGroup", "group", {"resourceGroupName": "shop", "tags": tags})


def note(what: dict[str, Any], kind: str = "creating") -> dict[str, Any]:
    return {"resource": what, "type": kind}


def repaired(*notes: dict[str, Any], resources: tuple[Any, ...] = (), removing: bool = False) -> recovery.Repair:
    deployment = {"resources": list(resources), "pending_operations": list(notes)}
    return recovery.repaired(deployment, subscription=lambda: SUBSCRIPTION, removing=removing)


DATABASE = resource(
    recovery.DATABASE, "db", {"host": "db.example.com", "port": 5432.0, "database_name": "shop", "role_name": "shop"}
)
CONFIG_MAP = resource(
    "kubernetes:core/v1:ConfigMap",
    "settings",
    {
        "metadata": {
            "name": "settings-1a2b",
            "namespace": "shop",
            "annotations": {"pulumi.com/autonamed": "true"},
        }
    },
)


class Writable:
    """A backend whose states can be written; a refresh finds `live` outputs, by logical name."""

    def __init__(self, engine: Backend, monkeypatch: pytest.MonkeyPatch, **live: dict[str, Any]) -> None:
        self.written: list[Any] = []
        self.engine = engine
        self._live = live
        self.fails = False
        monkeypatch.setattr(engine, "put_state", self.put)
        monkeypatch.setattr(engine, "run", self.run)
        self._run = Backend.run

    def run(self, *arguments: str) -> str:
        if arguments[0] != "refresh":
            return self._run(self.engine, *arguments)
        self.engine.calls.append(" ".join(arguments))
        if self.fails:
            raise OutsideError("the cluster does not answer")
        asked = set(arguments[arguments.index("--target") :])
        for one in self.engine.stacks[arguments[arguments.index("--stack") + 1]].resources:
            if one["urn"] in asked:
                one["outputs"] = self._live.get(one["urn"].rpartition("::")[2], one.get("outputs", {}))
                one.pop("initErrors", None)
        return ""

    def put(self, stack: str, state: Any) -> None:
        deployment = json.loads(json.dumps(state["deployment"]))
        self.written.append(json.loads(json.dumps(deployment)))
        stored = self.engine.stacks[stack]
        stored.resources = [one for one in deployment["resources"] if one["type"] != "pulumi:pulumi:Stack"]
        stored.pending = []  # the engine takes all notes away when a state is written: cmd/pulumi/stack/io.go


@pytest.mark.parametrize(
    ("what", "identity"),
    [
        (group(), GROUP_ID),
        (CONFIG_MAP, "shop/settings-1a2b"),
        (resource("kubernetes:core/v1:Namespace", "n", {"metadata": {"name": "shop"}}), "shop"),
        (
            resource("azure-native:authorization:RoleAssignment", "r", {"scope": GROUP_ID, "roleAssignmentName": "0f"}),
            f"{GROUP_ID}/providers/Microsoft.Authorization/roleAssignments/0f",
        ),
        (
            resource(
                "azure-native:containerservice/v20260302preview:ManagedCluster",
                "aks",
                {"resourceGroupName": "shop", "resourceName": "aks"},
            ),
            f"{GROUP_ID}/providers/Microsoft.ContainerService/managedClusters/aks",
        ),
    ],
)
def test_what_may_have_been_made_is_entered_under_its_id(what: dict[str, Any], identity: str) -> None:
    repair = repaired(note(what))

    (entry,) = repair.deployment["resources"]
    assert entry == {
        **what,
        "id": identity,
        "outputs": what["inputs"],
        "initErrors": [recovery.UNVERIFIED],
    }
    assert repair.asked == (what["urn"],)


@pytest.mark.parametrize(
    "what",
    [
        resource("pulumi:providers:kubernetes", "provider", {}),
        resource("pulumi-python:dynamic:Resource", "password", {}),
        resource("azure-native:unknown:Thing", "thing", {"resourceGroupName": "shop"}),
        resource("azure-native:resources:ResourceGroup", "secret", {"resourceGroupName": {"ciphertext": "x"}}),
        {**resource("platform-components:index:Namespace", "component", {}), "custom": False},
    ],
)
def test_what_leaves_nothing_behind_or_has_no_known_id_is_left_to_the_next_run(what: dict[str, Any]) -> None:
    repair = repaired(note(what))

    assert repair.deployment["resources"] == []
    assert repair.asked == ()


def test_a_database_is_made_again_by_the_next_run_but_has_to_be_known_to_be_removed() -> None:
    assert repaired(note(DATABASE)).deployment["resources"] == []

    repair = repaired(note(DATABASE), removing=True)

    assert [one["id"] for one in repair.deployment["resources"]] == ["db.example.com:5432/shop"]
    assert repair.asked == ()


@pytest.mark.parametrize("more", [{}, {"id": "4f1c"}])
def test_a_password_that_was_being_made_is_made_again(more: dict[str, str]) -> None:
    """With an id, too: the engine may note that before it notes the password itself."""
    password = resource(recovery.GENERATED, "key", {"keepers": {}, "value": None}, **more)

    repair = repaired(note(password))

    assert (repair.deployment["resources"], repair.entered, repair.asked) == ([], (), ())


def test_what_was_being_changed_or_removed_is_asked_for() -> None:
    known = {**CONFIG_MAP, "id": "shop/settings-1a2b"}

    for kind in ("updating", "deleting"):
        repair = repaired(note(known, kind), resources=(known,))
        assert repair.asked == (known["urn"],)
        assert repair.deployment["resources"] == [known]


def test_a_half_made_replacement_goes_and_the_one_in_use_stays() -> None:
    in_use = {**CONFIG_MAP, "id": "shop/settings-0000"}

    repair = repaired(note(CONFIG_MAP), resources=(in_use,))

    assert [(one["id"], one.get("delete", False)) for one in repair.deployment["resources"]] == [
        ("shop/settings-0000", False),
        ("shop/settings-1a2b", True),
    ]
    assert repair.asked == ()


def test_what_a_person_named_is_never_taken_for_a_second_one() -> None:
    """ARM changes the case of ids, and a name that somebody else has may be the one that was refused."""
    cluster = resource(
        "azure-native:containerservice:ManagedCluster", "aks", {"resourceGroupName": "shop", "resourceName": "aks"}
    )
    in_use = {**cluster, "id": f"{GROUP_ID}/providers/microsoft.containerservice/managedclusters/AKS"}
    service = resource("kubernetes:core/v1:Service", "web", {"metadata": {"name": "new", "namespace": "shop"}})

    assert repaired(note(cluster), resources=(in_use,)).deployment["resources"] == [in_use]
    old = {**service, "id": "shop/old"}
    assert repaired(note(service), resources=(old,)).deployment["resources"] == [old]


def test_what_was_removed_to_be_replaced_is_no_second_one_and_keeps_its_place() -> None:
    gone = {**CONFIG_MAP, "id": "shop/settings-0000", "pendingReplacement": True}
    child = {**resource("kubernetes:core/v1:Secret", "child", {}), "parent": CONFIG_MAP["urn"], "id": "shop/child"}

    repair = repaired(note(CONFIG_MAP), resources=(gone, child))

    assert [one["id"] for one in repair.deployment["resources"]] == ["shop/settings-1a2b", "shop/child"]


def test_a_recovery_that_was_killed_itself_is_done_again() -> None:
    first = repaired(note(group()))

    again = recovery.repaired({**first.deployment, "pending_operations": []}, subscription=lambda: SUBSCRIPTION)

    assert again.deployment["resources"] == first.deployment["resources"]
    assert again.asked == first.asked
    assert again.entered == first.entered


def test_a_recovery_that_could_not_ask_is_done_again_and_says_whose_it_is(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = group(**{"platform-stack": "one"})
    engine: Backend = backend(one=Stored(pending=[note(wanted)]))
    state = Writable(engine, monkeypatch, group={"tags": {"platform-stack": "two"}})
    state.fails = True

    with pytest.raises(OutsideError):
        recovery.recover(engine, "one", engine.state("one"), subscription=lambda: SUBSCRIPTION)
    assert engine.stacks["one"].pending == []
    assert recovery.was_killed(engine.state("one"))

    state.fails = False
    recovery.recover(engine, "one", engine.state("one"), subscription=lambda: SUBSCRIPTION)

    assert engine.stacks["one"].resources == []
    assert not recovery.was_killed(engine.state("one"))


def test_what_turns_out_to_be_anothers_is_taken_out_of_the_state() -> None:
    ours, theirs = group(**{"platform-stack": "one"}), {"tags": {"platform-stack": "two"}}
    entered = repaired(note(ours)).entered
    after = {"resources": [{**entered[0], "outputs": theirs}]}

    deployment, found = recovery.settled(after, entered)

    assert deployment == {"resources": []}
    assert found == ()


def test_the_one_in_use_is_not_measured_by_its_half_made_replacement() -> None:
    in_use = {**CONFIG_MAP, "id": "shop/settings-0000", "outputs": {}}
    repair = repaired(note(CONFIG_MAP), resources=(in_use,))

    deployment, _ = recovery.settled(repair.deployment, repair.entered)

    assert in_use in deployment["resources"]


def test_what_is_there_and_ours_stays_and_is_named() -> None:
    ours = group(**{"platform-stack": "one"})
    entered = repaired(note(ours)).entered
    there_now = {name: value for name, value in entered[0].items() if name != "initErrors"}
    after = {"resources": [{**there_now, "outputs": ours["inputs"]}]}

    deployment, found = recovery.settled(after, entered)

    assert deployment == after
    assert found == ("group",)


def test_the_subscription_is_asked_for_only_when_the_state_names_none() -> None:
    known = {**group(), "id": "/subscriptions/from-the-state/resourceGroups/shop"}
    elsewhere = {
        **resource("azure-native:authorization:RoleAssignment", "hub", {}),
        "id": "/subscriptions/the-hubs/providers/Microsoft.Authorization/roleAssignments/1",
    }
    account = resource(
        "azure-native:storage:StorageAccount", "a", {"resourceGroupName": "shop", "accountName": "shop1"}
    )

    def never() -> str:
        raise AssertionError("asked for")

    deployment = {"resources": [elsewhere, known], "pending_operations": [note(account)]}
    repair = recovery.repaired(deployment, subscription=never)

    assert str(repair.deployment["resources"][-1]["id"]).startswith("/subscriptions/from-the-state/")


def test_the_state_is_written_and_then_the_provider_is_asked(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = group(**{"platform-stack": "one"})
    engine: Backend = backend(one=Stored(pending=[note(wanted)]))
    written = Writable(engine, monkeypatch).written

    found = recovery.recover(engine, "one", engine.state("one"), subscription=lambda: SUBSCRIPTION)

    assert found == ("group",)
    assert [one["initErrors"] for deployment in written for one in deployment["resources"]] == [[recovery.UNVERIFIED]]
    assert not recovery.was_killed(engine.state("one"))
    refresh = f"refresh --yes --skip-preview --stack one --target {wanted['urn']}"
    assert [call for call in engine.calls if "export" not in call] == [refresh]


def there(what: dict[str, Any], identity: str) -> dict[str, Any]:
    """Something that was to be created and is there, as a run tells of it."""
    return {**what, "id": identity, "parent": "", "provider": ""}


NETWORK_ID = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net"
SUBNET = resource("azure-native:network:Subnet", "subnet", {"subnetName": "nodes"})


def test_what_is_there_and_bears_this_stacks_mark_is_taken_on(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Backend = backend(one=Stored(outputs={"url": "https://a.example"}))
    Writable(engine, monkeypatch)

    found = recovery.adopt(engine, "one", [there(group(**{"platform-stack": "one"}), GROUP_ID)])

    assert found == ("group",)
    assert [one["id"] for one in engine.stacks["one"].resources] == [GROUP_ID]


def test_what_is_there_and_bears_anothers_mark_is_left_alone(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Backend = backend(one=Stored(outputs={"url": "https://a.example"}))
    Writable(engine, monkeypatch, group={"tags": {"platform-stack": "two"}})

    assert recovery.adopt(engine, "one", [there(group(**{"platform-stack": "one"}), GROUP_ID)]) == ()
    assert engine.stacks["one"].resources == []


def test_what_can_bear_no_mark_is_taken_on_only_inside_something_of_this_stack(
    backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = {**resource("azure-native:network:VirtualNetwork", "network", {}), "id": NETWORK_ID.upper()}
    subnet = there(SUBNET, f"{NETWORK_ID}/subnets/nodes")
    mine: Backend = backend(one=Stored(resources=[network]), two=Stored(outputs={"url": "https://a.example"}))
    Writable(mine, monkeypatch)

    assert recovery.adopt(mine, "one", [subnet]) == ("subnet",)
    assert recovery.adopt(mine, "two", [subnet]) == ()
    assert [one["id"] for one in mine.stacks["two"].resources] == []


def test_a_secret_that_a_killed_run_made_stays_secret() -> None:
    """Read back in the clear, its outputs stopped the next run: 'is not secret, but its contract says secret'."""
    secret = resource("kubernetes:core/v1:Secret", "key", {"metadata": {"name": "key", "namespace": "shop"}})

    (entry,) = repaired(note(secret)).entered

    assert entry["additionalSecretOutputs"] == ["data", "stringData"]
