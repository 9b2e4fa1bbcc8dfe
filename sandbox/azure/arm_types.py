"""Checks a resource's inputs against Azure's own description of its bodies, when a folder of such types is given.

The folder is Azure/bicep-types-az as it is; one file per provider and API version. Inputs are in the SDK's shape: names
differ from ARM's by a rule (`sdk_name`), and what ARM nests in `properties` the SDK has flattened. Unknown values pass.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.azure.kind import Kind
from sandbox.azure.values import UNKNOWN, Secret, look_up

_REQUIRED, _READ_ONLY = 1, 2
_ENVELOPE = {"id", "name", "type", "apiVersion"}

# Where the SDK's name does not follow from ARM's: (ARM's name of the type, the SDK's path): ARM's own name there.
_RENAMED = {
    ("microsoft.storage/storageaccounts", "enableHttpsTrafficOnly"): "supportsHttpsTrafficOnly",
    ("microsoft.storage/storageaccounts", "enableNfsV3"): "isNfsV3Enabled",
    ("microsoft.storage/storageaccounts", "networkRuleSet"): "networkAcls",
    ("microsoft.storage/storageaccounts", "encryption.encryptionIdentity"): "identity",
    ("microsoft.storage/storageaccounts", "encryption.keyVaultProperties"): "keyvaultproperties",
    ("microsoft.storage/storageaccounts", "encryption.keyVaultProperties.keyName"): "keyname",
    ("microsoft.storage/storageaccounts", "encryption.keyVaultProperties.keyVersion"): "keyversion",
    ("microsoft.storage/storageaccounts", "encryption.keyVaultProperties.keyVaultUri"): "keyvaulturi",
    ("microsoft.storage/storageaccounts", "encryption.encryptionIdentity.encryptionUserAssignedIdentity"): (
        "userAssignedIdentity"
    ),
    ("microsoft.storage/storageaccounts", "encryption.encryptionIdentity.encryptionFederatedIdentityClientId"): (
        "federatedIdentityClientId"
    ),
    ("microsoft.storage/storageaccounts", "networkRuleSet.virtualNetworkRules.virtualNetworkResourceId"): "id",
    ("microsoft.storage/storageaccounts", "networkRuleSet.ipRules.iPAddressOrRange"): "value",
}
# What the SDK offers and the types do not have: a word, no refusal.
_UNMAPPED = {
    ("microsoft.network/virtualnetworks", "id"),
    ("microsoft.network/virtualnetworks", "serviceGateway"),
    ("microsoft.network/virtualnetworks/subnets", "id"),
}
# What later API versions added to the one that the folder has: (ARM's name of the type, the SDK's path): the values.
_ADDED = {
    # azure-rest-api-specs, 2026-02-01: ManagedClusterIngressProfileGatewayConfiguration, …AppRoutingIstio
    ("microsoft.containerservice/managedclusters", "ingressProfile.gatewayAPI.installation"): ("Disabled", "Standard"),
    (
        "microsoft.containerservice/managedclusters",
        "ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio.mode",
    ): ("Disabled", "Enabled"),
}
# Numbers that bicep-types-az calls integers although ARM takes fractions: Azure/bicep-types-az, "number".
_FRACTIONS = {"spotMaxPrice", "cpuUtilization"}


@dataclass
class Findings:
    """What is wrong with a body, as (property, reason), and what deserves a word."""

    errors: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def sdk_name(arm_name: str) -> str:
    """The SDK's name for a property of ARM: `ARecords` is `aRecords`, `TTL` `ttl`, `scan-interval` `scanInterval`."""
    if arm_name == "minimumTTL":  # the one that does not follow
        return "minimumTtl"
    head, *rest = arm_name.split("-")
    name = head + "".join(part[:1].upper() + part[1:] for part in rest)
    capitals = re.match(r"[A-Z]+", name)
    if capitals is None:
        return name
    # All capitals at the start become small, but for the last one if it begins a word.
    length = len(capitals[0])
    if length > 1 and length < len(name) and name[length].islower():
        length -= 1
    return name[:length].lower() + name[length:]


class ArmTypes:
    """The types in one folder, read when they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Path, list[dict[str, Any]]] = {}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ArmTypes | None":
        """The types in `$SANDBOX_ARM_TYPES`, or None when it is not set."""
        folder = environment.get("SANDBOX_ARM_TYPES")
        return cls(Path(folder)) if folder else None

    def body_of(self, type_name: str, api_version: str) -> "Body | None":
        """The type of a resource's body, or None if the folder does not have it."""
        provider = type_name.split("/", maxsplit=1)[0].lower()
        wanted = f"{type_name}@{api_version}".lower()
        for file in self._paths.get(f"{provider}~{api_version}", ()):
            types = self._load(file)
            for each in types:
                if each["$type"] == "ResourceType" and each["name"].lower() == wanted:
                    return Body(type_name.lower(), types, types[_index(each["body"])])
        return None

    def check(self, kind: Kind, api_version: str, inputs: Mapping[str, Any]) -> Findings:
        """What is wrong with the inputs of one resource."""
        findings = Findings()
        type_name = re.sub(r"\{(\w+)\}", lambda part: str(inputs.get(part[1])), kind.type)
        body = self.body_of(type_name, api_version)
        if body is None and api_version > kind.api_version:
            body = self.body_of(type_name, kind.api_version)
            inputs = _without_added(type_name.lower(), inputs, findings)
        if body is not None:
            parameters = {*kind.parameters, "azureApiVersion", "__createBeforeDelete"}
            given = {name: value for name, value in inputs.items() if name not in parameters}
            body.check(given, findings)
        return findings

    @cached_property
    def _paths(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in sorted(self._folder.glob("*~*~*.json")):
            _, provider, version = path.stem.split("~")
            found.setdefault(f"{provider}~{version}", []).append(path)
        return found

    def _load(self, path: Path) -> list[dict[str, Any]]:
        if path not in self._files:
            self._files[path] = json.loads(path.read_text())
        return self._files[path]


def _without_added(type_name: str, inputs: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Inputs without what only later API versions have, which is checked here."""
    kept = dict(inputs)
    for (owner, path), allowed in _ADDED.items():
        value = look_up(kept, path) if owner == type_name else None
        if value is None:
            continue
        if value is not UNKNOWN and value not in allowed:
            findings.errors.append((path, f"'{path}' must be one of {', '.join(allowed)}, not {value!r}"))
        kept = _without(kept, path.split("."))
    return kept


def _without(value: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """The object without what is at the path, and without what is empty then."""
    inner = value[path[0]]
    left = _without(inner, path[1:]) if len(path) > 1 else {}
    others = {name: each for name, each in value.items() if name != path[0]}
    return {**others, path[0]: left} if left else others


@dataclass
class Body:
    """One resource's body type among the types of its file."""

    type_name: str
    types: list[dict[str, Any]]
    root: dict[str, Any]

    def check(self, given: Mapping[str, Any], findings: Findings) -> None:
        """Check the properties that were given, and find those that are missing."""
        self._check_object(given, self.root, "", findings, top=True)

    def properties_of(self, type_: dict[str, Any], path: str) -> dict[str, tuple[str, dict[str, Any], int]]:
        """What an object may hold, by the SDK's names: ARM's path, type, flags; `properties` flattened."""
        found: dict[str, tuple[str, dict[str, Any], int]] = {}
        declared = {name: (self._type(each["type"]), each["flags"]) for name, each in _declared(type_).items()}
        inner, flags = declared.get("properties", ({}, 0))
        if inner.get("$type") == "ObjectType":
            for name, (arm_path, nested, nested_flags) in self.properties_of(inner, path).items():
                demanded = nested_flags if flags & _REQUIRED else nested_flags & ~_REQUIRED
                found[name] = (f"properties.{arm_path}", nested, demanded | flags & _READ_ONLY)
        for name, (type_of_it, its_flags) in declared.items():
            if not (name in _ENVELOPE and name in found):  # a pool's own `type` comes before the resource's
                found[sdk_name(name)] = (name, type_of_it, its_flags)
        for (type_name, renamed_path), arm_name in _RENAMED.items():
            head, _, sdk = renamed_path.rpartition(".")
            if type_name == self.type_name and head == re.sub(r"\[\d+\]", "", path):
                entry = found.pop(sdk_name(arm_name), None)
                if entry is not None:
                    found[sdk] = entry
        return found

    def _check_object(
        self, given: Mapping[str, Any], type_: dict[str, Any], path: str, findings: Findings, *, top: bool = False
    ) -> None:
        if type_["$type"] == "DiscriminatedObjectType":
            type_ = self._chosen(given, type_)
        known = self.properties_of(type_, path)
        flattened = "properties" not in given
        extra = type_.get("additionalProperties")
        for name, value in given.items():
            inner_path = f"{path}.{name}" if path else name
            if name in known:
                arm_path, inner, flags = known[name]
                if flags & _READ_ONLY and not (top and arm_path in _ENVELOPE):
                    findings.warnings.append(f"'{inner_path}' is read-only: Azure ignores it")
                    continue
                self._check_value(value, inner, inner_path, findings)
            elif (self.type_name, name) in _UNMAPPED:
                findings.warnings.append(f"'{inner_path}' cannot be checked: the types do not have it")
            elif extra is not None:
                self._check_value(value, self._type(extra), inner_path, findings)
            else:
                likely = _nearest(name, known)
                hint = f"; did you mean '{likely}'?" if likely else ""
                findings.errors.append((inner_path, f"'{inner_path}' is not a property Azure knows{hint}"))
        for name, (arm_path, _, flags) in known.items():
            enveloped = top and arm_path in _ENVELOPE
            nested = arm_path.startswith("properties.") and not flattened
            folded = arm_path == "properties" and flattened
            if flags & _REQUIRED and not enveloped and not nested and not folded and given.get(name) is None:
                inner_path = f"{path}.{name}" if path else name
                findings.errors.append((inner_path, f"missing required property '{inner_path}'"))

    def _check_value(self, value: Any, type_: dict[str, Any], path: str, findings: Findings) -> None:
        shown = "[secret]" if isinstance(value, Secret) else repr(value)
        if isinstance(value, Secret):
            value = value.value
        if value is UNKNOWN or value is None:
            return
        what = type_["$type"]
        if what in ("ObjectType", "DiscriminatedObjectType"):
            if isinstance(value, list) and path.endswith("userAssignedIdentities"):
                return  # the SDK takes a list of ids where ARM has an object with them as names
            if isinstance(value, dict):
                self._check_object(value, type_, path, findings)
            else:
                findings.errors.append((path, f"'{path}' must be an object, not {shown}"))
        elif what == "ArrayType":
            if not isinstance(value, list):
                findings.errors.append((path, f"'{path}' must be a list, not {shown}"))
                return
            for index, item in enumerate(value):
                self._check_value(item, self._type(type_["itemType"]), f"{path}[{index}]", findings)
        else:
            problem = self._scalar_problem(value, type_, path.rsplit(".", 1)[-1], shown)
            if problem:
                findings.errors.append((path, f"'{path}' {problem}"))

    def _scalar_problem(self, value: Any, type_: dict[str, Any], name: str, shown: str) -> str | None:
        what = type_["$type"]
        problem: str | None = None  # anything goes for an AnyType
        if what == "UnionType":
            problem = self._union_problem(value, type_, name, shown)
        elif what == "StringLiteralType":
            problem = None if value == type_["value"] else f"must be '{type_['value']}', not {shown}"
        elif what == "BooleanType":
            problem = None if isinstance(value, bool) else f"must be true or false, not {shown}"
        elif what == "IntegerType":
            problem = _number_problem(value, type_, name, shown)
        elif what == "StringType":
            problem = _string_problem(value, type_, shown)
        return problem

    def _union_problem(self, value: Any, type_: dict[str, Any], name: str, shown: str) -> str | None:
        elements = [self._type(each) for each in type_["elements"]]
        literals = [each["value"] for each in elements if each["$type"] == "StringLiteralType"]
        if literals:
            # An open enumeration (literals and any string) is held to its literals too: another value is a typo.
            return None if value in literals else f"must be one of {', '.join(literals)}, not {shown}"
        problems = [self._scalar_problem(value, each, name, shown) for each in elements]
        return None if None in problems else problems[0]

    def _chosen(self, given: Mapping[str, Any], type_: dict[str, Any]) -> dict[str, Any]:
        """A discriminated object with the properties of the variant that was chosen."""
        chosen = given.get(sdk_name(type_["discriminator"]))
        variant = type_["elements"].get(chosen)
        own = _declared(self._type(variant)) if variant else {}
        return {"$type": "ObjectType", "properties": {**type_["baseProperties"], **own}}

    def _type(self, reference: Mapping[str, str]) -> dict[str, Any]:
        return self.types[_index(reference)]


def _declared(type_: dict[str, Any]) -> dict[str, Any]:
    declared: dict[str, Any] = type_.get("properties") or {}
    return declared


def _index(reference: Mapping[str, str]) -> int:
    return int(reference["$ref"].rsplit("/", 1)[-1])


def _number_problem(value: Any, type_: dict[str, Any], name: str, shown: str) -> str | None:
    integral = isinstance(value, int) and not isinstance(value, bool)
    if not integral and not (name in _FRACTIONS and isinstance(value, float)):
        return f"must be a whole number, not {shown}"
    low, high = type_.get("minValue"), type_.get("maxValue")
    outside = (low is not None and value < low) or (high is not None and value > high)
    return f"must be between {low} and {high}, not {shown}" if outside else None


def _string_problem(value: Any, type_: dict[str, Any], shown: str) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {shown}"
    shortest, longest, pattern = type_.get("minLength", 0), type_.get("maxLength"), type_.get("pattern")
    if len(value) < shortest or (longest is not None and len(value) > longest):
        return f"must have {shortest} to {longest or 'any number of'} characters, not {len(value)}"
    if pattern and not re.search(pattern, value):
        return f"must match {pattern}; it is {shown}"
    return None


def _nearest(name: str, known: Mapping[str, Any]) -> str | None:
    found = get_close_matches(name, list(known), n=1, cutoff=0.75)
    return found[0] if found else None
