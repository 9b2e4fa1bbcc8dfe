"""The public names: changed only on purpose, with a line in the CHANGELOG."""

import platform_components

PUBLIC = [
    "AksCluster",
    "AksClusterArgs",
    "DnsRecord",
    "DnsRecordArgs",
    "DnsZone",
    "DnsZoneArgs",
    "Gateway",
    "GatewayArgs",
    "InputError",
    "Namespace",
    "NamespaceArgs",
    "Network",
    "NetworkArgs",
    "ObjectStorage",
    "ObjectStorageArgs",
    "OutsideError",
    "PlatformError",
    "PostgresDatabase",
    "PostgresDatabaseArgs",
    "PostgresServer",
    "PostgresServerArgs",
    "Route",
    "RouteArgs",
    "S3Gateway",
    "S3GatewayArgs",
    "Workload",
    "WorkloadArgs",
    "WorkloadIdentity",
    "WorkloadIdentityArgs",
    "__version__",
    "run",
]


def test_the_public_names_are_these() -> None:
    assert sorted(platform_components.__all__) == sorted(PUBLIC)


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(platform_components, name) is not None for name in PUBLIC)
    assert set(PUBLIC) == set(dir(platform_components))
