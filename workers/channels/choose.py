"""Which channel a letter takes in this installation."""

from collections.abc import Mapping

from orchestrator.intake import Channel as Road
from orchestrator.settings import LOOPBACK, Settings
from profiles.errors import Refused
from workers.channels.outbox import Outbox
from workers.channels.smtp import Smtp, Submission
from workers.channels.transport import Channel
from workers.channels.webform import Webform
from workers.trust import trust


def channels(settings: Settings) -> Mapping[Road, Channel]:
    """Return the channel for each road: files, unless a mail server is set and this is no dry run.

    Raises `Refused` when letters could leave this machine while live sending is not allowed.
    """
    outbox = Outbox(settings.outbox)
    if settings.dry_run or settings.smtp_host is None:
        return {Road.SMTP: outbox, Road.WEBFORM: outbox}
    if not settings.live and settings.smtp_host not in LOOPBACK:
        raise Refused(
            "live-not-set",
            f"Mailserver {settings.smtp_host} ligt buiten deze machine, maar echt verzenden staat uit.",
            "Zet PRAKTIJKTEST_LIVE=yes, of gebruik een mailserver op 127.0.0.1.",
        )
    smtp = Smtp(
        settings.smtp_host, settings.smtp_port, settings.wire_timeout_seconds, settings.redirect_all_to,
        submission(settings),
    )  # fmt: skip
    form = Webform(settings.wire_timeout_seconds, anywhere=settings.live)
    # A form cannot be redirected to a colleague, so a redirected rehearsal keeps form letters as files.
    return {Road.SMTP: smtp, Road.WEBFORM: outbox if settings.redirect_all_to else form}


def submission(settings: Settings) -> Submission:
    """Return how this installation hands mail to its server."""
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    certificates = trust(settings.smtp_ca_file, "SMTP_CA_FILE")
    return Submission(settings.submission, settings.smtp_user, password, certificates)
