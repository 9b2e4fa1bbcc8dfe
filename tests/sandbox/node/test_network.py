"""What is left of a node's network on the machine goes."""

from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.errors import SandboxError
from sandbox.node import network
from sandbox.node.addresses import Addresses
from sandbox.state import State, new_settings


class Tools:
    """`ip` that fails, and takes the link away first or not."""

    def __init__(self, link: Path, *, gone: bool) -> None:
        self.link = link
        self.gone = gone
        self.rules: list[str] = []

    def ip(self, *_: str) -> str:
        if self.gone:
            self.link.rmdir()
        raise SandboxError("`ip link delete` failed")

    def nft(self, rules: str) -> str:
        self.rules.append(rules)
        return ""


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    return Addresses.of(new_settings(State(tmp_path), toolchain_path=[], postgres_bin="", pods="real"))


@pytest.mark.parametrize("gone", [True, False])
def test_a_link_that_the_kernel_has_just_taken_away_is_no_failure(
    addresses: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    monkeypatch.setattr(network, "LINKS", tmp_path)
    link = tmp_path / addresses.link
    link.mkdir()
    tools = Tools(link, gone=gone)

    if gone:
        network.disconnect(cast(Any, tools), addresses)
        assert f"delete table ip {addresses.link}" in tools.rules[0]
    else:
        with pytest.raises(SandboxError, match="link delete"):
            network.disconnect(cast(Any, tools), addresses)
