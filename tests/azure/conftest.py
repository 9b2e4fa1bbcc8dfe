"""Components of Azure, as with a provider that knows every API version that they use, whichever SDK is installed."""

import pytest

from platform_components.azure import managed_cluster


@pytest.fixture(autouse=True)
def provider_knows_gateway_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """`tests.matrix` runs with an SDK whose provider does not; tests of that take it back."""
    monkeypatch.setattr(managed_cluster, "knows_api_version", lambda: True)
