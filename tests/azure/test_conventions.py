"""What holds for every Azure component alike."""

import re
import subprocess
import sys
from typing import Any

import pulumi
import pytest

from platform_components import azure
from platform_components.component import Settings
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import COMPONENTS, LARGE, SMALL, TAGS, declared_outputs, deploy, make, outputs_of

BOTH = [
    pytest.param(name, sample, id=f"{name}-{size}")
    for size, samples in (("small", SMALL), ("large", LARGE))
    for name, sample in samples.items()
]

TAGGED = {
    "ManagedCluster",
    "AgentPool",
    "UserAssignedIdentity",
    "VirtualNetwork",
    "NetworkSecurityGroup",
    "NatGateway",
    "PublicIPAddress",
    "PrivateZone",
    "VirtualNetworkLink",
    "PrivateEndpoint",
    "DataCollectionRule",
    "Zone",
    "Server",
    "StorageAccount",
    "Vault",
}


@pytest.mark.parametrize(("component", "args"), BOTH)
def test_children_hang_on_the_component_and_leak_no_options(component: str, args: Any) -> None:
    recorded = deploy(component, args)
    mocks.assert_component_conventions(recorded)
    own = recorded.one(f"platform-components:index:{component}")
    assert {each.parent for each in recorded.registrations if each is not own} <= {own.urn}
    assert not [each.name for each in recorded.registrations if each.protect or each.retain_on_delete]


@pytest.mark.parametrize(("component", "args"), BOTH)
def test_every_declared_output_is_registered_and_known(component: str, args: Any) -> None:
    recorded = deploy(component, args)
    declared = declared_outputs(getattr(azure, component))
    optional = {"postgres_subnet_id", "api_server_subnet_id", "postgres_zone_id", "outbound_address"}
    optional |= {"blob_zone_id", "key_vault_zone_id"}
    registered = recorded.outputs(f"platform-components:index:{component}")
    assert set(registered) | (optional & set(declared)) == set(declared)
    assert not [name for name, value in recorded.result.items() if value is None and name not in optional]


@pytest.mark.parametrize("component", COMPONENTS)
def test_options_of_the_component_do_not_reach_its_children(component: str) -> None:
    other = pulumi.ResourceOptions(
        protect=True, ignore_changes=["tags"], aliases=[pulumi.Alias(name="before")], retain_on_delete=True
    )
    recorded = mocks.run(lambda: make(component, SMALL[component], opts=other) and None)
    children = [each for each in recorded.registrations if each.parent.endswith("::main")]
    assert children
    assert not [each.name for each in children if each.aliases or "tags" in each.ignore_changes]
    # Protection is the engine's to inherit.
    assert all(each.protect for each in children)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_destroy_that_stops_half_way_forgets_nothing_that_could_not_be_made_again(component: str) -> None:
    """What is `deleted_with` another leaves the state before it is gone; only server parameters can be set again."""
    forgotten = {each.type for each in deploy(component, LARGE[component]).registrations if each.deleted_with}
    assert forgotten <= {"azure-native:dbforpostgresql:Configuration"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_destroy_removes_the_lock_before_what_it_guards(component: str) -> None:
    """A lock holds for what is below its scope, too; what is made before the lock is deleted after it."""
    registrations = deploy(component, LARGE[component]).registrations
    locks = [each for each in registrations if each.type.endswith(":ManagementLockByScope")]
    assert len(locks) == ("delete_lock" in LARGE[component])
    for lock in locks:
        made_before = _with_all_before(lock, registrations)
        (locked,) = [each for each in registrations if each.urn in lock.depends_on and _makes(each, lock)]
        below = [each for each in registrations if locked.urn in each.depends_on and each is not lock]
        assert not [each.name for each in below if each.urn not in made_before and not each.deleted_with]


@pytest.mark.parametrize(("component", "args"), BOTH)
def test_what_is_ignored_is_written_as_the_engine_names_it(component: str, args: Any) -> None:
    """A nested path that names nothing is accepted and ignores nothing."""
    outputs_only = {"orchestratorVersion", "agentPoolProfiles[0].orchestratorVersion"}
    for each in deploy(component, args).registrations:
        unknown = [path for path in each.ignore_changes if _look_up(each.inputs, path) is None]
        assert set(unknown) <= outputs_only, each.name


@pytest.mark.parametrize("component", COMPONENTS)
def test_two_components_of_one_kind_do_not_clash(component: str) -> None:
    def program() -> Any:
        make(component, SMALL[component], name="one")
        make(component, SMALL[component], name="two")

    mocks.run(program)


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_can_have_tags_has_them(component: str) -> None:
    recorded = deploy(component, {**LARGE[component], **({} if component == "DnsRecord" else {"tags": TAGS})})
    for each in recorded.registrations:
        if each.type.rsplit(":", 1)[-1] in TAGGED:
            assert each.inputs.get("tags") == TAGS, each.name


@pytest.mark.parametrize("component", COMPONENTS)
def test_outputs_as_arguments_are_accepted(component: str) -> None:
    """Every plain text among the arguments that may be an Output is made one."""

    def program() -> Any:
        hints = _args_type(component).__annotations__
        args = {
            key: pulumi.Output.from_input(value) if _takes_output(hints[key]) else value
            for key, value in SMALL[component].items()
        }
        return outputs_of(make(component, args))

    assert mocks.run(program).result == deploy(component).result


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_preview_before_anything_exists_succeeds(component: str) -> None:
    mocks.run(lambda: outputs_of(make(component, LARGE[component])), preview=True)


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_unknown_argument_is_refused_with_the_nearest_name(component: str) -> None:
    with pytest.raises(
        InputError, match=rf"{component} 'main'.*\n  tagz: there is no such argument; (did you mean|known:)"
    ):
        mocks.run(lambda: make(component, {**SMALL[component], "tagz": {}}))


@pytest.mark.parametrize("component", COMPONENTS)
def test_arguments_and_their_checks_name_the_same_fields(component: str) -> None:
    _same_fields(_args_type(component), _settings_type(component))


@pytest.mark.parametrize("name", azure.__all__)
def test_every_exported_name_exists(name: str) -> None:
    assert getattr(azure, name).__name__ == name


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = azure.Nothing


def test_importing_the_package_loads_no_sdk() -> None:
    script = "import sys, platform_components.azure; print([m for m in sys.modules if m.startswith('pulumi')])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def _makes(each: mocks.Registration, lock: mocks.Registration) -> bool:
    """Whether a resource is the one that the lock's scope names."""
    kinds = {"ManagedCluster": "managedClusters", "Server": "flexibleServers"}
    kinds |= {"StorageAccount": "storageAccounts", "Vault": "vaults"}
    kind = each.type.rsplit(":", 1)[-1]
    return kind in kinds and str(lock.inputs["scope"]).split("/")[-2] == kinds[kind]


def _with_all_before(last: mocks.Registration, registrations: list[mocks.Registration]) -> set[str]:
    by_urn = {each.urn: each for each in registrations}
    found: set[str] = set()
    waiting = [last.urn]
    while waiting:
        urn = waiting.pop()
        if urn not in found:
            found.add(urn)
            waiting += by_urn[urn].depends_on
    return found


def _look_up(value: Any, path: str) -> Any:
    for part in re.findall(r"[^.\[\]]+", path):
        if part.isdigit():
            value = value[int(part)]
        elif part in value:
            value = value[part]
        else:
            return None
    return value


def _takes_output(hint: Any) -> bool:
    text = str(hint)
    return "pulumi.output.Output" in text and "Sequence" not in text and "Args" not in text


def _module_of(component: str, suffix: str) -> Any:
    args: Any = getattr(azure, f"{component}Args")
    modules = [sys.modules[args.__module__], sys.modules.get(args.__module__.replace("_args", "_objects"))]
    return next(found for module in modules if (found := getattr(module, f"{component}{suffix}", None)))


def _args_type(component: str) -> Any:
    return _module_of(component, "Args")


def _settings_type(component: str) -> type[Settings]:
    settings: type[Settings] = _module_of(component, "Settings")
    return settings


def _same_fields(args: Any, settings: type[Settings]) -> None:
    assert set(args.__annotations__) == set(settings.model_fields)
    required = {name for name, field in settings.model_fields.items() if field.is_required()}
    assert set(args.__required_keys__) == required
