"""A complete JSON Schema validator, to hold the reader and the schemas of this platform against."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend


def _pattern(validator: Validator, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """`pattern` as JSON Schema means it: in ECMA 262 `$` is the end and nothing before it. Python's takes a newline."""
    strict = re.sub(r"\\.|\$", lambda match: r"\Z" if match[0] == "$" else match[0], pattern)
    if isinstance(value, str) and not re.search(strict, value, re.ASCII):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Strict = extend(Draft202012Validator, {"pattern": _pattern})


def validator(schema: Any) -> Validator:
    """The validator of a schema, which is checked itself first."""
    Draft202012Validator.check_schema(schema)
    return _Strict(schema)
