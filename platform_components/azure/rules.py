"""What Azure accepts as names, address ranges and tags, as types for the components' settings.

A wrong name is refused when the component is made, in words; ARM would say so only after minutes of other work.
Sources: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules and the REST references.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from platform_components.component import Known


def matching(pattern: str, words: str) -> AfterValidator:
    """Refuses text that does not match `pattern`, with `words` for what would."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"'{text}' is not accepted; it must be {words}")
        return text

    return AfterValidator(check)


def network_range(text: str) -> str:
    """An IPv4 range in CIDR form whose address is the first of the range."""
    try:
        ipaddress.IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no IPv4 range in CIDR form, such as 10.100.0.0/16: {error}") from None
    return text


def address(text: str) -> str:
    """An IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(f"'{text}' is no IPv4 address, such as 203.0.113.10") from None
    return text


def resource_id(kind: str) -> Callable[[str], str]:
    """The check that a text is an ARM id of a kind such as `Microsoft.Network/virtualNetworks/subnets`."""
    provider, *collections = kind.split("/")
    path = "".join(rf"/{re.escape(collection)}/[^/]+" for collection in collections)
    compiled = re.compile(
        rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(provider)}{path}", re.IGNORECASE
    )

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"'{text}' is no id of a {kind} (/subscriptions/…/resourceGroups/…/providers/{kind}…)")
        return text

    return check


def _tags(tags: dict[str, object]) -> dict[str, object]:
    if len(tags) > 50:
        raise ValueError(f"Azure keeps at most 50 tags on a resource, not {len(tags)}")
    for name, value in tags.items():
        if not name or len(name) > 512 or re.search(r"[<>%&\\?/]", name):
            raise ValueError(rf"the tag name '{name}' is empty, too long (512) or holds one of <>%&\\?/")
        if isinstance(value, str) and len(value) > 256:
            raise ValueError(f"the value of tag '{name}' is longer than 256 characters")
    return tags


Tags = Known[Annotated[dict[str, Known[str]], AfterValidator(_tags)]]
NetworkRange = Annotated[str, AfterValidator(network_range)]
Address = Annotated[str, AfterValidator(address)]
SubnetId = Annotated[str, AfterValidator(resource_id("Microsoft.Network/virtualNetworks/subnets"))]
PrivateZoneId = Annotated[str, AfterValidator(resource_id("Microsoft.Network/privateDnsZones"))]
Guid = Annotated[str, matching(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "a GUID")]

Location = Annotated[str, matching(r"[a-z0-9]+", "a region's short name, such as westeurope")]
ResourceGroupName = Annotated[
    str, matching(r"[-\w.()]{0,89}[-\w()]", "1 to 90 letters, digits or -_.() and not end in a dot")
]
NetworkName = Annotated[
    str,
    matching(r"[A-Za-z0-9]([-\w.]{0,62}\w)", "2 to 64 letters, digits or -_. and begin and end with a letter or digit"),
]
ClusterName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9]([-\w]{0,61}[A-Za-z0-9])?",
        "1 to 63 letters, digits or -_ and begin and end with a letter or digit",
    ),
]
NodePoolName = Annotated[str, matching(r"[a-z][a-z0-9]{0,11}", "1 to 12 lower-case letters or digits, a letter first")]
ServerName = Annotated[
    str,
    matching(
        r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        "3 to 63 lower-case letters, digits or single hyphens inside; the name is unique in all of Azure",
    ),
]
AccountName = Annotated[
    str, matching(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters or digits; the name is unique in all of Azure")
]
ContainerName = Annotated[
    str, matching(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*", "3 to 63 lower-case letters, digits or single hyphens inside")
]
VaultName = Annotated[
    str,
    matching(
        r"(?=.{3,24}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*",
        "3 to 24 letters, digits or single hyphens inside, a letter first; the name is unique in all of Azure",
    ),
]
IdentityName = Annotated[
    str, matching(r"[A-Za-z0-9][-\w]{2,127}", "3 to 128 letters, digits or -_ and begin with a letter or digit")
]
PublicIpName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9]([-\w.]{0,78}\w)?", "1 to 80 letters, digits or -_. and begin and end with a letter or digit"
    ),
]
ZoneName = Annotated[
    str,
    matching(
        r"(?=.{3,253}$)(?!.*\.$)[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)+",
        "two or more lower-case labels of at most 63 characters, joined by dots, without a dot at the end",
    ),
]
