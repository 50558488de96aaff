import email
import re
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_makers import NOW, make_inquiry, make_listing

from market.chance import Chance
from market.mail import Sheet, Style, bounce, build, choose_style, printable, reply_subject
from market.quotes import Client, quote
from market.reading import strip_tags

LISTING = make_listing("kantoor-0", 0)
STYLES = st.builds(
    Style,
    client=st.sampled_from(Client),
    shape=st.sampled_from(["plain", "html", "both"]),
    charset=st.sampled_from(["utf-8", "iso-8859-1", "windows-1252"]),
    encoding=st.sampled_from(["quoted-printable", "base64", None]),
    threaded=st.booleans(),
    prefix=st.sampled_from(["Re: ", "RE: ", "Antw: "]),
)


def make_sheet(text="U kunt komen kijken.\n\nGroet", subject="Re: Langestraat 1", name="Bas Vermeulen"):
    return Sheet(
        "Marja Slotboom", "info@k.example", name, "bas@woonpost.example", subject, text, NOW, "<1@k.example>", {}
    )


def make_style(client=Client.NONE, shape="plain", charset="utf-8", encoding="quoted-printable", *, threaded=True):
    return Style(client, shape, charset, encoding, threaded, "Re: ")


def built(sheet, style, inquiry):
    raw = build(sheet, style, inquiry, quote(style.client, inquiry, NOW))
    return email.message_from_bytes(raw, policy=default)


def words(text):
    return " ".join(text.split())


@settings(deadline=None)
@given(text=st.text(max_size=300), original=st.text(max_size=200), name=st.text(max_size=40), style=STYLES)
def test_every_variant_parses_back_with_its_text_and_the_quoted_original(text, original, name, style):
    inquiry = make_inquiry(LISTING, body=original, applicant=name, mailbox="bas@woonpost.example")
    message = built(make_sheet(text, name=name), style, inquiry)
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        content = part.get_content()
        shown = strip_tags(content) if part.get_content_subtype() == "html" else content
        assert words(printable(text)) in words(shown)
        if style.client is Client.OUTLOOK:
            assert words(printable(original)) in words(shown)
    assert message["To"].addresses[0].addr_spec == "bas@woonpost.example"


@settings(deadline=None)
@given(text=st.text(max_size=200), style=STYLES)
def test_every_variant_is_fit_for_the_wire(text, style):
    raw = build(make_sheet(text), style, make_inquiry(LISTING))
    assert b"\0" not in raw
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252"])
def test_a_text_its_charset_cannot_hold_goes_out_as_utf_8(charset):
    style = make_style(charset=charset)
    assert built(make_sheet("Beste Zoë"), style, make_inquiry(LISTING)).get_content_charset() == charset
    assert built(make_sheet("Beste Yıldız"), style, make_inquiry(LISTING)).get_content_charset() == "utf-8"


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (Client.GMAIL, "Op ma 7 sep 2026 om 10:00 schreef Bas Vermeulen <bas.vermeulen@woonpost.example>:"),
        (Client.BOTTOM, "Op 07-09-2026 om 10:00 schreef Bas Vermeulen:"),
        (Client.IPHONE, "> Op 7 sep 2026 om 10:00 heeft Bas Vermeulen <bas.vermeulen@woonpost.example> het volgende"),
        (
            Client.OUTLOOK,
            "Van: Bas Vermeulen <bas.vermeulen@woonpost.example>\nVerzonden: maandag 7 september 2026 10:00\n",
        ),
        (Client.CLASSIC, "-----Oorspronkelijk bericht-----\nVan: Bas Vermeulen"),
        (Client.WEBFORM, "Uw bericht via onze website:\nNaam: Bas Vermeulen"),
    ],
)
def test_originals_are_quoted_the_way_dutch_programs_do(client, said):
    text = built(make_sheet(), make_style(client), make_inquiry(LISTING)).get_content()
    assert said in text.replace("\r\n", "\n")
    assert "Is Langestraat 1 nog te huur?" in text


def test_a_bottom_poster_answers_under_the_original_and_others_above_it():
    under = built(make_sheet(), make_style(Client.BOTTOM), make_inquiry(LISTING)).get_content()
    above = built(make_sheet(), make_style(Client.GMAIL), make_inquiry(LISTING)).get_content()
    assert under.index("nog te huur") < under.index("komen kijken")
    assert above.index("komen kijken") < above.index("nog te huur")


@pytest.mark.parametrize("threaded", [True, False])
def test_only_a_threaded_answer_refers_to_the_letter(threaded):
    inquiry = make_inquiry(LISTING, references=("<eerder@x.nl>",))
    message = built(make_sheet(), make_style(threaded=threaded), inquiry)
    assert message["In-Reply-To"] == (inquiry.message_id if threaded else None)
    assert message["References"] == (f"<eerder@x.nl> {inquiry.message_id}" if threaded else None)


@pytest.mark.parametrize("length", [20, 90, 200])
def test_a_message_id_of_any_length_stays_whole(length):
    identity = f"<{'a' * length}@woonpost.example>"
    raw = build(make_sheet(), make_style(), make_inquiry(LISTING, message_id=identity))
    assert f"In-Reply-To: {identity}\r\n".encode() in raw


@pytest.mark.parametrize("identity", [None, "", "geen-id", "<a b@x.nl>", "<é@x.nl>", "<a@x.nl>\r\nBcc: <b@x.nl>"])
def test_what_is_no_message_id_is_not_referred_to(identity):
    message = built(make_sheet(), make_style(), make_inquiry(LISTING, message_id=identity))
    assert message["In-Reply-To"] is None


def test_the_subject_keeps_that_of_the_question_or_is_its_own():
    inquiry = make_inquiry(LISTING, subject="Re: Vraag\r\nBcc: x@y.nl")
    assert reply_subject(make_style(), inquiry, "") == "Re: Vraag Bcc: x@y.nl"
    assert reply_subject(make_style(), inquiry, "Kijkmiddag") == "Kijkmiddag"


def test_a_web_form_has_no_mail_to_quote_or_thread_to():
    styles = [choose_style(Chance(n), "webform") for n in range(200)]
    assert {style.client for style in styles} == {Client.NONE, Client.WEBFORM}
    assert not any(style.threaded for style in styles)


def test_every_form_of_mail_occurs():
    styles = [choose_style(Chance(n), "smtp") for n in range(400)]
    assert {style.client for style in styles} == set(Client) - {Client.WEBFORM}
    assert {style.shape for style in styles} == {"plain", "html", "both"}
    assert len({(style.charset, style.encoding) for style in styles}) == 9
    assert {style.threaded for style in styles} == {True, False}


@settings(deadline=None)
@given(subject=st.text(max_size=60), body=st.text(max_size=100), name=st.text(max_size=40))
def test_a_bounce_is_a_delivery_report_that_holds_the_letter(subject, body, name):
    subject = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    inquiry = make_inquiry(LISTING, name, "bas@woonpost.example", subject=subject, body=body)
    raw = bounce(inquiry, NOW, "<b@mx.k.example>", "mx.k.example")
    report = email.message_from_bytes(raw, policy=default)
    assert (report.get_content_type(), report.get_param("report-type")) == ("multipart/report", "delivery-status")
    said, status, returned = report.iter_parts()
    assert inquiry.to in said.get_content()
    assert status.get_content_type() == "message/delivery-status"
    fields = status.get_payload()[1]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.2.2")
    assert fields["Final-Recipient"] == f"rfc822; {inquiry.to}"
    assert returned.get_content()["Message-ID"] == inquiry.message_id
    assert report["Auto-Submitted"] == "auto-replied"
