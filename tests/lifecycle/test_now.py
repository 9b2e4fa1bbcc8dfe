"""An environment as it is now, also one whose first run failed."""

from typing import Any

import pytest

from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle import now, stack_file
from platform_components.lifecycle.locks import alone_in
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend
from tests.lifecycle.namespaces import cluster
from tests.lifecycle.objects import container, deployment, pod, replica_set

STACK = "shop-main-309755"
FAILED = {"kind": "update", "result": "failed", "endTime": "2026-03-01T10:00:00.000Z"}
CLUSTER = "k8s-cluster.default/main/kubeconfig"


def an_engine(
    backend: MakeBackend, kubeconfig: str, *, deployed: bool = True, config: bool = True, **stored: Any
) -> Backend:
    """A branch's environment; its settings are in this checkout."""
    marks = Marks(app="shop", branch="main", env_type="ephemeral", owner="ann@example.com")
    stack = Stored(tags=marks.tags(), history=[FAILED], **stored)
    engine = backend(
        **{STACK.replace("-", "_"): stack, "foundation_nonproduction": Stored(outputs={CLUSTER: kubeconfig})}
    )
    wanted = Wanted(app="shop", branch="main", scores=(engine.platform / "examples/web",))
    made = prepare(engine.platform, wanted, {}, stack=STACK)
    stack.config = dict(made.config)
    if config:
        stack_file.write(engine.platform, STACK, made.config)
    if deployed:
        stack.outputs = {"platform/plan": made.matched.plan.to_document(places=False), CLUSTER: kubeconfig}
    return engine


@pytest.fixture(autouse=True)
def no_settings_left(platform: Any) -> Any:
    yield
    stack_file.path_of(platform, STACK).unlink(missing_ok=True)


def test_it_says_what_the_workloads_do_and_how_the_last_run_ended(backend: MakeBackend) -> None:
    unready = {
        "urn": "u",
        "type": "kubernetes:apps/v1:Deployment",
        "initErrors": ['"shop/web" failed to fully initialize or become live: no', "x"],
    }
    objects = {
        "deployments": [deployment()],
        "replicasets": [replica_set()],
        "pods": [pod(container(state={"running": {}}))],
    }
    with cluster(**objects) as there:
        found = now.environment(an_engine(backend, there.kubeconfig, resources=[unready]), STACK)

    assert found.shown is not None
    assert found.entry.marks.owner == "ann@example.com"
    document = found.as_json()
    assert document["last_run"] == {
        "kind": "update",
        "result": "failed",
        "ended": "2026-03-01T10:00:00+00:00",
        "problems": ["shop/web did not become ready"],
    }
    assert document["workloads"][0]["state"] == "not ready"
    assert document["deployed"] is True


def test_one_whose_first_run_failed_is_shown_with_what_is_there(backend: MakeBackend) -> None:
    with cluster(deployments=[deployment(ready=1)], replicasets=[replica_set(ready=1)]) as there:
        found = now.environment(an_engine(backend, there.kubeconfig, deployed=False), STACK)

    assert found.shown is None
    assert [(state.name, state.well) for state in found.workloads] == [("web", True)]


def test_one_whose_settings_are_lost_is_shown_by_its_marks(backend: MakeBackend) -> None:
    engine = an_engine(backend, "no kubeconfig", deployed=False, config=False)
    engine.stacks[STACK].config = None

    found = now.environment(engine, STACK)

    assert (found.entry.marks.branch, found.workloads, found.not_looked) == ("main", (), "")


def test_a_killed_run_is_told_as_killed(backend: MakeBackend) -> None:
    notes = [{"resource": {"urn": "u", "type": "t", "custom": True}, "type": "creating"}]
    with cluster() as there:
        found = now.environment(an_engine(backend, there.kubeconfig, pending=notes), STACK)

    assert found.last_run is not None
    assert found.last_run.result == "killed"
    assert found.not_looked == "no workloads are there"


def test_a_cluster_that_is_down_is_said_and_all_else_is_shown(backend: MakeBackend) -> None:
    with cluster() as there:
        kubeconfig = there.kubeconfig
    found = now.environment(an_engine(backend, kubeconfig), STACK)

    assert found.shown is not None
    assert found.not_looked.startswith("the state of the workloads is not known: the cluster does not answer")


def test_what_is_not_there_cannot_be_shown(backend: MakeBackend) -> None:
    for look in (now.environment, now.place):
        with pytest.raises(InputError, match="no environment 'four'"):
            look(backend(), "four")


def test_where_it_is_is_known_before_the_first_run_has_ended(backend: MakeBackend) -> None:
    place = now.place(an_engine(backend, "the kubeconfig", deployed=False), STACK)

    assert (place.kubeconfig, place.namespace) == ("the kubeconfig", STACK)


def test_where_nothing_is_known_of_it_there_is_no_log(backend: MakeBackend) -> None:
    engine = an_engine(backend, "k", deployed=False, config=False)
    engine.stacks[STACK].config = None

    with pytest.raises(OutsideError, match="it has no namespace yet"):
        now.place(engine, STACK)


def test_looking_while_another_run_works_here_leaves_the_settings_that_it_has_written(backend: MakeBackend) -> None:
    with cluster() as there:
        engine = an_engine(backend, there.kubeconfig, deployed=False)
        engine.stacks[STACK].tags["pave:config"] = "sha256:of-another"
        before = stack_file.text_of(engine.platform, STACK)
        with alone_in(engine.platform, STACK):
            now.environment(engine, STACK)

    assert stack_file.text_of(engine.platform, STACK) == before
    assert not [call for call in engine.calls if call.startswith("config refresh")]
