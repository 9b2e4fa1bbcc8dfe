"""API versions: which there are, which is older, and what a version does not know yet.

A program asks for one by its type token, `azure-native:containerservice/v20260301:ManagedCluster`; else it gets the
SDK's default. Which ones exist is what the installed SDK lists.
"""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.azure.kind import Kind
from sandbox.azure.values import UNKNOWN, look_up, plain


def age(version: str) -> tuple[str, bool]:
    """What sorts versions: by date, a preview before the release of the same day."""
    return version[:10], not version[10:]


def problems(kind: Kind, version: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with asking for this version: it does not exist, or does not know a property or its value."""
    known = published(kind.token)
    if version != kind.api_version and known and version not in known:
        newest = max(known, key=age)
        yield "azureApiVersion", f"{kind.type} has no API version '{version}'; the newest the SDK lists is {newest}"
    for path, since in kind.since.items():
        value = plain(look_up(inputs, path))
        if value is None:
            continue
        if age(version) < age(since.version):
            yield path, f"'{path}' is not a property API version {version} knows: it came with {since.version}"
        elif since.values and value is not UNKNOWN and value not in since.values:
            yield path, f"'{path}' must be one of {', '.join(since.values)}, not {value!r}"


@cache
def published(token: str) -> frozenset[str]:
    """The versions that the installed SDK lists for a token; none where there is no SDK."""
    _, module, name = token.split(":")
    found = importlib.util.find_spec("pulumi_azure_native")
    folders = [Path(each) / module for each in (found.submodule_search_locations or [])] if found else []
    pattern = re.compile(rf"azure-native:{module}/v(\d{{4}})(\d{{2}})(\d{{2}})(\w*):{name}\"")
    return frozenset(
        f"{year}-{month}-{day}" + (f"-{label}" if label else "")
        for folder in folders
        for file in folder.glob("*.py")
        if file.stem.replace("_", "") == name.lower()
        for year, month, day, label in pattern.findall(file.read_text())
    )
