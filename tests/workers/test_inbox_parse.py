"""Mails as they come in: well made, badly made, bounced, automatic, and garbage."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage, Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.inbox.mime import POLICY, Part
from workers.inbox.parse import Mail, MailKind, content_key, parse

OURS = "<r.7f3a@woonpost.example>"


def mail(body: str = "U kunt donderdag komen kijken.", **headers: str) -> bytes:
    """A plain mail; a header named with _ for -, an empty one is left out."""
    fields = {
        "From": "Sanne de Groot <Sanne@EemWonen.example>",
        "To": "r+7f3a@woonpost.example",
        "Date": "Mon, 07 Sep 2026 12:00:00 +0200",
        "Subject": "Re: Langestraat 12",
        "Message-ID": "<answer@eemwonen.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode("utf-8")


def multipart(subtype: str, *parts: str, **headers: str) -> bytes:
    body = "".join(f"--grens\n{part}\n" for part in parts) + "--grens--\n"
    return mail(body, MIME_Version="1.0", Content_Type=f'multipart/{subtype}; boundary="grens"', **headers)


def bounce(action: str, original: str = f"Message-ID: {OURS}\nSubject: Langestraat 12\n\nBeste verhuurder") -> bytes:
    status = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; info@eemwonen.example\nAction: {action}"
    return multipart(
        'report; report-type="delivery-status"',
        "Content-Type: text/plain\n\nDelivery report.",
        f"Content-Type: message/delivery-status\n\n{status}\n",
        f"Content-Type: message/rfc822\n\n{original}",
        From="Mail Delivery System <MAILER-DAEMON@mx.example>",
        Auto_Submitted="auto-replied",
    )


def test_a_plain_mail_is_read_whole() -> None:
    raw = mail(
        In_Reply_To=OURS,
        References=f"<first@x.example> {OURS}",
        Cc='"Jansen, Piet" <P.Jansen@x.example>, kees@x.example',
        Delivered_To="R+7F3A@woonpost.example",
        X_Original_To="postbus@woonpost.example",
    )
    assert parse(raw) == Mail(
        message_id="<answer@eemwonen.example>",
        sender="sanne@eemwonen.example",
        sender_name="Sanne de Groot",
        recipients=("r+7f3a@woonpost.example", "p.jansen@x.example", "kees@x.example", "postbus@woonpost.example"),
        subject="Re: Langestraat 12",
        date=datetime(2026, 9, 7, 10, 0, tzinfo=UTC),
        references=(OURS, "<first@x.example>"),
        kind=MailKind.HUMAN,
        text="U kunt donderdag komen kijken.",
        attachments=(),
    )


# --- Headers ---


def test_encoded_words_and_bare_bytes_are_decoded() -> None:
    assert parse(mail(Subject="=?utf-8?q?Re=3A_Y=C4=B1ld=C4=B1z?= =?iso-8859-1?b?6Q==?=")).subject == "Re: Yıldızé"
    assert parse(mail(Subject="Reactie van Yıldız")).subject == "Reactie van Yıldız"
    assert parse(mail(Subject="Café").decode().encode("cp1252")).subject == "Café"
    assert parse(mail(From="=?utf-8?q?De_Groot=2C_Sanne?= <s@x.example>")).sender_name == "De Groot, Sanne"


@pytest.mark.parametrize(
    "subject", ["=?utf-8?b?!!!?=", "=?nonsense?q?a=E9?=", "=?utf-8?q?=FF=FE?=", "=?=?=", "=??q??="]
)
def test_a_broken_encoded_word_does_not_stop_a_mail(subject: str) -> None:
    assert parse(mail(Subject=subject)).sender == "sanne@eemwonen.example"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("sanne@x.example", "sanne@x.example"),
        ('"Sanne @ Eem" <sanne@x.example>', "sanne@x.example"),
        ("Sanne <sanne@x.example", "sanne@x.example"),
        ("Sanne sanne@x.example", "sanne@x.example"),
        ("<<sanne@x.example>>", "sanne@x.example"),
        ("undisclosed-recipients:;", ""),
        ("", ""),
    ],
)
def test_the_senders_address_is_found_in_odd_headers(value: str, address: str) -> None:
    assert parse(mail(From=value)).sender == address


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Mon, 07 Sep 2026 10:00:00 -0000", datetime(2026, 9, 7, 10, 0, tzinfo=UTC)),
        ("7 Sep 2026 12:00 +0200 (CEST)", datetime(2026, 9, 7, 10, 0, tzinfo=UTC)),
        ("gisteren", None),
        ("Mon, 99 Sep 2026 10:00:00 +0000", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("", None),
    ],
)
def test_a_date_is_aware_utc_or_nothing(value: str, date: datetime | None) -> None:
    assert parse(mail(Date=value)).date == date


def test_references_without_brackets_and_over_several_lines_are_read() -> None:
    read = parse(mail(In_Reply_To="r.7f3a@woonpost.example", References="\r\n <a@x.example>\r\n\t<b@x.example>"))
    assert read.references == (OURS, "<a@x.example>", "<b@x.example>")


def test_a_mail_without_a_message_id_has_none() -> None:
    assert parse(mail(Message_ID="")).message_id is None


# --- Identity ---


def test_trace_headers_line_ends_and_folding_do_not_change_the_content_key() -> None:
    raw = mail(References="<a@x.example> <b@x.example>")
    other = raw.replace(b"\r\n", b"\n").replace(b"<a@x.example> ", b"<a@x.example>\n ") + b"\n"
    assert content_key(b"Received: from mx by mx\nX-Spam: 1\nDelivered-To: a@b\n" + other) == content_key(raw)


@pytest.mark.parametrize("name", ["Message-ID", "From", "To", "Date", "Subject", "In-Reply-To", "References"])
def test_every_naming_header_counts_in_the_content_key(name: str) -> None:
    changed = mail(**{name.replace("-", "_"): "<anders@x.example>"})
    absent = mail(**{name.replace("-", "_"): ""})
    assert len({content_key(mail(In_Reply_To=OURS, References=OURS)), content_key(changed), content_key(absent)}) > 1
    assert content_key(changed) != content_key(absent)


def test_the_body_counts_and_text_cannot_move_between_headers() -> None:
    assert content_key(mail("een")) != content_key(mail("twee"))
    assert content_key(b"From: ab\nTo: c\n\n") != content_key(b"From: a\nTo: bc\n\n")


# --- Text ---


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("iso-8859-1", "utf-8"),  # labels lie
        ("us-ascii", "utf-8"),
        ("utf-8", "cp1252"),
        ("no-such-charset", "cp1252"),
        ('"utf-8', "utf-8"),
        ("", "utf-8"),
    ],
)
def test_text_is_read_by_its_bytes_when_its_charset_lies(charset: str, written: str) -> None:
    head = mail("", Content_Type=f"text/plain; charset={charset}")
    assert parse(head + "één café €".encode(written)).text == "één café €"


def test_a_turkish_charset_is_believed() -> None:
    head = mail("", Content_Type="text/plain; charset=iso-8859-9")
    assert parse(head + "Yıldız".encode("iso-8859-9")).text == "Yıldız"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_broken_transfer_encoding_still_gives_a_mail(encoding: str) -> None:
    assert parse(mail("=ZZ geen $$$ base64 =", Content_Transfer_Encoding=encoding)).message_id is not None


def test_base64_text_is_decoded() -> None:
    body = base64.encodebytes("U bent één van de eersten.".encode()).decode()
    assert parse(mail(body, Content_Transfer_Encoding="base64")).text == "U bent één van de eersten."


def test_of_two_versions_the_plain_one_is_read() -> None:
    plain, rich = "Content-Type: text/plain\n\nGewoon.", "Content-Type: text/html\n\n<p>Opgemaakt.</p>"
    assert parse(multipart("alternative", plain, rich)).text == "Gewoon."
    assert parse(multipart("alternative", rich, plain)).text == "Gewoon."
    assert parse(multipart("alternative", "Content-Type: text/plain\n\n \n", rich)).text == "Opgemaakt."


def test_html_becomes_text_with_quotations_marked() -> None:
    source = (
        "<html><head><style>p{}</style></head><body><p>U kunt <b>donderdag</b> komen.<br>Tot dan&nbsp;&amp; groet</p>"
        '<div class="gmail_quote"><div>Op ma 7 sep 2026 schreef E. Y. &lt;e@x.example&gt;:</div>'
        '<blockquote type="cite"><p>Is de woning vrij?</p><blockquote>Ouder</blockquote></blockquote></div>'
        "Naschrift</body></html>"
    )
    lines = [line for line in parse(mail(source, Content_Type="text/html")).text.split("\n") if line.strip(" >")]
    assert [" ".join(line.split()) for line in lines] == [
        "U kunt donderdag komen.", "Tot dan & groet", "Op ma 7 sep 2026 schreef E. Y. <e@x.example>:",
        "> Is de woning vrij?",
        "> > Ouder", "Naschrift",
    ]  # fmt: skip


def test_attachments_are_named_and_not_read_but_a_forwarded_mail_is() -> None:
    read = parse(
        multipart(
            "mixed",
            "Content-Type: text/plain\n\nZie bijlage.",
            'Content-Type: application/pdf; name="formulier.pdf"\nContent-Disposition: attachment\n\nJVBE',
            "Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''caf%C3%A9.txt\n\ngeheim",
            "Content-Type: text/calendar\n\nBEGIN:VCALENDAR",
            "Content-Type: message/rfc822\n\nSubject: Doorgestuurd\nMessage-ID: <in@x.example>\n\nbinnen",
            "Content-Type: text/plain\n\nGroet",
        )
    )
    assert read.text == "Zie bijlage.\n\nbinnen\n\nGroet"
    assert read.attachments == ("formulier.pdf", "café.txt", "text/calendar")
    assert read.references == ("<in@x.example>",)


def test_a_missing_boundary_leaves_the_text_readable() -> None:
    assert "komen kijken" in parse(mail("U mag komen kijken.", Content_Type="multipart/mixed")).text


def test_text_holds_nothing_a_database_refuses() -> None:
    read = parse(mail("a\x00b\x1bc\rd", Subject="x\x00y"))
    assert (read.text, read.subject) == ("abc\nd", "xy")


# --- Kind ---


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", "bounce"),
        ("Failed (5.1.1)", "bounce"),
        ("delayed", "notice"),
        ("delivered", "notice"),
        ("relayed", "notice"),
    ],
)
def test_a_delivery_report_says_by_its_action_what_it_is(action: str, kind: str) -> None:
    read = parse(bounce(action))
    assert read.kind == kind
    assert read.references == (OURS,)


def test_a_report_that_returns_only_headers_still_names_our_mail() -> None:
    raw = bounce("failed").replace(b"message/rfc822", b"text/rfc822-headers")
    assert parse(raw).references == (OURS,)


def test_a_read_receipt_is_a_notice() -> None:
    part = (
        "Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <a@x>\nDisposition: manual; displayed"
    )
    assert parse(multipart("report; report-type=disposition-notification", part)).kind is MailKind.NOTICE


def test_a_bounce_in_nobodys_standard_is_recognised() -> None:
    exim = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent "
        "could not be delivered to one or more of its\nrecipients. This is a permanent error. "
        "The following address(es) failed:\n\n  info@eemwonen.example\n"
        f"    Unrouteable address\n\n------ This is a copy of the message ------\n\nMessage-ID: {OURS}\n"
    )
    read = parse(
        mail(
            exim,
            From="Mailer-Daemon@mx.example",
            Subject="Mail delivery failed",
            X_Failed_Recipients="info@eemwonen.example",
        )
    )
    assert read.kind is MailKind.BOUNCE
    assert read.references == (OURS,)
    dutch = mail("Het postvak is vol.", From="postmaster@eemwonen.example", Subject="Onbestelbaar: Langestraat 12")
    assert parse(dutch).kind is MailKind.BOUNCE


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Re: Langestraat"},
        {"Precedence": "auto_reply"},
        {"Subject": "Automatisch antwoord: Langestraat 12"},
        {"Return_Path": "<>"},
    ],
)
def test_an_automatic_mail_is_known_by_its_headers(headers: dict[str, str]) -> None:
    assert parse(mail("Wij hebben uw bericht ontvangen.", **headers)).kind is MailKind.AUTOMATIC


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "bulk"},
        {"Subject": "Re: Automatisch antwoord: x"},
    ],
)
def test_a_person_is_not_taken_for_a_machine(headers: dict[str, str]) -> None:
    assert parse(mail(**headers)).kind is MailKind.HUMAN


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatisch antwoord: Langestraat", "Ik ben tot 14 september met verlof."),
        ("Automatisch antwoord: Langestraat", "Neem voor spoed contact op met kantoor."),
        ("Automatic reply: Langestraat", "I am out of the office until Monday."),
        ("Afwezig: Langestraat", "Dank voor uw bericht, wij hebben het ontvangen."),
        ("Out of office", "Thanks."),
    ],
)
def test_somebody_away_is_told_from_a_receipt(subject: str, text: str) -> None:
    assert parse(mail(text, Subject=subject, Auto_Submitted="auto-replied")).kind is MailKind.AWAY


def test_a_person_who_mentions_a_holiday_is_a_person() -> None:
    assert parse(mail("Ik ben op vakantie, maar mijn zoon laat u de woning zien.")).kind is MailKind.HUMAN


# --- Whatever comes in ---


def test_parts_nested_without_end_are_survived() -> None:
    raw = mail("--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 2000, Content_Type="multipart/mixed; boundary=a")
    assert parse(raw).sender == "sanne@eemwonen.example"


def test_a_mail_made_by_the_standard_library_is_read() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "Zoë <zoe@x.example>", "Één"
    made.set_content("Prima, één uur.\n")
    made.add_alternative("<p>Prima</p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plattegrond één.pdf")
    read = parse(made.as_bytes())
    assert (read.sender_name, read.subject, read.text) == ("Zoë", "Één", "Prima, één uur.")
    assert read.attachments == ("plattegrond één.pdf",)


def changed(part: Message) -> list[object]:
    """What a part says of a header, each time after it was changed."""
    told: list[object] = []
    for change in (
        lambda: part.set_raw("Subject", "een"),
        lambda: part.set_raw("SUBJECT", "twee"),
        lambda: part.replace_header("subject", "drie"),
        lambda: part.__delitem__("Subject"),
        lambda: part.__setitem__("subject", "vier"),
        lambda: part.add_header("Subject", "vijf"),
    ):
        change()
        told += [part.get("sUbject"), part["subject"], part.get_all("Subject", ["geen"]), "subject" in part]
    return told


def test_a_part_knows_its_headers_by_name_as_they_are_now() -> None:
    assert changed(Part(POLICY)) == changed(Message(POLICY))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    storable(parse(raw))


SAMPLES = (
    mail(), bounce("failed"), mail("<p>a<blockquote>b", Content_Type="text/html; charset=utf-8"),
    multipart("alternative", "Content-Type: text/plain\n\nGewoon.", "Content-Type: text/html\n\n<p>Opgemaakt.</p>"),
    mail("SGFsbG8=", Content_Transfer_Encoding="base64", Content_Type="text/plain; charset=iso-8859-9"),
    mail("x", Subject="=?utf-8?q?Yd=C4=B1z?=", From='"A, B" <a@x.example>, c@x.example', Return_Path="<>"),
    multipart(
        "mixed", "Content-Type: message/rfc822\n\nSubject: in\n\nb",
        "Content-Disposition: attachment; filename*0*=utf-8''a; filename*1=b\n\nc",
    ),
)  # fmt: skip
TOKENS = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"=?",
    b"?=",
    b'"',
    b";",
    b"<",
    b">",
    b"\r\n",
    b"\n\n",
    b"--grens",
    b"=",
    b"charset=",
    b"\xe2\x82",
    b"''",
)


@settings(deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.sampled_from(TOKENS)), max_size=8),
)
def test_any_damage_to_a_real_mail_is_survived(raw: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for at, length, token in damage:
        place = at % (len(raw) + 1)
        raw = raw[:place] + token + raw[place + length :]
    storable(parse(raw))


def storable(read: Mail) -> None:
    """Every string can be written to any database."""
    for value in (
        read.sender,
        read.sender_name,
        read.subject,
        read.text,
        *read.recipients,
        *read.references,
        *read.attachments,
    ):
        assert "\x00" not in value
        value.encode("utf-8")
    assert read.date is None or read.date.tzinfo is UTC
    assert read.kind in MailKind
