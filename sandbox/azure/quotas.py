"""How much of Azure a subscription may use: vCPUs by size family and region, public addresses, PostgreSQL vCores.

Azure's own figures differ by offer and are raised on request (learn.microsoft.com/azure/quotas/per-vm-quota-requests),
so the sandbox's are generous, and `SANDBOX_AZURE_QUOTAS` sets others: `family_vcpus=10,regional_vcpus=20`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace

from sandbox.errors import SandboxError

VARIABLE = "SANDBOX_AZURE_QUOTAS"
# learn.microsoft.com/azure/virtual-machines/vm-naming-conventions: family, vCPUs, constrained vCPUs, features, version
_SIZE = re.compile(
    r"Standard_(?P<family>[A-Z]+)(?P<cpus>\d+)(?:-(?P<constrained>\d+))?(?P<features>[a-z]*)(?P<rest>\w*)"
)


@dataclass(frozen=True)
class Size:
    """What the name of a machine size says."""

    family: str
    """As quotas call it, e.g. `standardDDSv5Family`."""
    vcpus: int


def size_of(name: str) -> Size | None:
    """A size by its name, or None if no size is called so."""
    found = _SIZE.fullmatch(name)
    if found is None:
        return None
    version = re.search(r"_(v\d+)$", found["rest"])
    letters = (found["family"] + found["features"]).upper()
    return Size(f"standard{letters}{version[1] if version else ''}Family", int(found["cpus"]))


@dataclass(frozen=True)
class Quotas:
    """The limits of a subscription, in each region."""

    family_vcpus: int = 350
    regional_vcpus: int = 350
    public_ips: int = 1000
    postgres_vcores: int = 350

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Quotas":
        """The sandbox's limits, changed as the environment says."""
        quotas, names = cls(), [each.name for each in fields(cls)]
        for entry in filter(None, environment.get(VARIABLE, "").split(",")):
            name, _, value = (part.strip() for part in entry.partition("="))
            if name not in names or not value.isdecimal():
                raise SandboxError(f"{VARIABLE}: '{entry}' is not NAME=NUMBER with one of {', '.join(names)}")
            quotas = replace(quotas, **{name: int(value)})
        return quotas


@dataclass(frozen=True)
class Shortage:
    """A limit that a request goes beyond."""

    what: str
    requested: int
    remaining: int

    def __str__(self) -> str:
        return f"requested {self.requested}, remaining {max(0, self.remaining)} for {self.what}"


def shortage(
    wanted: Mapping[str, int], used: Iterable[Mapping[str, int]], limit: int, what: Callable[[str], str]
) -> Shortage | None:
    """The first thing of which more is wanted than is left; `what` puts it into words."""
    taken: dict[str, int] = {}
    for each in used:
        for name, count in each.items():
            taken[name] = taken.get(name, 0) + count
    for name, count in wanted.items():
        remaining = limit - taken.get(name, 0)
        if count > remaining:
            return Shortage(what(name), count, remaining)
    return None
