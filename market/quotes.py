"""The original under (or above) an answer, in the ways Dutch mail programs quote it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from market.answers import DAYS, MONTHS
from market.habits import AMSTERDAM
from market.reading import Inquiry

_SHORT = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


class Client(StrEnum):
    """Who quotes: a mail program, an office system that quotes the web form, or nobody."""

    NONE = "none"
    GMAIL = "gmail"
    OUTLOOK = "outlook"
    IPHONE = "iphone"
    CLASSIC = "classic"
    BOTTOM = "bottom"
    WEBFORM = "webform"


@dataclass(frozen=True)
class Quote:
    """A quoted original: lines that introduce it, its text, and whether each of its lines is marked with ">"."""

    rule: str
    header: tuple[str, ...]
    body: str
    marked: bool
    marked_header: bool = False

    def plain(self) -> str:
        header = [f"> {line}" if self.marked_header else line for line in self.header]
        body = [f"> {line}".rstrip() if self.marked else line for line in self.body.splitlines()]
        return "\n".join([*([self.rule] if self.rule else []), *header, ">" if self.marked_header else "", *body])

    def html(self) -> str:
        header = "<br>\n".join(map(escape, self.header))
        body = "<br>\n".join(map(escape, self.body.splitlines()))
        if not self.marked:
            return f"<hr>\n<p>{header}</p>\n<div>{body}</div>"
        quoted = f'<blockquote type="cite">{body}</blockquote>'
        return f'<div class="gmail_quote"><div dir="ltr">{header}</div>\n{quoted}</div>'


def quote(client: Client, inquiry: Inquiry, sent: datetime) -> Quote | None:
    """The original as ``client`` would show it; ``sent`` is the (aware) moment of the original."""
    local = sent.astimezone(AMSTERDAM)
    who = f"{inquiry.applicant} <{inquiry.mailbox}>".strip()
    short = f"{local.day} {_SHORT[local.month - 1]} {local.year}"
    clock = f"{local:%H:%M}"
    match client:
        case Client.NONE:
            return None
        case Client.GMAIL:
            return Quote("", (f"Op {DAYS[local.weekday()][:2]} {short} om {clock} schreef {who}:",), inquiry.body, True)
        case Client.BOTTOM:
            return Quote("", (f"Op {local:%d-%m-%Y} om {clock} schreef {inquiry.applicant}:",), inquiry.body, True)
        case Client.IPHONE:
            line = f"Op {short} om {clock} heeft {who} het volgende geschreven:"
            return Quote("", (line,), inquiry.body, True, marked_header=True)
        case Client.WEBFORM:
            header = ("Uw bericht via onze website:", f"Naam: {inquiry.applicant}", f"Onderwerp: {inquiry.subject}")
            return Quote("", header, inquiry.body, False)
        case Client.OUTLOOK | Client.CLASSIC:
            rule = (
                "________________________________" if client is Client.OUTLOOK else "-----Oorspronkelijk bericht-----"
            )
            return Quote(rule, _fields(inquiry, who, local), inquiry.body, False)


def _fields(inquiry: Inquiry, who: str, local: datetime) -> tuple[str, ...]:
    day = f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year} {local:%H:%M}"
    return (f"Van: {who}", f"Verzonden: {day}", f"Aan: {inquiry.to}", f"Onderwerp: {inquiry.subject}")
