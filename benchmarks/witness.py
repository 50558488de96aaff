"""A mail server that keeps the number of each letter and who brought it: what went out, seen from the other side.

Run as a process of its own: ``python -m benchmarks.witness HOST FILE``. It prints its port; FILE gets a line for each
letter, of its moment, the address that brought it and its Message-ID, before it is taken.
"""

import os
import sys
import time

from benchmarks.sink import Sink, Talk


class Heard(Talk):
    def take(self) -> None:
        self.wfile.write(b"354 go on\r\n")
        number = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return  # whoever spoke is gone: this letter was not taken
            if not number and line[:11].lower() == b"message-id:":
                number = line[11:].strip()
        os.write(LOG, f"{time.time()} {self.client_address[0]} {number.decode()}\n".encode())
        self.wfile.write(b"250 kept\r\n")


if __name__ == "__main__":
    LOG = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Sink((sys.argv[1], 0), Heard) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
