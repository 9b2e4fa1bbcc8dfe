"""Plain data as YAML, the way `kubectl` prints it: block style, keys in their order, one text for one value.

Any YAML parser, of version 1.1 or 1.2, reads the same data back; what one of them might take for a number, a date or a
truth is quoted. Ten times as fast as PyYAML, which a large environment would wait seconds for.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"[A-Za-z_/]([A-Za-z0-9_./@%+=,;()*?&$~#-]|:(?=\S))*")
_STAND_IN = re.compile(r"[A-Za-z0-9_./@-]*<[A-Za-z0-9_.#/ -]+>[A-Za-z0-9_./@-]*")
_AMOUNT = re.compile(r"[0-9]+(m|Ki|Mi|Gi|Ti|s|h|d)|[0-9]+(\.[0-9]+){3}(/[0-9]+)?")
_TAKEN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "_"}
"""Words that some parser takes for a truth or for nothing."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_WORDS = {None: "null", True: "true", False: "false"}
_INDENT = "  "


def yaml_text(value: Any) -> str:
    """The value as a document, with a newline at the end."""
    if isinstance(value, Mapping | list | tuple) and value:
        return "\n".join(_block(value, "")) + "\n"
    return f"{_flat(value)}\n"


def _block(value: Any, indent: str) -> Iterator[str]:
    """The lines of a map or list that is not empty."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{indent}{_key(key)}:", item, indent)
        return
    for item in value:
        if isinstance(item, Mapping | list | tuple) and item:
            # The first line of what is inside stands beside the dash
            lines = _block(item, f"{indent}{_INDENT}")
            yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
            yield from lines
        else:
            yield from _entry(f"{indent}-", item, indent)


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield head
        yield from _block(item, f"{indent}{_INDENT}")
    elif isinstance(item, list | tuple) and item:
        yield head
        yield from _block(item, indent)
    elif isinstance(item, str) and "\n" in item and _fits_a_block(item):
        yield from _literal(head, item, f"{indent}{_INDENT}")
    else:
        yield f"{head} {_flat(item)}"


def _flat(item: Any) -> str:
    """A value on one line."""
    if isinstance(item, str):
        return _scalar(str(item))
    if item is None or isinstance(item, bool):
        return _WORDS[item]
    if isinstance(item, int | float):
        return repr(item)
    if isinstance(item, Mapping | list | tuple) and not item:
        return "{}" if isinstance(item, Mapping) else "[]"
    raise TypeError(f"{type(item).__name__} is no plain data")


def _key(key: Any) -> str:
    return _scalar(str(key))


@lru_cache(maxsize=4096)
def _scalar(text: str) -> str:
    plain = _WORD.fullmatch(text) and text.lower() not in _TAKEN and not text.startswith("---")
    if plain or _AMOUNT.fullmatch(text) or _STAND_IN.fullmatch(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    if text.isprintable() and "\\" not in text and not ('"' in text and "'" in text):
        return f"'{text}'" if '"' in text else f'"{text}"'
    return f'"{"".join(_escaped(one) for one in text)}"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _fits_a_block(text: str) -> bool:
    """Whether a literal block gives the text back: nothing that needs escaping, no space that decides its indent."""
    return text[0] not in " \n\t" and all(
        line.replace("\t", " ").isprintable() and line == line.rstrip() and line[:1] != "\t"
        for line in text.split("\n")
    )


def _literal(head: str, text: str, indent: str) -> Iterator[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    yield f"{head} |{'-' if ends == 0 else '' if ends == 1 else '+'}"
    for line in body.split("\n"):
        yield f"{indent}{line}" if line else ""
    yield from [""] * max(ends - 1, 0)
