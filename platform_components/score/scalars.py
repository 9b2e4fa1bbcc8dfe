"""What a plain (unquoted) YAML scalar means by the YAML 1.2 core schema, and what an explicit tag makes of a scalar.

PyYAML's own resolver follows YAML 1.1, where `yes` is true, `22:22` is 1342 and `0644` is 420; Score files mean 1.2.
Source: https://yaml.org/spec/1.2.2/#1032-tag-resolution
"""

import math
import re

Scalar = str | int | float | bool | None

MAX_DIGITS = 400
"""More than any double has, and few enough that reading the number takes no time."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MAY_BE_NUMBER = frozenset("0123456789+-.")

_TAG = "tag:yaml.org,2002:"
COLLECTION_TAGS = {"map": f"{_TAG}map", "list": f"{_TAG}seq"}


class ScalarError(Exception):
    """The scalar is none this reader takes; the arguments are what is wrong and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def plain(text: str) -> Scalar:
    """The value of a scalar written without quotes and without a tag."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in _MAY_BE_NUMBER:
        number = _number(text)
        if number is not None:
            return number
    return text


def tagged(text: str, tag: str) -> Scalar:
    """The value of a scalar with an explicit tag of the core schema."""
    if tag in ("!", f"{_TAG}str"):
        return text
    value = plain(text)
    if tag == f"{_TAG}float" and type(value) is int:
        return float(value)
    expected = {f"{_TAG}null": type(None), f"{_TAG}bool": bool, f"{_TAG}int": int, f"{_TAG}float": float}.get(tag)
    short = tag.replace(_TAG, "!!")
    if expected is None:
        raise ScalarError(f"the tag {short} is not part of a Score file", "leave the tag out; quote what is text")
    if type(value) is not expected:
        raise ScalarError(f"{shortened(text)} is no {short}")
    return value


def shortened(text: str) -> str:
    """The text in quotes, cut to what a message can hold."""
    return repr(text if len(text) <= 40 else text[:37] + "…")


def _number(text: str) -> int | float | None:
    value: int | float
    if _INTEGER.fullmatch(text) or _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ScalarError(f"a number of {len(text)} digits", "put it in quotes if it is text")
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text[2:] if base != 10 else text, base)
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(f"{text} is a number that JSON cannot hold", f'put it in quotes if it is text: "{text}"')
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ScalarError(f"{shortened(text)} is too large for a number", "put it in quotes if it is text")
    return value
