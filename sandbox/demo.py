"""`make demo`: the golden path on this machine, from nothing to a proven environment, and what to do with it then.

Where pods can run, the developer's container runs and answers over HTTPS.

Every command that it runs is printed as a person would type it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sandbox.environment import variables
from sandbox.errors import SandboxError
from sandbox.proof import prove, prove_real
from sandbox.state import State

CHECKOUT = Path(__file__).resolve().parents[1]
BRANCH = "feature/login"
APP = "shop"
EXAMPLES = ("examples/python-service", "examples/web")
REAL_EXAMPLES = ("examples/web",)
"""The other one has no command: where pods run, it ends at once."""


def main(arguments: Sequence[str]) -> int:
    """Run the demo; the sandbox stays up. 0 when every line of the proof holds."""
    argparse.ArgumentParser(prog="make demo", description=__doc__).parse_args(arguments)
    started = time.monotonic()
    pave = str(Path(sys.executable).with_name("pave"))
    state = State.of(os.environ)
    _say("The sandbox: Kubernetes, PostgreSQL, DNS, and a stand-in for Azure")
    if subprocess.run([sys.executable, "-m", "sandbox", "up"], cwd=CHECKOUT, check=False).returncode:
        return 4
    real = state.load_settings().get("pods") == "real"
    examples = REAL_EXAMPLES if real else EXAMPLES
    environment = {**os.environ, **variables(state, os.environ)}
    for title, command in (
        ("The foundation, deployed by the platform team", ["up", "--env", "foundation-nonproduction", "--yes"]),
        (
            f"The developer's branch {BRANCH}",
            ["up", *examples, "--app", APP, "--branch", BRANCH, "--yes"],
        ),
    ):
        _say(title)
        print(f"$ pave {' '.join(command)}", flush=True)
        code = subprocess.run([pave, *command], cwd=CHECKOUT, env=environment, check=False).returncode
        if code:
            return code
    if real:
        _say("Proof: asked as a browser would")
        held = prove_real(pave, environment, state, APP, BRANCH)
    else:
        _say("Proof: read back from the API server as a kubelet would, then used")
        held = prove(pave, environment, APP, BRANCH)
    if real:
        _say("The first mistake: a container without a command ends at once, and so does not count as deployed")
        print(f"  pave up {EXAMPLES[0]} --app {APP} --branch first-mistake    says so, and why, in about a minute")
    _say("Look around")
    print(
        f"""  eval "$(.venv/bin/python -m sandbox env)"       this shell now speaks to the sandbox
  pave list
  pave show --app {APP} --branch {BRANCH}
  kubectl get pods --all-namespaces
  pulumi stack ls

Remove the branch's environment:   pave destroy --app {APP} --branch {BRANCH}
Stop the sandbox:                  .venv/bin/python -m sandbox down

{time.monotonic() - started:.0f} s"""
    )
    return 0 if held else 1


def _say(title: str) -> None:
    print(f"\n==> {title}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(4)
