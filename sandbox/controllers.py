"""What a cluster needs beside Kubernetes' own controllers, where pods run: `python -m sandbox.controllers`.

Certificates for listeners, volumes for claims, and images that somebody asks for and that are not built yet.
"""

import os
import sys
import threading
import time
from functools import partial

from sandbox import images
from sandbox.control_plane.client import ApiServer
from sandbox.errors import SandboxError
from sandbox.gateway import certificates
from sandbox.node import volumes
from sandbox.state import State
from sandbox.toolchain import NODE, folder_of

_SECONDS = 0.5


def main() -> int:
    """Look what is missing, again and again."""
    state = State.of(os.environ)
    threading.Thread(target=build_images, daemon=True).start()
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


def build_images() -> None:
    """Build what is wanted, which takes a minute each."""
    parts = {part.name: folder_of(part) for part in NODE}
    folder = images.ensure(parts=parts)
    while True:
        try:
            images.build_wanted(folder, partial(print, flush=True), parts)
        except SandboxError as error:
            print(error, flush=True)
        time.sleep(_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
