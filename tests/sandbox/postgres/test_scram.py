"""Verifiers: what PostgreSQL would have made of the password itself."""

import base64

from sandbox.postgres.scram import verifier


def test_the_verifier_is_that_of_the_standards_example() -> None:
    """RFC 7677, section 3, gives salt, password and iterations; the keys follow by RFC 5802, section 3."""
    made = verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert made == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_no_two_verifiers_are_alike() -> None:
    assert verifier("pencil") != verifier("pencil")
    assert "pencil" not in verifier("pencil")
