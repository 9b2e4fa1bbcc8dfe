"""What containers write: the last lines of those that fail, and whatever `pave logs` asks for.

Every line goes through the environment's mask before anybody sees it.
"""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle.masking import Mask
from platform_components.lifecycle.reader import Manifest, Reader, RefusedError
from platform_components.lifecycle.reasons import NAME_LABEL


@dataclass(frozen=True)
class Source:
    """One container of one pod."""

    pod: str
    workload: str
    container: str

    @property
    def title(self) -> str:
        """How its lines are marked."""
        return self.pod if self.container == self.workload else f"{self.pod}/{self.container}"


@dataclass(frozen=True)
class Wanted:
    """Which part of a log."""

    tail: int | None = None
    since_seconds: int | None = None
    previous: bool = False
    """Of the run before the present one."""
    follow: bool = False

    def query(self) -> dict[str, str]:
        """As the API server is asked."""
        return {
            name: str(value)
            for name, value in (
                ("tailLines", self.tail),
                ("sinceSeconds", self.since_seconds),
                ("previous", "true" if self.previous else None),
            )
            if value is not None
        }


@dataclass(frozen=True)
class Excerpt:
    """Lines of one container; or why there are none."""

    source: Source
    lines: tuple[str, ...]
    none: str = ""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "pod": self.source.pod,
            "workload": self.source.workload,
            "container": self.source.container,
            "lines": list(self.lines),
            "none": self.none or None,
        }


def sources(reader: Reader, namespace: str, *, workload: str = "", container: str = "") -> list[Source]:
    """The containers of a namespace's pods, the newest pod first. Raises `InputError` when none is of that name."""
    pods = reader.objects(f"/api/v1/namespaces/{namespace}/pods")
    pods.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
    every = [source for pod in pods for source in _of_pod(pod)]
    chosen = [one for one in every if workload in ("", one.workload) and container in ("", one.container)]
    if every and not chosen:
        there = sorted({f"{one.workload}/{one.container}" for one in every})
        raise InputError(
            f"no pod of '{namespace}' has {' and '.join(_named(workload, container))}",
            fix=f"there are, as workload/container: {', '.join(there)}",
        )
    return chosen


def excerpt(reader: Reader, namespace: str, source: Source, wanted: Wanted, mask: Mask) -> Excerpt:
    """What a container wrote; a log that is not there is said, not raised."""
    try:
        lines = tuple(mask(line) for line in reader.lines(_path(namespace, source), _query(source, wanted)))
    except RefusedError as error:
        return Excerpt(source, (), error.what.removeprefix("the cluster refused: "))
    return Excerpt(source, lines)


def followed(
    reader: Reader, namespace: str, chosen: list[Source], wanted: Wanted, mask: Mask
) -> Iterator[tuple[Source, str]]:
    """The lines of all these containers as they come, until the last of them has ended."""
    arriving: queue.Queue[tuple[Source, str | BaseException | None]] = queue.Queue()

    def read(source: Source) -> None:
        try:
            for line in reader.lines(_path(namespace, source), _query(source, wanted), follow=True):
                arriving.put((source, mask(line)))
        except Exception as error:  # noqa: BLE001 — it is told by whoever reads the queue
            arriving.put((source, error))
        arriving.put((source, None))

    for source in chosen:
        threading.Thread(target=read, args=(source,), daemon=True).start()
    left = len(chosen)
    while left:
        source, line = arriving.get()
        if line is None:
            left -= 1
        elif isinstance(line, RefusedError):
            yield source, f"({line.what.removeprefix('the cluster refused: ')})"
        elif isinstance(line, BaseException):
            raise OutsideError(f"the log of {source.title} broke off: {line}") from line
        else:
            yield source, line


def _of_pod(pod: Manifest) -> Iterator[Source]:
    metadata, spec = pod["metadata"], pod["spec"]
    workload = str((metadata.get("labels") or {}).get(NAME_LABEL) or metadata["name"])
    for one in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        yield Source(str(metadata["name"]), workload, str(one["name"]))


def _path(namespace: str, source: Source) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{source.pod}/log"


def _query(source: Source, wanted: Wanted) -> dict[str, str]:
    return {"container": source.container, **wanted.query()}


def _named(workload: str, container: str) -> Iterator[str]:
    if workload:
        yield f"a workload '{workload}'"
    if container:
        yield f"a container '{container}'"
