from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_makers import make_inquiry, make_listing, make_mail

from market.reading import find_listing, read_mail

LISTINGS = (
    replace(make_listing("k", 0), street="Langestraat 12", reference="AM-12"),
    replace(make_listing("k", 1), street="Langestraat 124", reference="AM-124"),
    replace(make_listing("k", 2), street="Sint Jorisplein 3-B", reference=""),
)


def read(raw, return_path="bas@woonpost.example"):
    return read_mail(raw, advertiser="k", to="info@k.example", return_path=return_path)


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        ("Langestraat 12", "", 0),
        ("Reactie", "Graag kijk ik bij langestraat 124.", 1),
        ("Reactie", "Het gaat om de Langestraat\n12 in Amersfoort", 0),
        ("Uw advertentie [am-124]", "Is Langestraat 12 vrij?", 1),
        ("Sint Jorisplein 3-B, Amersfoort", "", 2),
        ("Reactie op Langestraat 12", "Ik woon nu op Langestraat 124.", 0),
    ],
)
def test_a_listing_is_recognised_by_street_with_number_or_reference(subject, body, found):
    assert find_listing(LISTINGS, subject, body) == LISTINGS[found]


@pytest.mark.parametrize("text", ["", "Langestraat", "Langestraat 1", "Langestraat 12a", "AM-1", "Sint Jorisplein 3"])
def test_what_is_not_a_mention_is_no_listing(text):
    assert find_listing(LISTINGS, text, text) is None


def test_an_advertiser_with_one_listing_understands_any_letter():
    assert find_listing(LISTINGS[:1], "Woning", "Is hij nog vrij?") == LISTINGS[0]


def test_a_mail_is_read_with_its_name_mailbox_and_thread():
    message = make_mail(make_inquiry(LISTINGS[0], "Emre Yıldız", "emre.yildiz@woonpost.example"))
    message["Reply-To"] = "emre.yildiz+a7@woonpost.example"
    message["In-Reply-To"] = "<vraag@k.example>"
    inquiry = read(message.as_bytes())
    assert inquiry.applicant == "Emre Yıldız"
    assert inquiry.mailbox == "emre.yildiz+a7@woonpost.example"
    assert inquiry.addresses == {"emre.yildiz@woonpost.example", "emre.yildiz+a7@woonpost.example"}
    assert inquiry.references == ("<vraag@k.example>",)
    assert "Is Langestraat 12 nog te huur?" in inquiry.body
    assert not inquiry.automatic


def test_a_coded_name_with_a_comma_stays_one_name():
    raw = b"From: =?utf-8?q?Y=C4=B1ld=C4=B1z=2C_Emre?= <e@x.nl>\r\n\r\nHallo"
    assert read(raw).applicant == "Yıldız, Emre"


def test_without_a_name_in_the_sender_the_signature_counts():
    raw = b"From: e@x.nl\r\n\r\nIs het vrij?\r\n\r\nGroet,\r\nSamira Amrani\r\n"
    assert read(raw).applicant == "Samira Amrani"


def test_an_html_letter_is_read_without_its_tags():
    raw = b"From: E F <e@x.nl>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Langestraat&nbsp;12<br>vrij?</p>"
    assert find_listing(LISTINGS, "", read(raw).body) == LISTINGS[0]


@pytest.mark.parametrize(("field", "return_path"), [(b"Auto-Submitted: auto-replied\r\n", "e@x.nl"), (b"", "")])
def test_machine_mail_is_recognised(field, return_path):
    assert read(field + b"From: e@x.nl\r\n\r\nHallo", return_path).automatic


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"From: ", b"Subject: =?x?q?", b"Content-Type: text/plain; charset="]),
)
def test_no_bytes_can_break_the_reading(raw, head):
    read(head + raw)
    read(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + head + raw)
