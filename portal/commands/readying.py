"""What must be in order before a round is approved, on the command line."""

import secrets

from rich.console import Console

from orchestrator import mail_trips, readiness
from orchestrator.rounds import lookup
from orchestrator.settings import Settings
from portal.commands import house
from profiles.errors import Refused
from results import planning_figures
from workers.channels import trial_mail as mail
from workers.channels.transport import TransportError

out = Console(soft_wrap=True, markup=False, highlight=False)


def show(name: str) -> None:
    """Print each thing with how it stands, and what to do where it holds the round up."""
    with house.reading() as (session, _):
        items = readiness.checklist(session, lookup.find(session, name), planning_figures.of_round(session, name))
    for item in items:
        mark = "ja " if item.ok else "NEE" if item.applies else "–  "
        out.print(f"{mark} {item.heading}: {item.why}{f' {item.remedy}' if item.blocks else ''}")


def waive(name: str, actor: str, reason: str) -> None:
    with house.writing() as (session, now):
        readiness.waive(session, name, actor, now, reason)
    out.print(f"Vastgelegd voor ronde {name}. Wat er nog open staat: praktijktest checklist {name}")


def trial_mail(name: str, actor: str) -> None:
    """Mail ourselves; raises `Refused` when no mail leaves here or it was not accepted."""
    settings = Settings.from_env()
    mail.require_mail(settings)
    with house.writing() as (session, now):
        trip = mail_trips.begin(session, name, actor, now, secrets.token_hex(8))
    try:
        mail.send(settings, mail_trips.address(trip), trip.message_id)
    except TransportError as error:
        with house.writing() as (session, _):
            mail_trips.failed(session, trip.message_id, str(error))
        raise Refused("not-accepted", f"Het bericht is niet aangenomen: {error}", "Kijk de mailserver na.") from error
    out.print(f"Verzonden naar {mail_trips.address(trip)}. Of het terug is: praktijktest checklist {name}")
