"""What truly has to come after what in Azure, written by hand: the longest chain of a foundation and of a branch.

Nothing else may make a deployment wait: `tests/drivers/test_ordering.py` and `benchmarks.ordering` hold it to these.
"""

from collections.abc import Mapping, Sequence

from sandbox.azure.latency import SECONDS

Link = tuple[str, str]
"""A type, and why it can't begin before the one above it has ended."""

FOUNDATION: Sequence[Link] = (
    ("resources:ResourceGroup", "everything lies in it"),
    ("privatedns:PrivateZone", "lies in the group"),
    ("privatedns:VirtualNetworkLink", "needs the zone (and the network, which takes less time)"),
    ("dbforpostgresql:Server", "ARM refuses a private server whose zone is not linked (azure-docs: private DNS zone)"),
    ("dbforpostgresql:Configuration", "TLS is required; needs the server"),
    ("dbforpostgresql:Configuration", "the least version of TLS; a server takes one change at a time (ServerBusy)"),
    ("dbforpostgresql:Configuration", "extensions that databases may have; one change at a time"),
    ("dbforpostgresql:AdministratorsMicrosoftEntra", "one change at a time, and whoever logs in finds all in place"),
)
BRANCH: Sequence[Link] = (
    ("resources:ResourceGroup", "everything lies in it"),
    ("storage:StorageAccount", "lies in the group"),
    ("authorization:RoleAssignment", "its scope is the account"),
)
DEDICATED: Sequence[Link] = (
    FOUNDATION[0],
    ("dbforpostgresql:Server", "lies in the group; network and zone are the foundation's"),
    *FOUNDATION[4:],
    ("authorization:ManagementLockByScope", "a lock on the server keeps its settings from being changed too"),
)
"""Production, with a database server of its own."""
CHAINS: Mapping[str, Sequence[Link]] = {
    "foundation-nonproduction": FOUNDATION,
    "foundation-production": (
        *FOUNDATION,
        ("authorization:ManagementLockByScope", "a lock on the server keeps its settings from being changed too"),
    ),
    "ephemeral": BRANCH,
    "production": DEDICATED,
}


def seconds(chain: Sequence[Link]) -> float:
    """How long Azure takes for the whole chain."""
    return sum(SECONDS[f"azure-native:{kind}"][0] for kind, _ in chain)
