"""`python -m sandbox.toolchain` builds what is missing; with `path` it prints what to put first on `PATH`; with `yaml`
it builds the language host of Pulumi YAML, which no demo needs.
"""

import os
import sys
from collections.abc import Sequence

from sandbox.toolchain import LANGUAGE_YAML, ToolchainError, ensure, find, folder_of


def main(arguments: Sequence[str]) -> int:
    try:
        match list(arguments):
            case []:
                toolchain = ensure()
                print(f"pulumi      {toolchain.program('pulumi')}")
                print(f"kubernetes  {toolchain.program('kube-apiserver')}")
                print(f"kwok        {toolchain.program('kwok')}")
                print(f"postgres    {toolchain.postgres / 'postgres'}")
            case ["yaml"]:
                folder_of(LANGUAGE_YAML)
            case ["path"]:
                print(os.pathsep.join(map(str, find().path)))
            case _:
                print("usage: python -m sandbox.toolchain [path|yaml]", file=sys.stderr)
                return 2
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("toolchain: interrupted; what is built stays built", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
