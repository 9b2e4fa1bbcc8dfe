"""The program of every stack: the golden path in its four steps.

`pulumi up` by hand comes here through `__main__.py`, `pave` through the Automation API; both end in the same resources.
"""

import json
from pathlib import Path
from typing import Any

import pulumi

from platform_components.creation import Creation
from platform_components.environment import STRUCTURED_KEYS
from platform_components.errors import PlatformError
from platform_components.pausing import hold_at_zero
from platform_components.repository import deployed

_CONFIG = "platform:"


def run(platform: Path) -> None:
    """Read the stack's config and deploy what it asks for; a mistake in it ends in its message, without a traceback."""
    try:
        environment = deployed(platform, _config(), pulumi.get_stack())  # 1 read, 2 match
        if environment.environment.paused:
            hold_at_zero()
        created = Creation(environment)
        created.create_all()  # 3 create the resources, 4 deploy the workloads: the plan's order
        for name, value in created.outputs():
            pulumi.export(name, value)
    except PlatformError as error:
        raise pulumi.RunError(str(error)) from None


def _config() -> dict[str, Any]:
    """The stack's `platform:` config; which keys there are only the runtime knows."""
    from pulumi.runtime import config

    every = {**config.get_config_env(), **config.CONFIG.get()}
    ours = {key[len(_CONFIG) :]: value for key, value in every.items() if key.startswith(_CONFIG)}
    return {key: json.loads(value) if key in STRUCTURED_KEYS else value for key, value in ours.items()}
