"""Files beside a Score file: `source:` becomes `content` or `binaryContent`, and nothing outside its folder is read."""

import base64
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from platform_components.score.checks import maps_in
from platform_components.score.positions import DocumentPath

MAX_SOURCE_BYTES = 1024 * 1024
"""A ConfigMap or Secret holds 1 MiB: https://kubernetes.io/docs/concepts/configuration/configmap/"""
MAX_SOURCES_BYTES = 4 * 1024 * 1024
"""All sources of one workload: they are kept in the stack's config, and a file of one line may name each of them."""


class SourceError(Exception):
    """A source that cannot be embedded; the arguments are what is wrong and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def files_in(document: Mapping[str, Any]) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    """The files of all containers, each with its path; what is no file is left out."""
    for name, container in maps_in(document.get("containers")):
        for target, file in maps_in(container.get("files")):
            yield ("containers", name, "files", target), file


def read_source(source: str, folder: Path, left: int = MAX_SOURCES_BYTES) -> bytes:
    """The bytes of a source. Raises SourceError if it is not a file below the folder, or too large.

    `left` is what the sources before it have left of what all of a workload may have.
    """
    parts = PurePosixPath(source).parts
    if "\0" in source:
        raise SourceError("is no path: it holds a zero character")
    if source.startswith("/"):
        raise SourceError(f"'{source}' is an absolute path", "name it relative to the Score file")
    if ".." in parts:
        raise SourceError(f"'{source}' leaves the Score file's folder", "move the file below it, without `..`")
    path = folder / source
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise SourceError(f"'{source}' is a link that leaves the Score file's folder", "put a copy below it")
        if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would wait for a writer, a device never end
            raise SourceError(f"'{source}' is no regular file")
        with path.open("rb") as file:
            content = file.read(MAX_SOURCE_BYTES + 1)
    except FileNotFoundError:
        raise SourceError(f"'{source}' is not there", f"looked for {path}") from None
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links form a loop"
        raise SourceError(f"'{source}' cannot be read: {reason}") from None
    if len(content) > MAX_SOURCE_BYTES:
        raise SourceError(f"'{source}' is larger than {MAX_SOURCE_BYTES // 1024} KiB", "mount it from a volume")
    if len(content) > left:
        what = f"with '{source}' the sources of the workload are larger than {MAX_SOURCES_BYTES // 1024} KiB"
        raise SourceError(what, "mount large files from a volume")
    return content


def embedded(file: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """The file with its content in place of its source: as text if it is UTF-8, as base64 if not."""
    result = {key: value for key, value in file.items() if key != "source"}
    try:
        result["content"] = content.decode("utf-8")
    except UnicodeDecodeError:
        result["binaryContent"] = base64.b64encode(content).decode("ascii")
    return result


def with_files(document: Mapping[str, Any], files: Mapping[DocumentPath, Mapping[str, Any]]) -> dict[str, Any]:
    """The document with some files replaced, each by its path; the document itself is not changed."""
    containers: dict[Any, Any] = dict(document["containers"])
    changed: dict[Any, dict[Any, Any]] = {}
    for (_, name, _, target), file in files.items():
        if name not in changed:
            changed[name] = dict(containers[name]["files"])
            containers[name] = {**containers[name], "files": changed[name]}
        changed[name][target] = file
    return {**document, "containers": containers}
