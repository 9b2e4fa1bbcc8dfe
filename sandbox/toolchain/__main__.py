"""`python -m sandbox.toolchain` builds what is missing for a sandbox, with pods that run where they can or as `--pods`
says; `all` builds what either kind needs. `path` prints what to put first on `PATH`, `yaml` builds the language host of
Pulumi YAML, which no demo needs.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from sandbox.pods import parts, why_not
from sandbox.toolchain import ALL, LANGUAGE_YAML, NODE, ToolchainError, ensure, find, folder_of

_SHOWN = {"pulumi": "pulumi", "kubernetes": "kube-apiserver", "kwok": "kwok"}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.toolchain", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "path", "yaml"))
    parser.add_argument("--pods", choices=("real", "kwok"), default=os.environ.get("SANDBOX_PODS") or None)
    options = parser.parse_args(arguments)
    if options.pods not in (None, "real", "kwok"):  # a default is not checked
        parser.error(f"SANDBOX_PODS is '{options.pods}': write real or kwok")
    run = options.pods == "real" or (options.pods is None and not why_not())
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
