"""Generated passwords: what they are made of, when they change, and where they can be read."""

from typing import Any

import pulumi
import pytest

from platform_components.passwords import ALPHABET, LENGTH, GeneratedPassword, PasswordProvider, random_password
from tests import mocks


def test_passwords_are_32_letters_and_digits_of_all_three_kinds() -> None:
    made = {random_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == LENGTH == 32
        assert set(password) <= set(ALPHABET)
        assert password.lower() != password != password.upper()
        assert any(map(str.isdigit, password))


def test_nothing_but_other_keepers_changes_a_password() -> None:
    provider = PasswordProvider()
    made = provider.create({"keepers": {"version": "1"}})
    state: dict[str, Any] = made.outs or {}
    same = provider.diff(made.id, state, {"keepers": {"version": "1"}})
    assert (same.changes, same.replaces) == (False, [])
    other = provider.diff(made.id, state, {"keepers": {"version": "2"}})
    assert (other.changes, other.replaces) == (True, ["keepers"])


def test_the_identity_tells_nothing_about_the_password() -> None:
    made = PasswordProvider().create({})
    assert made.outs is not None
    assert made.outs["value"] not in made.id


def test_a_keeper_that_is_no_text_is_refused() -> None:
    checked = PasswordProvider().check({}, {"keepers": {"count": 3.0, "name": "a"}})
    assert [(failure.property, failure.reason) for failure in checked.failures] == [
        ("keepers", "the keeper 'count' must be text")
    ]


def test_the_value_is_secret_in_state_and_wherever_it_goes() -> None:
    def program() -> Any:
        password = GeneratedPassword("main", pulumi.ResourceOptions(protect=True))
        return password.value.apply(len), pulumi.Output.from_input(password.value).is_secret()

    recorded = mocks.run(program)
    (password,) = recorded.registrations
    assert password.additional_secret_outputs == ["value"]
    assert password.protect
    assert recorded.result == (32, True)


def test_the_provider_is_stored_by_its_name_not_its_code() -> None:
    recorded = mocks.run(lambda: GeneratedPassword("main") and None)
    assert len(recorded.registrations[0].inputs["__provider"]) < 120


@pytest.mark.parametrize("keepers", [{"role": "web"}, {"role": pulumi.Output.from_input("web")}])
def test_keepers_may_be_outputs(keepers: dict[str, pulumi.Input[str]]) -> None:
    recorded = mocks.run(lambda: GeneratedPassword("main", keepers=keepers) and None)
    assert recorded.registrations[0].inputs["keepers"] == {"role": "web"}
