"""Settings of a sandbox: kept over restarts, apart from other sandboxes, for the owner's eyes alone."""

import multiprocessing
import socket
import stat
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.state import CHECKOUT, State, free_loopback_net, free_port, new_settings, port_is_free, write_private


def state_in(folder: Path) -> State:
    return State(folder / "state")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_state_is_beside_the_checkout_unless_told_otherwise(tmp_path: Path) -> None:
    assert State.of({}).root == CHECKOUT / ".sandbox"
    assert State.of({"SANDBOX_STATE": str(tmp_path)}).root == tmp_path


def test_settings_survive_a_restart(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    settings = new_settings(state, toolchain_path=["/somewhere/bin"], postgres_bin="/elsewhere/bin")
    state.save_settings(settings)
    assert State(state.root).load_settings() == settings


def test_nobody_else_can_look_into_the_state(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin=""))
    assert mode_of(state.root) == 0o700
    assert mode_of(state.certificates) == 0o700
    assert mode_of(state.settings) == 0o600


def test_without_a_sandbox_the_message_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="python -m sandbox up"):
        state_in(tmp_path).load_settings()


def test_damaged_settings_are_named(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    state.root.mkdir()
    state.settings.write_text('{"dns_port": 53')
    with pytest.raises(SandboxError, match=r"settings\.json is damaged"):
        state.load_settings()


def test_two_checkouts_get_addresses_of_their_own(tmp_path: Path) -> None:
    nets = {free_loopback_net(tmp_path / name) for name in ("one", "two", "three")}
    assert len(nets) == 3
    assert all(net.startswith("127.") for net in nets)


def test_addresses_in_use_are_left_to_whom_they_belong(tmp_path: Path) -> None:
    first = free_loopback_net(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind((f"{first}.1", 0))
        other.listen()
        assert free_loopback_net(tmp_path) != first
    assert free_loopback_net(tmp_path) == first


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_taken_port_is_replaced_by_another(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        taken = other.getsockname()[1]
        assert not port_is_free("127.0.0.1", taken)
        assert free_port("127.0.0.1", taken) != taken


def test_a_file_is_private_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, "first")
    write_private(file, b"second")
    assert file.read_bytes() == b"second"
    assert mode_of(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def _hold(root: Path, held: "multiprocessing.synchronize.Event", release: "multiprocessing.synchronize.Event") -> None:
    with State(root).locked("sandbox"):
        held.set()
        release.wait(10)


def test_the_second_of_two_commands_waits_and_says_so(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    fork = multiprocessing.get_context("spawn")
    held, release = fork.Event(), fork.Event()
    holder = fork.Process(target=_hold, args=(state.root, held, release))
    holder.start()
    assert held.wait(10)
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")
        release.set()

    with state.locked("sandbox", waiting):
        pass
    holder.join(10)
    assert said == ["waiting"]
