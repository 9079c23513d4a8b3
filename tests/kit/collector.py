# SPDX-License-Identifier: BSD-3-Clause
"""A collector of lines: a real server on a free port of loopback, over TCP or TLS, that keeps what it gets."""

import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Optional


class Collector:
    """`certificate`: a file with key and certificate, for TLS; `clients`: the authority whom they have to be known to;
    `greeting`: what it says first; `reads`: else it takes connections and nothing more."""

    def __init__(self, port: int = 0, certificate: Optional[Path] = None, clients: Optional[Path] = None,
                 greeting: bytes = b"", reads: bool = True):
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        if clients:
            self.context.load_verify_locations(clients)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.greeting, self.reads = greeting, reads
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.connections: list[socket.socket] = []
        self.received: list[bytearray] = []  # of each connection
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            data = bytearray()
            self.connections.append(connection)
            self.received.append(data)
            threading.Thread(target=self._take, args=(connection, data), daemon=True).start()

    def _take(self, connection: socket.socket, data: bytearray) -> None:
        try:
            connection.sendall(self.greeting)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while self.reads and (got := connection.recv(1 << 20)):
                data += got
            if self.reads:
                connection.close()
        except OSError:  # a handshake that failed, too
            connection.close()

    def lines(self) -> list[bytes]:
        """Those that came as a whole."""
        return [line for data in self.received for line in bytes(data).split(b"\n")[:-1]]

    def die(self) -> None:
        """At once, as if killed: what is on its way to it is lost."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for connection in self.connections:
            try:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RD)
                connection.close()
            except OSError:
                pass  # it has ended by itself
