"""Every name that follows from an environment and a resource, each within its own kind's limits.

Pure functions: the same input gives the same name on every machine. A name ends in a short hash whenever something
was changed or cut, and always for a branch, so two environments or two resources never share one.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_components.errors import InputError, UsageError

if TYPE_CHECKING:
    from platform_components.environment import Environment

DEFAULT_CLASS = "default"
MAIN = "main"
"""The id of what an environment has one of."""

STACK_LENGTH = 48
"""Longest stack name of a branch: with each Azure prefix it still fits, AKS DNS prefixes (54) included."""
HASH_LENGTH = 6
LOGICAL_LENGTH = 40
"""Room for the suffixes of children and of the engine, within a label."""
LABEL_LENGTH = 63
"""DNS label, namespace, Kubernetes label value and PostgreSQL identifier alike."""

_STACK = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_HASHED = re.compile(rf".+-[0-9a-f]{{{HASH_LENGTH}}}")


@dataclass(frozen=True, order=True)
class ResourceIdentity:
    """What a resource is known by, whatever definition serves it: `type.class#workload.name` or `type.class#id`."""

    type: str
    class_: str
    res_id: str

    def __str__(self) -> str:
        return f"{self.type}.{self.class_}#{self.res_id}"

    @classmethod
    def parse(cls, text: str) -> "ResourceIdentity":
        """The identity that `str()` wrote. Types and classes hold no dot, so the first one parts them."""
        kind, hash_sign, res_id = text.partition("#")
        type_, dot, class_ = kind.partition(".")
        if not (type_ and dot and class_ and hash_sign and res_id):
            raise InputError(f"'{text}' is no resource identity", fix="write it as type.class#id")
        return cls(type_, class_, res_id)


@dataclass(frozen=True)
class Kind:
    """The limits of one kind of name."""

    prefix: str
    maximum: int
    separator: str = "-"
    hash_length: int = HASH_LENGTH
    public: bool = False
    """Unique in the whole world, not only in its resource group; such a name always ends in a hash."""
    home: str = ""
    """The resource type whose `default#main` gets the environment's plain name."""
    reserved: re.Pattern[str] | None = None
    """Names that the service refuses or that belong to others; they get a hash as well."""


# Lengths and alphabets: "Naming rules and restrictions for Azure resources" (azure-docs, resource-name-rules) and the
# REST reference. All alphabets here are [a-z0-9-], which every kind allows but storage accounts.
AZURE: Mapping[str, Kind] = {
    "resource-group": Kind("rg-", 90, home="resource-group"),
    "aks-cluster": Kind("aks-", LABEL_LENGTH, home="k8s-cluster"),
    "aks-dns-prefix": Kind("aks-", 54, home="k8s-cluster"),
    "node-resource-group": Kind("rg-nodes-", 80, home="k8s-cluster"),
    "virtual-network": Kind("vnet-", 64, home="network"),
    # 63 with `.private.postgres.database.azure.com` behind it
    "postgres-zone": Kind("", 27, home="network"),
    "public-ip": Kind("pip-", 80, home="gateway"),
    "identity": Kind("id-", 128, home="workload-identity"),
    "federated-credential": Kind("fc-", 120, home="workload-identity"),
    "postgres-server": Kind("psql-", LABEL_LENGTH, hash_length=8, public=True),
    "storage-account": Kind("st", 24, separator="", hash_length=8, public=True),
    "key-vault": Kind("kv-", 24, hash_length=8, public=True),
    "container-registry": Kind("cr", 50, separator="", hash_length=8, public=True),
    "blob-container": Kind("", LABEL_LENGTH, home="s3"),
    "log-workspace": Kind("log-", LABEL_LENGTH, home="k8s-cluster"),
}

_NAMESPACE = Kind("", LABEL_LENGTH, home="k8s-namespace", reserved=re.compile(r"default|kube-.*"))
_HOST = Kind("", LABEL_LENGTH, home="dns")
# PostgreSQL truncates identifiers at 63 bytes; `pg_` is reserved for its own roles, `azure` for Azure's.
_DATABASE = Kind(
    "",
    LABEL_LENGTH,
    separator="_",
    home="postgres",
    reserved=re.compile(r"postgres|public|template[01]|root|admin|administrator|guest|all|none|user"),
)
_DATABASE_PREFIX = re.compile(r"pg_|azure")
# Azure refuses these words anywhere in a name that has an address (azure-docs: error-reserved-resource-name).
_TRADEMARKS = re.compile(r"microsoft|windows")


def slug(text: str) -> str:
    """The text in lower-case letters, digits and single hyphens; empty if nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def stack_name(app: str | None, branch: str) -> str:
    """The name of a branch's environment and stack: `<app>-<slug>-<6 hex of (app, raw branch)>`."""
    if not app:
        raise UsageError("a branch's environment needs an app", fix="add --app APP (or platform:app)")
    if not slug(app):
        raise InputError(f"the app '{app}' has no letter or digit", where="platform:app")
    if not slug(branch):
        what = f"the branch '{branch}' has no letter or digit to name an environment by" if branch else "is empty"
        raise InputError(what, where="platform:branch", fix="name the environment yourself with --env NAME")
    head = _cut([slug(app), slug(branch)], STACK_LENGTH - HASH_LENGTH - 1, "-")
    return f"{head}-{_hash(app, branch)}"


def check_environment_name(name: str) -> None:
    """Refuse what can't be a stack's name."""
    if not _STACK.fullmatch(name) or not slug(name):
        raise InputError(
            f"'{name}' can't be an environment's name",
            fix="use 1 to 100 letters, digits, '-', '_' and '.', with a letter or digit among them",
        )


def namespace(environment: "Environment", resource: ResourceIdentity | None = None) -> str:
    """The Kubernetes namespace of an environment (or of one more `k8s-namespace` in it)."""
    return _name(_NAMESPACE, environment, resource)


def host_label(environment: "Environment", resource: ResourceIdentity) -> str:
    """The first label of a resource's host."""
    return _name(_HOST, environment, resource, resource_first=True)


def host(environment: "Environment", resource: ResourceIdentity, domain: str | None = None) -> str:
    """The full host name of a resource below a domain: the given one, else the environment's own."""
    below = domain or environment.domain
    if below is None:
        if not is_example(environment):
            raise InputError(
                f"{resource} needs a domain to be named below",
                where="platform:domain",
                fix=f"set `domain` of the environment type '{environment.type.name}' or platform:domain",
            )
        below = "<domain>"
    return f"{host_label(environment, resource)}.{below}"


def record_name(host_name: str, zone: str) -> str:
    """The name of a host relative to its zone; `@` is the zone itself."""
    if host_name == zone:
        return "@"
    if not host_name.endswith(f".{zone}"):
        raise InputError(f"the host '{host_name}' is not below the zone '{zone}'")
    return host_name.removesuffix(f".{zone}")


def database(environment: "Environment", resource: ResourceIdentity) -> str:
    """The name of a database on a server that others may use too."""
    return _name(_DATABASE, environment, resource)


def role(environment: "Environment", resource: ResourceIdentity) -> str:
    """The name of the role that owns a database: the same, as PostgreSQL keeps the two apart."""
    return database(environment, resource)


def azure(kind: str, environment: "Environment", resource: ResourceIdentity | None = None) -> str:
    """The name of an Azure resource; kinds are the keys of `AZURE`. Without a resource: the environment's one."""
    return _name(AZURE[kind], environment, resource)


def logical(resource: ResourceIdentity) -> str:
    """A name for the engine that follows from the identity alone and is legal in Kubernetes, children's suffixes too.

    Never from a definition or driver: another name would be another resource, and the old one deleted.
    """
    parts = [slug(resource.type), *_telling(resource)]
    return f"{_cut(parts, LOGICAL_LENGTH - HASH_LENGTH - 1, '-')}-{_hash(str(resource))}"


def service(workload: str) -> str:
    """The Service of a workload: its name, but RFC 1035 (Kubernetes Services) wants a letter first."""
    if re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", workload):
        return workload
    head = _cut(["w", slug(workload)], LABEL_LENGTH - HASH_LENGTH - 1, "-")
    return f"{head}-{_hash(workload)}"


def label_value(text: str) -> str:
    """The text as a Kubernetes label's value: as it is if it may stand there, else folded and hashed."""
    if _LABEL_VALUE.fullmatch(text):
        return text
    head = _cut([slug(text)], LABEL_LENGTH - HASH_LENGTH - 1, "-")
    return f"{head}-{_hash(text)}" if head else _hash(text)


def is_example(environment: "Environment") -> bool:
    """Whether the environment is a stand-in such as `<env>`: names are shown then, not made."""
    return "<" in environment.name


def _name(
    kind: Kind, environment: "Environment", resource: ResourceIdentity | None, *, resource_first: bool = False
) -> str:
    at_home = resource is None or resource == ResourceIdentity(kind.home, DEFAULT_CLASS, MAIN)
    telling = [] if resource is None or at_home else _telling(resource)
    if is_example(environment):
        shown = [part.replace("-", kind.separator) for part in telling]
        parts = [*shown, environment.name] if resource_first else [environment.name, *shown]
        told = parts if at_home and not kind.public else [*parts, "<hash>"]
        return kind.prefix + kind.separator.join(told)
    own = slug(environment.name)
    if at_home and own == environment.name and not kind.public:
        plain = kind.prefix + own.replace("-", kind.separator)
        reserved = kind.reserved is not None and kind.reserved.fullmatch(plain)
        if len(plain) <= kind.maximum and not reserved and not _starts_badly(kind, plain):
            return plain
    # A branch's hash would stand in the middle of a longer name; the new one covers it.
    head = own[: -HASH_LENGTH - 1] if _HASHED.fullmatch(own) else own
    parts = [*telling, head] if resource_first else [head, *telling]
    salt = environment.type.salt if kind.public else ""
    return _composed(kind, parts, _hash(environment.name, str(resource or ""), salt, length=kind.hash_length))


def _composed(kind: Kind, parts: Sequence[str], digest: str) -> str:
    if kind.public:
        parts = [slug(_TRADEMARKS.sub("", part)) for part in parts]
    parts = [part.replace("-", kind.separator) for part in parts if part]
    if _starts_badly(kind, kind.separator.join(parts)):
        parts = ["db", *parts]
    head = _cut(parts, kind.maximum - len(kind.prefix) - len(kind.separator) - len(digest), kind.separator)
    return kind.prefix + (f"{head}{kind.separator}{digest}" if head else digest)


def _starts_badly(kind: Kind, text: str) -> bool:
    return kind is _DATABASE and _DATABASE_PREFIX.match(text) is not None


def _telling(resource: ResourceIdentity) -> list[str]:
    """The parts of an identity that tell a person which resource it is; the hash holds all of it."""
    # The workload `web` calls its `dns` simply that: one word less to read.
    shown = "" if resource.res_id == MAIN else slug(resource.res_id.removesuffix(f".{resource.type}"))
    class_ = "" if resource.class_ == DEFAULT_CLASS else slug(resource.class_)
    return [part for part in (class_, shown) if part]


def _cut(parts: Sequence[str], budget: int, separator: str) -> str:
    """The parts joined within the budget; the longest part gives first, so that each stays recognisable."""
    kept = list(parts)
    while len(separator.join(kept)) > budget:
        longest = max(range(len(kept)), key=lambda index: len(kept[index]))
        kept[longest] = kept[longest][:-1].rstrip("-_")
    return separator.join(part for part in kept if part).strip("-_")


def _hash(*parts: str, length: int = HASH_LENGTH) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:length]
