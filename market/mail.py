"""Building the mails that leave the market, in the variety that real offices send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from typing import Literal

from market.chance import Chance
from market.habits import AMSTERDAM
from market.quotes import Client, Quote
from market.reading import Inquiry, bare_subject, one_line

Encoding = Literal["quoted-printable", "base64"]
_CLIENTS = {
    Client.NONE: 0.25,
    Client.GMAIL: 0.22,
    Client.OUTLOOK: 0.25,
    Client.IPHONE: 0.1,
    Client.CLASSIC: 0.08,
    Client.BOTTOM: 0.1,
}
_THREAD = ("In-Reply-To", "References")
_FORM_CLIENTS = {Client.NONE: 0.5, Client.WEBFORM: 0.5}


class _Wire(EmailPolicy):
    """The library breaks a long message id into encoded words, which no mail program reads back."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name in _THREAD:
            return f"{name}: {value.replace(' ', self.linesep + ' ')}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n")


@dataclass(frozen=True)
class Style:
    """How a mail is built; ``shape`` is plain, html or both, ``encoding`` None leaves it to the library."""

    client: Client
    shape: str
    charset: str
    encoding: Encoding | None
    threaded: bool
    prefix: str


@dataclass(frozen=True)
class Sheet:
    """What goes into a mail: who to whom, what it says, and when (market time)."""

    sender_name: str
    sender: str
    to_name: str
    to: str
    subject: str
    text: str
    at: datetime
    message_id: str
    headers: Mapping[str, str]


def choose_style(chance: Chance, channel: str) -> Style:
    """A style for one answer; an answer to a web form has no mail to thread to."""
    encodings: Mapping[Encoding | None, float] = {"quoted-printable": 0.45, "base64": 0.2, None: 0.35}
    return Style(
        client=chance.weigh("client", _CLIENTS if channel == "smtp" else _FORM_CLIENTS),
        shape=chance.weigh("shape", {"plain": 0.5, "both": 0.35, "html": 0.15}),
        charset=chance.weigh("charset", {"utf-8": 0.6, "iso-8859-1": 0.2, "windows-1252": 0.2}),
        encoding=chance.weigh("encoding", encodings),
        threaded=channel == "smtp" and chance.happens("threaded", 0.75),
        prefix=chance.weigh("prefix", {"Re: ": 0.6, "RE: ": 0.25, "Antw: ": 0.15}),
    )


def build(sheet: Sheet, style: Style, original: Inquiry | None = None, quoted: Quote | None = None) -> bytes:
    """The mail as bytes with CRLF line ends; a text its charset cannot hold goes out as UTF-8."""
    message = EmailMessage(policy=_WIRE)
    for field, value in _headers(sheet, style, original).items():
        message[field] = value
    text = printable(_joined(sheet.text, style, quoted))
    page = _page(sheet.text, style, quoted)
    if style.shape == "html":
        _set(message, page, "html", style)
    else:
        _set(message, text, "plain", style)
    if style.shape == "both":
        message.add_alternative(page, subtype="html", charset=_charset(page, style.charset), cte=style.encoding)
        message.set_boundary(_boundary(sheet.message_id))
    return message.as_bytes()


def reply_subject(style: Style, inquiry: Inquiry, own: str) -> str:
    """The subject of an answer: ``own`` if it has one, else that of the question with a prefix."""
    return one_line(own or style.prefix + (bare_subject(inquiry.subject) or "uw bericht"))


def bounce(inquiry: Inquiry, at: datetime, message_id: str, host: str) -> bytes:
    """A delivery status notification after RFC 3464: this mailbox is full."""
    report = MIMEMultipart("report", _boundary(message_id), report_type="delivery-status", policy=SMTP)
    report["From"] = f"Mail Delivery System <MAILER-DAEMON@{host}>"
    report["To"] = inquiry.return_path
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = format_datetime(at.astimezone(AMSTERDAM))
    report["Message-ID"] = message_id
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(_BOUNCE.format(to=inquiry.to), "plain", "us-ascii", policy=SMTP))
    report.attach(_status(inquiry, at, host))
    report.attach(MIMEMessage(_returned(inquiry), policy=SMTP))
    return report.as_bytes()


def printable(text: str) -> str:
    """Text without control characters and half characters, which no mail can carry; line ends become newlines."""
    lined = "\n".join(text.splitlines())
    kept = "".join(letter for letter in lined if letter in "\n\t" or letter >= " ")
    return kept.encode("utf-8", "replace").decode()


_BOUNCE = """This is the mail system.

Uw bericht kon niet worden bezorgd. De mailbox van de ontvanger is vol.

<{to}>: host mail said: 552 5.2.2 Mailbox full (in reply to end of DATA command)
"""


def _headers(sheet: Sheet, style: Style, original: Inquiry | None) -> dict[str, object]:
    headers: dict[str, object] = {
        "From": Address(one_line(sheet.sender_name), addr_spec=sheet.sender),
        "To": Address(one_line(sheet.to_name), addr_spec=sheet.to),
        "Subject": one_line(sheet.subject),
        "Date": sheet.at.astimezone(AMSTERDAM),
        "Message-ID": sheet.message_id,
        **sheet.headers,
    }
    if original is not None and style.threaded and _usable(original.message_id):
        earlier = [one for one in original.references if one != original.message_id and _usable(one)]
        headers["In-Reply-To"] = original.message_id
        headers["References"] = " ".join([*earlier[-5:], str(original.message_id)])
    return headers


def _boundary(message_id: str) -> str:
    """Fixed by the mail itself, where the library would draw one."""
    return f"=_{blake2b(message_id.encode(), digest_size=12).hexdigest()}"


def _usable(identity: str | None) -> bool:
    return identity is not None and re.fullmatch(r"<[!-;=?-~]{1,250}>", identity) is not None


def _joined(text: str, style: Style, quoted: Quote | None) -> str:
    signed = f"{text}\n\nVerstuurd vanaf mijn iPhone" if style.client is Client.IPHONE else text
    if quoted is None:
        return f"{signed}\n"
    parts = (quoted.plain(), signed) if style.client is Client.BOTTOM else (signed, quoted.plain())
    return "\n\n".join(parts) + "\n"


def _page(text: str, style: Style, quoted: Quote | None) -> str:
    signed = f"{text}\n\nVerstuurd vanaf mijn iPhone" if style.client is Client.IPHONE else text
    said = "\n".join(f"<p>{escape(part)}</p>" for part in printable(signed).split("\n\n")).replace("\n", "<br>\n")
    said = said.replace("</p><br>\n", "</p>\n")
    parts = [said] if quoted is None else [said, printable(quoted.html())]
    if style.client is Client.BOTTOM:
        parts.reverse()
    return "<html><head></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _set(message: EmailMessage, content: str, subtype: str, style: Style) -> None:
    message.set_content(content, subtype=subtype, charset=_charset(content, style.charset), cte=style.encoding)


def _charset(text: str, wanted: str) -> str:
    try:
        text.encode(wanted)
    except UnicodeEncodeError:
        return "utf-8"
    return wanted


def _status(inquiry: Inquiry, at: datetime, host: str) -> MIMEBase:
    about, recipient = Message(policy=SMTP), Message(policy=SMTP)
    about["Reporting-MTA"] = f"dns; {host}"
    about["Arrival-Date"] = format_datetime(at.astimezone(AMSTERDAM))
    recipient["Final-Recipient"] = f"rfc822; {inquiry.to}"
    recipient["Action"] = "failed"
    recipient["Status"] = "5.2.2"
    recipient["Diagnostic-Code"] = "smtp; 552 5.2.2 Mailbox full"
    status = MIMEBase("message", "delivery-status", policy=SMTP)
    status.set_payload([about, recipient])
    return status


def _returned(inquiry: Inquiry) -> Message:
    """The letter that could not be delivered, its headers and text rewritten so that any input is safe to carry."""
    returned = EmailMessage(policy=SMTP)
    returned["From"] = Address(one_line(inquiry.applicant), addr_spec=inquiry.mailbox)
    returned["To"] = inquiry.to
    returned["Subject"] = inquiry.subject
    if inquiry.message_id:
        returned["Message-ID"] = inquiry.message_id
    returned.set_content(printable(inquiry.body), cte="quoted-printable")
    return returned
