"""Keeps secrets out of plain fields: plain values are checked when they are known, secret ones are wrapped.

A person's mistake upstream (a secret value declared as plain) stops the deployment instead of showing the secret.
"""

import base64

import pulumi

from platform_components.errors import InputError


class SecretInPlainFieldError(InputError, pulumi.RunError):
    """A value that the engine knows as secret is about to be written where everybody can read it."""

    # A RunError reaches the user as its message alone, although it is raised while the engine works.


def plain(value: pulumi.Input[str], where: str) -> pulumi.Input[str]:
    """`value`, which must not be secret: an Output that turns out to be is an error at `where`."""
    if not isinstance(value, pulumi.Output):
        return value

    def checked(secret: bool) -> pulumi.Input[str]:
        if secret:
            raise SecretInPlainFieldError(
                "a secret value would be written in the clear",
                where=where,
                fix="give it as a secret variable, or mark the file as secret",
            )
        return value

    secret: pulumi.Output[bool] = pulumi.Output.from_input(value.is_secret())
    return secret.apply(checked)


def sealed(value: pulumi.Input[str], *, encoded: bool = False) -> pulumi.Output[str]:
    """`value` as a Secret's `data` holds it: base64 (as it is when `encoded`), and known to the engine as secret."""
    # `data` and not `stringData`: the API server never returns the latter, so a refresh would see a difference.
    text = pulumi.Output.secret(value)
    return text if encoded else text.apply(lambda plain_text: base64.b64encode(plain_text.encode()).decode())
