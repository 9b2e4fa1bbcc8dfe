"""What the sandbox tells a person when something outside its programs failed: what, the evidence, and what to do."""

from collections.abc import Sequence


class SandboxError(Exception):
    """`str()` is the whole message; `python -m sandbox` ends with `exit_code`."""

    exit_code = 4

    def __init__(self, what: str, *, fix: str = "", details: Sequence[str] = ()) -> None:
        """`details` are lines of evidence, such as the end of a log."""
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.details = tuple(details)

    def __str__(self) -> str:
        lines = [*self.details, *self.fix.splitlines()]
        return "\n".join([self.what, *(f"  {line}" for line in lines)])
