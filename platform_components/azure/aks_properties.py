"""What an AKS cluster and its pools are, as arguments of the SDK's resources: the AKS baseline's points one by one.

Pure but for Outputs passed through; `aks_cluster` adds identities and makes the resources.
"""

from typing import Any, Final, cast

import pulumi

from platform_components.azure.aks_args import SYSTEM_POOL, AksClusterSettings, NodePoolSettings
from platform_components.component import whole

GATEWAY_API: Final = {
    "gatewayAPI": {"installation": "Standard"},
    "webAppRouting": {
        "enabled": True,
        "gatewayAPIImplementations": {"appRoutingIstio": {"mode": "Enabled"}},
        # Managed NGINX gets no more security patches after November 2026: https://github.com/Azure/AKS/issues/5516
        "nginx": {"defaultIngressControllerType": "None"},
    },
}
"""As ARM has it: the SDK's classes are those of an older API version."""


def cluster_properties(settings: AksClusterSettings) -> dict[str, Any]:
    """Arguments of `ManagedCluster` beside its place and identities."""
    from pulumi_azure_native import containerservice

    prefix = settings.dns_prefix if settings.dns_prefix is not None else settings.cluster_name
    own_zone = settings.private_dns_zone_id is not None
    return {
        "kubernetes_version": settings.kubernetes_version,
        # With a private zone of one's own ARM wants the name there and nowhere else.
        "dns_prefix": None if own_zone else prefix,
        "fqdn_subdomain": prefix if own_zone else None,
        "sku": containerservice.ManagedClusterSKUArgs(name="Base", tier=settings.sku_tier),
        "support_plan": "AKSLongTermSupport" if settings.sku_tier == "Premium" else "KubernetesOfficial",
        "oidc_issuer_profile": containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
        "security_profile": _security(settings),
        "aad_profile": containerservice.ManagedClusterAADProfileArgs(
            managed=True,
            enable_azure_rbac=True,
            admin_group_object_ids=list(settings.admin_group_object_ids),
            tenant_id=settings.tenant_id,
        ),
        "enable_rbac": True,
        "disable_local_accounts": True,
        "api_server_access_profile": _access(settings),
        "network_profile": _network(settings),
        "agent_pool_profiles": [_system_pool(settings)],
        # ARM takes these as text.
        "auto_scaler_profile": containerservice.ManagedClusterPropertiesAutoScalerProfileArgs(
            balance_similar_node_groups="true", expander="least-waste", skip_nodes_with_local_storage="false"
        ),
        "auto_upgrade_profile": containerservice.ManagedClusterAutoUpgradeProfileArgs(
            upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel=settings.node_os_upgrade_channel
        ),
        "node_resource_group": settings.node_resource_group_name
        or pulumi.Output.concat(settings.cluster_name, "-nodes"),
        "node_resource_group_profile": containerservice.ManagedClusterNodeResourceGroupProfileArgs(
            restriction_level="ReadOnly"
        ),
        **_additions(settings),
    }


def user_pool_properties(settings: AksClusterSettings, pool: NodePoolSettings) -> dict[str, Any]:
    """Arguments of an `AgentPool` for workloads."""
    fewest = whole(pool.node_count_min)
    return {
        **_nodes(settings),
        "mode": "User",
        "vm_size": pool.node_size or settings.node_size,
        "availability_zones": list(settings.node_zones if pool.zones is None else pool.zones) or None,
        "count": fewest,
        "min_count": fewest,
        "max_count": whole(pool.node_count_max),
        "node_labels": pool.labels or None,
        "node_taints": list(pool.taints) or None,
    }


def _system_pool(settings: AksClusterSettings) -> Any:
    from pulumi_azure_native import containerservice

    fewest = whole(settings.node_count_min)
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        **_nodes(settings),
        name=SYSTEM_POOL,
        mode="System",
        type="VirtualMachineScaleSets",
        vm_size=settings.node_size,
        availability_zones=list(settings.node_zones) or None,
        count=fewest,
        min_count=fewest,
        max_count=whole(settings.node_count_max),
        node_taints=["CriticalAddonsOnly=true:NoSchedule"] if settings.user_pools else None,
    )


def _nodes(settings: AksClusterSettings) -> dict[str, Any]:
    """What the nodes of all pools have in common."""
    from pulumi_azure_native import containerservice

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
            max_surge=settings.max_surge,
            drain_timeout_in_minutes=settings.drain_minutes,
            # A node that cannot be drained fails the upgrade, rather than stay behind on the old version.
            undrainable_node_behavior="Schedule",
        ),
        "tags": settings.tags,
    }


def _access(settings: AksClusterSettings) -> Any:
    from pulumi_azure_native import containerservice

    return containerservice.ManagedClusterAPIServerAccessProfileArgs(
        authorized_ip_ranges=list(settings.authorized_ip_ranges) or None,
        enable_private_cluster=settings.private,
        enable_private_cluster_public_fqdn=False if settings.private else None,
        private_dns_zone=(settings.private_dns_zone_id or "system") if settings.private else None,
        enable_vnet_integration=True if settings.api_server_subnet_id is not None else None,
        subnet_id=settings.api_server_subnet_id,
        disable_run_command=True,
    )


def _security(settings: AksClusterSettings) -> Any:
    from pulumi_azure_native import containerservice

    monitoring = containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(enabled=True)
    return containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(enabled=True, interval_hours=168),
        defender=containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=settings.log_analytics_workspace_id, security_monitoring=monitoring
        )
        if settings.defender
        else None,
    )


def _network(settings: AksClusterSettings) -> Any:
    from pulumi_azure_native import containerservice

    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay",
        network_dataplane="cilium",
        network_policy="cilium",
        load_balancer_sku="standard",
        outbound_type=settings.outbound_type,
        # Left out, the SDK would send ranges of 10.0.0.0/8 that collide with the networks people have.
        pod_cidr=settings.pod_cidr,
        service_cidr=settings.service_cidr,
        dns_service_ip=settings.dns_service_ip,
    )


def _additions(settings: AksClusterSettings) -> dict[str, Any]:
    """Add-ons and profiles that come and go with a switch."""
    from pulumi_azure_native import containerservice

    on, storage = containerservice.ManagedClusterAddonProfileArgs, containerservice.ManagedClusterStorageProfileArgs
    rotation = {"enableSecretRotation": "true"} if settings.key_vault_secrets else None
    workspace = {"logAnalyticsWorkspaceResourceID": settings.log_analytics_workspace_id, "useAADAuth": "true"}
    return {
        "addon_profiles": {
            "azurepolicy": on(enabled=settings.azure_policy),
            "azureKeyvaultSecretsProvider": on(enabled=settings.key_vault_secrets, config=rotation),
            **({"omsagent": on(enabled=True, config=cast(Any, workspace))} if settings.container_insights else {}),
        },
        "ingress_profile": GATEWAY_API if settings.gateway_api else None,
        # Only what workloads get volumes from; shared files and mounted blobs are not offered.
        "storage_profile": storage(
            disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
            file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=False),
            blob_csi_driver=containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs(enabled=False),
            snapshot_controller=containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(enabled=True),
        ),
        "workload_auto_scaler_profile": containerservice.ManagedClusterWorkloadAutoScalerProfileArgs(
            keda=containerservice.ManagedClusterWorkloadAutoScalerProfileKedaArgs(enabled=settings.keda),
            vertical_pod_autoscaler=containerservice.ManagedClusterWorkloadAutoScalerProfileVerticalPodAutoscalerArgs(
                enabled=settings.vertical_pod_autoscaler
            ),
        ),
        "azure_monitor_profile": containerservice.ManagedClusterAzureMonitorProfileArgs(
            metrics=containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(enabled=settings.managed_prometheus)
        ),
        # Azure refuses cost analysis on the free tier.
        "metrics_profile": containerservice.ManagedClusterMetricsProfileArgs(
            cost_analysis=containerservice.ManagedClusterCostAnalysisArgs(enabled=settings.sku_tier != "Free")
        ),
    }
