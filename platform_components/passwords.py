"""A random password that is made once, where it is used, and stays the same across updates.

The value exists only in the stack's encrypted state and where it is passed on to; it is never in a program's text.
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider

LENGTH = 32
ALPHABET = string.ascii_letters + string.digits
"""Nothing that needs escaping: Score puts passwords raw into connection URLs."""


class PasswordProvider(ResourceProvider):
    """Makes passwords; being in an importable module it is pickled by reference, so each release runs its own code."""

    # Nothing of it is secret: it is the name of this class.
    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse keepers that are not text (unknown ones are text, too)."""
        keepers = news.get("keepers", {})
        failures = [
            CheckFailure("keepers", f"the keeper '{key}' must be text")
            for key, value in keepers.items()
            if not isinstance(value, str)
        ]
        return CheckResult(news, failures)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """A new password under an identity that tells nothing about it."""
        return CreateResult(secrets.token_hex(8), {"keepers": props.get("keepers", {}), "value": random_password()})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Other keepers mean another password; nothing else ever changes one."""
        changed = olds.get("keepers", {}) != news.get("keepers", {})
        return DiffResult(changes=changed, replaces=["keepers"] if changed else [], stables=["value"])


class GeneratedPassword(Resource, module="platform-components", name="GeneratedPassword"):
    """A password of 32 letters and digits."""

    value: pulumi.Output[str]
    """The password; secret."""
    keepers: pulumi.Output[Mapping[str, str]]
    """What the password was made for; a change of any of them makes another."""

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        keepers: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        """`keepers` rotates: change any value in it and the password is replaced."""
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["value"]))
        super().__init__(PasswordProvider(), name, {"keepers": dict(keepers or {}), "value": None}, options)


def random_password() -> str:
    """Upper case, lower case and digits in every one: Azure demands three kinds of characters in a password."""
    while True:
        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if any(map(str.isupper, password)) and any(map(str.islower, password)) and any(map(str.isdigit, password)):
            return password
