"""One component's program up and down again, by whatever Python runs this: `python travel.py FOLDER STACK CONFIG`.

The folder holds the program as `__main__.py`; config is JSON. What happened is printed as JSON.
"""

import json
import os
import runpy
import sys
from pathlib import Path

from pulumi import automation as auto


def main(folder: Path, stack: str, config: dict[str, str]) -> None:
    os.chdir(folder)

    def program() -> None:
        runpy.run_path("__main__.py")

    made = auto.create_or_select_stack(stack, "each", program, opts=auto.LocalWorkspaceOptions(work_dir=str(folder)))
    for name, value in config.items():
        made.set_config(name, auto.ConfigValue(value))
    try:
        up = made.up(color="never")
        outputs = {name: output.value for name, output in up.outputs.items()}
    finally:
        made.destroy(color="never")
        made.workspace.remove_stack(stack)
    import platform_components

    print(json.dumps({"outputs": outputs, "from": platform_components.__file__}, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
