"""Limits and requests as exact numbers: `1.5Gi` is 1,610,612,736 bytes and `250m` a quarter of a CPU.

The patterns are the schema's; whether Kubernetes could count that far is checked here too.
"""

import re
from fractions import Fraction

MEMORY_PATTERN = "^(0\\.[0-9]+|[1-9][0-9]*(\\.[0-9]+)?)(K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
CPU_PATTERN = "^[0-9]+(?:m|\\.[0-9]+)?$"

LARGEST = 2**63 - 1
"""Kubernetes quantities end here: apimachinery, resource.Quantity."""

_MEMORY = re.compile(MEMORY_PATTERN.replace("$", r"\Z"))
_CPU = re.compile(CPU_PATTERN.replace("$", r"\Z"))
_POWERS = {unit: exponent for exponent, unit in enumerate("KMGTPE", start=1)}
_LONGEST = 60  # characters; the numbers of longer ones would take time to make
_MEMORY_BEYOND = "is an amount of memory that Kubernetes cannot count"
_CPU_BEYOND = "is a number of CPUs that Kubernetes cannot count"


class BeyondCountError(ValueError):
    """An amount that the specification allows and Kubernetes cannot count."""


def memory(text: str) -> Fraction:
    """Bytes. Raises ValueError for what the specification does not allow or Kubernetes cannot count."""
    match = _MEMORY.match(text)
    if match is None:
        raise ValueError("is no amount of memory such as 125M or 1.5Gi")
    if len(text) > _LONGEST:
        raise BeyondCountError(_MEMORY_BEYOND)
    unit = match[3] or ""
    base = 1024 if unit.endswith("i") else 1000
    multiplier: int = base ** _POWERS.get(unit[:1], 0)
    value = Fraction(match[1]) * multiplier
    if value > LARGEST:
        raise BeyondCountError(_MEMORY_BEYOND)
    return value


def cpu(text: str) -> Fraction:
    """CPUs. Raises ValueError for what the specification does not allow or Kubernetes cannot count."""
    if not _CPU.match(text):
        raise ValueError("is no number of CPUs such as 2, 0.5 or 250m")
    if len(text) > _LONGEST:
        raise BeyondCountError(_CPU_BEYOND)
    value = Fraction(text[:-1]) / 1000 if text.endswith("m") else Fraction(text)
    if value * 1000 > LARGEST:
        raise BeyondCountError(_CPU_BEYOND)
    return value
