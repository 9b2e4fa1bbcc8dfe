"""The workloads of an environment: images and overrides applied, what they ask for, and where secrets flow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from platform_components.catalog import ResourceType
from platform_components.environment import Environment
from platform_components.plan.model import PlannedWorkload
from platform_components.score.overrides import Node, OverrideError, merge, put_image
from platform_components.score.placeholders import Reference, references
from platform_components.score.positions import DocumentPath, Place, Positions
from platform_components.score.problems import Problem, did_you_mean, path_text
from platform_components.score.reader import Source, parse


def effective(sources: Sequence[Source], environment: Environment, problems: list[Problem]) -> tuple[Source, ...]:
    """The workloads by name, with the environment's overrides and images applied."""
    by_name: dict[str, Source] = {}
    for source in sorted(sources, key=lambda one: (one.workload.name, one.file)):
        name = source.workload.name
        if name in by_name:
            what = f"the workload '{name}' is already read from {by_name[name].file}"
            at = source.positions.at(("metadata", "name"))
            problems.append(Problem("resource", "metadata.name", what, at, "give one of them another name"))
        by_name.setdefault(name, source)
    for key in environment.overrides:
        if key not in by_name:
            problems.append(_nobody(f"platform:overrides.{key}", key, by_name))
    images: dict[str, dict[str | None, str]] = {}
    for key, image in environment.images.items():
        workload, _, container = key.partition("/")
        if workload not in by_name:
            problems.append(_nobody(f"platform:images.{key}", workload, by_name))
        images.setdefault(workload, {})[container or None] = image
    return tuple(_changed(by_name[name], environment, images.get(name, {}), problems) for name in sorted(by_name))


def planned(
    source: Source, identities: Mapping[str, str], types: Mapping[str, ResourceType], problems: list[Problem]
) -> PlannedWorkload:
    """One workload of the plan. A text is secret if any placeholder in it names a secret output."""
    variables: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    for path, reference in outputs_named(source):
        if not _is_secret(reference, types, source, path, problems):
            continue
        kind = variables if path[2] == "variables" else files
        names = kind.setdefault(str(path[1]), [])
        if path[3] not in names:
            names.append(str(path[3]))
    return PlannedWorkload(
        name=source.workload.name,
        document=source.workload.to_document(),
        resources=dict(sorted(identities.items())),
        secret_variables={name: tuple(sorted(found)) for name, found in sorted(variables.items())},
        secret_files={name: tuple(sorted(found)) for name, found in sorted(files.items())},
        source=source.file,
    )


def outputs_named(source: Source) -> Iterator[tuple[DocumentPath, Reference]]:
    """Every `${resources.…}` in the variables and files of a workload, with the path of its text."""
    for name, container in source.workload.containers.items():
        for variable, text in container.variables.items():
            yield from _resource_references(text, ("containers", name, "variables", variable))
        for target, file in container.files.items():
            if file.content is not None and not file.no_expand:
                yield from _resource_references(file.content, ("containers", name, "files", target))


def _resource_references(text: str, path: DocumentPath) -> Iterator[tuple[DocumentPath, Reference]]:
    if "${" in text:
        for reference in references(text):
            if reference.root == "resources" and reference.keys:
                yield path, reference


def _is_secret(
    reference: Reference,
    types: Mapping[str, ResourceType],
    source: Source,
    path: DocumentPath,
    problems: list[Problem],
) -> bool:
    """Whether a placeholder names a secret output. One that names nothing is a problem: it might be misspelt."""
    name, *keys = reference.keys
    at = source.positions.at(path)
    told = f"${{{reference.text}}}"
    if name not in source.workload.resources:
        hint = did_you_mean(name, source.workload.resources)
        problems.append(Problem("placeholder", path_text(path), f"{told}: there is no resource '{name}'", at, hint))
        return False
    type_ = types.get(source.workload.resources[name].type)
    if type_ is None:
        return False
    if not keys or not type_.knows(keys[0]):
        what = f"'{type_.name}' has no output '{keys[0]}'" if keys else "an output's name is missing"
        hint = did_you_mean(keys[0] if keys else "", type_.outputs, of="outputs")
        problems.append(Problem("contract", path_text(path), f"{told}: {what}", at, hint))
        return False
    return type_.secret(keys[0])


def _changed(
    source: Source, environment: Environment, images: Mapping[str | None, str], problems: list[Problem]
) -> Source:
    name = source.workload.name
    over = environment.overrides.get(name)
    if over is None and not images:
        return source
    node = Node(source.workload.to_document(), source.positions.root)
    if over is not None:
        node = merge(node, Node(over, Place(f"platform:overrides.{name}")))
    for container, image in images.items():
        place = Place(f"platform:images.{name}" + (f"/{container}" if container else ""))
        try:
            node = put_image(node, container, Node(image, place))
        except OverrideError as error:
            problems.append(Problem("override", "", error.what, Positions(place).at(()), error.fix))
    changed = parse(node.value, file=source.file)
    return replace(changed, positions=Positions(node.place), warnings=source.warnings)


def _nobody(where: str, workload: str, known: Mapping[str, Source]) -> Problem:
    position = Positions.unknown(where).at(())
    return Problem("override", "", f"there is no workload '{workload}'", position, did_you_mean(workload, known))
