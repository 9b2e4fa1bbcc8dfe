"""What is secret in an environment is in no text that is shown."""

import base64
import json

import pytest

from platform_components.lifecycle.masking import Mask, secrets_in

PASSWORD = "aB3" + "dE6gH9jK2mN5pQ8sT1vW4xY7zC0fR3u"
URL = f"postgresql://shop_main:{PASSWORD}@db.example.com:5432/shop_main?sslmode=require"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (URL, f"cannot connect to {URL}", "cannot connect to ******"),
        (URL, f"log-in with {PASSWORD} failed", "log-in with ****** failed"),
        (URL, "db.example.com:5432 refused shop_main", "db.example.com:5432 refused shop_main"),
        (f"Bearer {PASSWORD}", f"token={PASSWORD};", "token=******;"),
        (base64.b64encode(URL.encode()).decode(), f"log-in with {PASSWORD} failed", "log-in with ****** failed"),
        ("-----BEGIN KEY-----\nMIGHAgEAMBMGByqGSM49\n", "read MIGHAgEAMBMGByqGSM49", "read ******"),
        ("s3cret", "the s3cret is out", "the ****** is out"),
        ("on", "nothing goes on here", "nothing goes on here"),
    ],
    ids=["whole", "password", "host stays", "header", "base64", "key", "short", "too short"],
)
def test_a_secret_and_its_parts_are_taken_out(secret: str, text: str, shown: str) -> None:
    assert Mask([secret])(text) == shown


def test_a_whole_goes_before_its_parts() -> None:
    assert Mask([PASSWORD, f"{PASSWORD}{PASSWORD}"])(f"<{PASSWORD}{PASSWORD}>") == "<******>"


def test_without_secrets_nothing_is_changed() -> None:
    assert Mask([])("as it was") == "as it was"


def test_every_secret_of_a_state_is_found_wherever_it_is() -> None:
    def secret(value: object) -> dict[str, object]:
        return {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "plaintext": json.dumps(value),
        }

    state = {
        "deployment": {
            "resources": [
                {"inputs": {"password": secret("first"), "plain": "no secret"}},
                {"outputs": {"data": secret({"a": "second", "b": ["third", 4]})}},
            ]
        }
    }

    assert sorted(secrets_in(state)) == ["first", "second", "third"]
