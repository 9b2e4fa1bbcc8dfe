"""An AKS cluster as the AKS baseline has it: identities of its own, Entra log-in only, overlay network with Cilium.

The Kubernetes provider that reaches it is left to the program: what runs in a cluster is not part of it.
Sources: https://github.com/mspnp/aks-baseline, https://learn.microsoft.com/azure/aks/
"""

from typing import Any

import pulumi

from platform_components.azure.aks_args import AksClusterArgs, AksClusterSettings, NodePoolSettings
from platform_components.azure.aks_properties import cluster_properties, user_pool_properties
from platform_components.azure.kubeconfig import exec_kubeconfig
from platform_components.azure.locks import lock_against_deletion
from platform_components.azure.managed_cluster import managed_cluster_class, other_token
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import assign_role
from platform_components.component import literal, validated

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
        windows = self._maintenance()
        self._registries()
        below = [*self.pools.values(), *windows]
        if settings.log_analytics_workspace_id is not None:
            below.append(self._logs(settings.log_analytics_workspace_id))
            if settings.container_insights:
                below += self._container_insights(settings.log_analytics_workspace_id)
        if settings.delete_lock:
            lock_against_deletion(self, f"{name}-lock", self.cluster.id, below=below)
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
        return managed_cluster_class()(
            f"{self._name}-cluster",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            resource_name_=settings.cluster_name,
            identity=containerservice.ManagedClusterIdentityArgs(
                type=literal("UserAssigned"), user_assigned_identities=[self.control_plane_identity.id]
            ),
            identity_profile={
                "kubeletidentity": containerservice.UserAssignedIdentityArgs(
                    resource_id=kubelet.id, client_id=kubelet.client_id, object_id=kubelet.principal_id
                )
            },
            **cluster_properties(settings),
            tags=settings.tags,
            opts=azure_child(
                self,
                depends_on=roles,
                ignore_changes=settings.ignored,
                aliases=[pulumi.Alias(type_=other_token())],
            ),
        )

    def _pool(self, pool: NodePoolSettings) -> Any:
        from pulumi_azure_native import containerservice

        settings = self._settings
        return containerservice.AgentPool(
            f"{self._name}-pool-{pool.pool_name}",
            resource_group_name=settings.resource_group_name,
            resource_name_=self.cluster.name,
            agent_pool_name=pool.pool_name,
            **user_pool_properties(settings, pool),
            opts=azure_child(self, ignore_changes=["count", "orchestratorVersion"]),
        )

    def _maintenance(self) -> list[pulumi.Resource]:
        """Upgrade channels without a window upgrade at any time. The names of the two are Azure's."""
        from pulumi_azure_native import containerservice

        settings, window = self._settings, self._settings.maintenance
        names = {
            "upgrade-window": "aksManagedAutoUpgradeSchedule",
            "node-os-window": "aksManagedNodeOSUpgradeSchedule",
        }
        return [
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
            for suffix, config_name in names.items()
        ]

    def _registries(self) -> None:
        for index, registry_id in enumerate(self._settings.container_registry_ids):
            assign_role(
                self,
                f"{self._name}-pulls-{index}",
                role="AcrPull",
                principal_id=self.kubelet_identity.principal_id,
                scope=registry_id,
            )

    def _logs(self, workspace_id: pulumi.Input[str]) -> pulumi.Resource:
        from pulumi_azure_native import monitor

        # Plain dictionaries: the class of these has another name in azure-native 3.16
        logs: Any = [{"category": category, "enabled": True} for category in LOG_CATEGORIES]
        return monitor.DiagnosticSetting(
            f"{self._name}-logs",
            name="control-plane",
            resource_uri=self.cluster.id,
            workspace_id=workspace_id,
            logs=logs,
            opts=azure_child(self),
        )

    def _container_insights(self, workspace_id: pulumi.Input[str]) -> list[pulumi.Resource]:
        """The add-on logs in with its identity and sends what a rule on the cluster says. The names are Azure's:
        https://learn.microsoft.com/azure/azure-monitor/containers/kubernetes-monitoring-enable
        """
        from pulumi_azure_native import monitor

        settings, streams = self._settings, ["Microsoft-ContainerInsights-Group-Default"]
        rule = monitor.DataCollectionRule(
            f"{self._name}-insights",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            data_collection_rule_name=pulumi.Output.concat("MSCI-", settings.cluster_name),
            kind="Linux",
            data_sources=monitor.DataCollectionRuleDataSourcesArgs(
                extensions=[
                    monitor.ExtensionDataSourceArgs(
                        name="ContainerInsightsExtension", extension_name="ContainerInsights", streams=streams
                    )
                ]
            ),
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                log_analytics=[
                    monitor.LogAnalyticsDestinationArgs(name="workspace", workspace_resource_id=workspace_id)
                ]
            ),
            data_flows=[monitor.DataFlowArgs(streams=streams, destinations=["workspace"])],
            tags=settings.tags,
            opts=azure_child(self),
        )
        association = monitor.DataCollectionRuleAssociation(
            f"{self._name}-sends-insights",
            resource_uri=self.cluster.id,
            association_name="ContainerInsightsExtension",
            data_collection_rule_id=rule.id,
            opts=azure_child(self),
        )
        return [rule, association]

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
