"""The life of a round from the command line: each step prints what it did and what comes next."""

from datetime import timedelta
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator import outlook, views
from orchestrator import status as house_status
from orchestrator.control import read_clock
from orchestrator.design import json_schema, read_design
from orchestrator.enrolment import ZONE
from orchestrator.forms_file import with_forms
from orchestrator.intake import read_listings, read_participants
from orchestrator.rounds import answers, coding, lifecycle, lookup, planning
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.advertisers import print_held
from portal.commands.ahead import print_chapters
from portal.commands.names import bank
from profiles.errors import BadInput, Problem

out = Console(soft_wrap=True, markup=False)


def plan(
    design_path: Path,
    participants_path: Path,
    listings_path: Path,
    actor: str,
    forms_path: Path | None = None,
    perceptions_path: Path | None = None,
) -> None:
    """Plan a round from its files; nothing is stored unless everything is."""
    known = bank(house.must_exist(perceptions_path) if perceptions_path else None)
    design = read_design(house.must_exist(design_path), known.sets)
    lifecycle.check_live(design, live=Settings.from_env().live)
    participants = read_participants(house.must_exist(participants_path))
    if forms_path is not None:
        participants = with_forms(participants, house.must_exist(forms_path))
    listings = read_listings(house.must_exist(listings_path), participants)
    with house.writing() as (session, now):
        round_ = planning.plan(
            session, design, participants, listings, actor=actor, now=now, path=design_path, bank=known
        )
        name, digest = round_.name, round_.digest
        pairs = views.monitor(session, name, now).planned // 2
        nameless = planning.without_name(session, round_)
    out.print(f"Ronde {name} gepland: {pairs} tests, vastgelegd als {digest[:12]}.")
    if nameless:
        out.print(f"{nameless} advertenties vallen af (geen-naam): hun aanbieder zou een naam tweemaal krijgen.")
    out.print(f"Nu moet een ander dan {actor} haar goedkeuren: praktijktest approve {name} --by NAAM")


def approve(name: str, actor: str) -> None:
    from results import planning_figures  # statistics take their time to load

    with house.reading() as (session, _):
        checked = lifecycle.alike(session, name, actor)
    with house.writing() as (session, now):
        lifecycle.approve(session, name, actor, now, planning_figures.of_round(session, name), checked)
    out.print(f"Ronde {name} goedgekeurd door {actor}. Nu: praktijktest start {name}")


def start(name: str, actor: str) -> None:
    settings = Settings.from_env()
    with house.writing() as (session, now):
        lifecycle.start(session, name, actor, now, live=settings.live, pretends=settings.pretends)
    out.print(f"Ronde {name} loopt. Laat het werk doen met: praktijktest run")


def pause(name: str, actor: str, reason: str) -> None:
    with house.writing() as (session, now):
        lifecycle.pause(session, name, actor, now, reason)
    out.print(f"Ronde {name} gepauzeerd: er gaan geen nieuwe reacties uit; afmeldingen nog wel.")
    _print_outlook(name)


def resume(name: str, actor: str) -> None:
    with house.writing() as (session, now):
        lifecycle.resume(session, name, actor, now)
    out.print(f"Ronde {name} loopt weer.")
    _print_outlook(name)


def close(name: str, actor: str, reason: str | None) -> None:
    with house.writing() as (session, now):
        lifecycle.close(session, name, actor, now, reason)
    out.print(f"Ronde {name} gesloten. Nu: praktijktest analyse {name}")
    _print_outlook(name)


def abort(name: str, actor: str, reason: str) -> None:
    with house.writing() as (session, now):
        lifecycle.abort(session, name, actor, now, reason)
    out.print(f"Ronde {name} afgebroken; er gaat niets meer uit.")
    _print_outlook(name)


def withdraw(advertiser: str, actor: str) -> None:
    with house.writing() as (session, now):
        stopped = lifecycle.withdraw(session, advertiser, actor, now)
    out.print(f"Deelname van {advertiser} ingetrokken; {stopped} reacties gaan niet meer uit.")
    _print_outlook(None, advertiser)


def sending(enabled: bool, actor: str, reason: str | None) -> None:
    with house.writing() as (session, now):
        lifecycle.set_sending(session, enabled, actor, now, reason)
    out.print("Verzending staat weer open." if enabled else "Alle verzending staat uit.")
    _print_outlook(None)


def status(name: str | None) -> None:
    """Print one round; without a name what works and what does not, and a line for every round."""
    if name is None:
        _print_house()
        return
    with house.reading() as (session, now):
        for fault in views.faults(session):
            out.print(fault)
        _print_monitor(views.monitor(session, name, now))
        _print_feeds(views.feeds(session, name))


def _print_house() -> None:
    from workers.inbox.imap import sources  # as below

    database = house.open_database()
    with database.reading() as session:
        chapters = house_status.of_house(session, read_clock(database), sources(Settings.from_env()))
        print_chapters(chapters)
        _print_rounds(views.summaries(session))
        print_held(views.held_advertisers(session))


def queue(name: str, coder: str) -> None:
    """Print the replies that wait for this coder, with every cue of the applicant masked."""
    from results.blind import masked  # the coding rules take their time to load

    with house.reading() as (session, _):
        waiting = coding.queue(session, lookup.find(session, name).id, coder)
        seen = [(reply.id, masked(reply)) for reply in waiting]
    shown = [(number, text) for number, text in seen if not text.survives]
    for number, text in shown:
        out.rule(f"antwoord {number}")
        out.print(text.text, highlight=False)
    out.print(f"{len(shown)} antwoorden wachten op {coder}. Coderen: praktijktest code NUMMER LABEL --by {coder}")
    if held := len(seen) - len(shown):
        out.print(f"Nog niet te tonen: {held}. Een onderzoeker verbergt eerst woorden, op de pagina Coderen.")


def code(reply_id: int, label: str, coder: str) -> None:
    from results.outcomes import labels  # as above
    from workers.inbox.reading import invites

    if label not in labels():
        known = ", ".join(labels())
        raise BadInput(Problem("unknown-label", "Dit label bestaat niet.", found=label, remedy=f"Kies uit: {known}."))
    with house.writing() as (session, now):
        reply = lookup.reply(session, reply_id)
        coding.code(session, reply, coder, label, now, invites=invites(label))
        final = reply.label
    out.print(f"Antwoord {reply_id}: {final}." if final else f"Antwoord {reply_id} wacht op een volgende codeur.")


def deferred() -> None:
    """Print the mails that found no inquiry, for a person to give them a place."""
    from workers.inbox.reading import shown  # the mail parser takes its time to load

    with house.reading() as (session, _):
        waiting = answers.waiting_for_a_person(session)
        for item in waiting:
            mail = lookup.mail(session, item.mail_id)
            sender, subject, text = shown(mail)
            out.rule(f"bericht {mail.id}, ontvangen {mail.received_at.astimezone(ZONE):%d-%m-%Y %H:%M}: {item.reason}")
            out.print(f"Van: {sender}\nOnderwerp: {subject}\n\n{text}", markup=False, highlight=False)
    out.print(f"{len(waiting)} berichten wachten. Plaatsen: praktijktest assign BERICHT RONDE TEST VOLGORDE")


def assign(mail_id: int, name: str, pair: str, order: int, actor: str) -> None:
    from workers.inbox.reading import redeliver  # as above

    with house.writing() as (session, now):
        redeliver(session, lookup.mail(session, mail_id), lookup.inquiry(session, name, pair, order), actor, now)
    out.print(f"Bericht {mail_id} hoort nu bij reactie {order} van {pair}.")


def schema() -> None:
    import json

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _in_dutch(state: str) -> str:
    from results.reports import wording  # as above

    return wording.told(wording.ROUND_STATES, state)


def _print_rounds(rows: tuple[views.RoundSummary, ...]) -> None:
    if not rows:
        out.print("Er is nog geen ronde. Begin met: praktijktest plan OPZET.yaml --participants … --listings …")
        return
    table = Table(Column("ronde", no_wrap=True), "versie", "onderzoek", "staat", "gepland op", box=SIMPLE_HEAD)
    for row in rows:
        planned = f"{row.planned_at.astimezone(ZONE):%d-%m-%Y}"
        table.add_row(row.name, str(row.version), row.study, _in_dutch(row.state), planned)
    out.print(table)


def _print_outlook(name: str | None, advertiser: str | None = None) -> None:
    """Print what still goes out of one round, or of all; of one advertiser alone when it is named."""
    with house.reading() as (session, now):
        if name is None:
            seen = outlook.of_house(session, now, timedelta(), advertiser=advertiser)
        else:
            seen = [outlook.of_round(session, lookup.find(session, name), now, timedelta(), advertiser=advertiser)]
    for each in seen:
        heading = f"{each.round}, {advertiser}" if advertiser else each.round
        out.print("\n  ".join([f"{heading}:", *outlook.sentences(each)]), highlight=False)


def _print_monitor(seen: views.Monitor) -> None:
    table = Table(title=f"{seen.round}: {_in_dutch(seen.state)}", show_header=False)
    for what, number in (
        ("reacties gepland", seen.planned),
        ("verzonden", seen.sent),
        ("beantwoord", seen.answered),
        ("antwoorden gecodeerd", seen.coded),
        ("wacht op codering", seen.waiting_to_code),
        ("niet toegewezen antwoorden", seen.deferred),
        ("mislukt", seen.failed),
        ("verzending onzeker", seen.uncertain),
        ("verlopen", seen.expired),
        ("vervallen", seen.cancelled),
        ("afmeldingen verzonden", seen.declines_sent),
        ("reacties waarop werd gevraagd of dit een test is", seen.doubted),
    ):
        table.add_row(what, str(number))
    out.print(table)
    out.print(seen.why_waiting)
    for sentence in seen.outlook or ():
        out.print(sentence, highlight=False)
    for item in seen.next_sends[:5]:
        at = f"{item.at.astimezone(ZONE):%d-%m-%Y %H:%M}"
        out.print(f"  {at}  {item.pair}  {item.order} van {item.of}  {item.listing}")
    print_held(seen.held)


def _print_feeds(feeds: tuple[views.FeedState, ...]) -> None:
    for feed in feeds:
        out.print(f"Feed {feed.url}")
        if feed.read_at is None:
            out.print("  nog niet gelezen")
            continue
        out.print(
            f"  gelezen {feed.read_at.astimezone(ZONE):%d-%m-%Y %H:%M}: {feed.seen} advertenties, waarvan "
            f"{feed.strangers} van aanbieders die niet meedoen en {feed.unreadable} onbruikbaar; "
            f"{feed.pairs} nieuwe tests tot nu toe"
        )
