"""PostgreSQL flexible servers and what belongs to them; each server is a real PostgreSQL of the sandbox.

ARM has no port, so every server listens on a loopback address of its own, port 5432, and
`fullyQualifiedDomainName` is that address: there it answers. Codes marked "approximate" are refusals whose wording in
ARM could not be looked up.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Exclusive, Kind, NameRule, Refusal, Request
from sandbox.azure.kinds.network import delegations_of
from sandbox.azure.kinds.resources import is_guid
from sandbox.azure.postgres_effects import (
    AdministratorEffects,
    ConfigurationEffects,
    DatabaseEffects,
    ServerEffects,
    server_address,
)
from sandbox.azure.quotas import Shortage, shortage, size_of
from sandbox.azure.references import users_of
from sandbox.azure.values import look_up

_VERSION = "2025-08-01"
_SERVER = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
)
_DELEGATION = "Microsoft.DBforPostgreSQL/flexibleServers"
_SIZES = {"Burstable": "Standard_B", "GeneralPurpose": "Standard_D", "MemoryOptimized": "Standard_E"}
# azure-docs: postgresql/flexible-server/how-to-create-server, "admin username"
_RESERVED_LOGINS = ("azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public")
_BUSY = Exclusive(
    _SERVER, "ServerBusy", "Cannot complete operation because the server is busy processing another operation."
)


def _check_server(request: Request) -> None:
    inputs = request.inputs
    if look_up(inputs, "createMode") not in (None, "Default", "Create"):
        text = f"createMode '{inputs['createMode']}' is not available in the sandbox: only Default and Create are."
        raise ArmError(400, "InvalidParameterValue", text)
    for name in ("sku", "version", "storage"):
        if not inputs.get(name):
            raise ArmError(400, "InvalidParameterValue", f"Invalid value given for parameter {name}: it is required.")
    _check_size(request)
    _check_log_in(request)
    _check_place(request)


def _check_size(request: Request) -> None:
    tier, size = look_up(request.inputs, "sku.tier"), str(look_up(request.inputs, "sku.name"))
    if not size.startswith(_SIZES.get(str(tier), "?")):
        raise ArmError(400, "InvalidSku", f"The SKU '{size}' is not of the tier '{tier}'.")  # approximate
    mode = look_up(request.inputs, "highAvailability.mode") or "Disabled"
    if tier == "Burstable" and mode != "Disabled":
        text = "High availability is not supported for the Burstable tier."
        raise ArmError(400, "HighAvailabilityNotSupported", text)  # approximate
    days = look_up(request.inputs, "backup.backupRetentionDays")
    if days is not None and not 7 <= days <= 35:
        text = f"Invalid value given for parameter backupRetentionDays: {days} is not in 7 to 35."
        raise ArmError(400, "InvalidParameterValue", text)
    if request.old is None:
        return
    before, after = (look_up(each, "storage.storageSizeGB") for each in (request.old.inputs, request.inputs))
    if isinstance(before, int) and isinstance(after, int) and after < before:
        text = f"Storage can only grow: it has {before} GiB, {after} GiB were asked for."
        raise ArmError(400, "InvalidParameterValue", text)
    if int(str(request.inputs["version"])) < int(str(request.old.inputs["version"])):
        raise ArmError(400, "InvalidParameterValue", "The version of a server cannot be lowered.")


def _check_log_in(request: Request) -> None:
    entra, password = (
        look_up(request.inputs, f"authConfig.{name}") for name in ("activeDirectoryAuth", "passwordAuth")
    )
    if password == "Disabled" and entra != "Enabled":
        text = "Password and Microsoft Entra authentication cannot both be disabled."
        raise ArmError(400, "InvalidParameterValue", text)
    login = request.inputs.get("administratorLogin")
    if password == "Disabled":
        return
    if not login or (request.old is None and not request.inputs.get("administratorLoginPassword")):
        text = "administratorLogin and administratorLoginPassword are required while password authentication is on."
        raise ArmError(400, "InvalidParameterValue", text)
    if str(login).lower() in _RESERVED_LOGINS or str(login).startswith("pg_") or not re.fullmatch(r"\w{1,63}", login):
        raise ArmError(400, "InvalidAdministratorLoginName", f"The administrator login '{login}' is not allowed.")
    secret = request.inputs.get("administratorLoginPassword")
    if secret is not None and not _complex_enough(str(secret), str(login)):
        text = (
            "The administrator password must have 8 to 128 characters of three of the categories upper-case, "
            "lower-case, digits and others, and must not hold the login."
        )
        raise ArmError(400, "PasswordNotComplex", text)


def _complex_enough(secret: str, login: str) -> bool:
    # azure-docs: postgresql/flexible-server/how-to-create-server, "password"
    categories = sum(bool(re.search(each, secret)) for each in (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]"))
    return 8 <= len(secret) <= 128 and categories >= 3 and login.lower() not in secret.lower()


def _check_place(request: Request) -> None:
    subnet_id = look_up(request.inputs, "network.delegatedSubnetResourceId")
    zone_id = look_up(request.inputs, "network.privateDnsZoneArmResourceId")
    if not subnet_id:
        return
    subnet = request.transaction.get(subnet_id)
    if subnet is not None and _DELEGATION not in delegations_of(subnet):
        text = f"The subnet name as {subnet.name} is missing required delegations {_DELEGATION}"
        raise ArmError(400, "SubnetNotDelegated", text)  # approximate
    if not zone_id:
        text = (
            "The provided Private DNS zone ARM resource ID should not be empty for servers with Virtual Network access."
        )
        raise ArmError(400, "EmptyPrivateDnsZoneArmResourceId", text)
    zone = ids.name_of(zone_id).lower()
    if not zone.endswith(".postgres.database.azure.com") or zone == f"{request.name}.postgres.database.azure.com":
        text = f"The private DNS zone '{zone}' must end with .postgres.database.azure.com and not be the server's name."
        raise ArmError(400, "InvalidPrivateDnsZoneArmResourceId", text)  # approximate
    network = ids.key(subnet_id.rsplit("/", 2)[0])
    links = request.transaction.list(tokens=["azure-native:privatedns:VirtualNetworkLink"], under=zone_id)
    if not any(ids.key(str(look_up(link.inputs, "virtualNetwork.id"))) == network for link in links):
        text = f"The private DNS zone {zone_id} must be linked to the virtual network of the subnet first."
        raise ArmError(400, "PrivateDnsZoneNotLinked", text)  # approximate


def _network(request: Request, name: str) -> Any:
    return look_up(request.inputs, f"network.{name}")


def _fixed(path: str) -> Callable[[Request], object]:
    """Whether an update changes what is decided when a server is made."""
    return lambda request: (
        request.old is not None and look_up(request.old.inputs, path) != look_up(request.inputs, path)
    )


def _shared_subnet(request: Request) -> str:
    """A subnet delegated to flexible servers has nothing else in it."""
    subnet = request.transaction.get(str(_network(request, "delegatedSubnetResourceId")))
    users = users_of(request.transaction, subnet) if subnet else []
    return next((each.id for each in users if each.token != request.kind.token), "")


def _missing_vcores(request: Request) -> Shortage | None:
    region = request.inputs.get("location")
    used = [
        {"vcores": _vcores(other.inputs)}
        for other in request.transaction.list(tokens=[request.kind.token])
        if other.inputs.get("location") == region and ids.key(other.id) != ids.key(request.id)
    ]
    limit = request.subscription.quotas.postgres_vcores
    return shortage({"vcores": _vcores(request.inputs)}, used, limit, lambda _: f"vCores in {region}")


def _vcores(inputs: Mapping[str, Any]) -> int:
    size = size_of(str(look_up(inputs, "sku.name")))
    standby = (look_up(inputs, "highAvailability.mode") or "Disabled") != "Disabled"
    return (size.vcpus if size else 0) * (2 if standby else 1)


# postgresql/flexible-server/concepts-storage, "provisioned size": sizes of premium SSD; 32 GiB to 32 TiB
_STORAGE = (32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767)

_SERVER_REFUSALS = (
    Refusal(
        "InvalidParameterValue",
        "Storage of {found} GiB is not one of " + ", ".join(map(str, _STORAGE)) + ".",
        "postgresql/flexible-server/concepts-storage; approximate",
        lambda request: (
            (look_up(request.inputs, "storage.type") or "Premium_LRS") == "Premium_LRS"
            and isinstance(size := look_up(request.inputs, "storage.storageSizeGB"), int)
            and size not in _STORAGE
            and str(size)
        ),
    ),
    Refusal(
        "InvalidParameterValue",
        "Geo-redundant backup can only be chosen when a server is made.",
        "postgresql/flexible-server/concepts-backup-restore, geo-redundant backup; approximate",
        _fixed("backup.geoRedundantBackup"),
    ),
    Refusal(
        "InvalidParameterValue",
        "The zone of the standby must be another than the server's for ZoneRedundant, and the same for SameZone.",
        "postgresql/flexible-server/concepts-high-availability; approximate",
        lambda request: (
            (standby := look_up(request.inputs, "highAvailability.standbyAvailabilityZone"))
            and (own := request.inputs.get("availabilityZone"))
            and (standby == own) == (look_up(request.inputs, "highAvailability.mode") == "ZoneRedundant")
        ),
    ),
    Refusal(
        "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
        "Conflicting configuration is detected between Public Network Access and Virtual Network arguments.",
        "postgresql/flexible-server/concepts-networking-private, and what Terraform printed",
        lambda request: (
            _network(request, "delegatedSubnetResourceId") and _network(request, "publicNetworkAccess") == "Enabled"
        ),
    ),
    Refusal(
        "InvalidParameterValue",
        "A private DNS zone needs a delegated subnet.",
        "postgresql/flexible-server/concepts-networking-private; approximate",
        lambda request: (
            _network(request, "privateDnsZoneArmResourceId") and not _network(request, "delegatedSubnetResourceId")
        ),
    ),
    Refusal(
        "SubnetInUse",
        "The delegated subnet must hold flexible servers only; {found} is in it.",
        "postgresql/flexible-server/concepts-networking-private, delegated subnet; approximate",
        _shared_subnet,
    ),
    Refusal(
        "QuotaExceeded",
        "Operation could not be completed as it results in exceeding approved vCores quota: {found}.",
        "postgresql/flexible-server/how-to-request-quota-increase; approximate",
        _missing_vcores,
    ),
)


def _server_outputs(request: Request) -> dict[str, Any]:
    private = bool(look_up(request.inputs, "network.delegatedSubnetResourceId"))
    access = look_up(request.inputs, "network.publicNetworkAccess") or "Enabled"
    return {
        "fullyQualifiedDomainName": server_address(request),
        "state": request.kept("state", lambda: "Ready"),
        "minorVersion": "0",
        "replicaCapacity": 5,
        "network": {"publicNetworkAccess": "Disabled" if private else access},
    }


def _check_rule(request: Request) -> None:
    try:
        start, end = (IPv4Address(request.inputs[name]) for name in ("startIpAddress", "endIpAddress"))
    except AddressValueError as error:
        raise ArmError(400, "InvalidParameterValue", f"A firewall rule takes IPv4 addresses: {error}.") from None
    if start > end:
        text = f"Start IP address {start} must not be greater than end IP address {end}."
        raise ArmError(400, "InvalidParameterValue", text)
    server = request.transaction.get(request.id.rsplit("/", 2)[0])
    if server is not None and look_up(server.inputs, "network.delegatedSubnetResourceId"):
        text = "Firewall rules cannot be used on a server with private access."
        raise ArmError(400, "FirewallRulesNotSupported", text)  # approximate


def _check_administrator(request: Request) -> None:
    if not is_guid(request.name):
        raise ArmError(400, "InvalidParameterValue", f"The object id '{request.name}' is not a GUID.")
    if request.inputs.get("principalType") not in ("User", "Group", "ServicePrincipal"):
        text = f"Invalid value given for parameter principalType: {request.inputs.get('principalType')}."
        raise ArmError(400, "InvalidParameterValue", text)
    server = request.transaction.get(request.id.rsplit("/", 2)[0])
    if server is not None and look_up(server.inputs, "authConfig.activeDirectoryAuth") != "Enabled":
        text = "Microsoft Entra authentication is not enabled on the server."
        raise ArmError(400, "AadAuthNotEnabled", text)  # approximate


KINDS = (
    Kind(
        token="azure-native:dbforpostgresql:Server",
        api_version=_VERSION,
        path=_SERVER,
        name=NameRule(
            r"[a-z0-9]+(-[a-z0-9]+)*", 3, 63, "lower-case letters, digits and single hyphens, no hyphen at the ends"
        ),
        has_location=True,
        immutable=(
            "administratorLogin",
            "createMode",
            "location",
            "network.delegatedSubnetResourceId",
            "network.privateDnsZoneArmResourceId",
            "pointInTimeUTC",
            "sourceServerResourceId",
        ),
        secrets=("administratorLoginPassword",),
        read_only=(
            "fullyQualifiedDomainName",
            "state",
            "minorVersion",
            "replicaCapacity",
            "network.publicNetworkAccess",
        ),
        outputs=_server_outputs,
        rules=(_check_server,),
        refusals=_SERVER_REFUSALS,
        globally_unique=lambda name: ArmError(
            409, "ServerNameAlreadyExists", f"Specified server name '{name}' is already used."
        ),
        effects=ServerEffects(),
    ),
    Kind(
        token="azure-native:dbforpostgresql:Configuration",
        api_version=_VERSION,
        path=f"{_SERVER}/configurations/{{configurationName}}",
        name=NameRule(r"[-\w.]+", 1, 256),
        required=("value",),
        read_only=("isConfigPendingRestart", "defaultValue", "dataType", "isDynamicConfig", "isReadOnly"),
        outputs=ConfigurationEffects.outputs,
        exclusive=_BUSY,
        singleton=True,
        effects=ConfigurationEffects(),
    ),
    Kind(
        token="azure-native:dbforpostgresql:FirewallRule",
        api_version=_VERSION,
        path=f"{_SERVER}/firewallRules/{{firewallRuleName}}",
        name=NameRule(r"[-\w.]+", 1, 128),
        required=("startIpAddress", "endIpAddress"),
        rules=(_check_rule,),
        exclusive=_BUSY,
    ),
    Kind(
        token="azure-native:dbforpostgresql:Database",
        api_version=_VERSION,
        path=f"{_SERVER}/databases/{{databaseName}}",
        name=NameRule(r"[-\w.]+", 1, 63),
        refusals=(
            Refusal(
                "ReservedDatabaseName",
                "The database name '{name}' is reserved.",
                "postgresql/flexible-server/concepts-servers, system databases; approximate",
                lambda request: (
                    request.name.lower() in ("azure_maintenance", "azure_sys", "postgres", "template0", "template1")
                ),
            ),
        ),
        immutable=("charset", "collation"),
        exclusive=_BUSY,
        effects=DatabaseEffects(),
    ),
    Kind(
        token="azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
        api_version=_VERSION,
        path=f"{_SERVER}/administrators/{{objectId}}",
        required=("principalName", "principalType"),
        immutable=("principalName", "principalType", "tenantId"),
        rules=(_check_administrator,),
        exclusive=_BUSY,
        effects=AdministratorEffects(),
    ),
)
