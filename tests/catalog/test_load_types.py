"""The contracts alone, as `pave validate` reads them."""

from pathlib import Path

import pytest

from platform_components.catalog import CatalogError
from platform_components.catalog.load import builtin_types, load_types

OWN = "resource_types: {queue: {description: A queue, outputs: {url: {description: Its address}}}}\n"


def folder(tmp_path: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return [tmp_path]


def test_a_platforms_own_types_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    types = load_types(folder(tmp_path, types=OWN))

    assert set(types) == {"queue", *builtin_types()}
    assert set(types["queue"].outputs) == {"url"}


def test_a_wrong_definition_keeps_nobody_from_checking_a_score_file(tmp_path: Path) -> None:
    types = load_types(
        folder(tmp_path, types=OWN, wrong="id: [", more=f"id: nobody-knows\n---\n{OWN}".replace("queue", "mail"))
    )

    assert {"queue", "mail"} < set(types)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resource_types: {queue: {descripton: A queue}}", "types.yaml:1:26: "),
        ("resource_types: [", "types.yaml:1:18: "),
    ],
)
def test_a_wrong_type_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogError) as caught:
        load_types(folder(tmp_path, types=text))

    assert message in str(caught.value)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="there is no such folder"):
        load_types([tmp_path / "nowhere"])
