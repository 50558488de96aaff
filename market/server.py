"""The two doors of the market: an SMTP server and web forms."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator, Mapping

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from market.desk import Desk
from market.office import Market
from market.pages import FIELDS, form_page, thanks_page, unknown_page
from market.reading import Inquiry, one_line, read_mail
from market.world import Advertiser, Listing, MarketError, World, is_address

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


def form_door(desk: Desk, world: World) -> FastAPI:
    """The web forms of the advertisers that use one."""
    app = FastAPI(title="Woningmarkt", openapi_url=None)

    @app.get("/formulier/{key}")
    async def show(key: str, request: Request) -> HTMLResponse:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return HTMLResponse(unknown_page(), 404)
        return HTMLResponse(form_page(advertiser, request.query_params))

    @app.post("/formulier/{key}")
    async def take(key: str, request: Request) -> HTMLResponse:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return HTMLResponse(unknown_page(), 404)
        async with request.form(max_files=0, max_fields=20) as form:
            given = {name: str(form.get(name, "")).strip() for name in FIELDS}
        listing = _listing(world, advertiser, given["advertentie"])
        problem = _problem(given, listing)
        if problem or listing is None:
            return HTMLResponse(form_page(advertiser, given, problem), 400)
        desk.receive(_form_inquiry(advertiser, listing, given))
        return HTMLResponse(thanks_page(advertiser, listing))

    return app


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


def _with_form(world: World, key: str) -> Advertiser | None:
    advertiser = world.advertisers.get(key)
    return advertiser if advertiser and advertiser.channel == "webform" else None


def _listing(world: World, advertiser: Advertiser, mention: str) -> Listing | None:
    """The listing with this key or reference; nothing else counts."""
    wanted = mention.casefold()
    mine = world.of(advertiser.key)
    return next((one for one in mine if wanted and wanted in (one.key.casefold(), one.reference.casefold())), None)


def _problem(given: Mapping[str, str], listing: Listing | None) -> str:
    empty = [label for name, label in FIELDS.items() if not given[name] and name != "telefoon"]
    if empty:
        return f"Vul dit veld nog in: {empty[0]}."
    if not is_address(given["email"]):
        return "Dit is geen geldig e-mailadres."
    return "" if listing else "Deze advertentie kennen wij niet."


def _form_inquiry(advertiser: Advertiser, listing: Listing, given: Mapping[str, str]) -> Inquiry:
    return Inquiry(
        channel="webform",
        advertiser=advertiser.key,
        to=advertiser.email,
        applicant=one_line(given["naam"]),
        mailbox=given["email"],
        addresses=frozenset({given["email"].casefold()}),
        subject=one_line(f"{listing.street}, {listing.city}"),
        body=given["bericht"].replace("\r\n", "\n"),
        return_path=given["email"],
        listing=listing.key,
    )
