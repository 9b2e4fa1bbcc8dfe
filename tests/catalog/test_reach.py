"""Where a resource is reached: what a definition may say, and what is told of what it may not."""

from pathlib import Path

import pytest

from platform_components.catalog import CatalogError, reach
from platform_components.catalog.reach import Reach
from tests.catalog.world import catalog

HEAD = "id: one\ntype: postgres\ndriver: any\n"


@pytest.mark.parametrize("key", reach.KEYS)
@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("{cidr: 10.0.0.0/8, ports: [1]}", "own.yaml:4:{0}: one: {key}: must be a list or a string, not a map"),
        ("[{cidr: 10.0.0.0/8}]", "own.yaml:4:{1}: one: {key}[0].ports: is required"),
        ("[{ports: [1]}]", "one: {key}[0]: must say one of `cidr`, and `pods` or `namespace`"),
        ("[{cidr: 10.0.0.0/8, pods: own, ports: [1]}]", "one: {key}[0]: must say one of `cidr`, and `pods`"),
        ("[{cidr: 10.0.0.1/8, ports: [1]}]", "one: {key}[0].cidr: '10.0.0.1/8' is no range of addresses"),
        ("[{cidr: [db.example.com], ports: [1]}]", "one: {key}[0].cidr[0]: 'db.example.com' is no range of addresses"),
        ("[{cidr: 10.0.0.0/8, ports: []}]", "one: {key}[0].ports: must"),
        ("[{cidr: 10.0.0.0/8, ports: [0]}]", "one: {key}[0].ports[0]: must be at least 1, not 0"),
        ("[{cidr: 10.0.0.0/8, ports: ['70000']}]", "one: {key}[0].ports[0]: there are ports up to 65535"),
        ("[{cidr: 10.0.0.0/8, ports: [53/ICMP]}]", "one: {key}[0].ports[0]: must match"),
        ("[{cidr: 10.0.0.0/8, without: 11.0.0.0/8, ports: [1]}]", "'11.0.0.0/8' is no part of `cidr`"),
        ("[{pods: own, without: 11.0.0.0/8, ports: [1]}]", "one: {key}[0].without: goes with `cidr` alone"),
        ("[{pods: redis, ports: [1]}]", "one: {key}[0].pods: must be `own` or a map of labels, not 'redis'"),
        ("[{pods: {app: redis}, ports: [1]}]", "one: {key}[0].pods: labels are those of pods in another namespace"),
        ("[{pods: own, namespace: data, ports: [1]}]", "one: {key}[0].namespace: the resource's own pods are in"),
        ("[{namespace: Data, ports: [1]}]", "one: {key}[0].namespace: must match"),
        ("[{cidr: '${uses.db.host}', ports: [1]}]", "one: {key}[0].cidr: ${{uses.db.host}}: unknown root 'uses'"),
        ("[{cidr: '${environment.nets}', ports: [1]}]", "the environment type 'ephemeral' has no setting 'nets'"),
        ("[{cidrs: 10.0.0.0/8, ports: [1]}]", "one: {key}[0].cidrs: is not known here"),
    ],
)
def test_a_mistake_is_told_with_its_line_when_definitions_are_loaded(
    tmp_path: Path, key: str, entries: str, message: str
) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog(tmp_path, f"{HEAD}{key}: {entries}\ncriteria: [{{env_type: ephemeral}}]\n")
    column = len(key) + 3
    assert message.format(column, column + 1, key=key) in str(caught.value)
    assert "own.yaml:4:" in str(caught.value)


def test_what_stands_there_is_told_apart(tmp_path: Path) -> None:
    text = """
- {cidr: [10.0.0.0/8, 11.0.0.0/8], without: 10.1.0.0/16, ports: [5432, 53/UDP]}
- {pods: own, ports: ['80']}
- {namespace: data, pods: {app: redis}, ports: [6379]}
- {namespace: data, ports: [6379]}
"""
    known = catalog(tmp_path, f"{HEAD}reached_at:{text}")
    found = next(one for one in known.definitions if one.id == "one")
    assert not list(reach.problems(found.reached_at))
    assert reach.reaches(found.reached_at) == (
        Reach(("5432/TCP", "53/UDP"), cidrs=("10.0.0.0/8", "11.0.0.0/8"), without=("10.1.0.0/16",)),
        Reach(("80/TCP",), pods="own"),
        Reach(("6379/TCP",), pods={"app": "redis"}, namespace="data"),
        Reach(("6379/TCP",), namespace="data"),
    )


def test_a_list_may_come_from_the_settings_as_a_whole(tmp_path: Path) -> None:
    assert catalog(tmp_path, HEAD + "reached_at: ${environment.labels}\n").definitions
