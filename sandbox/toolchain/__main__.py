"""`python -m sandbox.toolchain` builds what is missing for a sandbox, with pods that run where they can or as `--pods`
says; `all` builds what either kind needs. `path` prints what to put first on `PATH`, `yaml` builds the language host of
Pulumi YAML, which no demo needs.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from sandbox.pods import add_option, parts, will_run
from sandbox.state import State
from sandbox.toolchain import ALL, LANGUAGE_YAML, NODE, ToolchainError, ensure, find, folder_of

_SHOWN = {"pulumi": "pulumi", "kubernetes": "kube-apiserver", "kwok": "kwok"}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.toolchain", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "path", "yaml"))
    add_option(parser)
    options = parser.parse_args(arguments)
    # `all` is for tests, which make sandboxes of their own
    run = will_run(None if options.what == "all" else State.of(os.environ), options.pods)
    try:
        match options.what:
            case "yaml":
                folder_of(LANGUAGE_YAML)
            case "path":
                print(os.pathsep.join(map(str, find(parts(run=run)).path)))
            case _:
                wanted = (*ALL, *(NODE if run else ())) if options.what == "all" else parts(run=run)
                try:
                    toolchain = ensure(wanted)
                except ToolchainError as error:
                    if options.pods or not run:
                        raise
                    wanted = ALL
                    print(f"{error}\npods do not run without it, kwok makes them ready", file=sys.stderr)
                    toolchain = ensure(wanted)
                names = {part.name for part in wanted}
                for title, program in _SHOWN.items():
                    if program != "kwok" or program in names:
                        print(f"{title:<12}{toolchain.program(program)}")
                print(f"{'postgres':<12}{toolchain.postgres / 'postgres'}")
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("toolchain: interrupted; what is built stays built", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
