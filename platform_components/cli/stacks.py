"""The verbs that work on stacks: up, preview, destroy, diff, list. They need the engine."""

import json
from typing import Annotated

import typer

from platform_components.cli import options
from platform_components.cli.options import engine_of, interactive, wanted
from platform_components.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("up", help="Deploy workloads to an environment.")(up)
    app.command("preview", help="Say what `up` would change; nothing is created.")(preview)
    app.command("destroy", help="Remove an environment, and prove that nothing of it is left.")(destroy)
    app.command(
        "diff", help="Compare two environments, or one with what files would make of it; ends with 3 when they differ."
    )(diff)
    app.command("list", help="List the environments, whose they are and which have expired.")(list_environments)


def up(
    scores: options.Scores = None,
    branch: options.Branch = "",
    env: options.Env = "",
    env_type: options.EnvType = "",
    app: options.App = "",
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    values_file: options.ValuesFile = None,
    remove: options.Remove = None,
    like: options.Like = "",
    replace_data: options.ReplaceData = None,
    ttl: options.Ttl = "",
    until_deadline: options.UntilDeadline = False,
    summary: options.SummaryFile = None,
    yes: options.Yes = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave up examples/web --app shop --branch feature/login`"""
    from platform_components.cli import markdown
    from platform_components.cli.report import Report
    from platform_components.lifecycle import deployment
    from platform_components.lifecycle.locks import alone_in
    from platform_components.lifecycle.marks import Marks

    report = Report(as_json=as_json, quiet=quiet)
    choice = wanted(
        scores=scores,
        app=app,
        branch=branch,
        env=env,
        env_type=env_type,
        image=image,
        overrides_file=overrides_file,
        override_property=override_property,
        remove=remove,
        like=like,
        values=values_file,
        ttl=ttl,
    )
    stack = choice.stack()  # a command that names no environment is told so before anything is looked for
    engine = engine_of(platform, choice)
    engine.open_soon()
    with markdown.page(summary, f"pave up of {stack}") as page, alone_in(engine.platform, stack, report.noted):
        with report.step("Read"):
            prepared = deployment.prepared_for(engine, choice)
        report.read(prepared)
        report.matched(prepared)
        if not yes and interactive() and not as_json:
            typer.confirm(f"Deploy to {stack}?", default=True, abort=True)
        with report.running(prepared.matched.plan) as listener:
            result = deployment.deploy(
                engine, prepared, listener, replace_data=replace_data or (), until_deadline=until_deadline
            )
        report.deployed(result)
        page.deployed(result, report, Marks.of(engine.tags(stack)).ends)


def preview(
    scores: options.Scores = None,
    branch: options.Branch = "",
    env: options.Env = "",
    env_type: options.EnvType = "",
    app: options.App = "",
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    values_file: options.ValuesFile = None,
    remove: options.Remove = None,
    like: options.Like = "",
    replace_data: options.ReplaceData = None,
    summary: options.SummaryFile = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 3 when something would change.")] = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave preview examples/web --app shop --branch feature/login`"""
    from platform_components.cli import markdown
    from platform_components.cli.report import Report
    from platform_components.lifecycle import deployment
    from platform_components.lifecycle.locks import alone_in

    report = Report(as_json=as_json, quiet=quiet)
    choice = wanted(
        scores=scores,
        app=app,
        branch=branch,
        env=env,
        env_type=env_type,
        image=image,
        overrides_file=overrides_file,
        override_property=override_property,
        remove=remove,
        like=like,
        values=values_file,
    )
    stack = choice.stack()  # a command that names no environment is told so before anything is looked for
    engine = engine_of(platform, choice)
    engine.open_soon()
    with markdown.page(summary, f"pave preview of {stack}") as page, alone_in(engine.platform, stack, report.noted):
        with report.step("Read"):
            prepared = deployment.prepared_for(engine, choice)
        report.read(prepared)
        report.matched(prepared)
        with report.running(prepared.matched.plan) as listener:
            result = deployment.preview(engine, prepared, listener, replace_data=replace_data or ())
        report.previewed(result)
        page.previewed(result, report)
    if exit_code and result.changed:
        raise typer.Exit(3)


def destroy(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    summary: options.SummaryFile = None,
    if_exists: Annotated[
        bool, typer.Option("--if-exists", help="End well when there is no such environment, as a pipeline wants it.")
    ] = False,
    workload: Annotated[
        list[str] | None,
        typer.Option(
            "--workload",
            metavar="W",
            help="Only take workload W out, with its data; repeatable. With the last one the environment goes.",
            show_default=False,
        ),
    ] = None,
    yes: options.Yes = False,
    if_expired: Annotated[
        bool, typer.Option("--if-expired", help="Only if its time is over and nobody is at it; waits for nobody.")
    ] = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave destroy --app shop --branch feature/login`"""
    from platform_components.cli import markdown
    from platform_components.cli.report import Report
    from platform_components.lifecycle import destruction, leaving
    from platform_components.lifecycle.locks import WAIT_SECONDS, alone_in

    report = Report(as_json=as_json, quiet=quiet)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    with alone_in(engine.platform, stack, report.noted, wait=0 if if_expired else WAIT_SECONDS):
        if if_exists and not engine.has_stack(stack):
            report.was_not_there(stack)
            return
        if workload:
            if if_expired:
                destruction.refuse_living(engine, stack)
            going = leaving.leaving(engine, stack, workload, if_there=if_exists)
            if not going.workloads:
                report.was_not_there(stack)
                return
            if going.staying:
                if not yes and interactive() and not as_json:
                    typer.confirm(f"Take {', '.join(going.workloads)} out of {stack}, with the data?", abort=True)
                with markdown.page(summary, f"pave destroy of {stack}"), report.running(going.plan) as listener:
                    result = leaving.take_out(engine, choice, going, listener)
                report.taken_out(stack, going.workloads, going.staying, result)
                return
        doomed = destruction.find(engine, stack, app=app, branch=branch)
        if if_expired:
            destruction.refuse_living(engine, stack)
        if not yes and interactive() and not as_json:
            typer.confirm(f"Remove {stack} and everything in it, its data too?", default=False, abort=True)
        with markdown.page(summary, f"pave destroy of {stack}") as page:
            with report.running(doomed.plan) as listener:
                removed = destruction.destroy(engine, doomed, listener, if_expired=if_expired)
            with report.step("Prove"):
                proof = destruction.prove(doomed)
            report.destroyed(stack, removed, proof)
            page.destroyed(stack, removed, proof)
            destruction.forget(engine, stack, proof)


def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="A deployed environment, by the name of its stack.")],
    others: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="B|SCORE…",
            help="Another environment; or files and folders, each with a / in it or ending in .yaml: what `up` would "
            "make of A with them. Nothing: what `up` would make of A as it is.",
            show_default=False,
        ),
    ] = None,
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    remove: options.Remove = None,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave diff development shop-feature-login-35de05`, or `pave diff development ./examples`"""
    from platform_components.lifecycle import deployment, showing, stored_values
    from platform_components.lifecycle.locks import alone_in
    from platform_components.plan.diff import as_text, differences

    scores = options.paths_among(others or [])
    change = {
        "image": image,
        "overrides_file": overrides_file,
        "override_property": override_property,
        "remove": remove,
    }
    if others and not scores and any(change.values()):
        raise UsageError("two deployed environments are compared as they are: images and overrides go with SCORE…")
    engine = engine_of(platform, wanted(env=one))
    deployed = showing.environment(engine, one).plan
    if others and not scores:
        name = others[0]
        plan = showing.environment(engine, name).plan
        deployed, plan = stored_values.comparable(engine, ((one, deployed), (name, plan)))
    else:
        name = "then"
        choice = wanted(scores=scores, env=one, **change)  # type: ignore[arg-type]
        with alone_in(engine.platform, one, lambda who: typer.echo(who, err=True)):
            plan = deployment.prepared_for(engine, choice).matched.plan.with_secrets_of(deployed)
    found = differences(deployed, plan)
    if as_json:
        typer.echo(json.dumps([difference.to_dict() for difference in found], indent=2, ensure_ascii=False))
    elif quiet:
        typer.echo("".join(f"{one.section} {one.path}: {one.kind}\n" for one in found), nl=False)
    elif not found and name == "then":
        typer.echo(f"`pave up` would change nothing in {one}")
    else:
        typer.echo(as_text(found, one, name))
    if found:
        raise typer.Exit(3)


def list_environments(
    app: options.App = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave list --app shop`"""
    from platform_components.cli.report import Report
    from platform_components.lifecycle import listing
    from platform_components.repository import catalog_of

    engine = engine_of(platform)
    entries = listing.environments(engine, catalog_of(engine.platform).environment_types, app=app)
    if as_json:
        typer.echo(json.dumps([entry.as_json() for entry in entries], indent=2, ensure_ascii=False))
    elif quiet:
        typer.echo("".join(f"{entry.stack}\n" for entry in entries), nl=False)
    else:
        Report().listed(entries)
