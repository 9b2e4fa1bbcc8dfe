"""The plugin's entry point: serve on a free loopback port, print it for the engine, end with the engine.

The engine starts `pulumi-resource-kubernetes ADDRESS`, where ADDRESS is its own.
"""

import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.kubernetes.log import EngineLog
from sandbox.kubernetes.servicer import KubernetesServicer

# Every operation that waits keeps a thread, and `Cancel` must still get one.
_THREADS = 256
# The engine allows messages of this size; large custom resource definitions need more than gRPC's 4 MB.
_LARGEST_MESSAGE = 400 * 1024 * 1024


def main() -> None:
    """Serve until the engine stops this process or is gone."""
    # What goes to stderr is shown to the user; a retry that helped is not for them.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    address = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    parent = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(KubernetesServicer(EngineLog(address)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: a killed engine stops nobody."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main()
