"""What a cluster needs beside Kubernetes' own controllers, where pods run: `python -m sandbox.controllers`."""

import os
import sys
import time

from sandbox.control_plane.client import ApiServer
from sandbox.errors import SandboxError
from sandbox.gateway import certificates
from sandbox.node import volumes
from sandbox.state import State

_SECONDS = 0.5


def main() -> int:
    """Look what is missing, again and again."""
    state = State.of(os.environ)
    told = ""
    while True:
        try:
            api = ApiServer(state)
            certificates.complete(state, api)
            volumes.provide(state, api)
            told = ""
        except SandboxError as error:  # the API server may start after it, and again
            if str(error) != told:
                told = str(error)
                print(told, flush=True)
        time.sleep(_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
