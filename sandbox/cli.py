"""The command line of the sandbox: `python -m sandbox up | status | env | exec | azure | down`.

Exit codes: 0 done or healthy, 2 usage, 4 something failed or is not healthy.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict

from sandbox import lifecycle, pods
from sandbox.environment import variables
from sandbox.errors import SandboxError
from sandbox.state import State


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(given).parse_args(given)
    try:
        return _run(options, State.of(os.environ))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sandbox: interrupted; `up` and `down` take up where they stopped", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace, state: State) -> int:
    match options.verb:
        case "up":
            lifecycle.up(state, _say, pods=options.pods)
            _say('use it:  eval "$(python -m sandbox env)"   or   python -m sandbox exec -- kubectl get nodes')
        case "status":
            return _status(state, as_json=options.json)
        case "env":
            for name, value in variables(state, os.environ).items():
                print(f"export {name}={shlex.quote(value)}")
        case "exec":
            _exec(state, options.command)
        case "azure":
            options.run(state, options)
        case "down":
            lifecycle.down(state, _say, purge=options.purge)
    return 0


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A whole platform on one machine.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up | status | env | exec | azure | down")
    up = verbs.add_parser("up", help="build what is missing, start everything; again: start what does not run")
    pods.add_option(up)
    status = verbs.add_parser("status", help="what runs, where, and how it is; 0 when all is healthy")
    status.add_argument("--json", action="store_true", help="for machines")
    verbs.add_parser("env", help="print the variables with which pulumi, kubectl and psql work on it")
    execute = verbs.add_parser("exec", help="run one command with these variables")
    execute.add_argument("command", nargs="+", metavar="-- COMMAND", help="the command and its arguments")
    azure = verbs.add_parser("azure", help="look at the simulated subscription, change it, make it fail")
    if "azure" in arguments:
        from sandbox.azure import command  # slow to import, and the other verbs have no use for it

        command.add_verbs(azure)
    down = verbs.add_parser("down", help="stop everything; the data stay")
    down.add_argument("--purge", action="store_true", help="remove the data too")
    return parser


def _say(line: str) -> None:
    print(f"{line}\n", end="", flush=True)  # one write, so lines of parallel steps stay whole


def _status(state: State, *, as_json: bool) -> int:
    found = lifecycle.health(state)
    healthy = all(each.healthy for each in found)
    if as_json:
        print(json.dumps({"state": str(state.root), "healthy": healthy, "servers": [asdict(each) for each in found]}))
    else:
        rows = [("SERVER", "ADDRESS", "PID", "HEALTH", "MEMORY")]
        for each in found:
            condition = "healthy" if each.healthy else ("not running" if each.pid is None else "not healthy")
            memory = f"{each.memory / 2**20:.0f} MiB" if each.memory else "-"
            rows.append((each.name, each.address, str(each.pid or "-"), condition, memory))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print(f"{sum(each.memory for each in found) / 2**20:.0f} MiB in all; state in {state.root}")
    return 0 if healthy else SandboxError.exit_code


def _exec(state: State, command: list[str]) -> None:
    """Becomes the command, so its exit code and signals are its own."""
    try:
        os.execvpe(command[0], command, {**os.environ, **variables(state, os.environ)})
    except OSError as error:
        raise SandboxError(f"{command[0]} cannot be run: {error.strerror}") from None
