"""The same as `benchmarks.sink`, by aiosmtpd: it reads each command and each letter as a mail server has to.

Run as a process of its own: ``python -m benchmarks.library_sink FILE``.
"""

import asyncio
import os
import struct
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope, Session


class Taker:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        os.write(LOG, struct.pack("d", time.time()))
        return "250 kept"


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Taker()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    LOG = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(serve())
