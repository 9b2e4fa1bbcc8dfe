import threading
import time
from collections.abc import Callable

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.errors import ApiError, NotReadyError, UnreachableError
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.readiness import Progress
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest
from sandbox.kubernetes.waiting import Wait, until_gone, until_ready
from tests.sandbox.kubernetes.test_readiness import NOWHERE

THING = Kind("example.com", "v1", "Thing")
LIVE: Manifest = {"kind": "Thing", "metadata": {"name": "thing", "namespace": "n", "uid": "1"}}


class Answers(Resources):
    """An API server that answers each GET with the next of these, and with the last one from then on."""

    def __init__(self, *answers: Manifest | Exception) -> None:
        super().__init__(ApiClient(connection(NOWHERE, environment={})))
        self._answers = list(answers)

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def matching(self, kind: Kind, namespace: str, *, labels: str = "", fields: str = "") -> list[Manifest]:
        return []


def looks(*progresses: Progress) -> Callable[[Resources, Manifest], Progress]:
    remaining = list(progresses)
    return lambda resources, live: remaining.pop(0) if len(remaining) > 1 else remaining[0]


def wait(timeout: float = 5, cancelled: threading.Event | None = None, lines: list[str] | None = None) -> Wait:
    said = lines if lines is not None else []
    return Wait(timeout, said.append, cancelled or threading.Event())


def missing() -> ApiError:
    return ApiError(404, "NotFound", 'things "thing" not found')


def test_each_new_line_is_said_once() -> None:
    lines: list[str] = []
    rule = looks(Progress(False, "one"), Progress(False, "one"), Progress(False, "two"), Progress(True))
    assert until_ready(Answers(LIVE), THING, LIVE, rule, wait(lines=lines)) == LIVE
    assert lines == ["one", "two", ""]


def test_time_runs_out_with_the_problems_seen_last() -> None:
    rule = looks(Progress(False, problems=("early",)), Progress(False, problems=("late",)))
    with pytest.raises(NotReadyError, match="'thing' timed out waiting to be Ready") as caught:
        until_ready(Answers(LIVE), THING, LIVE, rule, wait(timeout=0.3))
    assert caught.value.reasons == ("late",)
    assert caught.value.live == LIVE


def test_what_has_failed_is_not_waited_for() -> None:
    began = time.monotonic()
    rule = looks(Progress(False, failed=True, problems=("broken",)))
    with pytest.raises(NotReadyError, match="Resource 'thing' was created but failed to initialize") as caught:
        until_ready(Answers(LIVE), THING, LIVE, rule, wait())
    assert caught.value.reasons == ("broken",)
    assert time.monotonic() - began < 1


def test_what_must_last_is_looked_at_again() -> None:
    rule = looks(Progress(True, settle=0.3), Progress(False), Progress(True, settle=0.3))
    began = time.monotonic()
    until_ready(Answers(LIVE), THING, LIVE, rule, wait())
    assert time.monotonic() - began > 0.5


def test_an_api_server_that_is_away_for_a_moment_ends_no_wait() -> None:
    answers = Answers(LIVE, UnreachableError("away"), UnreachableError("away"), LIVE)
    rule = looks(Progress(False), Progress(True))
    assert until_ready(answers, THING, LIVE, rule, wait()) == LIVE


def test_an_object_that_vanishes_ends_the_wait_but_not_the_state() -> None:
    with pytest.raises(NotReadyError, match='things "thing" not found') as caught:
        until_ready(Answers(LIVE, missing()), THING, LIVE, looks(Progress(False)), wait())
    assert caught.value.live == LIVE


def test_a_cancelled_wait_ends_at_once() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(NotReadyError, match='Resource operation was cancelled for "thing"'):
        until_ready(Answers(LIVE), THING, LIVE, looks(Progress(False)), wait(cancelled=cancelled))


def test_an_object_is_gone_when_it_is_not_found_or_another_has_its_name() -> None:
    until_gone(Answers(LIVE, missing()), THING, LIVE, wait())
    other = {**LIVE, "metadata": {**LIVE["metadata"], "uid": "2"}}
    until_gone(Answers(LIVE, other), THING, LIVE, wait())
