"""Definitions, types and environment types that packages bring by entry point: read, never imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from platform_components.catalog import Catalog, CatalogError, load, packages
from platform_components.catalog.listing import listed, type_text
from platform_components.catalog.load import load_types
from platform_components.environment import Context
from platform_components.plan import make_plan
from tests.catalog.world import DRIVERS, ENVIRONMENT_TYPES, IMPLICIT, SCORE, environment, sources
from tests.packages import install

POSTGRES = "id: databases\ntype: postgres\ndriver: any\ncriteria: [{env_type: ephemeral}]\n"
POINT = {"databases": "acme_platform.definitions"}
BOMB = "raise SystemExit('a package of definitions was imported')\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of `sys.path`; the current folder is the platform repository."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def acme(site: Path, text: str = POSTGRES, **more: str) -> Path:
    files = {"acme_platform/__init__.py": BOMB, "acme_platform/definitions/postgres.yaml": text, **more}
    return install(site, "acme-platform", files, definitions=POINT)


def loaded(folder: Path, own: str = "") -> Catalog:
    """The platform's own definitions beside those of the packages."""
    definitions = folder / "definitions"
    definitions.mkdir(exist_ok=True)
    for name, text in (("implicit", IMPLICIT), ("environments", ENVIRONMENT_TYPES), ("own", own)):
        (definitions / f"{name}.yaml").write_text(text)
    return load([definitions], drivers=DRIVERS, packages=packages.entries(packages.DEFINITIONS))


def refused(folder: Path, own: str = "") -> str:
    with pytest.raises(CatalogError) as caught:
        loaded(folder, own)
    return str(caught.value)


def test_a_package_serves_what_nobody_else_does(site: Path, tmp_path: Path) -> None:
    acme(site)
    match = loaded(tmp_path).match("postgres", "default", Context("ephemeral", "shop", "shop-main", "web.db"))
    assert match is not None
    assert match.definition.place == "package acme-platform 1.2.0: definitions/postgres.yaml:1"


def test_a_plan_does_not_depend_on_where_a_package_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    for name in ("here", "there/below"):
        site = tmp_path / name
        with monkeypatch.context() as patched:
            patched.syspath_prepend(str(acme(site)))
            known = loaded(tmp_path)
        plans.append(make_plan(environment(known), sources(tmp_path / "app", SCORE), known).to_json())
    assert plans[0] == plans[1]
    assert b"package acme-platform 1.2.0: definitions/postgres.yaml:4" in plans[0]


def test_a_mistake_in_a_package_is_told_with_the_package_and_its_version(site: Path, tmp_path: Path) -> None:
    acme(site, POSTGRES.replace("driver: any", "driver: nay"))
    assert refused(tmp_path).startswith(
        "package acme-platform 1.2.0: definitions/postgres.yaml:3:9: databases: driver: no driver is called 'nay'"
    )


def test_the_platforms_own_definition_takes_the_place_of_a_packages(site: Path, tmp_path: Path) -> None:
    acme(site)
    known = loaded(tmp_path, POSTGRES.replace("driver: any", "driver: other"))
    assert known.by_name["databases"].driver == "other"
    told = type_text(listed(known, "postgres"), known)
    assert "definitions/own.yaml:1, in the place of package acme-platform 1.2.0: definitions/postgres.yaml:1" in told


def test_the_platforms_own_types_and_environment_types_take_the_place_of_a_packages(site: Path, tmp_path: Path) -> None:
    text = (
        "resource_types: {flags: {description: Theirs}, queue: {description: Theirs}}\n---\n"
        "environment_types: {ephemeral: {kind: foundation}, preview: {kind: application}}\n"
    )
    acme(site, text)
    known = loaded(tmp_path, "resource_types: {flags: {description: Ours}}\n")
    assert (known.types["flags"].description, known.types["queue"].description) == ("Ours", "Theirs")
    alone = load_types([tmp_path / "definitions"], packages=packages.entries(packages.DEFINITIONS))
    assert alone == known.types
    assert known.environment_types["ephemeral"].kind == "application"
    assert "preview" in known.environment_types


def test_the_platform_may_add_a_version_to_a_packages_definition(site: Path, tmp_path: Path) -> None:
    acme(site, POSTGRES + "version: 1\n")
    known = loaded(tmp_path, "id: databases\nversion: 2\ntype: postgres\ndriver: other\n")
    pinned = known.match("postgres", "default", Context("ephemeral", "shop", "x", "web.db"), {"databases": 2})
    assert pinned is not None
    assert pinned.definition.driver == "other"


def test_two_packages_with_one_definition_are_both_named(site: Path, tmp_path: Path) -> None:
    acme(site)
    files = {"other_platform/postgres.yaml": POSTGRES}
    install(site, "other-platform", files, version="3.0", definitions={"all": "other_platform"})
    told = refused(tmp_path)
    assert told.startswith("package other-platform 3.0: other_platform/postgres.yaml:1:5: databases: the id is already")
    assert "taken at package acme-platform 1.2.0: definitions/postgres.yaml:1:5" in told


def test_two_packages_with_one_type_are_both_named(site: Path, tmp_path: Path) -> None:
    acme(site, "resource_types: {flags: {description: Ours}}\n")
    files = {"other_platform/types.yaml": "resource_types: {flags: {description: Theirs}}\n"}
    install(site, "other-platform", files, definitions={"all": "other_platform"})
    told = refused(tmp_path)
    assert "package other-platform 1.2.0: other_platform/types.yaml:1:25: resource_types.flags: is already" in told
    assert "defined at package acme-platform 1.2.0: definitions/postgres.yaml:1:18" in told


def test_the_same_criteria_in_a_package_and_in_the_platform_name_both(site: Path, tmp_path: Path) -> None:
    acme(site)
    told = refused(tmp_path, POSTGRES.replace("databases", "ours"))
    assert "definitions/own.yaml:4:12" in told
    assert "package acme-platform 1.2.0: definitions/postgres.yaml:4:12" in told


@pytest.mark.parametrize(
    "value", ["nowhere", "nowhere.definitions", "acme_platform.nowhere", "acme_platform.definitions:X"]
)
def test_an_entry_point_that_leads_nowhere_is_one_error(site: Path, tmp_path: Path, value: str) -> None:
    files = {"acme_platform/__init__.py": BOMB, "acme_platform/definitions/postgres.yaml": POSTGRES}
    install(site, "acme-platform", files, definitions={"databases": value})
    assert refused(tmp_path) == (
        f"package acme-platform 1.2.0: entry point databases: '{value}' is no folder of an installed package\n"
        "  write it as package or package.folder; or uninstall the package"
    )


def test_finding_packages_imports_none_of_them_and_no_engine(site: Path) -> None:
    acme(site, **{"acme_platform/drivers.py": BOMB})
    look = (
        "import sys; from platform_components.catalog import packages as p;"
        "print(p.folder_of(p.entries(p.DEFINITIONS)[0].value), p.module_file('acme_platform.drivers'));"
        "print(sorted({'pulumi', 'acme_platform'} & sys.modules.keys()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, env={"PYTHONPATH": f"{site}:{ROOT}"}
    )
    folder = site / "acme_platform"
    assert run.stdout.splitlines() == [f"{folder / 'definitions'} {folder / 'drivers.py'}", "[]"]


ROOT = Path(__file__).resolve().parents[2]
