"""What a change of a flexible server or of something on it does to the real PostgreSQL behind it."""

from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError, NotSimulatedError
from sandbox.azure.kind import Request, Subscription
from sandbox.azure.store import Resource
from sandbox.azure.values import look_up
from sandbox.credentials import tokens
from sandbox.postgres import administration, instance, service
from sandbox.postgres.administration import InvalidValueError, UnknownParameterError, azure_parameters

# What places the server and who gets in: the service's own, read-only on Azure as well.
_SERVICE_PARAMETERS = (
    "listen_addresses",
    "port",
    "ssl",
    "ssl_cert_file",
    "ssl_key_file",
    "ssl_ca_file",
    "data_directory",
    "hba_file",
    "ident_file",
    "config_file",
    "unix_socket_directories",
    "archive_command",
    "fsync",
)
_KINDS = {"bool": "Boolean", "integer": "Integer", "real": "Numeric", "enum": "Enumeration", "string": "String"}


def server_address(request: Request) -> str:
    """The loopback address that is the server's own from its creation to its removal."""
    prefix = request.subscription.state.load_settings()["loopback_net"]
    candidates = [f"{prefix}.{last}" for last in range(10, 100)]
    address = request.transaction.address_of(ids.key(request.id), candidates)
    if address is None:
        text = "The sandbox has no loopback address left: it takes 90 servers."
        raise ArmError(400, "QuotaExceeded", text)
    return address


class ServerEffects:
    """A flexible server is a PostgreSQL process."""

    def create(self, request: Request) -> None:
        with request.subscription.store.writing() as transaction:
            address = server_address(
                Request(request.subscription, transaction, request.kind, request.id, request.inputs)
            )
        service.create(request.subscription.state, request.name, address=address, **_log_in(request))

    def update(self, request: Request) -> None:
        service.reconfigure(request.subscription.state, request.name, **_log_in(request))

    def delete(self, subscription: Subscription, resource: Resource) -> None:
        service.drop(subscription.state, resource.name)


class ConfigurationEffects:
    """A server parameter is set with ALTER SYSTEM; those that only Azure has are remembered."""

    def create(self, request: Request) -> None:
        self.update(request)

    def update(self, request: Request) -> None:
        state, server, name = request.subscription.state, _server(request.id), request.name.lower()
        value = str(request.inputs["value"])
        _refuse_reserved(name, value)
        if name in azure_parameters():
            _remember(request.subscription, server, name, value)
            return
        try:
            administration.set_parameter(state, service.require(state, server), name, value)
        except UnknownParameterError:
            text = f"The configuration '{request.name}' does not exist for server '{server}'."
            raise ArmError(400, "ConfigurationNotExists", text) from None
        except InvalidValueError as error:
            text = f"The value '{value}' of configuration '{request.name}' is not valid: {error}."
            raise ArmError(400, "InvalidParameterValue", text) from None

    def delete(self, subscription: Subscription, resource: Resource) -> None:
        # Azure cannot delete a parameter; azure-native sets it back: customresources/custom_postgres_config.go
        server, name = _server(resource.id), resource.name.lower()
        if name in azure_parameters():
            _remember(subscription, server, name, None)
        else:
            administration.set_parameter(subscription.state, service.require(subscription.state, server), name, None)

    @staticmethod
    def outputs(request: Request) -> dict[str, Any]:
        state, name = request.subscription.state, request.name.lower()
        if name in azure_parameters():
            default = azure_parameters()[name]
            return _described(default, "String", needs_restart=False, pending=False)
        found = administration.parameter(state, service.require(state, _server(request.id)), name)
        return _described(found.default, _KINDS[found.kind], found.needs_restart, found.pending_restart)


class DatabaseEffects:
    """A database of a server."""

    def create(self, request: Request) -> None:
        state, inputs = request.subscription.state, request.inputs
        charset, collation = inputs.get("charset") or "UTF8", inputs.get("collation") or "en_US.utf8"
        # Azure's default collation is not installed everywhere, so C.UTF-8 stands in for it.
        if str(charset).upper() != "UTF8" or collation not in ("en_US.utf8", "C.UTF-8"):
            raise NotSimulatedError(f"databases of charset '{charset}' and collation '{collation}'")
        administration.create_database(state, service.require(state, _server(request.id)), request.name)

    def update(self, _: Request) -> None:
        """Nothing about a database can be changed in place."""

    def delete(self, subscription: Subscription, resource: Resource) -> None:
        server = service.require(subscription.state, _server(resource.id))
        administration.drop_database(subscription.state, server, resource.name)


class AdministratorEffects:
    """An Entra administrator is a role named as the principal."""

    def create(self, request: Request) -> None:
        state, server, role = request.subscription.state, _server(request.id), str(request.inputs["principalName"])
        with instance.locked(state, server):
            found = service.require(state, server)
            administration.add_entra_administrator(state, found, role)
            known = (*(each for each in found.entra_administrators if each != role), role)
            changed = instance.change(state, server, entra_administrators=known)
            current = tokens.current(state)
            if current is not None:
                administration.give_token(state, changed, current.text, current.expires)
                instance.change(state, server, token_expires=current.expires)

    def update(self, _: Request) -> None:
        """Its name and kind are fixed; nothing else is in the server."""

    def delete(self, subscription: Subscription, resource: Resource) -> None:
        state, server, role = subscription.state, _server(resource.id), str(resource.inputs["principalName"])
        with instance.locked(state, server):
            found = service.require(state, server)
            administration.remove_entra_administrator(state, found, role)
            left = tuple(each for each in found.entra_administrators if each != role)
            instance.change(state, server, entra_administrators=left)


def _server(resource_id: str) -> str:
    parts = resource_id.split("/")
    lower = [part.lower() for part in parts]
    return parts[lower.index("flexibleservers") + 1]


def _log_in(request: Request) -> dict[str, Any]:
    return {
        "administrator": request.inputs.get("administratorLogin"),
        "password": request.inputs.get("administratorLoginPassword"),
        "password_login": look_up(request.inputs, "authConfig.passwordAuth") != "Disabled",
        "entra_login": look_up(request.inputs, "authConfig.activeDirectoryAuth") == "Enabled",
    }


def _refuse_reserved(name: str, value: str) -> None:
    if name in _SERVICE_PARAMETERS:
        raise ArmError(400, "ReadOnlyConfiguration", f"The configuration '{name}' is read-only.")
    if name == "require_secure_transport" and value.lower() != "on":
        raise NotSimulatedError("connections without TLS (require_secure_transport off)")
    if name == "pgbouncer.enabled" and value.lower() != "false":
        raise NotSimulatedError("the built-in PgBouncer (pgbouncer.enabled)")


def _remember(subscription: Subscription, server: str, name: str, value: str | None) -> None:
    with instance.locked(subscription.state, server):
        found = instance.load(subscription.state, server)
        others = {each: kept for each, kept in found.parameters.items() if each != name}
        parameters = others if value is None else {**others, name: value}
        changed = instance.change(subscription.state, server, parameters=parameters)
        if name == "azure.extensions":
            administration.allow_extensions(subscription.state, changed, value or azure_parameters()[name])


def _described(default: str, kind: str, needs_restart: bool, pending: bool) -> dict[str, Any]:
    return {
        "defaultValue": default,
        "dataType": kind,
        "isDynamicConfig": not needs_restart,
        "isReadOnly": False,
        "isConfigPendingRestart": pending,
    }
