"""The token for PostgreSQL: one at a time, derived from a key, never stored."""

import base64
import json

from sandbox.credentials import tokens
from sandbox.state import State

NOW = 1_800_000_000.0


def test_there_is_no_token_until_one_is_asked_for(state: State) -> None:
    assert tokens.current(state, NOW) is None


def test_everybody_gets_the_same_token_until_ten_minutes_before_it_expires(state: State) -> None:
    token = tokens.renewed(state, NOW)
    assert tokens.current(state, NOW + 1) == token
    assert tokens.current(state, NOW + 3000) == token
    assert tokens.current(state, NOW + 3001) is None
    assert tokens.renewed(state, NOW + 3001).text != token.text


def test_a_token_says_what_it_is_for_and_how_long(state: State) -> None:
    token = tokens.renewed(state, NOW)
    payload = token.text.split(".")[1]
    content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert content == {"aud": tokens.AUDIENCE, "exp": token.expires, "iat": int(NOW)}
    assert token.expires == int(NOW) + 3600


def test_nothing_of_a_token_is_in_any_file(state: State) -> None:
    signature = tokens.renewed(state, NOW).text.rsplit(".", 1)[1].encode()
    files = [file for file in state.root.rglob("*") if file.is_file()]
    assert files
    assert not any(signature in file.read_bytes() for file in files)


def test_two_sandboxes_have_different_tokens(state: State) -> None:
    other = State(state.root / "other")
    assert tokens.renewed(state, NOW).text != tokens.renewed(other, NOW).text


def test_a_token_does_not_show_in_a_representation(state: State) -> None:
    token = tokens.renewed(state, NOW)
    assert token.text not in repr(token)
