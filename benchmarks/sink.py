"""A mail server that takes everything at once, and keeps the moment of each letter.

Run as a process of its own: ``python -m benchmarks.sink FILE``. It prints its port; FILE gets eight bytes a letter, the
moment it was taken.
"""

import os
import socketserver
import struct
import sys
import time


class Talk(socketserver.StreamRequestHandler):
    """One connection, of as many letters as whoever connects likes."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.take()
            elif word == b"QUIT":
                return
            else:
                self.wfile.write(b"250 fine\r\n")

    def take(self) -> None:
        self.wfile.write(b"354 go on\r\n")
        while self.rfile.readline() != b".\r\n":
            pass
        os.write(LOG, struct.pack("d", time.time()))
        self.wfile.write(b"250 kept\r\n")


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    LOG = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Sink(("127.0.0.1", 0), Talk) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
