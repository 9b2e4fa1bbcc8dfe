"""Failures on demand: a file says which calls to Azure fail, how and how often; it is read anew at every call.

A fault is what reaches the program: azure-native itself asks again three times, after 20, 60 and 120 s, on 408, 429,
5xx and AnotherOperationInProgress (pulumi-azure-native: provider/pkg/azure/client_azcore.go). Counters are in the
store, so the providers of concurrent stacks share them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import yaml

from sandbox.azure import principals
from sandbox.azure.errors import ArmError, TimedOutError
from sandbox.azure.store import Store
from sandbox.errors import SandboxError
from sandbox.state import State, write_private

OPERATIONS = ("create", "read", "update", "delete", "invoke")
WHEN = ("before", "after", "lost")
TIMED_OUT = "Timeout"

# Codes with their status and words: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-
# errors; any other code may be given with a status and a message of its own.
CODES: Mapping[str, tuple[int, str]] = {
    "AnotherOperationInProgress": (409, "Another operation on this or dependent resource is in progress."),
    "AuthorizationFailed": (403, "The client does not have authorization to perform the action over scope '{id}'."),
    "Conflict": (409, "The request could not be completed due to a conflict with the current state of '{id}'."),
    "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity": (
        409,
        "Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
    ),
    "GatewayTimeout": (504, "The gateway did not receive a response from 'Microsoft.Resources' in time."),
    "InternalServerError": (500, "An unexpected error occurred while processing the request."),
    "OperationNotAllowed": (409, "Operation is not allowed: another operation is in progress on '{name}'."),
    "PrincipalNotFound": (
        400,
        "Principal {principal} does not exist in the directory. If you recently created it, wait and try again.",
    ),
    "RetryableError": (429, "A retryable error occurred."),
    "ServerBusy": (409, "Cannot complete operation because the server '{name}' is busy."),
    "ServerIsBusy": (409, "Cannot complete operation while server '{name}' is busy processing another operation."),
    "ServerIsNotReady": (409, "The server '{name}' is not ready."),
    "ServiceUnavailable": (503, "The service is unavailable."),
    "SkuNotAvailable": (409, "The requested size is currently not available in the location of '{name}'."),
    TIMED_OUT: (504, "operation timed out"),
    "TooManyRequests": (429, "The request is being throttled: the limit of requests was reached."),
}


@dataclass(frozen=True)
class Call:
    """One call to Azure, as faults look at it."""

    operation: str
    token: str
    type: str
    id: str
    name: str
    principal: str = ""
    """The principal that the body names."""


@dataclass(frozen=True)
class Fault:
    """One entry of the file."""

    code: str
    status: int = 0
    message: str = ""
    kind: str = "*"
    """A type token or ARM's name of the type; `*` and `?` match."""
    name: str = "*"
    operations: tuple[str, ...] = ("create", "update", "delete")
    when: str = "before"
    """`before`: nothing happened; `after`: it happened, waiting failed; `lost`: it happened, nobody was told."""
    times: int | None = 1
    """How often; None: always."""
    skip: int = 0
    """How many calls go by first."""
    probability: float = 1.0
    seed: int = 0
    first_seconds: float | None = None
    """Only in the first seconds of the life of the principal that the body names."""
    key: str = ""
    """Under which it is counted: another for every entry that differs."""

    def fits(self, call: Call) -> bool:
        kinds = (call.token.lower(), call.type.lower())
        return (
            call.operation in self.operations
            and any(fnmatchcase(each, self.kind.lower()) for each in kinds)
            and fnmatchcase(call.name.lower(), self.name.lower())
        )

    def error(self, call: Call) -> ArmError:
        if self.code == TIMED_OUT:
            return TimedOutError()
        status, message = CODES.get(self.code, (0, ""))
        text = self.message or message.format(id=call.id, name=call.name, principal=call.principal.replace("-", ""))
        return ArmError(self.status or status, self.code, text)


class Faults:
    """The faults in one file; a file that is not there has none."""

    def __init__(self, file: Path, store: Store) -> None:
        self.file = file
        self._store = store

    @classmethod
    def of(cls, state: State, store: Store, environment: Mapping[str, str]) -> "Faults":
        """The file that `SANDBOX_AZURE_FAULTS` names, else the one that `python -m sandbox azure fault` writes."""
        named = environment.get("SANDBOX_AZURE_FAULTS")
        if named and not Path(named).exists():
            raise SandboxError(f"SANDBOX_AZURE_FAULTS: there is no file {named}")
        return cls(Path(named) if named else state.azure / "faults.yaml", store)

    def read(self) -> list[Fault]:
        """Every entry, checked."""
        try:
            text = self.file.read_text()
        except FileNotFoundError:
            return []
        try:
            document = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise SandboxError(f"{self.file}: {error}", fix="write YAML or JSON: docs/sandbox.md, faults") from None
        entries = document.get("faults", []) if isinstance(document, dict) else None
        if not isinstance(entries, list) or (isinstance(document, dict) and set(document) - {"faults"}):
            raise SandboxError(f"{self.file}: it must hold 'faults', a list, and nothing else")
        return list(_parsed(entries, self.file))

    def raise_before(self, call: Call) -> None:
        """Fail a call that Azure refuses, or that never reaches it."""
        fault = self._due(call, ("before",))
        if fault is not None:
            raise fault.error(call)

    def due_after(self, call: Call) -> Fault | None:
        """The fault that keeps the answer to a call from the program, if there is one."""
        return self._due(call, ("after", "lost"))

    def counted(self) -> list[tuple[Fault, int, int]]:
        """Every entry with how many calls it met, and how many it made fail."""
        with self._store.reading() as transaction:
            return [(fault, *transaction.fault_counts(fault.key)) for fault in self.read()]

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write one more entry into the file."""
        entries = [*self._entries(), dict(entry)]
        list(_parsed(entries, self.file))
        write_private(self.file, yaml.safe_dump({"faults": entries}, sort_keys=False))

    def clear(self) -> None:
        """Remove the file and forget what was counted."""
        self.file.unlink(missing_ok=True)
        with self._store.writing() as transaction:
            transaction.forget_faults()

    def _entries(self) -> list[Any]:
        self.read()
        return list((yaml.safe_load(self.file.read_text()) or {}).get("faults", [])) if self.file.exists() else []

    def _due(self, call: Call, when: Sequence[str]) -> Fault | None:
        fitting = [fault for fault in self.read() if fault.when in when and fault.fits(call)]
        if not fitting:
            return None
        with self._store.writing() as transaction:
            for fault in fitting:
                if fault.first_seconds is not None:
                    born = principals.created(transaction, call.principal)
                    age = (datetime.now(UTC) - born).total_seconds() if born else None
                    if age is None or age >= fault.first_seconds:
                        continue
                matched, raised = transaction.fault_counts(fault.key)
                # The decision is made by the number of the call, so a seed gives the same run again.
                chosen = Random(f"{fault.seed} {fault.key} {matched}").random() < fault.probability
                due = matched >= fault.skip and (fault.times is None or raised < fault.times) and chosen
                transaction.count_fault(fault.key, matched=matched + 1, raised=raised + due)
                if due:
                    return fault
        return None


# Fields of an entry, with what they take; `operation` is one or a list.
_TAKES: Mapping[str, tuple[type, ...]] = {
    "code": (str,),
    "status": (int,),
    "message": (str,),
    "kind": (str,),
    "name": (str,),
    "operation": (str, list),
    "when": (str,),
    "times": (int, str),
    "skip": (int,),
    "probability": (int, float),
    "seed": (int,),
    "first_seconds": (int, float),
}


def _parsed(entries: list[Any], file: Path) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries):
        where = f"{file}: faults[{number}]"
        if not isinstance(entry, dict):
            raise SandboxError(f"{where}: it must be an object with a code, not {entry!r}")
        text = json.dumps(entry, sort_keys=True, default=str)
        seen[text] = seen.get(text, 0) + 1
        key = hashlib.sha256(f"{seen[text]} {text}".encode()).hexdigest()[:16]
        yield _fault(entry, where, key)


def _fault(entry: dict[str, Any], where: str, key: str) -> Fault:
    for name, value in entry.items():
        if name not in _TAKES:
            raise SandboxError(f"{where}: '{name}' is not a field of a fault; these are: {', '.join(_TAKES)}")
        if not isinstance(value, _TAKES[name]) or isinstance(value, bool):
            raise SandboxError(f"{where}.{name}: {value!r} is not what it takes")
    operation = entry.get("operation", ["create", "update", "delete"])
    operations = tuple(OPERATIONS if operation == "*" else [operation] if isinstance(operation, str) else operation)
    always = entry.get("times", 1) == "always" or ("first_seconds" in entry and "times" not in entry)
    problem = _problem(entry, operations)
    if problem:
        raise SandboxError(f"{where}{problem}")
    plain = {name: entry[name] for name in _PLAIN if name in entry}
    times = None if always else entry.get("times", 1)
    return Fault(**plain, operations=operations, times=times, key=key)


_PLAIN = {each.name for each in fields(Fault)} - {"operations", "times", "key"}


def _problem(entry: Mapping[str, Any], operations: Sequence[Any]) -> str | None:
    code, times = entry.get("code"), entry.get("times", 1)
    wrong = [each for each in operations if each not in OPERATIONS]
    problem = None
    if not code:
        problem = ": a fault needs a code, e.g. TooManyRequests"
    elif code not in CODES and not (entry.get("status") and entry.get("message")):
        problem = f".code: '{code}' is not known ({', '.join(sorted(CODES))}); give its status and message with it"
    elif wrong:
        problem = f".operation: {wrong[0]!r} is not one of {', '.join(OPERATIONS)}, or '*' for all"
    elif entry.get("when", "before") not in WHEN:
        problem = f".when: {entry['when']!r} is not one of {', '.join(WHEN)}"
    elif times != "always" and (not isinstance(times, int) or times < 1):
        problem = f".times: {times!r} is neither a number from 1 on nor 'always'"
    elif not 0 < entry.get("probability", 1) <= 1:
        problem = f".probability: {entry['probability']!r} is not above 0 and at most 1"
    elif entry.get("skip", 0) < 0 or entry.get("first_seconds", 1) <= 0:
        problem = ": 'skip' and 'first_seconds' cannot be negative"
    return problem


def described(fault: Fault) -> dict[str, Any]:
    """A fault as `python -m sandbox azure faults` shows it: what differs from the defaults."""
    usual = asdict(Fault(fault.code))
    own = {name: value for name, value in asdict(fault).items() if name != "key" and value != usual[name]}
    if "operations" in own:
        own["operation"] = own.pop("operations")
    return own
