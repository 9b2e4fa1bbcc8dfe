"""A provider or an engine killed at any moment: the next call finds what Azure would have, and nothing twice."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.azure import operations
from sandbox.azure.errors import ArmError
from sandbox.azure.kinds import kind_of
from sandbox.azure.store import CREATING, DELETING, SUCCEEDED, Transaction
from sandbox.azure.values import Secret
from sandbox.postgres import instance, service
from tests.sandbox.azure.test_operations import server
from tests.sandbox.azure.world import Azure

SERVER, ZONE = "azure-native:dbforpostgresql:Server", "azure-native:dns:Zone"


class KilledError(BaseException):
    """As far as the code that runs is concerned, `kill -9`: nothing after it happens."""


def kill(*_: Any, **__: Any) -> None:
    raise KilledError


def killed(call: Callable[[], object]) -> None:
    with pytest.raises(KilledError):
        call()


def read(azure: Azure, resource_id: str, token: str = SERVER) -> Any:
    return operations.read(azure.subscription, kind_of(token), resource_id)


def server_id(azure: Azure) -> str:
    return f"{azure.store.list()[0].id}/providers/Microsoft.DBforPostgreSQL/flexibleServers/srv"


def killed_before_the_server(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, "create", kill)
        killed(lambda: server(azure))


def killed_after_the_server(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(operations, "_write", kill)
        killed(lambda: server(azure))


def killed_before_the_answer(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(operations, "_answered", kill)
        killed(lambda: server(azure))


POINTS = [killed_before_the_server, killed_after_the_server, killed_before_the_answer]


@pytest.mark.parametrize("point", POINTS)
def test_creating_again_is_refused_and_the_thing_is_there_whole(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, point: Callable[..., None]
) -> None:
    point(azure, monkeypatch)
    with pytest.raises(ArmError, match="cannot create already existing resource"):
        server(azure)
    found = read(azure, server_id(azure))
    assert found.provisioning == SUCCEEDED
    assert found.outputs["fullyQualifiedDomainName"] == "127.99.7.10"
    assert [each.server for each in instance.load_all(azure.subscription.state)] == ["srv"]


@pytest.mark.parametrize("point", POINTS)
def test_reading_finishes_it(azure: Azure, monkeypatch: pytest.MonkeyPatch, point: Callable[..., None]) -> None:
    point(azure, monkeypatch)
    assert read(azure, server_id(azure)).outputs["state"] == "Ready"
    assert azure.update(read(azure, server_id(azure)), tags={"a": "b"}).tags == {"a": "b"}


@pytest.mark.parametrize("point", POINTS)
def test_deleting_leaves_nothing(azure: Azure, monkeypatch: pytest.MonkeyPatch, point: Callable[..., None]) -> None:
    point(azure, monkeypatch)
    operations.delete(azure.subscription, kind_of(SERVER), server_id(azure))
    assert azure.store.get(server_id(azure)) is None
    assert instance.load_all(azure.subscription.state) == []


def test_a_password_that_died_with_the_provider_comes_with_the_next_update(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in = {"administratorLogin": "boss", "administratorLoginPassword": Secret("Hunter2Hunter2")}
    with monkeypatch.context() as patch:
        patch.setattr(service, "create", kill)
        killed(lambda: server(azure, authConfig={"passwordAuth": "Enabled"}, **log_in))
    given: list[str | None] = []
    create, reconfigure = service.create, service.reconfigure
    monkeypatch.setattr(service, "create", lambda *a, **k: (given.append(k["password"]), create(*a, **k)))
    monkeypatch.setattr(service, "reconfigure", lambda *a, **k: (given.append(k["password"]), reconfigure(*a, **k)))
    found = read(azure, server_id(azure))
    azure.update(found, administratorLoginPassword=Secret("Hunter2Hunter2"))
    assert given == [None, "Hunter2Hunter2"]


@pytest.mark.parametrize("where", ["effect", "record"])
def test_a_delete_that_was_killed_is_finished(azure: Azure, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    made = server(azure)
    with monkeypatch.context() as patch:
        if where == "effect":
            patch.setattr(service, "drop", kill)
        else:
            patch.setattr(Transaction, "remove", kill)
        killed(lambda: azure.delete(made))
    left = azure.get(made)
    assert left is not None
    assert left.provisioning == DELETING
    assert read(azure, made.id) is None
    assert instance.load_all(azure.subscription.state) == []
    assert server(azure).outputs["fullyQualifiedDomainName"] == "127.99.7.10"


def test_a_group_whose_delete_was_killed_is_deleted_whole(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.create(ZONE, zoneName="dev.example.com")
    server(azure)
    group = azure.store.list()[0]
    with monkeypatch.context() as patch:
        patch.setattr(service, "drop", kill)
        killed(lambda: azure.delete(group))
    assert read(azure, group.id, "azure-native:resources:ResourceGroup") is None
    assert azure.store.list() == []


def test_what_azure_refuses_leaves_no_trace(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ArmError(500, "InternalServerError", "no")

    with monkeypatch.context() as patch:
        patch.setattr(service, "create", refuse)
        with pytest.raises(ArmError, match="InternalServerError"):
            server(azure)
    assert azure.store.get(server_id(azure)) is None
    server(azure)


def test_a_provider_that_is_killed_while_it_creates_leaves_a_record_in_creation(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with a real process and a real signal: the kernel lets go of its locks."""
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(service, "create", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        server(azure)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = azure.store.get(server_id(azure))
    assert left is not None
    assert left.provisioning == CREATING
    with pytest.raises(ArmError, match="cannot create already existing resource"):
        server(azure)
    assert read(azure, server_id(azure)).provisioning == SUCCEEDED
