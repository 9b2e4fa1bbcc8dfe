"""One repository's workloads leave an environment that several deploy into; the others' stay.

With the last workload the environment itself goes, and that is `destruction`'s.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from platform_components.errors import InputError
from platform_components.lifecycle import deployment, showing
from platform_components.lifecycle.deployment import Result
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.progress import Listener
from platform_components.lifecycle.wanted import Wanted
from platform_components.plan import Plan


@dataclass(frozen=True)
class Leaving:
    """What of an environment is to go."""

    plan: Plan
    workloads: tuple[str, ...]
    """Those that are there."""
    staying: tuple[str, ...]

    @property
    def data(self) -> tuple[str, ...]:
        """The resources that go with them and hold data, which is meant to go."""
        return tuple(one.id for one in self.plan.resources if one.holds_data and one.workload in self.workloads)


def leaving(engine: Engine, stack: str, workloads: Collection[str], *, if_there: bool = False) -> Leaving:
    """Which of these workloads the environment has.

    Raises `InputError` for one that it has not, unless `if_there`; `OutsideError` when no deployment of it has ended.
    """
    plan = showing.environment(engine, stack).plan
    there = [workload.name for workload in plan.workloads]
    if not if_there and (unknown := sorted(set(workloads) - set(there))):
        raise InputError(
            f"'{stack}' has no workload '{unknown[0]}'",
            where="--workload",
            fix=f"it has: {', '.join(there) or 'none'}",
        )
    return Leaving(
        plan,
        tuple(name for name in there if name in workloads),
        tuple(name for name in there if name not in workloads),
    )


def take_out(engine: Engine, wanted: Wanted, going: Leaving, listener: Listener) -> Result:
    """Deploy the environment without them, their data too."""
    prepared = deployment.prepared_for(engine, replace(wanted, remove=going.workloads))
    return deployment.deploy(engine, prepared, listener, replace_data=going.data)
