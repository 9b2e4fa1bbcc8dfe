"""A platform with a shared and a dedicated database server, and plans of workloads on it."""

from pathlib import Path
from typing import Any

from platform_components.plan import Plan, make_plan
from tests.catalog.world import catalog, environment, sources

PLATFORM = """
id: postgres-shared
type: postgres
driver: any
criteria: [{env_type: ephemeral}]
uses: {server: {type: postgres-server, class: shared, id: main}}
inputs: {server: "${uses.server}", limit: "${environment.postgres.connection_limit}"}
---
id: postgres-dedicated
type: postgres
driver: any
criteria: [{env_type: production}]
uses: {server: {type: postgres-server, class: dedicated, id: main}}
inputs: {server: "${uses.server}", limit: "${environment.postgres.connection_limit}"}
---
id: server-of-the-foundation
type: postgres-server
driver: stack-reference
criteria: [{class: shared}]
inputs: {stack: "${stack.foundation}"}
---
id: server
type: postgres-server
driver: any
criteria: [{class: dedicated}]
---
id: cache
type: redis
driver: any
criteria: [{}]
uses: {namespace: {type: k8s-namespace, id: main}}
inputs: {database: "${context.env_id}-cache"}
"""

WEB = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  web:
    image: shop/web:1
    variables:
      DATABASE: postgresql://${resources.db.user}:${resources.db.password}@${resources.db.host}
      LOG_LEVEL: info
    files: {/etc/app.conf: {content: "level=info"}}
resources:
  db: {type: postgres}
  cache: {type: redis}
"""


def plan_of(
    folder: Path, *scores: str, platform: str = PLATFORM, of: str = "ephemeral", name: str = "", **config: Any
) -> Plan:
    known = catalog(folder, platform)
    return make_plan(environment(known, of, name=name, **config), sources(folder / "app", *(scores or (WEB,))), known)
