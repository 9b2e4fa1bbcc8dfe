"""What kwok is told to do with pods: one stage for each way to fail, and one log for all."""

from pathlib import Path

import yaml

from sandbox.control_plane import pods
from sandbox.state import State


def test_every_failure_has_a_stage_and_a_place_in_the_template(tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(pods.configuration(State(tmp_path / "state")).read_text()))
    names = [document["metadata"]["name"] for document in documents]

    assert len(names) == len(set(names))
    assert [f"pod-{how}" for how in pods.FAILURES if f"pod-{how}" not in names] == []
    ways = f"({'|'.join(pods.FAILURES)})"
    template = (Path(pods.__file__).parent / "pod_status.gotpl").read_text()
    assert template.count(ways) == 2


def test_the_log_of_all_containers_is_kept_when_the_sandbox_starts_again(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    pods.configuration(state)
    pods.container_log(state).write_text("a line\n")
    pods.configuration(state)

    assert pods.container_log(state).read_text() == "a line\n"
