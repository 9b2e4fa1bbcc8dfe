"""The cluster: the AKS baseline's points one by one, the order things are made in, and what is refused."""

from typing import Any

import pytest

from platform_components.azure import managed_cluster
from platform_components.azure.roles import ROLES
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import LARGE, NODES_SUBNET, PRINCIPAL, deploy


def cluster(recorded: mocks.Recorded) -> mocks.Registration:
    return recorded.one(":ManagedCluster")


def inputs(**overrides: Any) -> dict[str, Any]:
    return cluster(deploy("AksCluster", **overrides)).inputs


def test_people_log_in_with_entra_and_nothing_else() -> None:
    given = inputs()
    assert given["disableLocalAccounts"] is True
    assert given["enableRBAC"] is True
    assert given["aadProfile"]["managed"] is True
    assert given["aadProfile"]["enableAzureRBAC"] is True
    assert given["aadProfile"]["adminGroupObjectIDs"] == ["11111111-1111-1111-1111-111111111111"]


def test_pods_may_act_as_identities() -> None:
    given = inputs()
    assert given["oidcIssuerProfile"] == {"enabled": True}
    assert given["securityProfile"]["workloadIdentity"] == {"enabled": True}


def test_both_identities_are_the_programs_own() -> None:
    recorded = deploy("AksCluster")
    given = cluster(recorded).inputs
    names = [each.inputs["resourceName"] for each in recorded.all(":UserAssignedIdentity")]
    assert names == ["shared-aks-control-plane", "shared-aks-kubelet"]
    assert given["identity"]["type"] == "UserAssigned"
    assert given["identity"]["userAssignedIdentities"][0].endswith("/shared-aks-control-plane")
    assert given["identityProfile"]["kubeletidentity"]["resourceId"].endswith("/shared-aks-kubelet")


def test_roles_are_there_before_the_cluster() -> None:
    recorded = deploy("AksCluster", LARGE["AksCluster"])
    before = cluster(recorded).depends_on
    roles = {each.inputs["roleDefinitionId"].rsplit("/", 1)[-1]: each for each in recorded.all(":RoleAssignment")}
    for role in ("Managed Identity Operator", "Network Contributor", "Private DNS Zone Contributor"):
        assert roles[ROLES[role]].urn in before
    # Nodes pull images later; that need not hold the cluster up.
    assert roles[ROLES["AcrPull"]].urn not in before
    assert all(each.inputs["principalType"] == "ServicePrincipal" for each in recorded.all(":RoleAssignment"))


def test_the_network_is_overlay_with_cilium_and_ranges_of_its_own() -> None:
    network = inputs()["networkProfile"]
    assert network == {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkDataplane": "cilium",
        "networkPolicy": "cilium",
        "loadBalancerSku": "standard",
        "outboundType": "loadBalancer",
        "podCidr": "192.168.0.0/16",
        "serviceCidr": "172.16.0.0/16",
        "dnsServiceIP": "172.16.0.10",
    }


def test_one_pool_is_inline_and_the_others_are_resources() -> None:
    recorded = deploy("AksCluster", LARGE["AksCluster"])
    (system,) = cluster(recorded).inputs["agentPoolProfiles"]
    assert system["name"] == "system"
    assert system["mode"] == "System"
    assert system["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert (system["count"], system["minCount"], system["maxCount"]) == (3, 3, 5)
    pools = recorded.all(":AgentPool")
    assert [each.inputs["agentPoolName"] for each in pools] == ["apps", "jobs"]
    assert pools[0].inputs["availabilityZones"] == ["1", "2", "3"]
    assert pools[1].inputs["availabilityZones"] == ["1"]
    assert all(each.ignore_changes == ["count", "orchestratorVersion"] for each in pools)


def test_workloads_may_use_the_only_pool() -> None:
    (system,) = inputs()["agentPoolProfiles"]
    assert "nodeTaints" not in system
    assert system["availabilityZones"] == ["1", "2", "3"]
    assert system["osDiskType"] == "Ephemeral"
    assert system["enableEncryptionAtHost"] is True
    assert system["vnetSubnetID"] == NODES_SUBNET


def test_what_azure_moves_by_itself_is_not_moved_back() -> None:
    # Written as the engine names them: nested names are not translated.
    assert cluster(deploy("AksCluster")).ignore_changes == [
        "agentPoolProfiles[0].count",
        "agentPoolProfiles[0].orchestratorVersion",
    ]


def test_upgrades_come_by_themselves_and_only_in_their_window() -> None:
    recorded = deploy("AksCluster", maintenance={"day": "Saturday", "start_time": "22:30", "duration_hours": 6})
    assert cluster(recorded).inputs["autoUpgradeProfile"] == {
        "upgradeChannel": "patch",
        "nodeOSUpgradeChannel": "NodeImage",
    }
    windows = recorded.all(":MaintenanceConfiguration")
    assert [each.inputs["configName"] for each in windows] == [
        "aksManagedAutoUpgradeSchedule",
        "aksManagedNodeOSUpgradeSchedule",
    ]
    for window in windows:
        assert window.inputs["maintenanceWindow"] == {
            "durationHours": 6,
            "startTime": "22:30",
            "utcOffset": "+00:00",
            "schedule": {"weekly": {"dayOfWeek": "Saturday", "intervalWeeks": 1}},
        }


def test_the_nodes_group_is_locked_and_images_are_cleaned() -> None:
    given = inputs()
    assert given["nodeResourceGroup"] == "shared-aks-nodes"
    assert given["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}
    assert given["securityProfile"]["imageCleaner"] == {"enabled": True, "intervalHours": 168}


@pytest.mark.parametrize(("tier", "analysis"), [("Free", False), ("Standard", True), ("Premium", True)])
def test_costs_are_analysed_where_the_tier_has_it(tier: str, analysis: bool) -> None:
    given = inputs(sku_tier=tier)
    assert given["sku"] == {"name": "Base", "tier": tier}
    assert given["metricsProfile"]["costAnalysis"]["enabled"] is analysis


def test_the_api_server_is_reached_from_the_ranges_given() -> None:
    access = inputs()["apiServerAccessProfile"]
    assert access == {
        "authorizedIPRanges": ["203.0.113.0/24"],
        "enablePrivateCluster": False,
        "disableRunCommand": True,
    }


def test_a_private_api_server_is_in_the_network() -> None:
    given = cluster(deploy("AksCluster", LARGE["AksCluster"])).inputs
    access = given["apiServerAccessProfile"]
    assert access["enablePrivateCluster"] is True
    assert access["enablePrivateClusterPublicFQDN"] is False
    assert access["enableVnetIntegration"] is True
    assert access["privateDNSZone"].endswith("azmk8s.io")
    # With a zone of one's own ARM takes the name as fqdnSubdomain.
    assert "dnsPrefix" not in given
    assert given["fqdnSubdomain"] == "shared-aks"


def test_logs_and_defender_go_to_the_workspace() -> None:
    recorded = deploy("AksCluster", LARGE["AksCluster"])
    setting = recorded.one(":DiagnosticSetting")
    assert {each["category"] for each in setting.inputs["logs"]} >= {"kube-apiserver", "kube-audit-admin", "guard"}
    defender = cluster(recorded).inputs["securityProfile"]["defender"]
    assert defender["logAnalyticsWorkspaceResourceId"] == setting.inputs["workspaceId"]
    assert not deploy("AksCluster").all(":DiagnosticSetting")


def test_gateway_api_is_served_by_application_routing_without_the_nginx_that_ends() -> None:
    """The type token names an API version that has these properties; the SDK's default one has not."""
    made = cluster(deploy("AksCluster", gateway_api=True))
    assert made.type == "azure-native:containerservice/v20260301:ManagedCluster"
    assert made.inputs["ingressProfile"] == {
        "gatewayAPI": {"installation": "Standard"},
        "webAppRouting": {
            "enabled": True,
            "gatewayAPIImplementations": {"appRoutingIstio": {"mode": "Enabled"}},
            "nginx": {"defaultIngressControllerType": "None"},
        },
    }
    assert "ingressProfile" not in inputs()


def test_a_cluster_made_before_the_newer_api_version_is_taken_over() -> None:
    aliases = [alias.spec.type for alias in cluster(deploy("AksCluster")).request.aliases]
    assert "azure-native:containerservice:ManagedCluster" in aliases


@pytest.mark.parametrize(
    ("sdk", "knows"),
    [("3.16.0", False), ("3.19.0", False), ("3.20.0", True), ("3.29.0", True), ("3.30.0a1", True), ("4.0.0", True)],
)
def test_which_sdk_knows_the_newer_api_version(sdk: str, knows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(managed_cluster, "installed_sdk", lambda: sdk)

    assert managed_cluster.knows_api_version() is knows


def test_an_older_sdk_makes_the_cluster_at_its_own_api_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its provider would not find the newer token; one that a newer SDK has made is taken over."""
    monkeypatch.setattr(managed_cluster, "knows_api_version", lambda: False)

    made = cluster(deploy("AksCluster", gateway_api=False))

    assert made.type == "azure-native:containerservice:ManagedCluster"
    assert managed_cluster.TOKEN in [alias.spec.type for alias in made.request.aliases]


def test_an_older_sdk_is_told_that_it_has_no_gateway_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managed_cluster, "knows_api_version", lambda: False)
    monkeypatch.setattr(managed_cluster, "installed_sdk", lambda: "3.16.0")

    with pytest.raises(InputError) as caught:
        deploy("AksCluster", gateway_api=True)

    assert caught.value.details == ("gateway_api needs pulumi-azure-native 3.20 or newer; 3.16.0 is installed",)


def test_an_upgrade_fails_at_a_node_that_cannot_be_drained() -> None:
    (system,) = inputs(max_surge="1", drain_minutes=60)["agentPoolProfiles"]
    assert system["upgradeSettings"] == {
        "maxSurge": "1",
        "drainTimeoutInMinutes": 60,
        "undrainableNodeBehavior": "Schedule",
    }


@pytest.mark.parametrize(("channel", "moved"), [("patch", False), ("stable", True), ("rapid", True)])
def test_a_minor_version_that_azure_moves_is_not_moved_back(channel: str, moved: bool) -> None:
    made = cluster(deploy("AksCluster", upgrade_channel=channel, kubernetes_version="1.34"))
    assert ("kubernetesVersion" in made.ignore_changes) is moved


def test_containers_logs_go_to_the_workspace_through_a_rule() -> None:
    recorded = deploy("AksCluster", LARGE["AksCluster"])
    rule, association = recorded.one(":DataCollectionRule"), recorded.one(":DataCollectionRuleAssociation")
    addon = cluster(recorded).inputs["addonProfiles"]["omsagent"]
    workspace = LARGE["AksCluster"]["log_analytics_workspace_id"]
    assert addon["config"] == {"logAnalyticsWorkspaceResourceID": workspace, "useAADAuth": "true"}
    assert rule.inputs["destinations"]["logAnalytics"][0]["workspaceResourceId"] == workspace
    assert association.inputs["resourceUri"].endswith("/managedClusters/shared-aks")
    assert "omsagent" not in inputs()["addonProfiles"]


def test_the_kubeconfig_is_no_secret_and_asks_the_azure_cli() -> None:
    recorded = deploy("AksCluster")
    assert "azurecli" in recorded.result["kubeconfig"]
    assert isinstance(recorded.outputs("platform-components:index:AksCluster")["kubeconfig"], str)


def test_a_kubeconfig_with_credentials_stops_the_program() -> None:
    import base64

    leaky = mocks.exec_kubeconfig("{token: abcdefgh}")
    credentials = {"kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(leaky.encode()).decode()}]}
    answers = {"azure-native:containerservice:listManagedClusterUserCredentials": lambda _: credentials}
    with pytest.raises(Exception, match="the user 'someone' holds token") as refused:
        deploy("AksCluster", answers=answers)
    assert "abcdefgh" not in str(refused.value)


def test_outputs_are_the_clusters() -> None:
    result = deploy("AksCluster", kubernetes_version="1.34").result
    assert result["id"].endswith("/managedClusters/shared-aks")
    assert result["name"] == "shared-aks"
    assert result["resource_group_name"] == "shared"
    assert result["version"] == "1.34.1"
    assert result["oidc_issuer_url"].startswith("https://oidc.example/")


def test_counts_may_be_floating_point_or_outputs() -> None:
    import pulumi

    def program() -> Any:
        from tests.azure.samples import SMALL, make

        count = pulumi.Output.from_input(2.0)
        make("AksCluster", {**SMALL["AksCluster"], "node_count_min": count, "node_count_max": 4.0})

    (system,) = cluster(mocks.run(program)).inputs["agentPoolProfiles"]
    assert (system["count"], system["minCount"], system["maxCount"]) == (2, 2, 4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"authorized_ip_ranges": []}, "nobody could reach the API server"),
        ({"authorized_ip_ranges": ["0.0.0.0/0"]}, "say open_to_internet instead"),
        ({"private": True}, "a private API server has neither"),
        ({"private_dns_zone_id": LARGE["AksCluster"]["private_dns_zone_id"]}, "set private"),
        ({"admin_group_object_ids": []}, "admin_group_object_ids: .* at least 1 item"),
        ({"admin_group_object_ids": ["admins"]}, "must be a GUID"),
        ({"kubernetes_version": "1.35.2"}, "without a patch"),
        ({"node_count_min": 5, "node_count_max": 3}, r"node_count_max \(3\) is less than node_count_min \(5\)"),
        ({"pod_cidr": "172.16.128.0/17"}, "overlap"),
        ({"pod_cidr": "172.30.0.0/16"}, "172.30.0.0/16, which AKS keeps for itself"),
        ({"service_cidr": "10.0.0.0/8"}, "too wide"),
        ({"user_pools": [{"pool_name": "Apps"}]}, "user_pools.0.pool_name: 'Apps' is not accepted"),
        ({"user_pools": [{"pool_name": "system"}]}, "two pools are named system"),
        ({"user_pools": [{"pool_name": "a", "node_count_max": 1, "node_count_min": 2}]}, "less than node_count_min"),
        ({"user_pools": [{"pool_name": "a", "sise": "x"}]}, "user_pools.0.sise: there is no such argument"),
        ({"defender": True}, "defender needs log_analytics_workspace_id"),
        ({"container_insights": True}, "container_insights needs log_analytics_workspace_id"),
        ({"max_surge": "lots"}, "a number of nodes, or a share such as 33%"),
        ({"drain_minutes": 0}, "drain_minutes: .* greater than or equal to 1"),
        ({"sku_tier": "Basic"}, "sku_tier: Input should be 'Free', 'Standard' or 'Premium'"),
        ({"nodes_subnet_id": "nodes"}, "no id of a Microsoft.Network/virtualNetworks/subnets"),
        ({"maintenance": {"duration_hours": 2}}, "maintenance.duration_hours: .* greater than or equal to 4"),
        ({"node_size": "big"}, "a size such as"),
        ({"dns_prefix": "x" * 55}, "1 to 54 letters"),
        ({"cluster_name": "x" * 64}, "1 to 63 letters"),
    ],
)
def test_a_cluster_that_azure_would_refuse_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("AksCluster", **changes)


def test_anybody_may_reach_it_only_when_that_is_said() -> None:
    access = inputs(authorized_ip_ranges=[], open_to_internet=True)["apiServerAccessProfile"]
    assert "authorizedIPRanges" not in access


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        deploy("AksCluster", sku_tier="Basic", max_pods=1)
    assert str(refused.value).splitlines()[0] == "AksCluster 'main': 2 argument(s) refused"
    assert PRINCIPAL not in str(refused.value)
