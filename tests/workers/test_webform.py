"""A form is filled in as it was described, once, and how far it came decides what may happen next."""

import json
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from site_makers import FIELDS, HANG_UP, SILENCE, a_form, a_message, http, online, page
from tls_makers import authority
from wire_makers import no_gate, shut_gate

from orchestrator.forms import Encoding, Form, Success, Value
from portal.demo.ports import free_port
from workers.channels.form_page import Page, read_page
from workers.channels.transport import GateShut, TransportError
from workers.channels.webform import KEPT_SECONDS, Webform

SECONDS = 1.0
TRUST = ssl.create_default_context()
"""One for all: to read the authorities of the system takes longer than a form."""

THANKS = http("200 OK", "<p>Bedankt voor uw bericht</p>")
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nBedankt"
FORM_PAGE = page(*FIELDS)


@pytest.fixture
def form_channel() -> Iterator[Webform]:
    channel = Webform(SECONDS, trust=TRUST)
    yield channel
    channel.close()


def a_channel(answer: bytes) -> Webform:
    """A channel with little patience for an answer that does not end."""
    return Webform(SECONDS / 10 if answer in (SILENCE, HALF) else SECONDS, trust=TRUST)


def fails(channel: Webform, form: Form) -> TransportError:
    with pytest.raises(TransportError) as caught:
        channel.send(a_message(form), no_gate)
    return caught.value


def told(error: TransportError) -> tuple[str, bool, bool]:
    return error.phase, error.body_left, error.permanent


# --- What is sent --------------------------------------------------------------------------------------------------


def test_a_form_that_says_thank_you_took_the_message_and_its_whole_answer_comes_back(form_channel: Webform) -> None:
    with online({"/formulier": THANKS}) as site:
        answer = form_channel.send(a_message(a_form(site)), no_gate)
        assert answer.splitlines() == ["HTTP 200 OK", site.at("/formulier"), "", "<p>Bedankt voor uw bericht</p>"]
        assert site.asked == ["POST /formulier"]
        sent = dict(parse_qsl(site.body()))
    assert sent["naam"] == "Zoë van Dijk"
    assert sent["email"] == "zoe.vandijk.abc@woonpost.example"
    assert sent["advertentie"] == "KV-1"
    assert sent["bericht"].startswith("Goedemiddag,\r\n\r\nIs de woning nog vrij?")


def test_a_form_gets_the_parts_of_a_name_fixed_fields_and_nothing_else(form_channel: Webform) -> None:
    fields = {
        "voornaam": Value.GIVEN_NAME, "achternaam": Value.FAMILY_NAME, "mail": Value.EMAIL, "vraag": Value.MESSAGE,
        "onderwerp": Value.SUBJECT,
    }  # fmt: skip
    with online({"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site, fields=fields, fixed={"privacy": "on"})), no_gate)
        sent = dict(parse_qsl(site.body()))
    assert sent.pop("vraag")
    assert sent == {
        "voornaam": "Zoë",
        "achternaam": "van Dijk",
        "mail": "zoe.vandijk.abc@woonpost.example",
        "onderwerp": "Is Langestraat 12 nog vrij?",
        "privacy": "on",
    }


def test_an_intake_api_gets_one_json_object_with_its_groups(form_channel: Webform) -> None:
    fields = {"aanvrager.naam": Value.NAME, "aanvrager.email": Value.EMAIL, "bericht": Value.MESSAGE}
    form = {"encoding": Encoding.JSON, "fields": fields, "fixed": {"akkoord": True}}
    with online({"/intake": http("201 Created", '{"aanvraag": {"status": "ontvangen"}}')}) as site:
        success = Success(status=(201,), json={"aanvraag.status": "ontvangen"})
        form_channel.send(a_message(a_form(site, "/intake", **form, success=success)), no_gate)
        sent = json.loads(site.body())
        head = site.requests[0].lower()
    assert sent.pop("bericht").startswith("Goedemiddag,\n\n")
    assert sent == {"aanvrager": {"naam": "Zoë van Dijk", "email": "zoe.vandijk.abc@woonpost.example"}, "akkoord": True}
    assert b"accept: application/json" in head
    assert b"content-type: application/json" in head


def _headers(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_both_arms_show_one_ordinary_browser_and_only_their_own_key_differs(form_channel: Webform) -> None:
    with online({"/formulier": THANKS}) as site:
        form = a_form(site)
        form_channel.send(a_message(form), no_gate)
        form_channel.send(
            a_message(form, sender_name="Emre Yıldız", given_name="Emre", message_id="<b@w.example>"), no_gate
        )
        one, other = (_headers(request) for request in site.requests)
    assert "Firefox" in one["user-agent"]
    assert "python" not in str(one).lower()
    assert one["origin"] == f"http://127.0.0.1:{site.port}"
    assert (one.pop("idempotency-key"), other.pop("idempotency-key")) == ("token@woonpost.example", "b@w.example")
    assert {name: value for name, value in one.items() if name != "content-length"} == {
        name: value for name, value in other.items() if name != "content-length"
    }


# --- The page with the form ----------------------------------------------------------------------------------------


def test_a_token_is_read_from_the_page_and_goes_with_its_cookie_over_the_same_connection(form_channel: Webform) -> None:
    with online({"GET /": http("200 OK", FORM_PAGE, Set_Cookie="sessie=s1; HttpOnly"), "POST /": THANKS}) as site:
        form_channel.send(a_message(a_form(site, "/", page=site.at("/"), tokens=("csrf",))), no_gate)
        assert site.asked == ["GET /", "POST /"]
        assert dict(parse_qsl(site.body()))["csrf"] == "abc"
        assert _headers(site.requests[1])["cookie"] == "sessie=s1"
        assert _headers(site.requests[1])["referer"] == site.at("/")
        assert site.connections == 1


def test_two_applicants_are_never_one_visitor(form_channel: Webform) -> None:
    with online({"GET /": http("200 OK", FORM_PAGE, Set_Cookie="sessie=s1"), "POST /": THANKS}) as site:
        form = a_form(site, "/", page=site.at("/"), tokens=("csrf",))
        form_channel.send(a_message(form), no_gate)
        form_channel.send(a_message(form, message_id="<b@w.example>"), no_gate)
        assert site.asked == ["GET /", "POST /"] * 2
        assert "cookie" not in _headers(site.requests[2])


def test_two_letters_that_go_at_the_same_time_keep_their_own_sessions(
    form_channel: Webform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with online({"GET /": http("200 OK", FORM_PAGE, Set_Cookie="sessie=s1"), "POST /": THANKS}) as site:
        form = a_form(site, "/", page=site.at("/"), tokens=("csrf",))

        def while_the_other_goes(text: str) -> Page:
            monkeypatch.undo()
            site.pages["GET /"] = http("200 OK", FORM_PAGE, Set_Cookie="sessie=s2")
            form_channel.send(a_message(form, message_id="<b@w.example>"), no_gate)
            return read_page(text)

        monkeypatch.setattr("workers.channels.webform.read_page", while_the_other_goes)
        form_channel.send(a_message(form), no_gate)
        assert site.asked == ["GET /", "GET /", "POST /", "POST /"]
        assert [_headers(site.requests[number])["cookie"] for number in (2, 3)] == ["sessie=s2", "sessie=s1"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (page(*FIELDS, token=""), "zonder csrf"),
        (page("naam", "email", "advertentie"), "zonder bericht"),
        (page("naam", "email", "advertentie", '<input name="bericht" type="submit">'), "zonder bericht"),
        (page(*FIELDS, '<input name="telefoon" required>'), "met telefoon als verplicht veld"),
        (page("naam", "email", "advertentie", '<textarea name="b" required></textarea>'), "bericht en met b als"),
        ("<p>Onze site is vernieuwd</p>", "zonder naam, email, advertentie, bericht, csrf"),
        (page("naam", "email", "advertentie", '<INPUT NAME="bericht" TYPE="SUBMIT">'), "zonder bericht"),
    ],
)
def test_a_form_whose_fields_changed_is_found_before_anything_leaves(
    form_channel: Webform, found: str, said: str
) -> None:
    with online({"GET /": http("200 OK", found), "POST /": THANKS}) as site:
        error = fails(form_channel, a_form(site, "/", page=site.at("/"), tokens=("csrf",)))
        assert site.asked == ["GET /"]
    assert told(error) == ("form", False, False)
    assert said in str(error)
    assert "pas de beschrijving aan" in str(error)


def test_a_required_field_that_is_filled_with_a_fixed_value_is_no_change(form_channel: Webform) -> None:
    agree = '<input type="checkbox" name="privacy" required>'
    with online({"GET /": http("200 OK", page(*FIELDS, agree)), "POST /": THANKS}) as site:
        assert form_channel.send(a_message(a_form(site, "/", page=site.at("/"), fixed={"privacy": "on"})), no_gate)


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (http("404 Not Found"), "form"),
        (http("503 Service Unavailable"), "form"),
        (http("302 Found", Location="https://elders.example/"), "form"),
        (http("302 Found", Location="/"), "form"),
        (HANG_UP, "page"),
        (SILENCE, "page"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "form"),
        (b"geen HTTP\r\n\r\n", "page"),
    ],
    ids=["gone", "busy", "elsewhere", "round in circles", "hang up", "silence", "empty", "not HTTP"],
)
def test_a_page_that_cannot_be_read_takes_nothing(answer: bytes, phase: str) -> None:
    channel = a_channel(answer)
    with online({"GET /": answer, "POST /": THANKS}) as site:
        error = fails(channel, a_form(site, "/", page=site.at("/")))
        assert not [asked for asked in site.asked if asked.startswith("POST")]
    assert told(error) == (phase, False, False)


def test_a_page_that_moved_on_the_same_host_is_followed(form_channel: Webform) -> None:
    pages = {"/oud": http("308 Permanent Redirect", Location="/nieuw"), "/nieuw": http("200 OK", FORM_PAGE)}
    with online(pages | {"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site, page=site.at("/oud"))), no_gate)
        assert site.asked == ["GET /oud", "GET /nieuw", "POST /formulier"]


def test_a_page_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, form_channel: Webform) -> None:
    monkeypatch.setattr("workers.channels.webform.MOST_BYTES", 2000)
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + FORM_PAGE.encode() + b" " * 10_000_000
    with online({"GET /": endless, "POST /": THANKS}) as site:
        assert form_channel.send(a_message(a_form(site, "/", page=site.at("/"))), no_gate)


# --- After the post ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "phase", "body_left", "permanent"),
    [
        (HANG_UP, "post", True, False),
        (SILENCE, "post", True, False),
        (b"HTTP/1.1 200", "post", True, False),
        (HALF, "post", True, False),
        (http("200 OK", "Welkom"), "answer", True, False),
        (http("307 Temporary Redirect", Location="/elders"), "answer", True, False),
        (http("308 Permanent Redirect", Location="/elders"), "answer", True, False),
        (http("303 See Other", Location="https://elders.example/bedankt"), "answer", True, False),
        (http("303 See Other", Location="http://[/"), "answer", True, False),
        (http("303 See Other", Location="/formulier"), "answer", True, False),
        (http("303 See Other"), "answer", True, False),
        (http("500 Internal Server Error", "Bedankt"), "answer", True, False),
        (http("503 Service Unavailable"), "answer", True, False),
        (http("400 Bad Request"), "form", False, True),
        (http("404 Not Found"), "form", False, True),
        (http("422 Unprocessable Content", "bedankt"), "form", False, True),
        (http("408 Request Timeout"), "form", False, False),
        (http("429 Too Many Requests"), "form", False, False),
    ],
)
def test_after_the_post_only_an_answer_is_certain(answer: bytes, phase: str, body_left: bool, permanent: bool) -> None:
    channel = a_channel(answer)
    with online({"POST /formulier": answer, "GET /formulier": http("200 OK", FORM_PAGE)}) as site:
        error = fails(channel, a_form(site))
        assert site.asked.count("POST /formulier") == 1
        assert "POST /elders" not in site.asked
    assert told(error) == (phase, body_left, permanent)


def test_a_thank_you_page_behind_a_redirect_proves_the_message(form_channel: Webform) -> None:
    pages = {"/formulier": http("303 See Other", Location="/bedankt?nummer=7#boven"), "/bedankt?nummer=7": THANKS}
    with online(pages) as site:
        success = Success(text="bedankt voor", url=site.at("/bedankt"))
        answer = form_channel.send(a_message(a_form(site, success=success)), no_gate)
        assert site.asked == ["POST /formulier", "GET /bedankt?nummer=7"]
        assert "content-length" not in _headers(site.requests[1])
        assert answer.startswith(f"HTTP 200 OK\n{site.at('/bedankt?nummer=7')}")


def test_another_page_than_the_thank_you_page_proves_nothing(form_channel: Webform) -> None:
    with online({"/formulier": http("302 Found", Location="/fout"), "/fout": THANKS}) as site:
        error = fails(form_channel, a_form(site, success=Success(url=site.at("/bedankt"))))
    assert told(error) == ("answer", True, False)
    assert "/fout" in str(error)


@pytest.mark.parametrize("broken", [HANG_UP, SILENCE, http("500 Internal Server Error"), http("404 Not Found")])
def test_a_thank_you_page_that_cannot_be_read_leaves_it_uncertain(broken: bytes) -> None:
    channel = a_channel(broken)
    with online({"/formulier": http("303 See Other", Location="/bedankt"), "/bedankt": broken}) as site:
        assert told(fails(channel, a_form(site))) == ("answer", True, False)


def test_a_redirect_to_another_host_is_followed_only_when_it_is_on_the_list(form_channel: Webform) -> None:
    with online({"/bedankt": THANKS}) as other:
        pages = {"/formulier": http("303 See Other", Location=other.at("/bedankt", "localhost"))}
        with online(pages) as site:
            refused = fails(form_channel, a_form(site))
            assert "hoort niet bij dit formulier" in str(refused)
            assert other.requests == []
            assert form_channel.send(a_message(a_form(site, hosts=(f"localhost:{other.port}",))), no_gate)


def test_a_rehearsal_follows_nothing_beyond_this_machine(form_channel: Webform) -> None:
    away = {"/formulier": http("303 See Other", Location="https://elders.example/bedankt")}
    with online(away) as site:
        error = fails(form_channel, a_form(site, hosts=("elders.example",)))
    assert told(error) == ("answer", True, False)
    assert "oefenronde" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", '{"status": "geweigerd"}'),
        http("200 OK", '{"status": {"code": 1}}'),
        http("200 OK", '["ontvangen"]'),
        http("200 OK", "{"),
        http("200 OK", "[" * 100_000),
        http("204 No Content"),
    ],
)
def test_json_that_says_anything_else_proves_nothing(form_channel: Webform, answer: bytes) -> None:
    with online({"/formulier": answer}) as site:
        error = fails(form_channel, a_form(site, encoding=Encoding.JSON, success=Success(json={"status": "ontvangen"})))
    assert told(error) == ("answer", True, False)
    assert "bij status" in str(error)


@pytest.mark.parametrize("charset", ["hex", "idna", "bestaat-niet", "iso-8859-1"])
def test_a_page_in_an_odd_encoding_is_read_all_the_same(form_channel: Webform, charset: str) -> None:
    with online({"/formulier": http("200 OK", "Bedankt", Content_Type=f"text/html; charset={charset}")}) as site:
        assert form_channel.send(a_message(a_form(site)), no_gate)


def test_a_text_counts_as_a_reader_sees_it(form_channel: Webform) -> None:
    thanks = "<script>var a = 'mislukt';</script><h1>Bedankt&nbsp;voor\n <b>uw</b> bericht</h1>"
    with online({"/formulier": http("200 OK", thanks)}) as site:
        assert form_channel.send(a_message(a_form(site, success=Success(text="bedankt voor UW bericht"))), no_gate)
        fails(form_channel, a_form(site, success=Success(text="mislukt")))


# --- The connection ------------------------------------------------------------------------------------------------


def test_a_form_that_is_not_there_took_nothing(form_channel: Webform) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    error = fails(form_channel, Form(url=url, fields=FIELDS, success=Success(text="bedankt")))
    assert told(error) == ("connect", False, False)


@pytest.mark.parametrize("host", ["geen-server.invalid", "-"])
def test_a_host_that_has_no_address_took_nothing(host: str) -> None:
    form = Form(url=f"https://{host}/", fields=FIELDS, success=Success(text="bedankt"))
    assert told(fails(Webform(SECONDS, anywhere=True, trust=TRUST), form)) == ("connect", False, False)


def test_a_rehearsal_posts_to_no_form_beyond_this_machine(form_channel: Webform) -> None:
    form = Form(url="https://makelaar.example/contact", fields=FIELDS, success=Success(text="bedankt"))
    error = fails(form_channel, form)
    assert "oefenronde" in str(error)
    assert error.permanent


@pytest.mark.parametrize("trusted", [False, True], ids=["unknown authority", "another host's certificate"])
def test_a_certificate_that_does_not_hold_gets_no_form(trusted: bool) -> None:
    context = ssl.create_default_context(cafile=authority().file) if trusted else TRUST
    certificate = authority().elsewhere if trusted else authority().here
    with online({"/formulier": THANKS}, certificate) as site:
        error = fails(Webform(SECONDS, trust=context), a_form(site))
        assert site.requests == []
    assert told(error) == ("tls", False, False)
    assert "certificaat klopt niet" in str(error)


def test_a_server_that_does_not_speak_tls_gets_no_form() -> None:
    with online({"/formulier": THANKS}) as site:
        site.scheme = "https"
        assert told(fails(Webform(SECONDS / 10, trust=TRUST), a_form(site))) == ("tls", False, False)


def test_a_certificate_that_holds_gets_the_form() -> None:
    trust = ssl.create_default_context(cafile=authority().file)
    with online({"/formulier": THANKS}, authority().here) as site:
        assert Webform(SECONDS, trust=trust).send(a_message(a_form(site)), no_gate)


def test_the_gate_is_asked_when_the_form_was_read_and_a_shut_one_posts_nothing(form_channel: Webform) -> None:
    with online({"/": http("200 OK", FORM_PAGE), "/formulier": THANKS}) as site:
        form = a_form(site, page=site.at("/"))
        with pytest.raises(GateShut):
            form_channel.send(a_message(form), shut_gate)
        assert site.asked == ["GET /"]
        assert form_channel.send(a_message(form), no_gate)
        assert site.asked == ["GET /", "GET /", "POST /formulier"]


def test_a_form_that_changed_never_comes_to_the_gate(form_channel: Webform) -> None:
    def asked() -> None:
        pytest.fail("asked at the gate")

    with online({"/": http("200 OK", page("iets anders"))}) as site, pytest.raises(TransportError):
        form_channel.send(a_message(a_form(site, page=site.at("/"))), asked)


def test_a_burst_to_one_intake_uses_one_connection(form_channel: Webform) -> None:
    with online({"/formulier": THANKS}) as site:
        for _ in range(3):
            form_channel.send(a_message(a_form(site)), no_gate)
        assert (len(site.requests), site.connections) == (3, 1)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(form_channel: Webform) -> None:
    with online({"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site)), no_gate)
        site.hang_up()
        time.sleep(0.1)
        assert form_channel.send(a_message(a_form(site)), no_gate)
        assert (len(site.requests), site.connections) == (2, 2)


def test_a_connection_is_not_kept_for_long(form_channel: Webform, monkeypatch: pytest.MonkeyPatch) -> None:
    with online({"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site)), no_gate)
        later = time.monotonic() + KEPT_SECONDS
        monkeypatch.setattr("httpcore._sync.http11.time.monotonic", lambda: later)
        form_channel.send(a_message(a_form(site)), no_gate)
        assert site.connections == 2


def test_a_post_whose_connection_died_before_its_body_is_not_sent(
    form_channel: Webform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel already knows that the kept connection is gone, but the pool did not look."""
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    with online({"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site)), no_gate)
        _reset(form_channel)
        assert told(fails(form_channel, a_form(site))) == ("connect", False, False)


def test_a_post_that_fell_into_a_closing_connection_is_uncertain(
    form_channel: Webform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    with online({"/formulier": THANKS}) as site:
        form_channel.send(a_message(a_form(site)), no_gate)
        site.hang_up()
        time.sleep(0.1)
        assert told(fails(form_channel, a_form(site))) == ("post", True, False)


def _reset(channel: Webform) -> None:
    """Close our own end, as after a reset that arrived: the first write fails."""
    pool = channel.transport._pool  # noqa: SLF001 - no other way to the socket
    (connection,) = pool.connections
    stream = connection._connection._network_stream  # noqa: SLF001 - idem
    stream.get_extra_info("socket").shutdown(socket.SHUT_WR)
