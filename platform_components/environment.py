"""Which environment: its type (a profile of settings, as data) and a stack's config, validated once, at the edge.

Environment types are YAML, in any document of the definitions folders:

    environment_types:
      ephemeral:
        kind: application                 # or `foundation`
        description: A branch's own environment
        foundation: organization/platform/foundation-nonproduction    # applications only; optional
        location: westeurope              # Azure region; optional
        domain: dev.example.com           # hosts are made below it; optional
        ttl: 3d                           # seconds to weeks (s, m, h, d, w), anew with every push; optional: it stays
        ttl_warning: 24h                  # so long before the end it is said that it comes
        ttl_max: 30d                      # how far from now `pave extend` and `--ttl` may put the end
        max_per_app: 30                   # how many environments of this type an app may have, and an owner
        max_per_owner: 15
        backend: azblob://state           # where its stacks are kept, when PULUMI_BACKEND_URL is not set; optional
        secrets_provider: azurekeyvault://…    # what encrypts secrets of stacks that are made there; optional
        keep_checkpoints: 50              # of each stack, in a backend of files
        protect: false                    # whether the engine refuses to delete what holds data
        salt: ""                          # part of the hash in names that are unique in the whole world
        settings:                         # what definitions read as ${environment.<path>}
          postgres: {connection_limit: 20}
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from platform_components.errors import InputError
from platform_components.naming import check_environment_name, slug
from platform_components.score.problems import did_you_mean

PROJECT = "platform"
EXAMPLE = "<env>"
"""The name of an environment that nobody named: offline verbs print it."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(weeks=520)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_STACK_REFERENCE = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]{1,100}")
_APP = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PIN = re.compile(r"([a-z0-9][a-z0-9.-]*)@([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Context:
    """What a definition's criteria look at; the class is a filter of its own."""

    env_type: str
    app_id: str | None
    env_id: str
    res_id: str


class EnvironmentType(BaseModel):
    """A profile of settings for environments of one kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["application", "foundation"]
    description: str = ""
    foundation: str | None = Field(None, pattern=f"^{_STACK_REFERENCE.pattern}$")
    location: str | None = Field(None, min_length=1)
    domain: str | None = Field(None, pattern=f"^{_DOMAIN.pattern}$")
    ttl: timedelta | None = None
    ttl_warning: timedelta | None = None
    ttl_max: timedelta | None = None
    max_per_app: int | None = Field(None, ge=1)
    max_per_owner: int | None = Field(None, ge=1)
    backend: str | None = None
    secrets_provider: str | None = None
    keep_checkpoints: int = Field(50, ge=1)
    protect: bool = False
    salt: str = ""
    settings: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Environment:
    """One app in one place, or a foundation: everything that plans and names follow from."""

    name: str
    """The environment's name, which is its stack's."""
    type: EnvironmentType
    app: str | None = None
    branch: str | None = None
    """The branch as it was given, if the environment is one's."""
    foundation: str | None = None
    location: str | None = None
    domain: str | None = None
    owner: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The type's settings, overlaid by `platform:settings`."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Images by workload, or by `workload/container`."""
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By workload, what is merged over its Score document."""
    pins: Mapping[str, int] = field(default_factory=dict)
    """By a definition's id, the version that is used instead of the current one."""
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What a foundation lists, in Score's own shape."""
    values: tuple[str, ...] | None = ()
    """The names of the developer's own secrets, never their values; None: not known here."""
    ttl: timedelta | None = None
    """How long it lives after a push, where its stack says another time than its type."""
    paused: bool = False
    """Whether its workloads are held at zero."""
    project: str = PROJECT

    def context(self, res_id: str = "") -> Context:
        """What criteria look at, for one resource of this environment."""
        return Context(self.type.name, self.app, self.name, res_id)

    def setting(self, path: str, default: Any = None) -> Any:
        """A setting by its dotted path."""
        value: Any = self.settings
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                return default
            value = value[key]
        return value

    @property
    def stack(self) -> Mapping[str, Any]:
        """What definitions read as `${stack.<key>}`; None: not set."""
        return {
            "name": self.name,
            "project": self.project,
            "type": self.type.name,
            "app": self.app,
            "branch": self.branch,
            "foundation": self.foundation,
            "location": self.location,
            "domain": self.domain,
            "owner": self.owner,
        }


STACK_KEYS = ("name", "project", "type", "app", "branch", "foundation", "location", "domain", "owner")
"""The keys of `Environment.stack`, for checks before there is an environment."""

LIFE_KEYS = ("ttl", "paused")
"""Keys of a stack's config that no definition reads: of how long, and whether, an environment runs."""


class ConfigError(InputError):
    """Everything that is wrong with a stack's config; each problem is (key, what, what to do)."""

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(InputError(what, where=key, fix=fix)) for key, what, fix in self.problems))


def duration(text: str) -> timedelta:
    """A length of time as people write it: `45s`, `90m`, `12h`, `3d`, `2w`."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise InputError(f"'{text}' is no length of time", fix="write it as 45s, 90m, 12h, 3d or 2w")
    try:
        length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    except (OverflowError, ValueError):
        length = _LONGEST + _LONGEST
    if length > _LONGEST:
        raise InputError(f"'{text}' is too long", fix="at most ten years (520w)")
    return length


def duration_text(length: timedelta) -> str:
    """A length of time in the largest unit that it is a whole number of."""
    for letter, unit in reversed(_UNITS.items()):
        one = timedelta(**{unit: 1})
        if not length % one:
            return f"{length // one}{letter}"
    return f"{length.total_seconds():.1f}s"


def environment_from_config(
    config: Mapping[str, Any], *, stack: str, types: Mapping[str, EnvironmentType]
) -> Environment:
    """The environment that a stack's `platform:` config describes; keys come without the prefix.

    Values may be plain data or, as the engine keeps them, JSON texts. Raises `ConfigError` with all problems.
    """
    if stack != EXAMPLE:
        check_environment_name(stack)
    return _Reader(config, types).environment(stack)


STRUCTURED_KEYS = ("resources", "images", "overrides", "settings", "values", "workloads", "pins", "definitions")
"""The keys of a stack's config that hold maps and lists; the engine hands them over as JSON texts."""


class _Reader:
    """Reads every key once and collects what is wrong."""

    _TEXTS = ("type", "app", "branch", "foundation", "domain", "location", "owner", *LIFE_KEYS)
    _MAPS = ("resources", "images", "overrides", "settings", "values")
    _LISTS = ("workloads", "pins", "definitions")

    def __init__(self, config: Mapping[str, Any], types: Mapping[str, EnvironmentType]) -> None:
        self._problems: list[tuple[str, str, str]] = []
        self._types = types
        self._config: dict[str, Any] = {}
        for key, value in config.items():
            if value is not None:
                self._config[key] = self._plain(key, value)

    def environment(self, name: str) -> Environment:
        type_ = self._type()
        if type_ is None:
            raise ConfigError(self._problems)
        images = self._map("images")
        for workload, image in images.items():
            if not isinstance(image, str) or not image:
                self._wrong(f"images.{workload}", "must be an image reference", "write it as registry/name@sha256:…")
        environment = Environment(
            name=name,
            type=type_,
            app=self._app(type_),
            branch=self._branch(type_),
            foundation=self._foundation(type_),
            location=self._text("location") or type_.location,
            domain=self._matching("domain", _DOMAIN, "a domain in lower case") or type_.domain,
            owner=self._text("owner"),
            settings=self._settings(type_),
            images=images,
            overrides=self._overrides(),
            pins=self._pins(),
            resources=self._resources(type_),
            values=self._values(type_),
            ttl=self._ttl(type_),
            paused=self._paused(type_),
        )
        if self._problems:
            raise ConfigError(self._problems)
        return environment

    def _plain(self, key: str, value: Any) -> Any:
        """Structured values come as JSON texts out of the engine, as plain data out of a file."""
        if key == "paused" and isinstance(value, bool):
            value = str(value).lower()  # in a file it may stand as either
        if key in self._TEXTS:
            if isinstance(value, bool | Mapping | list):
                self._wrong(key, "must be a text", "")
                return None
            return str(value)
        expected: type = dict if key in self._MAPS else list
        if key not in (*self._MAPS, *self._LISTS):
            self._wrong(key, "is not known", did_you_mean(key, (*self._TEXTS, *self._MAPS, *self._LISTS)))
            return value
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = None
        if isinstance(value, tuple):
            value = list(value)
        if not isinstance(value, expected) and not (expected is dict and isinstance(value, Mapping)):
            self._wrong(key, f"must be a {'map' if expected is dict else 'list'}", "")
            return None
        return value

    def _type(self) -> EnvironmentType | None:
        name = self._text("type")
        if name is None:
            if not any(key == "platform:type" for key, _, _ in self._problems):
                self._wrong("type", "is missing", f"one of: {', '.join(sorted(self._types)) or 'none are defined'}")
            return None
        if name not in self._types:
            self._wrong("type", f"no environment type is called '{name}'", did_you_mean(name, self._types))
        return self._types.get(name)

    def _app(self, type_: EnvironmentType) -> str | None:
        app = self._text("app")
        if type_.kind == "foundation":
            if app is not None:
                self._wrong("app", "a foundation belongs to no app", "take the key out")
        elif app is None:
            self._wrong("app", "is missing", "every environment but a foundation belongs to an app: add --app APP")
        elif app != "<app>" and not _APP.fullmatch(app):
            self._wrong("app", f"'{app}' can't be an app's name", "use 1 to 40 of a-z, 0-9 and '-'")
        return app

    def _branch(self, type_: EnvironmentType) -> str | None:
        branch = self._text("branch")
        if branch is not None and type_.kind == "foundation":
            self._wrong("branch", "a foundation belongs to no branch", "take the key out")
        elif branch is not None and not slug(branch):
            self._wrong("branch", f"'{branch}' has no letter or digit", "")
        return branch

    def _foundation(self, type_: EnvironmentType) -> str | None:
        given = self._matching("foundation", _STACK_REFERENCE, "a whole stack name, organization/project/stack")
        if given is not None and type_.kind == "foundation":
            self._wrong("foundation", "a foundation stands on no other", "take the key out")
        return given or type_.foundation

    def _settings(self, type_: EnvironmentType) -> Mapping[str, Any]:
        return self._overlaid(type_.settings, self._map("settings"), "settings")

    def _overlaid(self, base: Mapping[str, Any], over: Mapping[str, Any], path: str) -> dict[str, Any]:
        """An overlay sets what the type has; a name it does not have would be read by nobody."""
        merged = dict(base)
        for key, value in over.items():
            where = f"{path}.{key}"
            below = base.get(key)
            if base and key not in base:
                self._wrong(where, "the environment type has no such setting", did_you_mean(key, base))
            elif isinstance(below, Mapping) and isinstance(value, Mapping):
                merged[key] = self._overlaid(below, value, where)
            elif isinstance(below, Mapping) and value is not None:
                self._wrong(where, "must be a map, as in the environment type", f"keys: {', '.join(sorted(below))}")
            else:
                merged[key] = value
        return merged

    def _overrides(self) -> Mapping[str, Mapping[str, Any]]:
        overrides = self._map("overrides")
        for workload, document in overrides.items():
            if not isinstance(document, Mapping):
                self._wrong(f"overrides.{workload}", "must be a map in the shape of a Score file", "")
        return overrides

    def _pins(self) -> Mapping[str, int]:
        pins: dict[str, int] = {}
        for index, pin in enumerate(self._config.get("pins") or ()):
            match = _PIN.fullmatch(pin) if isinstance(pin, str) else None
            if match is None:
                self._wrong(f"pins[{index}]", f"'{pin}' is no pin", "write it as id@version, such as postgres-shared@2")
            elif pins.setdefault(match[1], int(match[2])) != int(match[2]):
                self._wrong(f"pins[{index}]", f"'{match[1]}' is pinned to two versions", "keep one of them")
        return pins

    def _resources(self, type_: EnvironmentType) -> Mapping[str, Mapping[str, Any]]:
        resources = self._map("resources")
        if resources and type_.kind != "foundation":
            self._wrong("resources", "only a foundation lists resources", "ask for them in a workload's Score file")
        return resources

    def _values(self, type_: EnvironmentType) -> tuple[str, ...] | None:
        values = self._map("values")
        if values and type_.kind == "foundation":
            self._wrong("values", "a foundation runs no workloads that could read them", "take the key out")
        # How the engine writes a secret into the stack's file when all of the map is one: pulumi docs, secrets
        if set(values) == {"secure"}:
            return None
        for name, value in values.items():
            if not isinstance(value, str) and not (isinstance(value, Mapping) and set(value) == {"secure"}):
                self._wrong(f"values.{name}", "must be a text", "set it again: pave up … --values-file FILE")
        return tuple(sorted(values))

    def _ttl(self, type_: EnvironmentType) -> timedelta | None:
        text = self._text("ttl")
        if text is None:
            return None
        if type_.ttl is None:
            self._wrong("ttl", f"{type_.name} environments do not expire", "take the key out")
            return None
        try:
            ttl = duration(text)
        except InputError as error:
            self._wrong("ttl", error.what, error.fix)
            return None
        if type_.ttl_max is not None and ttl > type_.ttl_max:
            longest = duration_text(type_.ttl_max)
            self._wrong("ttl", f"{text} is longer than {type_.name} environments may live ({longest})", "shorten it")
        return ttl

    def _paused(self, type_: EnvironmentType) -> bool:
        text = self._text("paused")
        if text not in (None, "true", "false"):
            self._wrong("paused", f"'{text}' is neither true nor false", "")
        if text == "true" and type_.kind == "foundation":
            self._wrong("paused", "a foundation runs no workloads that could be paused", "take the key out")
        return text == "true"

    def _text(self, key: str) -> str | None:
        value = self._config.get(key)
        if value == "":
            self._wrong(key, "is empty", "give it a value, or take the key out")
        return value or None

    def _map(self, key: str) -> Mapping[str, Any]:
        return self._config.get(key) or {}

    def _matching(self, key: str, pattern: re.Pattern[str], what: str) -> str | None:
        value = self._text(key)
        if value is not None and not pattern.fullmatch(value):
            self._wrong(key, f"'{value}' is not {what}", "")
            return None
        return value

    def _wrong(self, key: str, what: str, fix: str) -> None:
        self._problems.append((f"platform:{key}", what, fix))
