"""The two doors of the market: an SMTP server and web forms."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator, Mapping

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from market.desk import Desk
from market.forms import form_door
from market.office import Market
from market.reading import read_mail
from market.world import MarketError

HOST = "127.0.0.1"


class MailDoor:
    """Takes mail for the advertisers; the hooks are those of aiosmtpd."""

    def __init__(self, desk: Desk, mailboxes: Mapping[str, str]) -> None:
        self._desk, self._mailboxes = desk, mailboxes

    async def handle_RCPT(  # noqa: N802 -- the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address.casefold() not in self._mailboxes:
            return "550 5.1.1 Deze mailbox bestaat niet"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- idem
        del server, session
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        for address in envelope.rcpt_tos:
            advertiser = self._mailboxes[address.casefold()]
            sender = envelope.mail_from or ""
            self._desk.receive(read_mail(raw, advertiser=advertiser, to=address, return_path=sender))
        return "250 OK"


@contextlib.asynccontextmanager
async def opened(desk: Desk, market: Market, mail: socket.socket, web: socket.socket) -> AsyncIterator[None]:
    """Both doors listen inside this context."""
    loop = asyncio.get_running_loop()
    door = MailDoor(desk, market.mailboxes())
    server = await loop.create_server(lambda: SMTP(door, hostname="market", enable_SMTPUTF8=True, loop=loop), sock=mail)
    config = uvicorn.Config(form_door(desk, market.world), log_config=None, access_log=False, lifespan="off", ws="none")
    forms = _Forms(config)
    running = asyncio.create_task(forms.serve(sockets=[web]))
    while not forms.started:
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.close()
        forms.should_exit = forms.force_exit = True
        await running


def bind(port: int) -> socket.socket:
    """A socket on the loopback address; port 0 takes a free one. Raises MarketError when the port is in use."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(256)
    except OSError as error:
        found.close()
        reason = "is al in gebruik" if error.errno == errno.EADDRINUSE else f"kan niet open ({error.strerror})"
        raise MarketError(f"Poort {port} {reason}; kies een andere poort.") from error
    found.setblocking(False)
    return found


class _Forms(uvicorn.Server):
    """A server that leaves signals to the process it runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
