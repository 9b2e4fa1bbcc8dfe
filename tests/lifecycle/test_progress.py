"""A run's events, told in the plan's words."""

from dataclasses import dataclass, field

import pytest
from pulumi.automation import EngineEvent
from pulumi.automation.events import (
    DiagnosticEvent,
    OpType,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventMetadata,
    StepEventStateMetadata,
)

from platform_components.lifecycle.progress import Progress, Step

STEPS: dict[str, Step] = {"dns-web-15e558": "Create", "route-web": "Deploy", "route-web-2": "Deploy"}
COMPONENT, CUSTOM = "platform-components:index:DnsRecord", "azure-native:dns:RecordSet"


@dataclass
class Heard:
    """Everything that a listener was told, in order."""

    told: list[tuple[object, ...]] = field(default_factory=list)

    def started(self, item: str, step: str) -> None:
        self.told.append(("started", item, step))

    def finished(self, item: str, step: str, change: str, seconds: float) -> None:
        self.told.append(("finished", item, step, change, seconds))

    def waiting(self, item: str, message: str) -> None:
        self.told.append(("waiting", item, message))

    def noted(self, message: str) -> None:
        self.told.append(("noted", "", message))


class Run:
    """A run of the engine, one second for each event."""

    def __init__(self) -> None:
        self.heard = Heard()
        self._now = 0.0
        self.progress = Progress(STEPS, self.heard, clock=lambda: self._now)

    def begins(self, name: str, op: OpType = OpType.CREATE, type_: str = CUSTOM) -> None:
        self._tell(resource_pre_event=ResourcePreEvent(self._metadata(name, op, type_)))

    def ends(self, name: str, op: OpType = OpType.CREATE, type_: str = CUSTOM) -> None:
        self._tell(res_outputs_event=ResOutputsEvent(self._metadata(name, op, type_)))

    def says(self, name: str, message: str, severity: str = "error") -> None:
        self.says_of(f"urn:pulumi:one::platform::{CUSTOM}::{name}" if name else "", message, severity)

    def says_of(self, urn: str, message: str, severity: str = "error") -> None:
        self._tell(diagnostic_event=DiagnosticEvent(message=message, color="never", severity=severity, urn=urn))

    def makes(self, name: str, op: OpType = OpType.CREATE) -> None:
        """A component with one child, from beginning to end."""
        component_op = OpType.DELETE if op == OpType.DELETE else OpType.SAME
        self.begins(name, component_op, COMPONENT)
        self.ends(name, component_op, COMPONENT)
        self.begins(f"{name}-record", op)
        self.ends(f"{name}-record", op)
        self.ends(name, component_op, COMPONENT)

    def _tell(self, **event: object) -> None:
        self._now += 1
        self.progress(EngineEvent(sequence=0, timestamp=0, **event))  # type: ignore[arg-type]

    @staticmethod
    def _metadata(name: str, op: OpType, type_: str) -> StepEventMetadata:
        urn = f"urn:pulumi:one::platform::{COMPONENT}${type_}::{name}"
        state = StepEventStateMetadata(
            type=type_, urn=urn, id="", parent="", provider="", custom=type_ != COMPONENT, inputs={}, outputs={}
        )
        removed = op in (OpType.DELETE, OpType.DELETE_REPLACED)
        return StepEventMetadata(
            op=op, urn=urn, type=type_, provider="", old=state if removed else None, new=None if removed else state
        )


def test_a_component_is_done_when_its_children_are_and_took_as_long_as_all_of_it() -> None:
    run = Run()
    run.makes("dns-web-15e558")

    assert run.heard.told == [
        ("started", "dns-web-15e558", "Create"),
        ("finished", "dns-web-15e558", "Create", "created", 4.0),
    ]
    assert run.progress.changes == {"created": 1}


def test_a_resource_without_a_component_is_done_when_it_is_there() -> None:
    run = Run()
    run.begins("dns-web-15e558")
    run.ends("dns-web-15e558")

    assert run.heard.told[-1] == ("finished", "dns-web-15e558", "Create", "created", 1.0)


def test_nothing_is_told_twice() -> None:
    run = Run()
    run.makes("dns-web-15e558")
    run.progress.finish()
    run.progress.finish()

    assert [told[0] for told in run.heard.told] == ["started", "finished"]


def test_what_did_not_change_is_told_without_a_change_and_counts_for_nothing() -> None:
    run = Run()
    run.makes("dns-web-15e558", OpType.SAME)

    assert run.heard.told[-1][3] == ""
    assert not any(run.progress.changes.values())


def test_components_and_providers_are_not_counted_among_the_changes() -> None:
    run = Run()
    run.begins("dns-web-15e558-provider", OpType.CREATE, "pulumi:providers:kubernetes")
    run.ends("dns-web-15e558-provider", OpType.CREATE, "pulumi:providers:kubernetes")
    run.begins("dns-web-15e558", OpType.CREATE, COMPONENT)
    run.ends("dns-web-15e558", OpType.CREATE, COMPONENT)

    assert run.progress.changes == {}


def test_a_removed_resource_is_told_as_removed() -> None:
    run = Run()
    run.begins("dns-web-15e558-record", OpType.DELETE)
    run.ends("dns-web-15e558-record", OpType.DELETE)
    run.progress.finish()

    assert run.heard.told[-1] == ("finished", "dns-web-15e558", "Create", "removed", 1.0)
    assert run.progress.changes == {"removed": 1}


def test_a_replaced_resource_counts_once() -> None:
    run = Run()
    for op in (OpType.CREATE_REPLACEMENT, OpType.REPLACE, OpType.DELETE_REPLACED):
        run.begins("dns-web-15e558-record", op)
        run.ends("dns-web-15e558-record", op)

    assert run.progress.changes == {"replaced": 1}


@pytest.mark.parametrize("ops", [(OpType.SAME, OpType.CREATE), (OpType.DELETE, OpType.SAME), (OpType.UPDATE,) * 2])
def test_a_component_of_which_a_part_changed_is_updated(ops: tuple[OpType, ...]) -> None:
    run = Run()
    for number, op in enumerate(ops):
        run.begins(f"dns-web-15e558-{number}", op)
        run.ends(f"dns-web-15e558-{number}", op)
    run.progress.finish()

    assert run.heard.told[-1][3] == "updated"


def test_a_workload_whose_secret_is_replaced_is_updated() -> None:
    run = Run()
    for op in (OpType.CREATE_REPLACEMENT, OpType.REPLACE):
        run.begins("route-web-secret", op)
        run.ends("route-web-secret", op)
    run.begins("route-web-controller", OpType.UPDATE)
    run.ends("route-web-controller", OpType.UPDATE)
    run.progress.finish()

    assert run.heard.told[-1][3] == "updated"
    assert run.progress.changes == {"replaced": 1, "updated": 1}


def test_a_child_belongs_to_the_longest_name_that_it_begins_with() -> None:
    run = Run()
    run.begins("route-web-2-route")
    run.begins("route-web-route")

    assert [told[1] for told in run.heard.told] == ["route-web-2", "route-web"]


def test_what_the_plan_does_not_know_is_counted_and_not_told() -> None:
    run = Run()
    run.begins("somebody-elses")
    run.ends("somebody-elses")

    assert run.heard.told == []
    assert run.progress.changes == {"created": 1}


def test_a_problem_names_its_resource_and_is_told_once() -> None:
    run = Run()
    run.begins("dns-web-15e558-record")
    run.says("dns-web-15e558-record", "<{%fg 1%}>the zone is locked\n<{%reset%}>")
    run.says("dns-web-15e558-record", "the zone is locked")
    run.says("", "update failed")
    run.says("", "\x1b[31mthe bucket is gone\x1b[0m")
    run.says("", "Exception calling application: the bucket is gone")

    assert run.progress.problems == ["dns-web-15e558: the zone is locked", "the bucket is gone"]


def test_what_failed_is_never_told_as_done() -> None:
    run = Run()
    run.begins("dns-web-15e558-record")
    run.says("dns-web-15e558-record", "the zone is locked")
    run.progress.finish()

    assert [told[0] for told in run.heard.told] == ["started"]


@pytest.mark.parametrize("severity", ["info", "info#err"])
def test_what_a_long_operation_waits_for_is_told_in_one_line(severity: str) -> None:
    run = Run()
    run.begins("dns-web-15e558-record")
    run.says("dns-web-15e558-record", "waiting for 2 pods\nand more", severity)
    run.says("", "of no resource", severity)
    run.says("dns-web-15e558-record", "beware", "warning")

    assert run.heard.told[1:] == [("waiting", "dns-web-15e558", "waiting for 2 pods")]


def test_what_is_there_already_is_known_by_its_id_until_the_engine_is_asked_again() -> None:
    run = Run()
    run.begins("dns-web-15e558-record")
    identity = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/dnszones/z/A/web"
    urn = Run._metadata("dns-web-15e558-record", OpType.CREATE, CUSTOM).urn

    run.says_of(urn, f"error: cannot create already existing subresource '{identity}'")

    entry = run.progress.existing[urn]
    assert (entry["id"], entry["type"], entry["custom"], entry["urn"]) == (identity, CUSTOM, True, urn)
    assert len(run.progress.problems) == 1

    run.progress.again()

    assert run.progress.existing == {}
    assert run.progress.problems == []


def test_what_is_there_already_is_noted_without_what_events_hide() -> None:
    """Their masks in a state made it unreadable: 'could not deserialize deployment: bad value'."""
    run = Run()
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
    metadata = Run._metadata("server", OpType.CREATE, CUSTOM)
    assert metadata.new is not None
    metadata.new.inputs = {"name": "db", "password": hidden, "users": [{"name": "a", "key": "[secret]"}, hidden]}
    run._tell(resource_pre_event=ResourcePreEvent(metadata))
    run.says_of(metadata.urn, "error: cannot create already existing resource '/subscriptions/s/x'")

    assert run.progress.existing[metadata.urn]["inputs"] == {"name": "db", "users": [{"name": "a"}]}


def test_any_other_refusal_says_nothing_of_what_is_there() -> None:
    run = Run()
    run.begins("dns-web-15e558-record")

    run.says_of(Run._metadata("dns-web-15e558-record", OpType.CREATE, CUSTOM).urn, 'error: Code="Conflict"')

    assert run.progress.existing == {}


def test_a_failed_run_knows_what_is_done_and_what_went_wrong_where() -> None:
    run = Run()
    run.makes("dns-web-15e558")
    run.begins("route-web-2-route")
    run.begins("route-web-route")
    run.ends("route-web-route")
    run.says("route-web-2-route", "no such host")
    run.says("", "update failed")

    assert run.progress.done == {"dns-web-15e558": "created", "route-web": "created"}
    assert {item: texts for item, texts in run.progress.failures.items() if texts} == {"route-web-2": ("no such host",)}


@pytest.mark.parametrize(("type_", "is_there"), [("kubernetes:apps/v1:Deployment", True), (CUSTOM, False)])
def test_whether_it_is_the_cluster_that_knows_more_the_failed_resource_says(type_: str, is_there: bool) -> None:
    run = Run()
    run.says_of(f"urn:pulumi:one::platform::{COMPONENT}${type_}::route-web-controller", "not ready")

    assert run.progress.on_cluster is is_there
    run.progress.again()
    assert not run.progress.on_cluster


def test_the_stacks_outputs_are_told_without_its_secrets() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}
    outputs = {"url": "https://a.example", "key": secret, "all": {"names": ["a", secret], "port": 80}}
    stack = "pulumi:pulumi:Stack"
    state = StepEventStateMetadata(
        type=stack, urn="urn:stack", id="", parent="", provider="", custom=False, inputs={}, outputs=outputs
    )
    run = Run()
    run._tell(res_outputs_event=ResOutputsEvent(StepEventMetadata(OpType.SAME, "urn:stack", stack, "", new=state)))

    assert run.progress.outputs == {
        "url": "https://a.example",
        "key": "[secret]",
        "all": {"names": ["a", "[secret]"], "port": 80},
    }
