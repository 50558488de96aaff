"""One letter as a mail message: the same headers, in the same order, for both arms."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

from orchestrator.rounds.sending import Envelope

ZONE = ZoneInfo("Europe/Amsterdam")


def compose(envelope: Envelope) -> EmailMessage:
    """Return the message; nothing in it but name, address and text depends on who writes."""
    local, _, domain = envelope.sender_address.partition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(envelope.sender_name, local, domain)
    message["To"] = envelope.recipient
    message["Subject"] = envelope.subject
    message["Date"] = envelope.date.astimezone(ZONE)
    message["Message-ID"] = envelope.message_id
    if envelope.in_reply_to:
        message["In-Reply-To"] = envelope.in_reply_to
        message["References"] = envelope.in_reply_to
    message.set_content(envelope.body, charset="utf-8", cte="quoted-printable")
    return message
