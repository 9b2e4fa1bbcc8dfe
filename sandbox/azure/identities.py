"""Who the sandbox's runner is: the ids of its subscription, tenant and principal.

Made-up GUIDs that `python -m sandbox env` sets; the stand-ins for `az` and the provider name the same ones.
"""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from sandbox.azure.faults import Faults
from sandbox.azure.kind import Subscription
from sandbox.azure.latency import Latency
from sandbox.azure.quotas import Quotas
from sandbox.azure.store import Store
from sandbox.errors import SandboxError
from sandbox.state import State

CLIENT_ID = str(uuid5(NAMESPACE_URL, "platform-components/sandbox/client"))
OBJECT_ID = str(uuid5(NAMESPACE_URL, "platform-components/sandbox/principal"))
_LOGIN = "Please run 'az login' to setup account: no {what} is set; python -m sandbox env prints it"


def subscription(
    state: State, store: Store, settings: Mapping[str, str], environment: Mapping[str, str]
) -> Subscription:
    """The subscription a provider works in: from its own settings, else from the environment."""
    return Subscription(
        state=state,
        store=store,
        subscription_id=_one_of(
            settings, "subscriptionId", environment, ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID")
        ),
        tenant_id=_one_of(settings, "tenantId", environment, ("ARM_TENANT_ID", "AZURE_TENANT_ID")),
        client_id=settings.get("clientId") or environment.get("ARM_CLIENT_ID") or CLIENT_ID,
        object_id=OBJECT_ID,
        location=settings.get("location") or environment.get("ARM_LOCATION_NAME") or None,
        faults=Faults.of(state, store, environment),
        latency=Latency.of(environment),
        quotas=Quotas.of(environment),
    )


def _one_of(settings: Mapping[str, str], name: str, environment: Mapping[str, str], variables: tuple[str, ...]) -> str:
    found = settings.get(name) or next((environment[each] for each in variables if environment.get(each)), None)
    if not found:
        raise SandboxError(_LOGIN.format(what=variables[0]))
    return found
