"""Mail of the house to who uses its pages: the link that signs somebody in."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from orchestrator.clock import Clock
from orchestrator.settings import Settings
from workers.channels.choose import submission
from workers.channels.smtp import Smtp

TEXT = """Goedendag {name},

Met deze link meldt u zich aan bij Praktijktest. Hij werkt een half uur, en één keer.

{link}

Vroeg u hier niet om? Dan hoeft u niets te doen.
"""

TO_ADVERTISER = """Goedendag {name},

Met deze link opent u de eigen pagina's van uw kantoor bij Praktijktest. Daar staat uw terugkoppeling.
De link werkt zeven dagen, en één keer. Stuur hem niet door: wie hem opent, ziet uw cijfers.

{link}

Vroeg u hier niet om? Dan hoeft u niets te doen.
"""


INVITED = """Goedendag {name},

Wij nodigen u uit om mee te doen aan praktijktests. Met deze link leest u wat dat is, kiest u waarvoor
u meedoet, en tekent u of wijst u af. De link werkt dertig dagen, zo vaak u wilt.
Stuur hem alleen door aan wie namens u beslist.

{link}

Wilt u niet meedoen? Dan hoeft u niets te doen.
"""


def can_mail(settings: Settings) -> bool:
    """Say whether this installation mails its people: a mail server and a sender are set, and this is no dry run."""
    return bool(settings.smtp_host and settings.desk_sender and not settings.dry_run)


def send_link(settings: Settings, name: str, email: str, link: str, text: str = TEXT) -> None:
    """Mail somebody their link, over a connection of its own; raise `TransportError` when it was not accepted."""
    if not (settings.smtp_host and settings.desk_sender):
        raise ValueError("no mail server or no sender is set: ask can_mail first")
    message = EmailMessage(policy=SMTP)
    local, _, domain = settings.desk_sender.rpartition("@")
    message["From"] = Address("Praktijktest", local, domain)
    message["To"] = email
    message["Subject"] = "Uitnodiging van Praktijktest" if text is INVITED else "Aanmelden bij Praktijktest"
    message["Date"] = format_datetime(Clock().now())
    message["Message-ID"] = make_msgid(domain=domain)
    message.set_content(text.format(name=name, link=link), charset="utf-8")
    road = Smtp(settings.smtp_host, settings.smtp_port, settings.wire_timeout_seconds, how=submission(settings))
    road.post(message, settings.desk_sender, email)
