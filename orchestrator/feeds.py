"""Asking a listing feed over HTTP: only what changed, from where the design says, and never for long."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import httpx

from orchestrator.outbound import Barred, GuardedTransport
from orchestrator.settings import LOOPBACK
from profiles.errors import BadInput, Problem

MOST_BYTES = 10 * 2**20
MOST_SECONDS = 30.0
"""For a whole answer, in wall seconds: a server that sends a letter at a time must not hold up a worker."""

MOST_REDIRECTS = 3


@dataclass(frozen=True)
class Fetched:
    """What a feed answered, and by which marks it can tell the next time that nothing changed."""

    raw: bytes
    etag: str | None
    last_modified: str | None


def fetch(
    url: str,
    etag: str | None,
    last_modified: str | None,
    *,
    timeout: float,
    anywhere: bool = False,
    trust: ssl.SSLContext | None = None,
) -> Fetched | None:
    """Ask a feed, once; None when it has not changed since it gave these marks. BadInput with what is wrong.

    ``timeout`` is in wall seconds, for each of connecting, sending and reading. Unless ``anywhere``, only feeds on this
    machine are asked: a rehearsal reaches nobody. With it, only public addresses are, and only over https. Certificates
    are believed as the system believes them, unless ``trust`` says otherwise.
    """
    marks = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {name: mark for name, mark in marks.items() if mark}
    end = time.monotonic() + MOST_SECONDS
    try:
        transport = GuardedTransport(trust or ssl.create_default_context(), anywhere=anywhere)
        with httpx.Client(transport=transport, timeout=timeout, trust_env=False) as client:
            request = client.build_request("GET", url, headers=headers)
            if not anywhere and request.url.host not in LOOPBACK:
                raise _outside(url)
            if anywhere and request.url.scheme != "https":
                raise _in_clear(url)
            return _ask(client, request, end)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise _unreachable(url, error) from error


def _outside(url: str) -> BadInput:
    message = "Een oefenronde leest alleen feeds op deze machine."
    return _fault(url, "feed-outside", message, "Zet mode: live en PRAKTIJKTEST_LIVE=yes, of laat de feed weg.")


def _in_clear(url: str) -> BadInput:
    message = "Een feed van een echte ronde wordt alleen over https gelezen."
    return _fault(url, "feed-not-https", message, "Zet het adres met https:// in een nieuwe versie van de opzet.")


def _ask(client: httpx.Client, request: httpx.Request, end: float) -> Fetched | None:
    """Follow redirects as long as they stay with the same server."""
    url = str(request.url)
    for _ in range(MOST_REDIRECTS + 1):
        with closing(client.send(request, stream=True)) as response:
            if response.next_request is None:
                return _answer(url, response, end)
            request = response.next_request
        there, here = request.url, response.url
        if (there.scheme, there.netloc, there.userinfo) != (here.scheme, here.netloc, here.userinfo):
            break
    message = f"Deze feed verwijst door naar {request.url}."
    raise _fault(url, "feed-moved", message, "Kijk of dat adres klopt, en zet het in een nieuwe versie van de opzet.")


def _answer(url: str, response: httpx.Response, end: float) -> Fetched | None:
    asked = response.request.headers
    if response.status_code == httpx.codes.NOT_MODIFIED and ("If-None-Match" in asked or "If-Modified-Since" in asked):
        return None
    if response.status_code != httpx.codes.OK:
        message = f"De server antwoordt met HTTP {response.status_code} {response.reason_phrase}".strip()
        raise _fault(url, "feed-refused", f"{message}.", "Vraag de aanbieder van de feed of zij is verhuisd.")
    raw = bytearray()
    for part in response.iter_bytes():
        raw += part
        if len(raw) > MOST_BYTES:
            message = f"Deze feed is groter dan {MOST_BYTES // 2**20} MiB."
            raise _fault(url, "feed-too-big", message, "Vraag om een feed met alleen het huidige aanbod.")
        if time.monotonic() > end:
            message = f"Deze feed was na {MOST_SECONDS:.0f} seconden nog niet binnen."
            raise _fault(url, "feed-too-slow", message, "Vraag de aanbieder van de feed wat er is.")
    return Fetched(bytes(raw), _mark(response, "ETag"), _mark(response, "Last-Modified"))


def _mark(response: httpx.Response, name: str) -> str | None:
    """What the answer tells itself apart by, if it is something that can be sent back."""
    mark = response.headers.get(name, "")
    return mark if mark and mark.isascii() else None


def _unreachable(url: str, error: Exception) -> BadInput:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"Het certificaat van deze server klopt niet ({cause.verify_message})."
            return _fault(url, "feed-certificate", message, "Vraag de aanbieder van de feed om een geldig certificaat.")
        if isinstance(cause, Barred):
            message = f"Deze feed wordt niet gelezen: {cause}."
            return _fault(url, "feed-barred", message, "Kijk bij de aanbieder van de feed na of dat adres klopt.")
    message = f"Deze feed is niet bereikbaar ({type(error).__name__}: {error})."
    return _fault(url, "feed-unreachable", message, "Kijk het adres na, of vraag de aanbieder van de feed.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _fault(url: str, code: str, message: str, remedy: str) -> BadInput:
    return BadInput(Problem(code, message, url, remedy=remedy))
