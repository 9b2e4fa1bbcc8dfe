import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from platform_components import naming
from platform_components.environment import Environment, EnvironmentType
from platform_components.errors import InputError, UsageError
from platform_components.naming import ResourceIdentity

DNS_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# The alphabets are the services' own, not the narrower ones the module keeps to: azure-docs resource-name-rules,
# PostgreSQL's identifiers, RFC 1123 and RFC 1035.
LIMITS: dict[str, tuple[int, int, str]] = {
    "resource-group": (1, 90, r"[A-Za-z0-9_.()-]*[A-Za-z0-9_()-]"),
    "aks-cluster": (1, 63, r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"),
    "aks-dns-prefix": (1, 54, r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"),
    "node-resource-group": (1, 80, r"[A-Za-z0-9_.()-]*[A-Za-z0-9_()-]"),
    "virtual-network": (2, 64, r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9_]"),
    "postgres-zone": (1, 27, DNS_LABEL),  # below `.private.postgres.database.azure.com`
    "public-ip": (1, 80, r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?"),
    "identity": (3, 128, r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    "federated-credential": (3, 120, r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    "postgres-server": (3, 63, r"[a-z0-9]+(-[a-z0-9]+)*"),
    "storage-account": (3, 24, r"[a-z0-9]+"),
    "key-vault": (3, 24, r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*"),
    "container-registry": (5, 50, r"[A-Za-z0-9]+"),
    "blob-container": (3, 63, r"[a-z0-9]+(-[a-z0-9]+)*"),
    "log-workspace": (4, 63, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
}

branches = st.text(min_size=1, max_size=300).filter(naming.slug)
apps = st.text("abz09-", min_size=1, max_size=40).map(lambda text: text.strip("-")).filter(bool)
fixed_names = st.text("abAB01-_.", min_size=1, max_size=100).filter(naming.slug)
environment_names = st.one_of(fixed_names, st.builds(naming.stack_name, apps, branches))
words = st.text("abz09", min_size=1, max_size=12)
types = st.sampled_from(["postgres", "s3", "dns", "postgres-server", "k8s-cluster", "resource-group", "network"])
ids = st.one_of(
    st.just("main"),
    st.builds(
        lambda parts, separators: "".join(a + b for a, b in zip(parts, separators, strict=False)).strip("-."),
        st.lists(words, min_size=1, max_size=5),
        st.lists(st.sampled_from(["-", "--", "."]), min_size=5, max_size=5),
    ),
)
identities = st.builds(ResourceIdentity, types, st.sampled_from(["default", "shared", "dedicated", "Large"]), ids)


def environment(name: str = "development", salt: str = "", domain: str | None = "dev.example.com") -> Environment:
    kind = EnvironmentType(name="development", kind="application", salt=salt)
    return Environment(name=name, type=kind, app="shop", domain=domain)


def every_name(of: Environment, resource: ResourceIdentity) -> dict[str, str]:
    names = {kind: naming.azure(kind, of, resource) for kind in naming.AZURE}
    return names | {
        "namespace": naming.namespace(of, resource),
        "host": naming.host_label(of, resource),
        "database": naming.database(of, resource),
    }


def test_every_kind_has_its_limits_tested() -> None:
    assert LIMITS.keys() == naming.AZURE.keys()


@settings(deadline=None)
@given(environment_names, identities)
def test_azure_names_keep_to_every_limit(name: str, resource: ResourceIdentity) -> None:
    for kind, (minimum, maximum, pattern) in LIMITS.items():
        made = naming.azure(kind, environment(name), resource)
        assert minimum <= len(made) <= maximum, (kind, made)
        assert re.fullmatch(pattern, made), (kind, made)


@settings(deadline=None)
@given(environment_names, identities)
def test_public_azure_names_hold_no_trademark_that_azure_refuses(name: str, resource: ResourceIdentity) -> None:
    for kind, limits in naming.AZURE.items():
        if limits.public:
            assert not re.search("microsoft|windows", naming.azure(kind, environment(name), resource))


@settings(deadline=None)
@given(environment_names, identities)
def test_namespaces_hosts_and_databases_keep_to_their_limits(name: str, resource: ResourceIdentity) -> None:
    of = environment(name)
    namespace, database = naming.namespace(of, resource), naming.database(of, resource)
    assert len(namespace) <= 63
    assert re.fullmatch(DNS_LABEL, namespace)
    assert not re.fullmatch("default|kube-.*", namespace)
    assert len(database) <= 63
    assert re.fullmatch("[a-z0-9][a-z0-9_]*", database)
    assert not database.startswith(("pg_", "azure"))
    host = naming.host(of, resource)
    assert len(host) <= 253
    assert all(re.fullmatch(DNS_LABEL, label) and len(label) <= 63 for label in host.split("."))


@settings(deadline=None)
@given(apps, branches, branches)
def test_two_branches_never_share_a_name(app: str, one: str, other: str) -> None:
    assume(one != other)
    first, second = (environment(naming.stack_name(app, branch)) for branch in (one, other))
    resource = ResourceIdentity("postgres", "default", "web.db")
    assert first.name != second.name
    assert not set(every_name(first, resource).values()) & set(every_name(second, resource).values())


@settings(deadline=None)
@given(environment_names, environment_names, identities)
def test_two_environments_never_share_a_name(one: str, other: str, resource: ResourceIdentity) -> None:
    assume(one != other)
    first, second = (every_name(environment(name), resource) for name in (one, other))
    assert [kind for kind in first if first[kind] == second[kind]] == []


@settings(deadline=None)
@given(environment_names, identities, identities)
def test_two_resources_never_share_a_name(name: str, one: ResourceIdentity, other: ResourceIdentity) -> None:
    assume(one != other)
    first, second = (every_name(environment(name), resource) for resource in (one, other))
    assert [kind for kind in first if first[kind] == second[kind]] == []
    assert naming.logical(one) != naming.logical(other)


@settings(deadline=None)
@given(apps, branches)
def test_a_branch_name_is_legal_as_it_is_everywhere(app: str, branch: str) -> None:
    name = naming.stack_name(app, branch)
    assert len(name) <= naming.STACK_LENGTH
    assert re.fullmatch(DNS_LABEL, name)
    assert naming.namespace(environment(name)) == name
    assert naming.label_value(name) == name
    naming.check_environment_name(name)


def test_the_branches_of_two_apps_differ() -> None:
    assert naming.stack_name("shop", "main") != naming.stack_name("bank", "main")


def test_branches_that_fold_to_one_slug_differ() -> None:
    names = {naming.stack_name("shop", branch) for branch in ("feature/login", "feature/Login!", "feature-login")}
    assert len(names) == 3


@pytest.mark.parametrize("branch", ["", "  ", "///", "---", "!?"])
def test_a_branch_that_is_empty_or_only_punctuation_is_refused(branch: str) -> None:
    with pytest.raises(InputError) as caught:
        naming.stack_name("shop", branch)
    assert caught.value.where == "platform:branch"


def test_a_branch_without_an_app_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="needs an app"):
        naming.stack_name(None, "main")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_every_label_value_is_one(text: str) -> None:
    assert re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?", naming.label_value(text))


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", fullmatch=True))
def test_every_service_name_starts_with_a_letter(workload: str) -> None:
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", naming.service(workload))


def test_names_of_a_fixed_environment_are_plain() -> None:
    development = environment("development")
    assert naming.namespace(development) == "development"
    assert naming.azure("resource-group", development) == "rg-development"
    assert naming.azure("aks-cluster", development, ResourceIdentity.parse("k8s-cluster.default#main")) == (
        "aks-development"
    )


def test_a_name_that_belongs_to_the_service_gets_a_hash() -> None:
    assert re.fullmatch("default-[0-9a-f]{6}", naming.namespace(environment("default")))
    main = ResourceIdentity("postgres", "default", "main")
    assert re.fullmatch("postgres_[0-9a-f]{6}", naming.database(environment("postgres"), main))
    assert re.fullmatch("db_azure_x_[0-9a-f]{6}", naming.database(environment("azure-x"), main))


def test_the_salt_moves_only_what_is_unique_in_the_whole_world() -> None:
    resource = ResourceIdentity("s3", "default", "web.storage")
    plain, salted = (every_name(environment(salt=salt), resource) for salt in ("", "a company"))
    moved = {kind for kind in plain if plain[kind] != salted[kind]}
    assert moved == {kind for kind, limits in naming.AZURE.items() if limits.public}


def test_an_environment_without_a_domain_has_no_hosts() -> None:
    with pytest.raises(InputError, match="needs a domain"):
        naming.host(environment(domain=None), ResourceIdentity("dns", "default", "main"))


def test_names_of_no_environment_in_particular_show_where_they_would_differ() -> None:
    nobody = environment("<env>", domain=None)
    assert naming.namespace(nobody) == "<env>"
    assert naming.host(nobody, ResourceIdentity("dns", "default", "web.dns")) == "web-<env>-<hash>.<domain>"
    assert naming.database(nobody, ResourceIdentity("postgres", "default", "web.db")) == "<env>_web_db_<hash>"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda e, r: naming.stack_name("shop", "feature/login"), "shop-feature-login-35de05"),
        (naming.namespace, "shop-feature-login-web-db-5a7857"),
        (naming.host, "web-db-shop-feature-login-5a7857.dev.example.com"),
        (naming.database, "shop_feature_login_web_db_5a7857"),
        (lambda e, r: naming.azure("postgres-server", e, r), "psql-shop-feature-login-web-db-5a785798"),
        (lambda e, r: naming.azure("storage-account", e, r), "stshopfeatuwebdb5a785798"),
        (lambda e, r: naming.logical(r), "postgres-web-db-3fb794"),
    ],
)
def test_names_are_what_they_have_always_been(
    make: Callable[[Environment, ResourceIdentity], str], expected: str
) -> None:
    """Another name is another thing: the old one would be deleted, data and all."""
    branch = environment("shop-feature-login-35de05")
    assert make(branch, ResourceIdentity("postgres", "default", "web.db")) == expected


def test_a_record_is_named_relative_to_its_zone() -> None:
    assert naming.record_name("web.dev.example.com", "dev.example.com") == "web"
    assert naming.record_name("dev.example.com", "dev.example.com") == "@"
    with pytest.raises(InputError, match="not below the zone"):
        naming.record_name("web.example.org", "example.com")


@settings(deadline=None)
@given(identities)
def test_an_identity_survives_being_written(resource: ResourceIdentity) -> None:
    assert ResourceIdentity.parse(str(resource)) == resource


@pytest.mark.parametrize("text", ["", "postgres", "postgres.default", "postgres#main", ".default#x", "a.#x", "a.b#"])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no resource identity"):
        ResourceIdentity.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "x" * 101, "---", "<env>"])
def test_what_can_not_be_a_stack_is_no_environment(name: str) -> None:
    with pytest.raises(InputError, match="can't be an environment's name"):
        naming.check_environment_name(name)
