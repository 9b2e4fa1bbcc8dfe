"""The DNS server's process: `python -m sandbox.dns.server ADDRESS PORT`, over UDP and TCP."""

import os
import socketserver
import struct
import sys
import threading

from sandbox.azure.store import Store
from sandbox.dns.answers import answer
from sandbox.state import State, azure_address


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def servers(
    store: Store, address: str, port: int, azure: str | None = None
) -> tuple[socketserver.BaseServer, socketserver.BaseServer]:
    """The UDP and the TCP server, bound to one address and port."""

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            response = answer(store, wire, udp=True, azure=azure)
            if response is not None:
                socket.sendto(response, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            # Several questions may come over one connection: RFC 7766, section 6.2.1
            while len(head := self.rfile.read(2)) == 2:
                response = answer(store, self.rfile.read(struct.unpack("!H", head)[0]), udp=False, azure=azure)
                if response is None:
                    return
                self.wfile.write(struct.pack("!H", len(response)) + response)

    return _UdpServer((address, port), Datagram), _TcpServer((address, port), Stream)


def main(arguments: list[str]) -> int:
    address, port = arguments[0], int(arguments[1])
    state = State.of(os.environ)
    settings = state.load_settings()
    azure = azure_address(settings) if settings.get("pods") == "real" else None
    running = servers(Store(state), address, port, azure)
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in running]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
