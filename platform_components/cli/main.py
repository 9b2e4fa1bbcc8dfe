"""The entry point of `pave`: its verbs, and what an error looks like.

Verbs import what they need when they run: `pave plan` loads no Pulumi, and nobody waits for what they do not use.
"""

import atexit
import gc
import io
import json
import os
import sys
from typing import Annotated

import typer

from platform_components.cli import living, looking, matching, reading, rendering, stacks, starting
from platform_components.errors import PlatformError

EXIT_CODES = """Exit codes: 0 done, 1 the input is wrong, 2 usage, 3 differs or would change, 4 something outside failed
(engine, cloud, cluster, database), 5 busy (lock), 6 survivors left after destroy."""

app = typer.Typer(
    name="pave",
    help="Deploy Score workloads to environments: read, match, create, deploy.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
reading.add_to(app)
matching.add_to(app)
rendering.add_to(app)
stacks.add_to(app)
looking.add_to(app)
living.add_to(app)
starting.add_to(app)
for command in app.registered_commands:  # each verb's docstring is how it may be given
    command.epilog = f"Example: {(command.callback.__doc__ or '').replace('`', '').strip()}"


def _version(wanted: bool) -> None:
    if wanted:
        from platform_components import __version__

        typer.echo(f"pave {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[  # its callback does it all
        bool, typer.Option("--version", help="Print the version, and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What comes before a verb."""


def main() -> None:
    """Run `pave` and end with the documented exit code."""
    # A command lives for seconds, with the hundred thousand objects of the SDKs: looking among them for garbage again
    # and again, and once more at the end, takes a second of these
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may hold what this terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except PlatformError as error:
        _show(error)
        code = error.exit_code
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.Abort:
        print("stopped; nothing was done", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has gone (`pave plan | head`), and there is nobody left to tell; Typer exits by itself
        # then, and only then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # usage errors of the parser, which is not imported by name
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        error.show()
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _show(error: PlatformError) -> None:
    if "--json" not in sys.argv[1:]:
        print(f"error: {error}", file=sys.stderr)
        return
    from platform_components.catalog import CatalogError
    from platform_components.score import ScoreError

    body: dict[str, object] = {name: getattr(error, name) for name in ("kind", "where", "what", "fix", "details")}
    if isinstance(error, ScoreError | CatalogError):
        body["problems"] = [problem.to_dict() for problem in error.problems]
    failure = getattr(error, "failure", None)  # of a deployment
    if failure is not None:
        body["failure"] = failure.as_json()
    print(json.dumps({"error": body}, ensure_ascii=False), file=sys.stderr)
