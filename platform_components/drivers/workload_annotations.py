"""What a Score file says by annotations, because the specification has no element for it. Pure, without Pulumi.

    metadata:
      annotations:
        platform-components/kind: CronJob
        platform-components/schedule: "*/5 * * * *"
        platform-components/service-name: shop
        platform-components/startup-probe: "periodSeconds: 2, failureThreshold: 60"
        platform-components/readiness-probe.web: "initialDelaySeconds: 5, periodSeconds: 5"

`k8s.score.dev/kind` and `k8s.score.dev/service-name`, which score-k8s knows, say the same. Annotations with any other
prefix go to the pods.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from platform_components.catalog.drivers import Objection
from platform_components.naming import service as default_service_name
from platform_components.score.model import Container, Probe, Workload
from platform_components.score.positions import DocumentPath
from platform_components.score.problems import Problem, cut, did_you_mean, path_text
from platform_components.score.reader import Source

PREFIX = "platform-components/"
SCORE_K8S = "k8s.score.dev/"
KINDS = ("Deployment", "StatefulSet", "Job", "CronJob")
PROBES = ("liveness", "readiness", "startup")
NAMES = ("kind", "schedule", "service-name", *(f"{probe}-probe" for probe in PROBES))
"""All annotations of the platform, without their prefix; those of probes may name a container: `….web`."""
OF_SCORE_K8S = ("kind", "service-name")
TIMINGS = {
    "initialDelaySeconds": ("initial_delay_seconds", 0),
    "periodSeconds": ("period_seconds", 1),
    "timeoutSeconds": ("timeout_seconds", 1),
    "failureThreshold": ("failure_threshold", 1),
    "successThreshold": ("success_threshold", 1),
}
"""Kubernetes' words for the timings of a probe: the component's argument, and the least value."""

_ENTRY = re.compile(r"([A-Za-z]+)\s*[:=]\s*([0-9]{1,9})")
_FIELD = re.compile(r"[0-9A-Za-z*/,?-]+")
_MACRO = re.compile(r"@(yearly|annually|monthly|weekly|daily|midnight|hourly|every ([0-9]+(ns|us|ms|s|m|h))+)")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")

Timings = Mapping[str, int]


@dataclass(frozen=True)
class Wanted:
    """What the annotations of a workload ask for."""

    kind: str | None = None
    schedule: str | None = None
    service_name: str | None = None
    timings: Mapping[tuple[str, str], Timings] = field(default_factory=dict)
    """By container and probe, the arguments of the component; a start-up probe is there when it is in here."""
    places: Mapping[str, str] = field(default_factory=dict)
    """By the name without its prefix, the annotation as it is written."""
    objections: tuple[Objection, ...] = ()
    """What is wrong with them."""


def annotation_path(name: str) -> DocumentPath:
    """Where an annotation is in the Score file."""
    return ("metadata", "annotations", name)


def for_pods(workload: Workload) -> dict[str, str]:
    """The annotations that are the developer's own."""
    return {name: text for name, text in workload.annotations.items() if not name.startswith((PREFIX, SCORE_K8S))}


def service_name(workload: Workload) -> str:
    """The name of the workload's Service."""
    return wanted(workload).service_name or default_service_name(workload.name)


def wanted(workload: Workload) -> Wanted:
    """What the annotations ask for, and what is wrong with them."""
    reading = _Reading(workload)
    return Wanted(
        kind=reading.text("kind"),
        schedule=reading.text("schedule"),
        service_name=reading.text("service-name"),
        timings=reading.timings(),
        places=reading.places,
        objections=tuple(reading.objections),
    )


def annotation_problems(sources: Iterable[Source]) -> Iterator[Problem]:
    """What is wrong with annotations whatever definition serves a workload."""
    for source in sources:
        for found in wanted(source.workload).objections:
            yield Problem("resource", path_text(found.path), found.what, source.positions.at(found.path), found.fix)


class _Reading:
    def __init__(self, workload: Workload) -> None:
        self.objections: list[Objection] = []
        self.places: dict[str, str] = {}
        self._containers = workload.containers
        self._texts: dict[str, str] = {}
        for name, text in sorted(workload.annotations.items()):
            if name.startswith(PREFIX):
                self._note(name, name.removeprefix(PREFIX), text, known=NAMES)
            elif name.startswith(SCORE_K8S):
                self._note(name, name.removeprefix(SCORE_K8S), text, known=OF_SCORE_K8S)

    def text(self, name: str) -> str | None:
        """The value of one without a container, if it is right."""
        value = self._texts.get(name)
        if value is None:
            return None
        wrong = ""
        if name == "kind" and value not in KINDS:
            wrong, fix = f"no workload can be a '{cut(value, 64)}'", did_you_mean(value, KINDS, of="kinds")
        elif name == "schedule" and not _is_schedule(value):
            wrong, fix = f"'{cut(value, 64)}' is no schedule", "write five fields as cron does, such as */5 * * * *"
        elif name == "service-name" and not _SERVICE.fullmatch(value):
            wrong = f"'{cut(value, 64)}' can't be a Service's name"
            fix = "use 1 to 63 of a-z, 0-9 and '-', with a letter first"
        if wrong:
            self._object(self.places[name], wrong, fix)
            return None
        return value

    def timings(self) -> dict[tuple[str, str], Timings]:
        """The timings of every probe; those of one container count before those of all."""
        found: dict[tuple[str, str], Timings] = {}
        # A name without a container comes first in the alphabet
        for name, text in sorted(self._texts.items()):
            base, _, container = name.partition(".")
            probe = base.removesuffix("-probe")
            if not base.endswith("-probe"):
                continue
            parsed = self._parsed(name, probe, text)
            for each in self._meant(name, probe, container):
                found[each, probe] = {**found.get((each, probe), {}), **parsed}
        return found

    def _note(self, written: str, name: str, text: str, *, known: tuple[str, ...]) -> None:
        base, dot, _ = name.partition(".")
        if base not in known or (dot and not base.endswith("-probe")):
            prefix = written.removesuffix(name)
            fix = did_you_mean(name, known, of=f"behind {prefix}")
            self._object(written, "the platform knows no such annotation", fix)
        elif self._texts.get(name, text) != text:
            self._object(written, f"{self.places[name]} says otherwise", "keep one of them")
        else:
            self._texts[name] = text
            self.places[name] = written

    def _parsed(self, name: str, probe: str, text: str) -> Timings:
        timings: dict[str, int] = {}
        for entry in filter(None, (part.strip() for part in re.split(r"[,\n]", text.strip(" {}\n")))):
            match = _ENTRY.fullmatch(entry)
            if match is None or match[1] not in TIMINGS:
                what = f"'{cut(entry, 64)}' is no timing of a probe"
                fix = did_you_mean(match[1] if match else "", TIMINGS, of="write 'periodSeconds: 5'; there are")
                self._object(self.places[name], what, fix)
                continue
            argument, least = TIMINGS[match[1]]
            number = int(match[2])
            if number < least:
                self._object(self.places[name], f"{match[1]} must be {least} or more")
            elif argument == "success_threshold" and number > 1 and probe != "readiness":
                self._object(self.places[name], "only a readiness probe can ask for more than one success")
            else:
                timings[argument] = number
        if not timings:
            self._object(self.places[name], "says no timing", "such as 'periodSeconds: 5, failureThreshold: 6'")
        return timings

    def _meant(self, name: str, probe: str, container: str) -> Iterator[str]:
        """The containers that an annotation is about."""
        place = self.places[name]
        if container and container not in self._containers:
            fix = did_you_mean(container, self._containers, of="containers")
            self._object(place, f"there is no container '{cut(container, 64)}'", fix)
            return
        chosen = [container] if container else sorted(self._containers)
        having = [each for each in chosen if asked_by(self._containers[each], probe) is not None]
        if not having:
            which = f"the container '{container}' has" if container else "no container has"
            lacking = "livenessProbe or readinessProbe" if probe == "startup" else f"{probe}Probe"
            self._object(place, f"{which} {'no ' if container else 'a '}{lacking} to ask with", "add the probe")
        yield from having

    def _object(self, annotation: str, what: str, fix: str = "") -> None:
        self.objections.append(Objection(annotation_path(annotation), what, fix))


def asked_by(container: Container, probe: str) -> Probe | None:
    """What a probe of a container asks; at start-up the same as later, liveness before readiness."""
    if probe == "startup":
        return container.liveness_probe or container.readiness_probe
    return container.liveness_probe if probe == "liveness" else container.readiness_probe


def _is_schedule(text: str) -> bool:
    # https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
    fields = text.split()
    return bool(_MACRO.fullmatch(text)) or (len(fields) == 5 and all(_FIELD.fullmatch(each) for each in fields))
