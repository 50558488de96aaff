"""What we ask of servers of others reaches the public address that was judged, or nothing."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from house_makers import refused
from site_makers import FIELDS, Site, a_form, a_message, http, online
from tls_makers import authority
from wire_makers import no_gate

from orchestrator.feeds import fetch
from orchestrator.forms import Form, Success
from orchestrator.outbound import Barred, addresses, is_here, is_public
from orchestrator.web_address import host_of, is_web_address
from workers.channels.transport import TransportError
from workers.channels.webform import Webform

SECONDS = 2.0
NAME = "mail.elders.example"
"""What the certificate of these servers is for."""

OUTSIDE = "93.184.216.34"
THANKS = http("200 OK", "<p>Bedankt voor uw bericht</p>")

ANOTHER = "93.184.216.35"

Names = dict[str, list[str]]
Reached = Callable[..., list[str]]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> tuple[Names, list[str]]:
    """Names that lead where a test says, and each name that was looked up; numbers go to the real resolver."""
    names: Names = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in names:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        turn = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [each for address in turn.split() for each in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names, asked


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reached]:
    """Connections to `OUTSIDE` end at this site on loopback (to `ANOTHER` at the other); returns where they went."""
    real = socket.create_connection
    made: list[str] = []

    def at(site: Site, other: Site | None = None) -> list[str]:
        def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
            made.append(address[0])
            there = {OUTSIDE: site, ANOTHER: other}[address[0]]
            assert there is not None
            return real(("127.0.0.1", there.port), *args, **kwargs)

        monkeypatch.setattr(socket, "create_connection", connect)
        return made

    return at


@pytest.fixture
def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority().file)


def live(trust: ssl.SSLContext | None = None) -> Webform:
    return Webform(SECONDS, anywhere=True, trust=trust or ssl.create_default_context())


def form_at(url: str, **told: Any) -> Form:
    return Form(url=url, fields=FIELDS, success=Success(text="bedankt"), **told)


def fails(channel: Webform, form: Form) -> TransportError:
    with pytest.raises(TransportError) as caught:
        channel.send(a_message(form), no_gate)
    return caught.value


def test_a_live_form_is_posted_to_the_judged_address_under_the_name_it_was_declared_by(
    resolver: tuple[Names, list[str]], reached: Reached, trust: ssl.SSLContext
) -> None:
    names, asked = resolver
    # A name that turns inward after it was judged: it is not looked up a second time.
    names[NAME] = [OUTSIDE, "127.0.0.1"]
    with online({"/": THANKS}, authority().elsewhere) as site:
        made = reached(site)
        assert live(trust).send(a_message(form_at(f"https://{NAME}/")), no_gate)
    assert (asked, made) == ([NAME], [OUTSIDE])
    assert f"Host: {NAME}".encode() in site.requests[0]


def test_a_live_feed_is_read_at_the_judged_address_under_its_name(
    resolver: tuple[Names, list[str]], reached: Reached, trust: ssl.SSLContext
) -> None:
    names, asked = resolver
    names[NAME] = [OUTSIDE, "127.0.0.1"]
    with online({"/aanbod": http("200 OK", "alles")}, authority().elsewhere) as site:
        made = reached(site)
        found = fetch(f"https://{NAME}/aanbod", None, None, timeout=SECONDS, anywhere=True, trust=trust)
    assert found is not None
    assert (found.raw, asked, made) == (b"alles", [NAME], [OUTSIDE])


@pytest.mark.parametrize(
    "inward",
    [
        "127.0.0.1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "224.0.0.1", "255.255.255.255", f"{OUTSIDE} 10.0.0.7",
    ],
)  # fmt: skip
def test_a_name_that_leads_inward_is_asked_nothing_by_a_live_form_or_feed(
    resolver: tuple[Names, list[str]], monkeypatch: pytest.MonkeyPatch, inward: str
) -> None:
    names, _ = resolver
    names["kantoor.example"] = [inward]
    monkeypatch.setattr(socket, "create_connection", _nobody)
    error = fails(live(), form_at("https://kantoor.example/contact"))
    assert (error.phase, error.body_left) == ("connect", False)
    assert "geen openbaar adres" in str(error)
    with refused("feed-barred"):
        fetch("https://kantoor.example/aanbod", None, None, timeout=SECONDS, anywhere=True)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "2852039166", "0"],
)  # fmt: skip
def test_this_machine_is_asked_nothing_by_a_live_form_however_its_number_is_written(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", _nobody)
    error = fails(live(), form_at(f"https://{host}/"))
    assert (error.phase, error.body_left) == ("connect", False)
    # A number with a zero before it is no address to httpx itself.
    assert "geen openbaar adres" in str(error) or "Invalid IPv4 address" in str(error)
    with pytest.raises(Barred):
        addresses(host.strip("[]"), 443, anywhere=True)


def test_a_live_form_that_redirects_inward_is_not_followed_and_was_not_sent_twice(
    resolver: tuple[Names, list[str]], reached: Reached, trust: ssl.SSLContext
) -> None:
    names, _ = resolver
    names[NAME] = [OUTSIDE]
    for to in ("http://127.0.0.1/", "https://localhost/", f"https://{NAME}@localhost/", "https://2130706433/"):
        with online({"/": http("303 See Other", Location=to)}, authority().elsewhere) as site:
            reached(site)
            error = fails(live(trust), form_at(f"https://{NAME}/"))
            assert (error.phase, error.body_left, len(site.requests)) == ("answer", True, 1)
        # Also where the participant put that host on its list.
        if host := host_of(to):
            with online({"/": http("303 See Other", Location=to)}, authority().elsewhere) as site:
                reached(site)
                error = fails(live(trust), form_at(f"https://{NAME}/", hosts=(host,)))
                assert (error.body_left, len(site.requests)) == (True, 1)


def test_a_live_feed_that_redirects_inward_is_not_followed(
    resolver: tuple[Names, list[str]], reached: Reached, trust: ssl.SSLContext
) -> None:
    names, _ = resolver
    names[NAME] = [OUTSIDE]
    for to in ("http://127.0.0.1/", f"https://{NAME}@127.0.0.1/", f"https://gast:geheim@{NAME}/", f"http://{NAME}/"):
        with online({"/": http("302 Found", Location=to)}, authority().elsewhere) as site:
            reached(site)
            with refused("feed-moved"):
                fetch(f"https://{NAME}/", None, None, timeout=SECONDS, anywhere=True, trust=trust)
            assert len(site.requests) == 1


def test_a_live_round_speaks_to_nobody_in_clear() -> None:
    assert "https" in str(fails(live(), form_at("http://kantoor.example/")))
    with refused("feed-not-https"):
        fetch("http://kantoor.example/", None, None, timeout=SECONDS, anywhere=True)


def test_a_rehearsal_reaches_only_this_machine_also_by_a_name_that_says_it_is(
    resolver: tuple[Names, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with online({"/formulier": THANKS}) as site:
        assert Webform(SECONDS).send(a_message(a_form(site)), no_gate)
    names, _ = resolver
    names["localhost"] = [OUTSIDE]
    monkeypatch.setattr(socket, "create_connection", _nobody)
    assert "buiten deze machine" in str(fails(Webform(SECONDS), form_at("http://localhost/")))
    with refused("feed-barred"):
        fetch("http://localhost/", None, None, timeout=SECONDS)


def test_cookies_of_one_host_never_go_to_another(
    resolver: tuple[Names, list[str]], reached: Reached, trust: ssl.SSLContext
) -> None:
    names, _ = resolver
    names |= {NAME: [OUTSIDE], "localhost": [ANOTHER]}
    pages = {
        "POST /": http("303 See Other", Location="https://localhost/bedankt", Set_Cookie="sessie=geheim"),
        "/bedankt": THANKS,
    }
    with online(pages, authority().elsewhere) as site, online(pages, authority().here) as other:
        made = reached(site, other)
        channel = live(trust)
        assert channel.send(a_message(form_at(f"https://{NAME}/", hosts=("localhost",))), no_gate)
    assert made == [OUTSIDE, ANOTHER]
    assert other.asked == ["GET /bedankt"]
    assert b"geheim" not in b"".join(other.requests)


@pytest.mark.parametrize(
    "address",
    ["https://kantoor.example@127.0.0.1/", "https://gast:geheim@kantoor.example/", "https://kantoor.example\\@x.example/"],
)  # fmt: skip
def test_an_address_that_reads_as_another_host_than_it_is_cannot_be_declared(address: str) -> None:
    assert (is_web_address(address), host_of(address)) == (False, "")


def test_what_is_public_and_what_is_this_machine_is_known_of_every_kind_of_address() -> None:
    public = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "2002:5db8:d822::1"]
    assert [each for each in public if not is_public(ipaddress.ip_address(each))] == []
    here = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]
    assert [each for each in here if not is_here(ipaddress.ip_address(each))] == []


def _nobody(address: object, *_: object, **__: object) -> socket.socket:
    raise AssertionError(f"a connection was made to {address}")
