"""Whose something is: the labels, annotations, tags and comments that everything of an environment carries.

Raw texts (branch, owner) are annotations, never labels: a label is short and of few characters.
"""

from platform_components.environment import Environment
from platform_components.naming import label_value

_PREFIX = "platform-components/"
MANAGED = {f"{_PREFIX}managed": "true"}
"""Kubernetes label of every environment's namespace: what a foundation's gateway takes routes from."""
STACK_LABEL = f"{_PREFIX}stack"
"""Kubernetes label with the name of the stack; what `pave` looks at before it takes over a namespace."""
STACK_TAG = "platform-stack"
"""Azure tag with the name of the stack; Azure allows no `/` in a tag's name."""

TEMPORARY_LABEL, TEMPORARY_TAG = f"{_PREFIX}temporary", "platform-temporary"
"""Borne by what belongs to a branch's environment, and by nothing else: only that does `pave sweep` take away when its
stack is gone."""
FOUNDATION_LABEL, FOUNDATION_TAG = f"{_PREFIX}foundation", "platform-foundation"
"""With the name of the foundation's stack. Its resource group is there once in a subscription, so a platform knows its
own by it."""
TYPE_TAG = "platform-environment-type"

APP_LABEL, APP_TAG = f"{_PREFIX}app", "platform-app"


def labels(environment: Environment) -> dict[str, str]:
    """Kubernetes labels."""
    pairs = {
        "stack": environment.name,
        "app": environment.app,
        "environment-type": environment.type.name,
        "foundation": _foundation(environment),
        "temporary": _temporary(environment),
    }
    # What stands for a name that nobody gave is shown as it is
    return {f"{_PREFIX}{name}": value if "<" in value else label_value(value) for name, value in pairs.items() if value}


def annotations(environment: Environment) -> dict[str, str]:
    """Kubernetes annotations."""
    pairs = {"branch": environment.branch, "owner": environment.owner}
    return {f"{_PREFIX}{name}": value for name, value in pairs.items() if value}


def owner(environment: Environment) -> dict[str, str]:
    """Whose a database is, written beside it: what stays the same when the environment's type changes."""
    return {name: value for name, value in tags(environment).items() if name in (STACK_TAG, APP_TAG, TEMPORARY_TAG)}


def tags(environment: Environment) -> dict[str, str]:
    """Azure tags."""
    pairs = {
        STACK_TAG: environment.name,
        APP_TAG: environment.app,
        TYPE_TAG: environment.type.name,
        FOUNDATION_TAG: _foundation(environment),
        TEMPORARY_TAG: _temporary(environment),
    }
    return {name: value for name, value in pairs.items() if value}


def _foundation(environment: Environment) -> str:
    return (environment.foundation or "").rpartition("/")[2]


def _temporary(environment: Environment) -> str:
    """By the branch alone, which never changes, so that the mark stays the same when the type does."""
    return "true" if environment.branch else ""
