"""What is done to one object: create, read, update, delete, each as a preview too.

Between the servicer, which speaks with the engine, and `apply.py`, `waiting.py` and `resources.py`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.kubernetes import apply
from sandbox.kubernetes.errors import ApiError, CancelledError, NoMatchError, NotReadyError, ProviderError
from sandbox.kubernetes.log import EngineLog
from sandbox.kubernetes.objects import (
    DELETION_PROPAGATION,
    SKIP_AWAIT,
    TIMEOUT_SECONDS,
    Kind,
    annotation,
    is_true,
    name_of,
    namespace_of,
    with_metadata,
    without_namespace,
)
from sandbox.kubernetes.readiness import rule_for, rule_for_reading
from sandbox.kubernetes.reasons import reasons
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.settings import Settings
from sandbox.kubernetes.values import Manifest, has_unknown
from sandbox.kubernetes.waiting import DEFAULT_TIMEOUT, Wait, until_gone, until_ready

# A namespace or a CRD made at the same moment may take a while to be seen.
_CREATION_RETRIES: Final = 5
_FIRST_RETRY: Final = 0.3

# The kinds whose deletion `pulumi.com/skipAwait` does not wait for; it waits for every other kind all the same.
_SKIP_AWAIT_OF_DELETION: Final = frozenset(
    {"DaemonSet", "Deployment", "Job", "Namespace", "Pod", "ReplicationController", "StatefulSet"}
)


@dataclass(frozen=True)
class Target:
    """The resource that an operation is about."""

    urn: str
    kind: Kind
    patch: bool
    timeout: float
    """Seconds that `customTimeouts` asks for; 0 when it does not."""


class Operations:
    """Operations on the objects of one cluster."""

    def __init__(self, resources: Resources, settings: Settings, log: EngineLog, cancelled: threading.Event) -> None:
        self._resources = resources
        self._settings = settings
        self._log = log
        self._cancelled = cancelled

    def preview_create(self, target: Target, inputs: Manifest, manager: str) -> Manifest | None:
        """What the API server would make of the inputs; None where it cannot be asked."""
        skipped = (
            has_unknown(inputs)
            or target.patch
            or not self._settings.server_side_apply
            or not self._resources.exists(target.kind)
        )
        if skipped:
            return None
        try:
            made = self._made(target, inputs, manager, preview=True)
        except ApiError as error:
            # The namespace comes with the update; the right to create may too; what exists may be replaced. All other
            # refusals are the user's to see now. pulumi-kubernetes:provider/pkg/provider/provider.go, Create
            if error.namespace_not_found or error.code == 403 or error.already_exists:
                return None
            raise
        made.pop("status", None)
        return made

    def create(self, target: Target, inputs: Manifest, manager: str) -> Manifest:
        """The live object once it is ready; `NotReadyError` when it exists and does not become so."""
        pause = _FIRST_RETRY
        for attempt in range(_CREATION_RETRIES + 1):
            try:
                live = self._made(target, inputs, manager, preview=False)
                break
            except (ApiError, NoMatchError) as error:
                missing = isinstance(error, NoMatchError) or error.not_found
                if not missing or attempt == _CREATION_RETRIES:
                    raise
                self._log.status(target.urn, f"Retry #{attempt}; creation failed: {error}")
            if self._cancelled.wait(pause):
                raise CancelledError(f'Resource operation was cancelled for "{name_of(inputs)}"')
            pause *= 2
        self._log.status(target.urn, "")
        return self._ready(target, inputs, live)

    def update(
        self, target: Target, inputs: Manifest, name: str, manager: str, *, preview: bool, ignored: Sequence[str]
    ) -> Manifest | None:
        """The live object once it is ready again; for a preview what it would be, None where that cannot be asked."""
        if preview and (has_unknown(inputs) or not self._resources.exists(target.kind)):
            return None
        live = self._resources.get(target.kind, namespace_of(inputs), name)
        try:
            updated = apply.update(
                self._resources,
                target.kind,
                with_metadata(inputs, name=name),
                live,
                manager=manager,
                preview=preview,
                # Without server-side apply there are no conflicts: the last one to write wins.
                force=self._settings.patch_force if self._settings.server_side_apply else True,
                ignored=ignored,
                patch=target.patch,
            )
        except ApiError as error:
            if preview and error.code == 403:
                return None
            raise NotReadyError(str(error), live=live) from error
        except ProviderError as error:
            raise NotReadyError(str(error), live=live) from error
        return updated if preview else self._ready(target, inputs, updated)

    def read(self, target: Target, inputs: Manifest, namespace: str, name: str) -> Manifest | None:
        """The live object, None when there is none; `NotReadyError` when it is not ready now."""
        try:
            live = self._resources.find(target.kind, namespace, name)
        except NoMatchError:
            # Without its definition there is no custom resource either.
            return None
        rule = rule_for_reading(target.kind)
        if live is None or rule is None or not inputs or target.patch or is_true(inputs, SKIP_AWAIT):
            return live
        progress = rule(self._resources, live)
        if progress.done:
            return live
        raise NotReadyError(
            f"Resource '{name}' was created but failed to initialize",
            live=live,
            reasons=(*progress.problems, *reasons(self._resources, live)),
        )

    def delete(self, target: Target, inputs: Manifest, namespace: str, name: str, manager: str) -> None:
        """Return when the object is gone."""
        try:
            live = self._resources.find(target.kind, namespace, name)
            if live is None:
                return
            if target.patch:
                apply.relinquish(self._resources, target.kind, live, manager)
                return
            self._resources.delete(target.kind, namespace, name, propagation=_propagation(inputs))
        except NoMatchError:
            return
        except ApiError as error:
            if error.not_found:
                return
            raise
        if is_true(inputs, SKIP_AWAIT) and target.kind.name in _SKIP_AWAIT_OF_DELETION:
            return
        try:
            until_gone(self._resources, target.kind, live, self._wait(target, inputs))
        except CancelledError:
            raise CancelledError(f'Resource operation was cancelled for "{name}"') from None

    def relinquish(self, target: Target, live: Manifest, manager: str) -> None:
        """Give up what `manager` has applied."""
        apply.relinquish(self._resources, target.kind, live, manager)

    def ready_now(self, kind: Kind, namespace: str, name: str) -> bool:
        """Whether the object exists and is ready at this moment."""
        live = self._resources.find(kind, namespace, name)
        rule = rule_for(kind, {})
        return live is not None and (rule is None or rule(self._resources, live).done)

    def _made(self, target: Target, inputs: Manifest, manager: str, *, preview: bool) -> Manifest:
        if not self._resources.served(target.kind).namespaced:
            # A custom resource that was given a namespace before anybody knew that it can have none.
            inputs = without_namespace(inputs)
        if target.patch or (self._settings.server_side_apply and self._settings.upsert):
            return apply.upsert(
                self._resources,
                target.kind,
                inputs,
                manager=manager,
                preview=preview,
                force=self._settings.patch_force,
            )
        return apply.create(self._resources, target.kind, inputs, manager=apply.CREATOR, preview=preview)

    def _ready(self, target: Target, inputs: Manifest, live: Manifest) -> Manifest:
        rule = rule_for(target.kind, inputs)
        if rule is None or target.patch or is_true(inputs, SKIP_AWAIT):
            return live
        return until_ready(self._resources, target.kind, live, rule, self._wait(target, inputs))

    def _wait(self, target: Target, inputs: Manifest) -> Wait:
        asked = annotation(inputs, TIMEOUT_SECONDS)
        timeout = target.timeout or (float(asked) if asked.isdigit() else DEFAULT_TIMEOUT)
        return Wait(timeout, lambda line: self._log.status(target.urn, line), self._cancelled)


def _propagation(inputs: Manifest) -> str:
    """Foreground unless the annotation says otherwise: dependants go first, and the wait includes them."""
    wanted = annotation(inputs, DELETION_PROPAGATION).capitalize()
    return wanted if wanted in ("Orphan", "Background") else "Foreground"
