"""The plan: what an environment is made of, from which definitions and in which order, before anything is created.

Immutable, plain data, and deterministic: the same input gives the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_components.errors import InputError

FORMAT = 1
"""Raised when an older program could not read a newer plan."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PlannedEnvironment(_Part):
    """Which environment the plan is for."""

    name: str
    type: str
    app: str | None = None
    branch: str | None = None
    values: tuple[str, ...] = ()
    """The names of the developer's own secrets, as far as they are known."""


class PlannedResource(_Part):
    """One resource: what it is, which definition serves it, what its driver gets."""

    id: str
    """The identity, `type.class#workload.name` or `type.class#id`."""
    type: str
    class_: str = Field(alias="class")
    res_id: str
    definition: str
    """The definition's `id` or `id@version`."""
    definition_at: str
    """Where the definition is written, `file:line`."""
    criteria: str = ""
    """The entry of its criteria that matched, as it reads in YAML."""
    criteria_at: str = ""
    """Where that entry is written, `file:line`."""
    pinned: bool = False
    driver: str
    inputs: Mapping[str, Any]
    """What the driver gets; what is not known yet stands in the forms of `plan.values`."""
    params: Mapping[str, Any] = {}
    """What whoever asks for the resource has set, in the same forms."""
    uses: Mapping[str, str] = {}
    """The resources that its definition uses, by their alias."""
    depends_on: tuple[str, ...] = ()
    """Every resource that has to be there first."""
    names: Mapping[str, str] = {}
    """The physical names that the driver makes."""
    workload: str | None = None
    """The workload that it is for; None: it is shared."""
    used_by: tuple[str, ...] = ()
    """The resources that wait for it."""
    secret_outputs: tuple[str, ...] = ()
    wanted_outputs: tuple[str, ...] = ()
    """The outputs that are named anywhere, of a type that takes any name."""
    holds_data: bool = False
    data_in: tuple[str, ...] = ()
    """The resources that its data lives in: if one of them becomes another, the data is gone."""
    implicit: bool = False
    """Whether nobody asks for it: every environment of an app has it."""


class PlannedWorkload(_Part):
    """One workload: its Score document, and what its placeholders lead to."""

    name: str
    document: Mapping[str, Any]
    """Images and overrides applied, the content of files embedded, placeholders as they were written."""
    resources: Mapping[str, str] = {}
    """The identities of the resources it asks for, by the names it uses for them."""
    secret_variables: Mapping[str, tuple[str, ...]] = {}
    """By container, the variables that a secret is in."""
    secret_files: Mapping[str, tuple[str, ...]] = {}
    """By container, the files that a secret is in."""
    source: str = ""
    """The file it was read from."""


class Peer(_Part):
    """One end of an edge: pods of the environment's namespace or of another one, or addresses outside the cluster."""

    pods: str | Mapping[str, str] | None = None
    """The pods with this name in their label `app.kubernetes.io/name`, a workload's or a resource's; or with these
    labels. None: all of them."""
    namespace: Any = None
    """None: the environment's own. May be an output of a resource, in the forms of `plan.values`."""
    cidr: str | None = None
    without: tuple[str, ...] = ()
    """Ranges inside of `cidr` that are not meant."""


class Edge(_Part):
    """Connections that are admitted. What no edge says is not."""

    source: Peer = Field(alias="from")
    target: Peer = Field(alias="to")
    ports: tuple[str, ...]
    """Those that the target listens on, each as `8080/TCP`."""
    by: str
    """The resource that leads to it."""


class Plan(_Part):
    """What an environment needs, in the order in which it can be made."""

    format: int = FORMAT
    environment: PlannedEnvironment
    resources: tuple[PlannedResource, ...]
    """Everything comes after what it depends on."""
    layers: tuple[tuple[str, ...], ...]
    """The identities, layer by layer; what is in one layer can be made at the same time."""
    workloads: tuple[PlannedWorkload, ...]
    edges: tuple[Edge, ...] = ()
    """All connections that the environment's pods may have, see `plan.edges`."""
    versions: Mapping[str, str] = {}
    """The versions of library and definitions that it was deployed with; only a deployed plan has them."""
    fingerprints: Mapping[str, str] = {}
    """Of secrets, by what they are (see `plan.fingerprints`); only a plan that is being compared has them."""
    fingerprint_key: str = ""
    """Which secret they were made with; those of another can't be compared."""

    @cached_property
    def by_id(self) -> Mapping[str, PlannedResource]:
        """The resources by identity."""
        return {resource.id: resource for resource in self.resources}

    @cached_property
    def edges_by_pods(self) -> Mapping[str, Sequence[Edge]]:
        """The edges by the name of the pods at either end."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            for pods in {end.pods for end in (edge.source, edge.target) if isinstance(end.pods, str)}:
                found.setdefault(pods, []).append(edge)
        return found

    def resource(self, identity: str) -> PlannedResource:
        """The resource with this identity."""
        return self.by_id[identity]

    def workload(self, name: str) -> PlannedWorkload:
        """The workload of this name."""
        return next(workload for workload in self.workloads if workload.name == name)

    def with_secrets_of(self, deployed: "Plan") -> "Plan":
        """The plan with a deployed one's fingerprints: the secrets are the stack's own, files change none of them."""
        return self.model_copy(
            update={"fingerprints": deployed.fingerprints, "fingerprint_key": deployed.fingerprint_key}
        )

    def to_document(self, *, places: bool = True) -> dict[str, Any]:
        """The plan as plain data; without places it doesn't change when a file is moved or commented."""
        document = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        document["format"] = self.format
        if not places:
            for resource in document["resources"]:
                resource["definition_at"] = ""
                resource.pop("criteria_at", None)
            for workload in document["workloads"]:
                workload.pop("source", None)
        return document

    def to_json(self, *, places: bool = True) -> bytes:
        """The plan's canonical bytes: sorted keys, no spaces, a newline at the end."""
        document = self.to_document(places=places)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"{text}\n".encode()

    @classmethod
    def from_json(cls, data: bytes | str | Mapping[str, Any], *, where: str = "the plan") -> "Plan":
        """The plan that was written. Raises InputError when it is none, or one of a newer program."""
        try:
            document = data if isinstance(data, Mapping) else json.loads(data)
            if isinstance(document, Mapping) and document.get("format", FORMAT) != FORMAT:
                raise InputError(
                    f"is a plan of format {document['format']}, this program reads {FORMAT}",
                    where=where,
                    fix="use the version of the platform that it was deployed with, or a newer one",
                )
            return cls.model_validate(document)
        except (ValueError, ValidationError) as error:
            raise InputError("is no plan of this platform", where=where, details=[str(error).splitlines()[0]]) from None
