"""The options that verbs share, and what they mean as a `Wanted`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_components.cli.pipeline import branch_of
from platform_components.errors import InputError, UsageError

if TYPE_CHECKING:
    from platform_components.lifecycle.engine import Engine
    from platform_components.lifecycle.wanted import Wanted

Scores = Annotated[
    list[Path] | None, typer.Argument(metavar="SCORE…", help="Score files, or folders of them.", show_default=False)
]
App = Annotated[str, typer.Option("--app", help="The app that the environment belongs to.", show_default=False)]
Branch = Annotated[
    str,
    typer.Option(
        "--branch", help="The feature branch, as git names it; in a pipeline the one it runs for.", show_default=False
    ),
]
Env = Annotated[
    str, typer.Option("--env", help="A fixed environment or a foundation, by its name.", show_default=False)
]
EnvType = Annotated[
    str, typer.Option("--env-type", help="The environment type; `ephemeral` for a branch.", show_default=False)
]
Image = Annotated[
    list[str] | None,
    typer.Option(
        "--image", metavar="W=REF", help="The image of workload W, or W/CONTAINER=REF; repeatable.", show_default=False
    ),
]
OverridesFile = Annotated[
    Path | None,
    typer.Option("--overrides-file", metavar="F", help="A YAML file merged over the Score files.", show_default=False),
]
OverrideProperty = Annotated[
    list[str] | None,
    typer.Option("--override-property", metavar="P=V", help="Set one property; repeatable.", show_default=False),
]
ValuesFile = Annotated[
    Path | None,
    typer.Option(
        "--values-file",
        metavar="F",
        help="A YAML map of secrets, NAME: text, for the type `environment`; - is standard input.",
        show_default=False,
    ),
]
Remove = Annotated[
    list[str] | None, typer.Option("--remove", metavar="W", help="Take workload W out; repeatable.", show_default=False)
]
Like = Annotated[
    str,
    typer.Option(
        "--like",
        metavar="ENV",
        help="Complete it with the workloads of this environment, as they are deployed there.",
        show_default=False,
    ),
]
ReplaceData = Annotated[
    list[str] | None,
    typer.Option(
        "--replace-data",
        metavar="ID",
        help="A resource, by its identity, whose data may be lost; repeatable.",
        show_default=False,
    ),
]
Ttl = Annotated[
    str,
    typer.Option(
        "--ttl",
        metavar="DURATION",
        help="How long it lives after each push: 45s, 90m, 12h, 3d, 2w.",
        show_default=False,
    ),
]
UntilDeadline = Annotated[
    bool,
    typer.Option(
        "--until-deadline",
        help="Wait for workloads until their deadline, also for containers that end again and again.",
    ),
]
Platform = Annotated[
    Path | None,
    typer.Option(
        "--platform",
        metavar="DIR",
        envvar="PAVE_PLATFORM",
        help="The platform repository; default: the one around the current folder.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the result.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
SummaryFile = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        metavar="F",
        help="Append the result as Markdown, for a pull request; e.g. $GITHUB_STEP_SUMMARY.",
        show_default=False,
    ),
]


def platform_of(named: Path | None) -> Path:
    """The platform repository. Raises `UsageError` when there is none."""
    if named is not None:
        found = named.expanduser().resolve()
        if not (found / "Pulumi.yaml").is_file():
            raise UsageError(f"{named} is not a platform repository: it has no Pulumi.yaml")
        return found
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "definitions").is_dir():
            return folder
    raise UsageError(f"no platform repository around {here}", fix="name one with --platform DIR or PAVE_PLATFORM")


def engine_of(named: Path | None, choice: "Wanted | None" = None) -> "Engine":
    """The engine for the platform repository, in the backend where the environment of this choice is kept.

    A verb that names no environment is about branches, and looks where theirs are. Raises `InputError` when the backend
    that is set is that of another environment type.
    """
    from platform_components.lifecycle import backends, stack_file
    from platform_components.lifecycle.engine import Engine
    from platform_components.lifecycle.wanted import BRANCH_TYPE
    from platform_components.repository import catalog_of

    platform = platform_of(named)
    if choice is None and os.environ.get(backends.VARIABLE):
        return Engine(platform)
    stored = stack_file.read(platform, choice.stack()) if choice is not None else {}
    type_ = (choice.env_type if choice else "") or str(stored.get("type") or BRANCH_TYPE)
    try:
        types = catalog_of(platform, stored).environment_types
    except InputError:
        if os.environ.get(backends.VARIABLE):
            return Engine(platform)  # whoever needs the definitions says what is wrong with them; `destroy` does not
        raise
    return Engine(platform, backends.place_of(types, type_))


def wanted(
    *,
    scores: list[Path] | None = None,
    app: str = "",
    branch: str | None = None,
    env: str = "",
    env_type: str = "",
    image: list[str] | None = None,
    overrides_file: Path | None = None,
    override_property: list[str] | None = None,
    remove: list[str] | None = None,
    like: str = "",
    values: Path | None = None,
    ttl: str = "",
    offline: bool = False,
) -> "Wanted":
    """The command's choice. Raises `InputError` or `UsageError` for an option that can't be understood.

    Where no environment is named, it is that of the branch that a pipeline runs for; not so `offline`, where the same
    command says the same everywhere.
    """
    from platform_components.lifecycle import values_file
    from platform_components.lifecycle.wanted import Wanted
    from platform_components.score import Overrides

    images: dict[str, str] = {}
    for text in image or []:
        workload, separator, reference = text.partition("=")
        if not separator or not workload or not reference:
            raise UsageError(f"--image {text}: write it as WORKLOAD=REFERENCE")
        images[workload] = reference
    return Wanted(
        app=app,
        branch=branch or ("" if env or offline else branch_of(os.environ)),
        env=env,
        env_type=env_type,
        scores=tuple(scores or ()),
        overrides=Overrides(file=overrides_file, properties=tuple(override_property or ())),
        images=images,
        remove=tuple(remove or ()),
        like=like,
        values=values_file.read(values) if values else {},
        ttl=ttl,
    )


def paths_among(others: Sequence[str]) -> list[Path]:
    """What `pave diff A …` compares with, if it is files: none of them, when it is another environment."""
    files = [other for other in others if "/" in other or other.endswith((".yaml", ".yml")) or not other.strip(".")]
    if files and len(files) < len(others):
        name = next(other for other in others if other not in files)
        raise UsageError(f"is '{name}' an environment or a folder?", fix=f"write a folder as ./{name}")
    if not files and len(others) > 1:
        raise UsageError(f"{' and '.join(others)}: an environment is compared with one other, or with files")
    return [Path(file) for file in files]


def interactive() -> bool:
    """Whether there is a person to ask and to draw for."""
    return os.isatty(0) and os.isatty(1) and not os.environ.get("CI")
