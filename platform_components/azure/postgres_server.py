"""An Azure Database for PostgreSQL flexible server that an Entra group administers.

Databases and roles on it are left to `postgres.PostgresDatabase`; customer-managed keys and replicas are not covered.
Source: https://learn.microsoft.com/azure/postgresql/flexible-server/
"""

from typing import Any

import pulumi

from platform_components.azure.locks import lock_against_deletion
from platform_components.azure.postgres_args import PostgresServerArgs, PostgresServerSettings
from platform_components.azure.retries import azure_child
from platform_components.component import child, validated, whole
from platform_components.passwords import GeneratedPassword

PORT = 5432
PASSWORD_ADMINISTRATOR = "unused_administrator"  # noqa: S105 — a login name
# Azure chooses the zone and swaps the pair at a failover. Nested names must be the engine's own.
ZONES = ["availabilityZone", "highAvailability.standbyAvailabilityZone"]


class PostgresServer(pulumi.ComponentResource):
    """A PostgreSQL server: TLS only, private or behind explicit rules, administered by an Entra group.

    Its children are attributes: `server`, `administrators`, `parameters` (by name).
    """

    id: pulumi.Output[str]
    """ARM id of the server."""
    name: pulumi.Output[str]
    """The server's name."""
    resource_group_name: pulumi.Output[str]
    """The resource group it is in."""
    host: pulumi.Output[str]
    """Host name to connect to."""
    port: pulumi.Output[int]
    """Port to connect to: 5432."""
    administrator: pulumi.Output[str]
    """Login name of the administrators (the group's name), known once parameters, rules and log-in are all in place."""
    version: pulumi.Output[str]
    """Major version."""

    def __init__(self, name: str, args: PostgresServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:PostgresServer", name, {}, opts)
        self._name = name
        self._settings = settings = validated(PostgresServerSettings, "PostgresServer", name, args)
        self.server = self._server()
        last = self._firewall(self.server)
        self.parameters: dict[str, pulumi.Resource] = {}
        for parameter, value in settings.all_parameters().items():
            last = self.parameters[parameter] = self._parameter(parameter, value, last)
        self.administrators = self._administrators(last)
        if settings.delete_lock:
            lock_against_deletion(self, f"{name}-lock", self.server.id, below=[self.administrators])
        self.id = self.server.id
        self.name = self.server.name
        self.resource_group_name = pulumi.Output.from_input(settings.resource_group_name)
        self.host = self.server.fully_qualified_domain_name
        self.port = pulumi.Output.from_input(PORT)
        self.administrator = pulumi.Output.all(settings.administrator.name, self.administrators.id).apply(
            lambda known: str(known[0])
        )
        self.version = pulumi.Output.from_input(settings.version)
        self.register_outputs(
            {
                "id": self.id,
                "name": self.name,
                "resource_group_name": self.resource_group_name,
                "host": self.host,
                "port": self.port,
                "administrator": self.administrator,
                "version": self.version,
            }
        )

    def _server(self) -> Any:
        from pulumi_azure_native import dbforpostgresql

        settings = self._settings
        password = None
        if settings.password_login:
            password = GeneratedPassword(f"{self._name}-administrator-password", child(self))
        ignored = [*ZONES, "storage.storageSizeGB"] if settings.storage_auto_grow else ZONES
        return dbforpostgresql.Server(
            f"{self._name}-server",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            server_name=settings.server_name,
            version=settings.version,
            create_mode="Default",
            administrator_login=PASSWORD_ADMINISTRATOR if password else None,
            administrator_login_password=password.value if password else None,
            auth_config=dbforpostgresql.AuthConfigArgs(
                active_directory_auth="Enabled",
                password_auth="Enabled" if password else "Disabled",
                tenant_id=settings.administrator.tenant_id,
            ),
            sku=dbforpostgresql.SkuArgs(name=settings.sku, tier=settings.server_tier),
            storage=dbforpostgresql.StorageArgs(
                storage_size_gb=whole(settings.storage_gb),
                auto_grow="Enabled" if settings.storage_auto_grow else "Disabled",
            ),
            backup=dbforpostgresql.BackupArgs(
                backup_retention_days=whole(settings.backup_retention_days),
                geo_redundant_backup="Enabled" if settings.geo_redundant_backup else "Disabled",
            ),
            high_availability=dbforpostgresql.HighAvailabilityArgs(mode=settings.high_availability),
            maintenance_window=dbforpostgresql.MaintenanceWindowArgs(
                custom_window="Enabled",
                day_of_week=settings.maintenance_day,
                start_hour=settings.maintenance_hour,
                start_minute=0,
            ),
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=settings.subnet_id,
                private_dns_zone_arm_resource_id=settings.private_dns_zone_id,
                public_network_access="Disabled" if settings.private else "Enabled",
            ),
            tags=settings.tags,
            opts=azure_child(self, ignore_changes=ignored),
        )

    # One operation at a time on a server, or it answers ServerBusy; its administrators come last, so that whoever may
    # log in finds everything in place.

    def _firewall(self, last: pulumi.Resource) -> pulumi.Resource:
        from pulumi_azure_native import dbforpostgresql

        for rule in self._settings.firewall_rules:
            last = dbforpostgresql.FirewallRule(
                f"{self._name}-allows-{rule.name}",
                resource_group_name=self._settings.resource_group_name,
                server_name=self.server.name,
                firewall_rule_name=rule.name,
                start_ip_address=rule.start,
                end_ip_address=rule.last,
                opts=azure_child(self, depends_on=[last]),
            )
        return last

    def _parameter(self, parameter: str, value: str, last: pulumi.Resource) -> pulumi.Resource:
        from pulumi_azure_native import dbforpostgresql

        return dbforpostgresql.Configuration(
            f"{self._name}-{parameter.replace('.', '-').replace('_', '-')}",
            resource_group_name=self._settings.resource_group_name,
            server_name=self.server.name,
            configuration_name=parameter,
            value=value,
            source="user-override",
            # Setting each back before the server goes takes minutes. Only here: after a destroy that stopped half-way
            # a parameter can be set again, but a child that Pulumi forgot and Azure kept could not be created again.
            opts=azure_child(self, depends_on=[last], deleted_with=self.server),
        )

    def _administrators(self, last: pulumi.Resource) -> Any:
        from pulumi_azure_native import dbforpostgresql

        group = self._settings.administrator
        return dbforpostgresql.AdministratorsMicrosoftEntra(
            f"{self._name}-administrators",
            resource_group_name=self._settings.resource_group_name,
            server_name=self.server.name,
            object_id=group.object_id,
            principal_name=group.name,
            principal_type="Group",
            tenant_id=group.tenant_id,
            opts=azure_child(self, depends_on=[last]),
        )
