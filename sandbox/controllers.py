"""What a cluster needs beside Kubernetes' own controllers, where pods run: `python -m sandbox.controllers`.

Certificates for listeners, volumes for claims, and images that somebody asks for and that are not built yet.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from sandbox import images
from sandbox.control_plane.client import ApiServer
from sandbox.gateway import certificates
from sandbox.node import volumes
from sandbox.state import State
from sandbox.toolchain import NODE, folder_of

_SECONDS = 0.5


def main() -> int:
    """Look what is missing, again and again."""
    state = State.of(os.environ)
    threading.Thread(target=again, args=(build_images,), daemon=True).start()
    threading.Thread(target=again, args=(lambda: volumes.provide(state, ApiServer(state)),), daemon=True).start()
    again(lambda: certificates.complete(state, ApiServer(state)))
    return 0


def again(task: Callable[[], None]) -> None:
    """Carry out a task for ever; what keeps it from being done (the API server may start later) is told once."""
    told = ""
    while True:
        try:
            task()
            told = ""
        except Exception as error:  # noqa: BLE001 - the next round may find everything well
            if str(error) != told:
                told = str(error)
                print(f"{type(error).__name__}: {error}", flush=True)
        time.sleep(_SECONDS)


def build_images() -> None:
    """Build what is wanted, which takes a minute each."""
    parts = {part.name: folder_of(part) for part in NODE}
    folder = images.ensure(parts=parts)
    while True:
        images.build_wanted(folder, partial(print, flush=True), parts)
        time.sleep(_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
