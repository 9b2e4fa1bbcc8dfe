"""Amounts of processor and memory as Kubernetes writes them, and what a container gets that does not say. Pure.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

_FORM = re.compile(r"\A([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(m|k|K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
_THOUSANDS = {suffix: Decimal(1000) ** power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))}
_BINARY = {f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}
_FACTORS = {**_THOUSANDS, **_BINARY, "m": Decimal("0.001")}


def quantity(text: str) -> str:
    """`text` as Kubernetes takes it; `K`, which others write for a thousand, is its `k`."""
    match = _FORM.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no quantity; write e.g. '500m', '2' or '256Mi'")
    return text[:-1] + "k" if match[2] == "K" else text


Quantity = Annotated[str, AfterValidator(quantity)]


def amount(text: str) -> Decimal:
    """What a quantity amounts to, to compare it with another."""
    match = _FORM.match(quantity(text))
    assert match is not None
    return Decimal(match[1]) * _FACTORS[match[2] or ""]


def container_resources(
    requests: Mapping[str, str],
    limits: Mapping[str, str],
    *,
    default_requests: Mapping[str, str],
    default_limits: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Requests and limits of a container: what it says, else the defaults, which give way so that both still fit."""
    settled_requests = {
        name: requests.get(name) or _smaller(default, limits.get(name)) for name, default in default_requests.items()
    } | dict(requests)
    settled_limits = {
        name: limits.get(name) or _larger(default, settled_requests.get(name))
        for name, default in default_limits.items()
    } | dict(limits)
    return {"requests": dict(sorted(settled_requests.items())), "limits": dict(sorted(settled_limits.items()))}


def _smaller(default: str, bound: str | None) -> str:
    return min(default, bound, key=amount) if bound else default


def _larger(default: str, bound: str | None) -> str:
    return max(default, bound, key=amount) if bound else default
