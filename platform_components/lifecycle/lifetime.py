"""How long an environment lives: put off, made to stay, and how many an app or a person may have at a time.

All of it is stack tags, so any machine sees it. An environment of a type without `ttl` has no end that could be moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from platform_components.environment import Environment, EnvironmentType, duration_text
from platform_components.errors import BusyError, InputError
from platform_components.lifecycle import marks, stack_file
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.locks import exclusively
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.lifecycle.progress import Listener

Types = Mapping[str, EnvironmentType]


@dataclass(frozen=True)
class Lifetime:
    """An environment's marks before and after."""

    stack: str
    before: Marks
    after: Marks


def extend(
    engine: Engine,
    stack: str,
    by: timedelta,
    types: Types,
    listener: Listener,
    *,
    app: str = "",
    branch: str = "",
    now: datetime | None = None,
) -> Lifetime:
    """Put off the end by so much; one whose time is over, or that was to stay, gets it from now on.

    Raises `InputError` when it has no end, or the new one is further ahead than its type allows.
    """
    now = now or datetime.now(UTC)
    before = _living(engine, stack, listener, app, branch)
    end = max(now, before.ends or now) + by
    longest = types[before.env_type].ttl_max if before.env_type in types else None
    if longest is not None and end > now + longest:
        room = now + longest - max(now, before.ends or now)
        raise InputError(
            f"'{stack}' would live until {_day(end)}; {before.env_type} environments may until {_day(now + longest)}, "
            f"{duration_text(longest)} from now",
            fix=f"at most {room // timedelta(hours=1)}h can be added now; `pave keep` lets it stay"
            if room >= timedelta(hours=1)
            else "extend it again when it is nearer to its end; `pave keep` lets it stay",
        )
    after = replace(before, expires=end, kept=None)
    engine.set_tags(stack, {marks.EXPIRES: after.tags()[marks.EXPIRES]})
    engine.drop_tags(stack, marks.KEPT)
    return Lifetime(stack, before, after)


def keep(
    engine: Engine,
    stack: str,
    who: str,
    listener: Listener,
    *,
    app: str = "",
    branch: str = "",
    now: datetime | None = None,
) -> Lifetime:
    """Let it stay until somebody extends or destroys it. Raises `InputError` when it has no end anyway."""
    before = _living(engine, stack, listener, app, branch)
    if before.kept is not None:
        return Lifetime(stack, before, before)
    after = replace(before, expires=None, kept=Decision(who, now or datetime.now(UTC)))
    engine.set_tags(stack, {marks.KEPT: str(after.kept)})  # first: from here on the other one says nothing
    engine.drop_tags(stack, marks.EXPIRES)
    return Lifetime(stack, before, after)


def refuse_over_limit(engine: Engine, stack: str, environment: Environment, owner: str) -> None:
    """Raise `InputError` when a new environment would be one more than its app, or its owner, may have of its type."""
    type_ = environment.type
    if type_.max_per_app is None and type_.max_per_owner is None:
        return
    of_type = engine.stacks_tagged(marks.TYPE, type_.name) - {stack}
    for tag, value, whose, limit in (
        (marks.APP, environment.app or "", f"the app '{environment.app}'", type_.max_per_app),
        (marks.OWNER, owner, owner, type_.max_per_owner),
    ):
        if limit is None or len(of_type) < limit:
            continue
        there = sorted(of_type & engine.stacks_tagged(tag, value))
        if len(there) >= limit:
            raise InputError(
                f"{whose} has {len(there)} {type_.name} environments, and may have {limit}",
                details=[_line(name, Marks.of(engine.tags(name))) for name in there],
                fix=f"remove one (pave destroy --env {there[0]}), or those whose time is over (pave sweep --yes)",
            )


def _living(engine: Engine, stack: str, listener: Listener, app: str, branch: str) -> Marks:
    """The marks of an environment that has an end, once nobody is at it: who removes it may have begun already."""
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    marks.refuse_other_branch(stack, engine.tags(stack), app, branch)
    found = Marks.of(engine.tags(stack))
    if found.expires is None and found.kept is None and not found.unreadable:
        raise InputError(f"'{stack}' is a fixed environment: it does not expire", fix="there is nothing to put off")
    with stack_file.untouched(engine.platform, stack):  # the engine writes a salt where it finds no file
        exclusively(stack, lambda: engine.probe(stack), listener.noted)
    engine.forget()
    if not engine.has_stack(stack):
        raise BusyError(f"'{stack}' has been removed meanwhile", fix="`pave up` makes it again")
    return Marks.of(engine.tags(stack))


def _line(stack: str, found: Marks) -> str:
    end = f"ends {_day(found.ends)}" if found.ends else "stays"
    return f"{stack}  {found.branch}  {found.owner}  {end}"


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
