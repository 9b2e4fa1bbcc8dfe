"""Things that `pave` reports about: a prepared environment, and what came out of its deployment."""

from pathlib import Path
from typing import Any

from platform_components.lifecycle.deployment import Result
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare

OUTPUTS: dict[str, Any] = {
    "k8s-namespace.default/main/name": "shop-main-abc123",
    "postgres.default/web.db/host": "db.example.com",
    "postgres.default/web.db/port": 5432,
    "postgres.default/web.db/name": "shop_main_web_db",
    "postgres.default/web.db/username": "shop_main_web_db",
    "dns.default/web.dns/host": "web-shop-main.dev.example.com",
    "s3.default/web.storage/bucket": "data",
    "s3.default/web.storage/endpoint": "http://s3.svc:7070",
    "s3.default/web.storage/region": "us-east-1",
    "s3.default/web.storage/access_key_id": "s3-web",
    "route.default/web.route/url": "https://web-shop-main.dev.example.com/",
    "postgres.default/python-service.db/host": "db.example.com",
    "postgres.default/python-service.db/port": 5432,
    "postgres.default/python-service.db/name": "shop_main_python_service_db",
    "postgres.default/python-service.db/username": "shop_main_python_service_db",
    "dns.default/python-service.dns/host": "python-service-shop-main.dev.example.com",
    "s3.default/python-service.storage/bucket": "data",
}
"""What a stack exports, without its secrets: those are not among them."""


def branch(platform: Path, *examples: str) -> Prepared:
    """The branch `main` of the app `shop` with these examples; all of them by default."""
    scores = tuple(platform / "examples" / name for name in examples or ("python-service", "web"))
    return prepare(platform, Wanted(app="shop", branch="main", scores=scores), {}, stack="shop-main-abc123")


def foundation(platform: Path) -> Prepared:
    """A foundation of one network."""
    config = {"type": "foundation-nonproduction", "resources": {"main": {"type": "network", "id": "main"}}}
    return prepare(platform, Wanted(), config, stack="foundation-nonproduction")


def result(prepared: Prepared, **changes: int) -> Result:
    """Its deployment."""
    return Result(prepared, OUTPUTS, changes)
