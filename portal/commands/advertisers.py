"""One advertiser at a time: its pause, what it may have noticed, and what a round asks of it."""

from collections.abc import Sequence
from datetime import date, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator import burden, enrolment, exposure, outlook, views
from orchestrator.burden import ASSUMED, Burden
from orchestrator.detection import SAID, THRESHOLDS, written
from orchestrator.enrolment import ZONE
from orchestrator.intake import HOW_DAYS, read_days
from orchestrator.rounds import holds
from orchestrator.views import WHILE_HELD, HeldAdvertiser
from portal.commands import house
from profiles.errors import BadInput, Problem
from results import formats

WHILE_OFF = "Op een vrije dag gaan geen reacties uit, en afmeldingen van bezichtigingen wel."

out = Console(soft_wrap=True, markup=False, highlight=False)


def hold(advertiser: str, actor: str, reason: str) -> None:
    with house.writing() as (session, now):
        holds.hold(session, advertiser, reason, actor, now)
    out.print(f"Aanbieder {advertiser} heeft nu een pauze. Opheffen: praktijktest lift {advertiser} --by NAAM")
    out.print(WHILE_HELD)


def lift(advertiser: str, actor: str) -> None:
    with house.writing() as (session, now):
        holds.lift(session, advertiser, actor, now)
    out.print(f"Pauze van {advertiser} opgeheven door {actor}. De meter begint voor deze aanbieder opnieuw.")


def days_off(advertiser: str, text: str, actor: str) -> None:
    """Let these be the days off of an advertiser; raise `BadInput` for what are no days."""
    days = _days(text)
    with house.writing() as (session, now):
        enrolment.give_days_off(session, advertiser, days, actor, now)
        seen = outlook.of_house(session, now, timedelta(), advertiser=advertiser)
    out.print(f"Aanbieder {advertiser} heeft nu {formats.many(len(days), 'vrije dag', 'vrije dagen')}. {WHILE_OFF}")
    for each in seen:
        out.print(f"Ronde {each.round}, aan deze aanbieder. {' '.join(outlook.sentences(each))}")


def _days(text: str) -> frozenset[date]:
    try:
        return read_days(text)
    except ValueError as error:
        raise BadInput(Problem("bad-days-off", "Dit zijn geen dagen.", found=text, remedy=HOW_DAYS)) from error


def print_holds() -> None:
    """Print the advertisers that have a pause, why, and what waits for it."""
    with house.reading() as (session, _):
        held = views.held_advertisers(session)
    print_held(held)
    if not held:
        out.print("Geen aanbieder heeft een pauze.")


def print_held(held: Sequence[HeldAdvertiser]) -> None:
    """Print how many advertisers have a pause, why, and what to do; nothing when none has."""
    if not held:
        return
    out.print(f"{formats.many(len(held), 'aanbieder heeft', 'aanbieders hebben')} een pauze:")
    for each in held:
        out.print(f"  {each.advertiser}, sinds {each.since.astimezone(ZONE):%d-%m-%Y %H:%M}. {each.reason}")
        if each.expires:
            waiting = formats.many(each.waiting, "reactie wacht", "reacties wachten")
            out.print(f"    {waiting}; de eerste vervalt na {each.expires.astimezone(ZONE):%d-%m-%Y %H:%M}.")
    out.print(f"{WHILE_HELD} Opheffen: praktijktest lift AANBIEDER --by NAAM")


def print_detection(name: str) -> None:
    """Print the detection meter of a round, and what each column counts."""
    with house.reading() as (session, now):
        rows = exposure.of_round(session, name, now)
    columns = [chr(ord("A") + place) for place in range(len(SAID))]
    table = Table(Column("aanbieder", no_wrap=True), "reacties", *columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(row.advertiser, row.letters, *row.signs)
    out.print(table)
    for column, (sign, said) in zip(columns, SAID.items(), strict=True):
        out.print(f" {column}  {said} (pauze vanaf {written(sign, THRESHOLDS[sign])})")
    out.print("Voor een pijl: nu. Na de pijl: als alle geplande reacties zijn verzonden.")
    for row in rows:
        if row.warning:
            out.print(f"{row.advertiser}. {row.warning}")


def print_burden(name: str) -> None:
    """Print the burden ledger of a round."""
    with house.reading() as (session, _):
        rows = burden.of_round(session, name)
    headings = ("reacties", "antwoorden", "minuten", "bezichtigingen", "teruggegeven", "na uren")
    columns = (Column(heading, justify="right") for heading in headings)
    table = Table(Column("aanbieder", no_wrap=True), *columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(row.advertiser, *_amounts(row))
    table.add_section()
    table.add_row("samen", *_amounts(burden.together(rows)))
    out.print(table)
    out.print(f"Na uren: hoe lang een bezichtiging bezet was voor zij werd teruggegeven (mediaan). {ASSUMED}")


def _amounts(row: Burden) -> tuple[str, ...]:
    hours = "–" if row.median_hours is None else formats.number(row.median_hours)
    counted = (row.letters, row.answers, row.minutes, row.viewings, row.given_back)
    return (*map(formats.count, counted), hours)
