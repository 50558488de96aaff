"""A participant's contact form or intake API, over HTTP, filled in as its enrolment describes it."""

import json
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from orchestrator.forms import Encoding, Form, Success, Value
from orchestrator.outbound import GuardedTransport
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import LOOPBACK
from orchestrator.text_file import shorten
from orchestrator.web_address import host_of
from workers import faults
from workers.channels.form_page import read_page
from workers.channels.transport import Gate, TransportError

BROWSER = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "nl,en-US;q=0.7,en;q=0.3",
}
"""What every applicant's browser tells, the same for both arms: the name of our own library would tell of a test."""

KEPT_SECONDS = 2.0
"""A server may close an idle connection at the very moment a form is posted on it, and then nobody knows whether the
form arrived. httpcore drops a connection that the server closed already (it has become readable); what is left is the
instant between that look and the post. Servers wait five seconds or more (Apache, Node and uvicorn 5, nginx 75), so a
connection that idled less than two is not about to be closed."""

MOST_REDIRECTS = 5
MOST_BYTES = 1024 * 1024
SEE_OTHER = (301, 302, 303)
SAME_AGAIN = (307, 308)
NOT_TAKEN_NOW = (408, 425, 429)
"""Too slow, too early, too many: by their definition the message was not handled, and may be offered again."""


@dataclass(frozen=True)
class Answer:
    """What a server said: ``words`` is the status line, ``text`` the page or the JSON."""

    url: str
    status: int
    words: str
    location: str | None
    text: str

    @property
    def whole(self) -> str:
        return f"{self.words}\n{self.url}\n\n{self.text}"


class _Wire:
    """How far a request came, told step by step by httpcore (its `trace` extension): by phase, not by exception.

    ``gate`` is asked when the connection is there and nothing of the request has left.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate
        self.steps: set[str] = set()

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        del info
        _, step, how = event.split(".")
        if how != "started":
            return
        if step == "send_request_headers" and self.gate is not None:
            self.gate()
            faults.at("gated")
        self.steps.add(step)

    @property
    def phase(self) -> str:
        if "send_request_body" in self.steps:
            return "post"
        encrypting = "start_tls" in self.steps and "send_request_headers" not in self.steps
        return "tls" if encrypting else "connect"


class Webform:
    """The forms of one worker, whose letters may go at the same time. ``timeout`` in seconds per step.

    An answer may take twice as long, for many a form sends its mails before it answers. Unless ``anywhere``, only
    this machine is asked: a rehearsal reaches nobody. With it, only public addresses are, and only over https.
    """

    def __init__(self, timeout: float, *, anywhere: bool = False, trust: ssl.SSLContext | None = None) -> None:
        self.anywhere, self.patience = anywhere, 2 * timeout
        self.timeout = httpx.Timeout(connect=timeout, write=timeout, pool=timeout, read=self.patience)
        self.transport = GuardedTransport(
            trust or ssl.create_default_context(), anywhere=anywhere, idle_seconds=KEPT_SECONDS
        )

    def send(self, envelope: Envelope, gate: Gate) -> str:
        """Post once; return the status line and the page. See DESIGN §4 for what each `TransportError` leads to."""
        if envelope.form is None:
            raise ValueError(f"{envelope.message_id} has no form")
        visit = _Visit(envelope.form, self._browser(), self.anywhere, self.patience)
        answer = visit.post(envelope, visit.tokens(), gate)
        _refuse(envelope.form, answer)
        try:
            last = visit.follow(answer, SEE_OTHER)
        except TransportError as error:
            raise TransportError(str(error), "answer", body_left=True, response=answer.whole) from error
        return _accepted(envelope.form, last)

    def close(self) -> None:
        """End the connections that are kept."""
        self.transport.close()

    def _browser(self) -> httpx.Client:
        """One for each letter: a cookie would tell that two applicants are one visitor, or end a session of theirs."""
        return httpx.Client(
            timeout=self.timeout,
            transport=self.transport,  # whose connections outlive it: it is never closed
            headers=BROWSER,
            follow_redirects=False,
            trust_env=False,
        )


@dataclass(frozen=True)
class _Visit:
    """One applicant at one form."""

    form: Form
    browser: httpx.Client
    anywhere: bool
    patience: float

    def tokens(self) -> dict[str, str]:
        """Read the page with the form; a form that is not what was described is found here, before anything leaves."""
        form = self.form
        if form.page is None:
            return {}
        answer = self.follow(self._ask("GET", form.page), (*SEE_OTHER, *SAME_AGAIN))
        if answer.status != httpx.codes.OK:
            raise TransportError(f"{form.page} geeft {answer.words}", "form", response=answer.whole)
        found = read_page(answer.text).form_with([*form.fields, *form.tokens])
        gone = [name for name in form.fields if name not in found]
        gone += [name for name in form.tokens if name not in found or not found[name].value]
        known = {*form.fields, *form.tokens, *form.fixed}
        new = [name for name, field in found.items() if field.required and name not in known]
        if gone or new:
            raise TransportError(_changed(form.page, gone, new), "form", response=answer.whole)
        return {name: found[name].value for name in form.tokens}

    def post(self, envelope: Envelope, tokens: Mapping[str, str], gate: Gate) -> Answer:
        """Send the form, once."""
        form, filled = self.form, self.form.filled(_values(envelope), tokens)
        headers = {"Idempotency-Key": envelope.message_id.strip("<>")}
        if form.encoding is Encoding.JSON:
            return self._ask("POST", form.url, gate, json=filled, headers=headers | {"Accept": "application/json"})
        came_from = form.page or form.url
        headers |= {"Referer": came_from, "Origin": f"{urlsplit(came_from).scheme}://{urlsplit(came_from).netloc}"}
        return self._ask("POST", form.url, gate, data=_as_typed(filled), headers=headers)

    def follow(self, answer: Answer, statuses: tuple[int, ...]) -> Answer:
        """Ask by GET where the answer points, as long as that is on the list; never post again."""
        for _ in range(MOST_REDIRECTS):
            if answer.status not in statuses or answer.location is None:
                return answer
            answer = self._ask("GET", _joined(answer.url, answer.location))
            statuses = (*SEE_OTHER, *SAME_AGAIN)
        raise TransportError(f"{self.form.url} stuurt steeds opnieuw door", "form", response=answer.whole)

    def _ask(self, method: str, url: str, gate: Gate | None = None, **content: Any) -> Answer:
        """Make one request to a host on the list; return its answer, whatever the status."""
        self._allow(url)
        wire = _Wire(gate)
        try:
            request = self.browser.build_request(method, url, extensions={"trace": wire}, **content)
            with closing(self.browser.send(request, stream=True)) as response:
                return _answer(response, time.monotonic() + self.patience)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            left = wire.phase == "post" and method == "POST"
            phase = "page" if wire.phase == "post" and not left else wire.phase
            raise TransportError(f"{host_of(url)}: {_why(error)}", phase, body_left=left) from error

    def _allow(self, url: str) -> None:
        if host_of(url) not in self.form.allowed:
            told = f"{self.form.url} stuurt door naar {shorten(url, 200)}, en dat hoort niet bij dit formulier"
            raise TransportError(told, "form")
        if not self.anywhere and urlsplit(url).hostname not in LOOPBACK:
            raise TransportError(f"oefenronde: {url} ligt buiten deze machine", "connect", permanent=True)
        if self.anywhere and urlsplit(url).scheme != "https":
            raise TransportError(f"{url} gaat niet over https, en een echte brief gaat alleen versleuteld", "form")


def _answer(response: httpx.Response, until: float) -> Answer:
    """Read no more than `MOST_BYTES` and no longer than ``until``: a page may drip for ever."""
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            break
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the page does not end", request=response.request)
    text = _decoded(content[:MOST_BYTES], response.encoding or "utf-8")
    words = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    return Answer(str(response.url), response.status_code, words, response.headers.get("Location"), text)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding, "replace")
    except (LookupError, ValueError):  # Python knows "hex" and "idna" by name, and they are no letters
        return content.decode("utf-8", "replace")


def _joined(page: str, location: str) -> str:
    try:
        return urljoin(page, location)
    except ValueError:
        return location  # no address of anything, and so on nobody's list


def _values(envelope: Envelope) -> dict[Value, str]:
    return {
        Value.NAME: envelope.sender_name,
        Value.GIVEN_NAME: envelope.given_name,
        Value.FAMILY_NAME: envelope.sender_name.removeprefix(envelope.given_name).strip(),
        Value.EMAIL: envelope.sender_address,
        Value.SUBJECT: envelope.subject,
        Value.MESSAGE: envelope.body,
        Value.REFERENCE: envelope.reference,
    }


def _as_typed(filled: Mapping[str, Any]) -> dict[str, Any]:
    """Lines end as a browser ends them, whatever the system it runs on."""
    return {name: value.replace("\n", "\r\n") if isinstance(value, str) else value for name, value in filled.items()}


def _refuse(form: Form, answer: Answer) -> None:
    """Raise for an answer by which the server says for certain that it did not take the message."""
    if not 400 <= answer.status < 500 or answer.status in form.success.status:
        return
    words = f"{form.url} weigerde het bericht: {answer.words}"
    raise TransportError(words, "form", permanent=answer.status not in NOT_TAKEN_NOW, response=answer.whole)


def _accepted(form: Form, answer: Answer) -> str:
    lacking = _lacking(form.success, answer)
    if lacking:
        words = f"{form.url} bevestigde het bericht niet: {answer.words}, {lacking}"
        raise TransportError(words, "answer", body_left=True, response=answer.whole)
    return answer.whole


def _lacking(success: Success, answer: Answer) -> str:
    """Return what an answer lacks of what proves that the message was taken; "" when it has all."""
    if answer.status in SAME_AGAIN:
        return "en een bericht wordt nooit een tweede keer gepost"
    if answer.status not in (success.status or range(200, 300)):
        return "en dat is geen geslaagd bericht"
    page = answer.url.partition("#")[0]
    if success.url and success.url not in (page, page.partition("?")[0]):
        return f"en de bedankpagina is {answer.url}"
    if success.text and success.text.casefold() not in read_page(answer.text).words.casefold():
        return f"zonder '{success.text}'"
    wrong = [path for path, value in success.json_.items() if _in_json(answer.text, path) != value]
    return f"met een ander antwoord bij {', '.join(wrong)}" if wrong else ""


def _in_json(text: str, path: str) -> object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _changed(page: str, gone: list[str], new: list[str]) -> str:
    told = [f"zonder {', '.join(gone)}"] if gone else []
    told += [f"met {', '.join(new)} als verplicht veld"] if new else []
    return f"het formulier op {page} is veranderd: nu {' en '.join(told)}; pas de beschrijving aan"


def _why(error: BaseException) -> str:
    """Say what went wrong; for a certificate that does not hold in its own words, which stand deeper."""
    deeper: BaseException | None = error
    while deeper is not None:
        if isinstance(deeper, ssl.SSLCertVerificationError):
            return f"het certificaat klopt niet ({deeper.verify_message})"
        deeper = deeper.__cause__ or deeper.__context__
    return f"{type(error).__name__}: {error}"
