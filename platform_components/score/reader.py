"""Reads Score files: from paths (or a document in a stack's config) to checked workloads, or all that is wrong.

`examine` does the work and raises nothing; `read`, `read_all` and `parse` raise what it found. The order is score-go's:
YAML, overrides, upgrade, images, schema; then the checks that no schema can make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_components.score.contracts import Contracts
from platform_components.score.discovery import find
from platform_components.score.draft import Draft
from platform_components.score.model import Workload
from platform_components.score.overrides import Overrides
from platform_components.score.positions import Positions
from platform_components.score.problems import Problem, ScoreError, in_order
from platform_components.score.together import apply_overrides, check_together

__all__ = ["Examination", "Problem", "ScoreError", "Source", "embed", "examine", "parse", "read", "read_all"]


@dataclass(frozen=True)
class Source:
    """A workload that was read, with its files embedded, where its parts were written, and what was upgraded."""

    workload: Workload
    positions: Positions
    file: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Examination:
    """What some paths hold: the workloads without a mistake, all problems, all warnings, and the texts as read."""

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    texts: Mapping[str, str]
    """The text of each file by the name that positions give it, for excerpts."""


def read(
    path: Path,
    *,
    overrides: Overrides | None = None,
    contracts: Contracts | None = None,
    schema_only: bool = False,
) -> Source:
    """The workload of one file. Raises ScoreError with all problems."""
    return read_all((path,), overrides=overrides, contracts=contracts, schema_only=schema_only)[0]


def read_all(
    paths: Sequence[Path],
    *,
    overrides: Overrides | None = None,
    contracts: Contracts | None = None,
    schema_only: bool = False,
) -> tuple[Source, ...]:
    """The workloads of files and folders, by name. Raises ScoreError with all problems of all files."""
    examination = examine(paths, overrides=overrides, contracts=contracts, schema_only=schema_only)
    if examination.problems:
        raise ScoreError(examination.problems)
    return examination.sources


def examine(
    paths: Sequence[Path],
    *,
    overrides: Overrides | None = None,
    contracts: Contracts | None = None,
    schema_only: bool = False,
) -> Examination:
    """Everything there is to know of some files and folders.

    With `schema_only` nothing is read beside the files, so sources stay sources, and no contract is looked at.
    """
    files, problems = find(paths)
    drafts = [Draft.from_file(path) for path in files]
    return _examine(drafts, problems, overrides or Overrides(), contracts, schema_only)


def parse(
    document: Mapping[str, Any],
    *,
    file: str = "<config>",
    contracts: Contracts | None = None,
    overrides: Overrides | None = None,
    positions: Positions | None = None,
) -> Source:
    """The workload of a document with its files embedded, as `embed` made it. Raises ScoreError with all problems."""
    drafts = [Draft.from_document(document, positions or Positions.unknown(file), file)]
    examination = _examine(drafts, [], overrides or Overrides(), contracts, schema_only=False)
    if examination.problems:
        raise ScoreError(examination.problems)
    return examination.sources[0]


def embed(source: Source) -> dict[str, Any]:
    """The document to store in a stack's config: overrides applied, old forms upgraded, every file embedded."""
    return source.workload.to_document()


def _examine(
    drafts: list[Draft],
    problems: list[Problem],
    overrides: Overrides,
    contracts: Contracts | None,
    schema_only: bool,
) -> Examination:
    problems += apply_overrides(drafts, overrides)
    for draft in drafts:
        draft.check(contracts, schema_only=schema_only)
    problems += check_together(drafts)
    sources = [
        Source(draft.workload, draft.positions, draft.file, in_order(draft.warnings))
        for draft in drafts
        if draft.workload is not None and not draft.problems
    ]
    return Examination(
        tuple(sorted(sources, key=lambda source: (source.workload.name, source.file))),
        in_order([*problems, *(problem for draft in drafts for problem in draft.problems)]),
        in_order(warning for draft in drafts for warning in draft.warnings),
        {file: text for draft in drafts for file, text in draft.texts.items()},
    )
