"""An AKS cluster as the AKS baseline has it: identities of its own, Entra log-in only, overlay network with Cilium.

The Kubernetes provider that reaches it is left to the program: what runs in a cluster is not part of it.
Sources: https://github.com/mspnp/aks-baseline, https://learn.microsoft.com/azure/aks/
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from platform_components.azure.aks_args import AksClusterArgs, AksClusterSettings, NodePoolSettings
from platform_components.azure.kubeconfig import exec_kubeconfig
from platform_components.azure.locks import lock_against_deletion
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import assign_role
from platform_components.component import literal, validated, whole

SYSTEM_POOL = "system"
# The autoscaler owns the count, the upgrade channel owns the version. Nested names must be the engine's own.
IGNORED = ["agentPoolProfiles[0].count", "agentPoolProfiles[0].orchestratorVersion"]
LOG_CATEGORIES = ("kube-apiserver", "kube-audit-admin", "guard", "cluster-autoscaler", "kube-controller-manager")


class AksCluster(pulumi.ComponentResource):
    """A Kubernetes cluster that people and pipelines log in to with Entra ID and nothing else.

    Its children are attributes: `cluster`, `control_plane_identity`, `kubelet_identity`, `pools` (by name).
    """

    id: pulumi.Output[str]
    """ARM id of the cluster; a Kubernetes provider's `cluster_identifier`."""
    name: pulumi.Output[str]
    """The cluster's name."""
    resource_group_name: pulumi.Output[str]
    """The resource group it is in."""
    kubeconfig: pulumi.Output[str]
    """How to reach it: exec form for kubelogin, nothing secret in it (checked)."""
    oidc_issuer_url: pulumi.Output[str]
    """Issuer of its service accounts' tokens, for federated credentials."""
    version: pulumi.Output[str]
    """The version it runs, with the patch."""
    kubelet_object_id: pulumi.Output[str]
    """Object id of the identity that the nodes pull images with."""
    control_plane_principal_id: pulumi.Output[str]
    """Principal id of the identity that makes load balancers and joins subnets."""

    def __init__(self, name: str, args: AksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:AksCluster", name, {}, opts)
        self._name = name
        self._settings = settings = validated(AksClusterSettings, "AksCluster", name, args)
        self.control_plane_identity = self._identity("control-plane")
        self.kubelet_identity = self._identity("kubelet")
        self.cluster = self._cluster(self._roles_before_the_cluster())
        self.pools = {pool.pool_name: self._pool(pool) for pool in settings.user_pools}
        self._maintenance()
        self._registries()
        if settings.log_analytics_workspace_id is not None:
            self._logs(settings.log_analytics_workspace_id)
        if settings.delete_lock:
            lock_against_deletion(self, f"{name}-lock", self.cluster.id)
        self.id = self.cluster.id
        self.name = self.cluster.name
        self.resource_group_name = pulumi.Output.from_input(settings.resource_group_name)
        self.kubeconfig = self._kubeconfig()
        self.oidc_issuer_url = self.cluster.oidc_issuer_profile.apply(_issuer_url)
        self.version = self.cluster.current_kubernetes_version
        self.kubelet_object_id = self.kubelet_identity.principal_id
        self.control_plane_principal_id = self.control_plane_identity.principal_id
        self.register_outputs(
            {
                "id": self.id,
                "name": self.name,
                "resource_group_name": self.resource_group_name,
                "kubeconfig": self.kubeconfig,
                "oidc_issuer_url": self.oidc_issuer_url,
                "version": self.version,
                "kubelet_object_id": self.kubelet_object_id,
                "control_plane_principal_id": self.control_plane_principal_id,
            }
        )

    def _identity(self, suffix: str) -> Any:
        from pulumi_azure_native import managedidentity

        return managedidentity.UserAssignedIdentity(
            f"{self._name}-{suffix}",
            resource_group_name=self._settings.resource_group_name,
            location=self._settings.location,
            resource_name_=pulumi.Output.concat(self._settings.cluster_name, "-", suffix),
            tags=self._settings.tags,
            opts=azure_child(self),
        )

    def _roles_before_the_cluster(self) -> list[pulumi.Resource]:
        """AKS checks them while it makes the cluster: https://learn.microsoft.com/azure/aks/use-managed-identity."""
        settings = self._settings
        principal = self.control_plane_identity.principal_id
        roles: list[pulumi.Resource] = [
            assign_role(
                self,
                f"{self._name}-runs-as-kubelet",
                role="Managed Identity Operator",
                principal_id=principal,
                scope=self.kubelet_identity.id,
            ),
            assign_role(
                self,
                f"{self._name}-joins-nodes-subnet",
                role="Network Contributor",
                principal_id=principal,
                scope=settings.nodes_subnet_id,
            ),
        ]
        if settings.api_server_subnet_id is not None:
            roles.append(
                assign_role(
                    self,
                    f"{self._name}-joins-api-server-subnet",
                    role="Network Contributor",
                    principal_id=principal,
                    scope=settings.api_server_subnet_id,
                )
            )
        if settings.private_dns_zone_id is not None:
            roles.append(
                assign_role(
                    self,
                    f"{self._name}-writes-private-zone",
                    role="Private DNS Zone Contributor",
                    principal_id=principal,
                    scope=settings.private_dns_zone_id,
                )
            )
        return roles

    def _cluster(self, roles: list[pulumi.Resource]) -> Any:
        from pulumi_azure_native import containerservice

        settings, kubelet = self._settings, self.kubelet_identity
        prefix = settings.dns_prefix if settings.dns_prefix is not None else settings.cluster_name
        own_zone = settings.private_dns_zone_id is not None
        return containerservice.ManagedCluster(
            f"{self._name}-cluster",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            resource_name_=settings.cluster_name,
            kubernetes_version=settings.kubernetes_version,
            dns_prefix=None if own_zone else prefix,
            fqdn_subdomain=prefix if own_zone else None,
            sku=containerservice.ManagedClusterSKUArgs(name="Base", tier=settings.sku_tier),
            support_plan="AKSLongTermSupport" if settings.sku_tier == "Premium" else "KubernetesOfficial",
            identity=containerservice.ManagedClusterIdentityArgs(
                type=literal("UserAssigned"), user_assigned_identities=[self.control_plane_identity.id]
            ),
            identity_profile={
                "kubeletidentity": containerservice.UserAssignedIdentityArgs(
                    resource_id=kubelet.id, client_id=kubelet.client_id, object_id=kubelet.principal_id
                )
            },
            oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=self._security(),
            aad_profile=containerservice.ManagedClusterAADProfileArgs(
                managed=True,
                enable_azure_rbac=True,
                admin_group_object_ids=list(settings.admin_group_object_ids),
                tenant_id=settings.tenant_id,
            ),
            enable_rbac=True,
            disable_local_accounts=True,
            api_server_access_profile=self._access(),
            network_profile=containerservice.ContainerServiceNetworkProfileArgs(
                network_plugin="azure",
                network_plugin_mode="overlay",
                network_dataplane="cilium",
                network_policy="cilium",
                load_balancer_sku="standard",
                outbound_type=settings.outbound_type,
                # The SDK would send ranges of 10.0.0.0/8 that collide with networks people have.
                pod_cidr=settings.pod_cidr,
                service_cidr=settings.service_cidr,
                dns_service_ip=settings.dns_service_ip,
            ),
            agent_pool_profiles=[
                containerservice.ManagedClusterAgentPoolProfileArgs(name=SYSTEM_POOL, mode="System", **self._system())
            ],
            # ARM takes these as text.
            auto_scaler_profile=containerservice.ManagedClusterPropertiesAutoScalerProfileArgs(
                balance_similar_node_groups="true", expander="least-waste", skip_nodes_with_local_storage="false"
            ),
            auto_upgrade_profile=containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel=settings.node_os_upgrade_channel
            ),
            node_resource_group=settings.node_resource_group_name
            or pulumi.Output.concat(settings.cluster_name, "-nodes"),
            node_resource_group_profile=containerservice.ManagedClusterNodeResourceGroupProfileArgs(
                restriction_level="ReadOnly"
            ),
            addon_profiles={
                "azurepolicy": containerservice.ManagedClusterAddonProfileArgs(enabled=settings.azure_policy),
                "azureKeyvaultSecretsProvider": containerservice.ManagedClusterAddonProfileArgs(
                    enabled=settings.key_vault_secrets,
                    config={"enableSecretRotation": "true"} if settings.key_vault_secrets else None,
                ),
            },
            storage_profile=containerservice.ManagedClusterStorageProfileArgs(
                disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
                file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=False),
                blob_csi_driver=containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs(enabled=False),
                snapshot_controller=containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(enabled=True),
            ),
            workload_auto_scaler_profile=containerservice.ManagedClusterWorkloadAutoScalerProfileArgs(
                keda=containerservice.ManagedClusterWorkloadAutoScalerProfileKedaArgs(enabled=settings.keda)
            ),
            azure_monitor_profile=containerservice.ManagedClusterAzureMonitorProfileArgs(
                metrics=containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(
                    enabled=settings.managed_prometheus
                )
            ),
            metrics_profile=containerservice.ManagedClusterMetricsProfileArgs(
                # Azure refuses cost analysis on the free tier.
                cost_analysis=containerservice.ManagedClusterCostAnalysisArgs(enabled=settings.sku_tier != "Free")
            ),
            tags=settings.tags,
            opts=azure_child(self, depends_on=roles, ignore_changes=IGNORED),
        )

    def _access(self) -> Any:
        from pulumi_azure_native import containerservice

        settings = self._settings
        return containerservice.ManagedClusterAPIServerAccessProfileArgs(
            authorized_ip_ranges=list(settings.authorized_ip_ranges) or None,
            enable_private_cluster=settings.private,
            enable_private_cluster_public_fqdn=False if settings.private else None,
            private_dns_zone=(settings.private_dns_zone_id or "system") if settings.private else None,
            enable_vnet_integration=True if settings.api_server_subnet_id is not None else None,
            subnet_id=settings.api_server_subnet_id,
            disable_run_command=True,
        )

    def _security(self) -> Any:
        from pulumi_azure_native import containerservice

        settings = self._settings
        defender = containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=settings.log_analytics_workspace_id,
            security_monitoring=containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(
                enabled=True
            ),
        )
        return containerservice.ManagedClusterSecurityProfileArgs(
            workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
            image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(
                enabled=True, interval_hours=168
            ),
            defender=defender if settings.defender else None,
        )

    def _system(self) -> Mapping[str, Any]:
        settings = self._settings
        fewest = whole(settings.node_count_min)
        return {
            **self._nodes(),
            "type": "VirtualMachineScaleSets",
            "vm_size": settings.node_size,
            "availability_zones": list(settings.node_zones) or None,
            "count": fewest,
            "min_count": fewest,
            "max_count": whole(settings.node_count_max),
            "node_taints": ["CriticalAddonsOnly=true:NoSchedule"] if settings.user_pools else None,
        }

    def _nodes(self) -> Mapping[str, Any]:
        """What all pools have in common."""
        from pulumi_azure_native import containerservice

        settings = self._settings
        return {
            "os_type": "Linux",
            "os_sku": "AzureLinux",
            "os_disk_type": "Ephemeral" if settings.ephemeral_os_disk else "Managed",
            "os_disk_size_gb": whole(settings.os_disk_gb),
            "enable_encryption_at_host": settings.encryption_at_host,
            "enable_auto_scaling": True,
            "enable_node_public_ip": False,
            "max_pods": whole(settings.max_pods),
            "vnet_subnet_id": settings.nodes_subnet_id,
            "upgrade_settings": containerservice.AgentPoolUpgradeSettingsArgs(
                max_surge="33%", drain_timeout_in_minutes=30
            ),
            "tags": settings.tags,
        }

    def _pool(self, pool: NodePoolSettings) -> Any:
        from pulumi_azure_native import containerservice

        settings = self._settings
        return containerservice.AgentPool(
            f"{self._name}-pool-{pool.pool_name}",
            resource_group_name=settings.resource_group_name,
            resource_name_=self.cluster.name,
            agent_pool_name=pool.pool_name,
            mode="User",
            vm_size=pool.node_size or settings.node_size,
            availability_zones=list(settings.node_zones if pool.zones is None else pool.zones) or None,
            count=whole(pool.node_count_min),
            min_count=whole(pool.node_count_min),
            max_count=whole(pool.node_count_max),
            node_labels=pool.labels or None,
            node_taints=list(pool.taints) or None,
            **self._nodes(),
            opts=azure_child(self, ignore_changes=["count", "orchestratorVersion"]),
        )

    def _maintenance(self) -> None:
        """Upgrade channels without a window upgrade at any time. The names of the two are Azure's."""
        from pulumi_azure_native import containerservice

        settings, window = self._settings, self._settings.maintenance
        for suffix, config_name in {
            "upgrade-window": "aksManagedAutoUpgradeSchedule",
            "node-os-window": "aksManagedNodeOSUpgradeSchedule",
        }.items():
            containerservice.MaintenanceConfiguration(
                f"{self._name}-{suffix}",
                resource_group_name=settings.resource_group_name,
                resource_name_=self.cluster.name,
                config_name=config_name,
                maintenance_window=containerservice.MaintenanceWindowArgs(
                    duration_hours=window.duration_hours,
                    start_time=window.start_time,
                    utc_offset=window.utc_offset,
                    schedule=containerservice.ScheduleArgs(
                        weekly=containerservice.WeeklyScheduleArgs(day_of_week=window.day, interval_weeks=1)
                    ),
                ),
                opts=azure_child(self),
            )

    def _registries(self) -> None:
        for index, registry_id in enumerate(self._settings.container_registry_ids):
            assign_role(
                self,
                f"{self._name}-pulls-{index}",
                role="AcrPull",
                principal_id=self.kubelet_identity.principal_id,
                scope=registry_id,
            )

    def _logs(self, workspace_id: pulumi.Input[str]) -> None:
        from pulumi_azure_native import monitor

        monitor.DiagnosticSetting(
            f"{self._name}-logs",
            name="control-plane",
            resource_uri=self.cluster.id,
            workspace_id=workspace_id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in LOG_CATEGORIES],
            opts=azure_child(self),
        )

    def _kubeconfig(self) -> pulumi.Output[str]:
        from pulumi_azure_native import containerservice

        answer = containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=self._settings.resource_group_name,
            # Of the id: it is unknown until the cluster is there to be asked.
            resource_name=self.cluster.id.apply(lambda cluster_id: cluster_id.rsplit("/", 1)[-1]),
            format="exec",
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        # Only after the check: a provider may mark every credentials answer secret.
        return pulumi.Output.unsecret(
            answer.apply(lambda credentials: exec_kubeconfig(credentials.kubeconfigs[0].value))
        )


def _issuer_url(profile: Any) -> str:
    return str(profile.issuer_url)
