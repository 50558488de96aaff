"""A mail to ourselves, handed in as letters are; that it came back is noted by who reads it (`mail_trips`)."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from orchestrator.clock import Clock
from orchestrator.settings import Settings
from profiles.errors import Refused
from workers.channels.choose import submission
from workers.channels.smtp import Smtp

TEXT = """Dit bericht ging van Praktijktest naar de eigen mailbox, om te zien of het aankomt. U hoeft niets te doen.
"""


def require_mail(settings: Settings) -> None:
    """Raise `Refused` where no letter leaves this installation by mail."""
    if settings.dry_run or not settings.smtp_host:
        message = "Er is geen mailserver ingesteld, dus er is niets te proberen."
        raise Refused("no-mail-server", message, "Zet PRAKTIJKTEST_SMTP_HOST, en zet PRAKTIJKTEST_DRY_RUN uit.")


def send(settings: Settings, address: str, message_id: str) -> None:
    """Mail it from and to this address; raise `TransportError` when it was not accepted."""
    require_mail(settings)
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = address
    message["Subject"] = "Proef van de mailbox"
    message["Date"] = format_datetime(Clock().now())
    message["Message-ID"] = message_id
    message.set_content(TEXT, charset="utf-8")
    host = settings.smtp_host or ""
    road = Smtp(host, settings.smtp_port, settings.wire_timeout_seconds, how=submission(settings))
    road.post(message, address, address)
