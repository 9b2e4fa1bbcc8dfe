"""A stack's settings file, `stacks/Pulumi.<stack>.yaml`: what `pave` is told becomes config here.

Only keys under `platform:` are read and written as plain data; what the engine keeps beside them (salt, secrets
provider, encrypted values, other packages' config) stays as it is.
"""

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from platform_components.errors import InputError

_PREFIX = "platform:"
_NEW_FILE = 0o666
_UNICODE_BREAK = re.compile("[\\x85\\u2028\\u2029]")
_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9]")
"""What the engine's YAML (Go) may take for a number where PyYAML does not: 1e5, 0o17."""


def path_of(platform: Path, stack: str) -> Path:
    """Where the settings of `stack` are kept (`stackConfigDir` of Pulumi.yaml)."""
    return platform / "stacks" / f"Pulumi.{stack}.yaml"


def read(platform: Path, stack: str, *, prefix: str = _PREFIX) -> dict[str, Any]:
    """The `platform:` config of a stack without the prefix; empty when there is no file yet.

    Raises `InputError` when the file is not YAML or not a mapping.
    """
    config = _config_of(_document(path_of(platform, stack)), path_of(platform, stack))
    return {str(key)[len(prefix) :]: value for key, value in config.items() if str(key).startswith(prefix)}


def write(platform: Path, stack: str, values: Mapping[str, Any], *, prefix: str = _PREFIX) -> bool:
    """Set `platform:` keys; a value of None takes the key out. True when the file changed."""
    path = path_of(platform, stack)
    document = _document(path)
    config = _config_of(document, path)
    for key, value in values.items():
        if value is None:
            config.pop(prefix + key, None)
        else:
            config[prefix + key] = value
    # Without this the engine would use the kubeconfig at hand for whatever names no provider: pulumi-kubernetes docs
    config.setdefault("pulumi:disable-default-providers", ["kubernetes"])
    if config == document.get("config"):
        return False
    wanted = {**document, "config": config}
    _replace(path, _edited(text_of(platform, stack), document.get("config") or {}, wanted) or _dumped(wanted))
    return True


def text_of(platform: Path, stack: str) -> str:
    """The file as it is; empty when there is none."""
    path = path_of(platform, stack)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def restore(platform: Path, stack: str, text: str) -> None:
    """The file as it was, with this text; empty: there was none."""
    if text:
        _replace(path_of(platform, stack), text)
    else:
        path_of(platform, stack).unlink(missing_ok=True)


def put_back(platform: Path, stack: str, text: str, key: str) -> None:
    """The file as it was before the engine wrote it, but for the engine's own keys and one of ours.

    The engine writes the whole file anew, and what looks like a number as one: the branch `1e5` as 100000.
    """
    path = path_of(platform, stack)
    written, before = _document(path), yaml.safe_load(text) or {}
    ours = {name: value for name, value in _config_of(written, path).items() if name == _PREFIX + key}
    config = dict(before.get("config") or {}) | ours
    own = {name: value for name, value in written.items() if name != "config" and before.get(name) != value}
    wanted = {**before, **own, "config": config}
    beside = f"{text.rstrip()}\n{_dumped(own)}" if own else text
    _replace(path, _edited(beside, before.get("config") or {}, wanted) or _dumped(wanted))


@contextlib.contextmanager
def untouched(platform: Path, stack: str) -> Iterator[None]:
    """Afterwards the file is as it was, byte for byte, or not there as it was not."""
    path = path_of(platform, stack)
    before = path.read_bytes() if path.is_file() else None
    try:
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        elif not path.is_file() or path.read_bytes() != before:
            _replace(path, before)


def _edited(text: str, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The text with the keys under `config` changed that differ, and all else as people wrote it, comments too.

    None where that can't be done, as in a file without config or with all of it in one line.
    """
    after: Mapping[str, Any] = wanted["config"]
    block = _config_node(text)
    if block is None:
        return None
    starts = [text.rfind("\n", 0, key.start_mark.index) + 1 for key, _ in block.value]
    ends = [*starts[1:], block.end_mark.index]
    indent = block.value[0][0].start_mark.column
    pieces, last = [text[: starts[0]]], ""
    for (key, _), start, end in zip(block.value, starts, ends, strict=True):
        entry, following = _without_following_comments(text[start:end])
        if key.value in after:
            same = after[key.value] == before.get(key.value)
            pieces += [entry if same else _dumped({key.value: after[key.value]}, indent), following]
            last = following
    added = {key: value for key, value in after.items() if key not in before}
    if added:
        pieces.insert(len(pieces) - bool(last), _dumped(added, indent))
    edited = "".join([*pieces, text[block.end_mark.index :]])
    try:
        return edited if yaml.safe_load(edited) == wanted else None
    except yaml.YAMLError:
        return None


def _config_node(text: str) -> yaml.MappingNode | None:
    root = yaml.compose(text, yaml.SafeLoader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "config" and isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            return value
    return None


def _without_following_comments(entry: str) -> tuple[str, str]:
    """An entry, and the empty lines and comments that stand between it and the next one."""
    lines = entry.splitlines(keepends=True)
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    own = "".join(lines[:end])
    return own if own.endswith("\n") else f"{own}\n", "".join(lines[end:])


def _dumped(document: Mapping[str, Any], indent: int = 0) -> str:
    text = yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return "".join(f"{' ' * indent}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


class _Dumper(yaml.SafeDumper):
    """Quotes the line breaks of Unicode, which PyYAML would write bare and read again as spaces."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _UNICODE_BREAK.search(text) else "'" if _LIKE_A_NUMBER.match(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def _config_of(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    config = document.get("config") or {}
    if not isinstance(config, Mapping):
        raise InputError("'config' must be a mapping", where=str(path))
    return dict(config)


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not readable as YAML: {error}", where=str(path)) from error
    if not isinstance(document, dict):
        raise InputError("a stack's settings must be a mapping", where=str(path))
    return document


def _replace(path: Path, text: str | bytes) -> None:
    """Write beside and rename, so that a killed run leaves the old file or the new one; a link stays one.

    Raises `InputError` where that can't be written.
    """
    content = text.encode() if isinstance(text, str) else text
    target = path.resolve()  # who keeps it elsewhere, and a link to it here, wants it there
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.is_file() else None
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(_NEW_FILE & ~_umask() if mode is None else mode)
        Path(temporary).replace(target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _unwritable(path: Path, error: OSError) -> InputError:
    fix = "the settings of a stack are kept there: it has to be writable, with room on the disk"
    return InputError(f"can't be written: {error.strerror}", where=str(path), fix=fix)


def _umask() -> int:
    """What new files of this process are not allowed; it can only be read by setting it (and not where threads make
    files, so Linux is asked first).
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    now = os.umask(0o077)
    os.umask(now)
    return now
