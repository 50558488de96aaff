"""The web doors of the market: every advertiser with a form can be reached by each of three.

``/formulier/<key>`` is a plain form. ``/contact/<key>`` splits the name, wants a token from its own page and a tick,
and sends on to a page that says thanks. ``/intake/<key>`` takes one JSON object from another program.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from market.desk import Desk
from market.pages import CONTACT, FIELDS, contact_page, form_page, thanks_page, unknown_page
from market.reading import Inquiry, one_line
from market.world import Advertiser, Listing, World, is_address

_INTAKE = {name: name for name in ("naam", "email", "woning", "bericht")}
_SESSION = "sessie"
_MOST = 20
_LARGEST = 100_000


def form_door(desk: Desk, world: World) -> FastAPI:
    """The web forms of the advertisers that use one."""
    app = FastAPI(title="Woningmarkt", openapi_url=None)
    _plain_form(app, desk, world)
    _guarded_form(app, desk, world)
    _intake(app, desk, world)
    return app


def _plain_form(app: FastAPI, desk: Desk, world: World) -> None:
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
        given = await _given(request, FIELDS)
        listing = _listing(world, advertiser, given["advertentie"])
        problem = _problem(given, FIELDS, listing)
        if problem or listing is None:
            return HTMLResponse(form_page(advertiser, given, problem), 400)
        desk.receive(_inquiry(advertiser, listing, given["naam"], given["email"], given["bericht"]))
        return HTMLResponse(thanks_page(advertiser, f"{listing.street}, {listing.city}"))


def _guarded_form(app: FastAPI, desk: Desk, world: World) -> None:
    secret = secrets.token_hex(16)

    @app.get("/contact/{key}")
    async def show(key: str) -> HTMLResponse:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return HTMLResponse(unknown_page(), 404)
        session = secrets.token_hex(16)
        page = HTMLResponse(contact_page(advertiser, {}, _token(secret, session)))
        page.set_cookie(_SESSION, session, httponly=True, samesite="lax")
        return page

    @app.post("/contact/{key}")
    async def take(key: str, request: Request) -> Response:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return HTMLResponse(unknown_page(), 404)
        given = await _given(request, {**CONTACT, "csrf_token": ""})
        token = _token(secret, request.cookies.get(_SESSION, ""))
        if given["csrf_token"] != token:
            return HTMLResponse(contact_page(advertiser, given, token, "Uw sessie is verlopen."), 403)
        listing = _listing(world, advertiser, given["referentie"])
        problem = _problem(given, CONTACT, listing)
        if problem or listing is None:
            return HTMLResponse(contact_page(advertiser, given, token, problem), 400)
        name = f"{given['voornaam']} {given['achternaam']}"
        desk.receive(_inquiry(advertiser, listing, name, given["email"], given["bericht"]))
        return RedirectResponse(f"/contact/{key}/bedankt", 303)

    @app.get("/contact/{key}/bedankt")
    async def thank(key: str) -> HTMLResponse:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return HTMLResponse(unknown_page(), 404)
        return HTMLResponse(thanks_page(advertiser))


def _intake(app: FastAPI, desk: Desk, world: World) -> None:
    @app.post("/intake/{key}")
    async def take(key: str, request: Request) -> JSONResponse:
        advertiser = _with_form(world, key)
        if advertiser is None:
            return _refused("aanbieder onbekend", 404)
        given = _read_json(await request.body())
        listing = _listing(world, advertiser, given["woning"])
        problem = _problem(given, _INTAKE, listing)
        if problem or listing is None:
            return _refused(problem, 422)
        desk.receive(_inquiry(advertiser, listing, given["naam"], given["email"], given["bericht"]))
        return JSONResponse({"status": "ontvangen", "woning": listing.reference}, 201)


def _refused(why: str, status: int) -> JSONResponse:
    return JSONResponse({"status": "geweigerd", "melding": why}, status)


def _read_json(body: bytes) -> dict[str, str]:
    """The four texts of an inquiry; what is not there, or is no text, is empty."""
    try:
        sent = json.loads(body[:_LARGEST])
    except (ValueError, RecursionError):
        sent = {}
    sent = sent if isinstance(sent, dict) else {}
    applicant = sent.get("aanvrager")
    told = {**(applicant if isinstance(applicant, dict) else {}), **sent}
    texts = {name: told.get(name) for name in _INTAKE}
    return {name: text.strip() if isinstance(text, str) else "" for name, text in texts.items()}


async def _given(request: Request, fields: Mapping[str, str]) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=_MOST) as form:
        return {name: str(form.get(name, "")).strip() for name in fields}


def _token(secret: str, session: str) -> str:
    return hashlib.sha256(f"{secret}:{session}".encode()).hexdigest()


def _with_form(world: World, key: str) -> Advertiser | None:
    advertiser = world.advertisers.get(key)
    return advertiser if advertiser and advertiser.channel == "webform" else None


def _listing(world: World, advertiser: Advertiser, mention: str) -> Listing | None:
    """The listing with this key or reference; nothing else counts."""
    wanted = mention.casefold()
    mine = world.of(advertiser.key)
    return next((one for one in mine if wanted and wanted in (one.key.casefold(), one.reference.casefold())), None)


def _problem(given: Mapping[str, str], labels: Mapping[str, str], listing: Listing | None) -> str:
    empty = [label for name, label in labels.items() if not given[name] and name != "telefoon"]
    if empty:
        return f"Vul dit veld nog in: {empty[0]}."
    if not is_address(given["email"]):
        return "Dit is geen geldig e-mailadres."
    return "" if listing else "Deze advertentie kennen wij niet."


def _inquiry(advertiser: Advertiser, listing: Listing, name: str, mailbox: str, message: str) -> Inquiry:
    return Inquiry(
        channel="webform",
        advertiser=advertiser.key,
        to=advertiser.email,
        applicant=one_line(name),
        mailbox=mailbox,
        addresses=frozenset({mailbox.casefold()}),
        subject=one_line(f"{listing.street}, {listing.city}"),
        body=message.replace("\r\n", "\n"),
        return_path=mailbox,
        listing=listing.key,
    )
