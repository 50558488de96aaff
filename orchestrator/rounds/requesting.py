"""The request test: the only writer of its record. Nobody is asked without consent, or twice, or by who approved it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator import chance, enrolment, ledger, limits
from orchestrator.design import Purpose, working_days
from orchestrator.design.checks import RESERVED
from orchestrator.design.kinds import DOMAIN
from orchestrator.enrolment import ZONE
from orchestrator.intake import AdvertiserKind, Channel, Participant
from orchestrator.models import Advertiser, Enrolment, OwnerRequest, RequestCoding, RequestRound
from orchestrator.request_models import RequestState
from orchestrator.rounds import duties, holds, lookup, mailing
from orchestrator.rounds.duties import same
from orchestrator.scope import PHONE
from orchestrator.states import RoundState
from profiles.errors import BadInput, Problem, Refused
from profiles.owner_requests import NOT_REACHED, Script, load

MOST_TRIES = 3
"""So often an office is called before it counts as not reached."""

LONGEST_NOTE = 2000

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")
"""A name that stands in an address of a page."""


@dataclass(frozen=True)
class Plan:
    """What is asked for: who calls in which period, with what script; ``seed`` deals out offices and days.

    With a ``domain`` for the addresses of the owners it goes by mail, and nobody calls.
    """

    name: str
    script: Script
    testers: tuple[str, ...]
    first_day: date
    last_day: date
    purpose: Purpose
    seed: int
    domain: str | None = None
    live: bool = False


def plan(
    session: Session, wanted: Plan, participants: Sequence[Participant], actor: str, now: datetime
) -> RequestRound:
    """Plan one request to every broker of the list, dealt out over testers and working days.

    Raises `Refused` for a name that is taken, and `BadInput` with every participant that cannot be asked.
    """
    _check(session, wanted)
    known = enrolment.enrol(session, participants)
    offices = [known[each.advertiser] for each in participants]
    days = {office.id: _days(session, office, wanted) for office in offices}
    problems = list(_not_askable(session, wanted, participants, known, days))
    if problems:
        raise BadInput(problems)
    return _dealt_out(session, wanted, offices, days, actor, now)


def plan_for_all(session: Session, wanted: Plan, actor: str, now: datetime) -> RequestRound:
    """Plan one request to every enrolled broker that can be asked; raise `Refused` when there is none.

    Raises as `plan` does for a name that is taken and for what is wrong with the plan.
    """
    _check(session, wanted)
    consents = enrolment.holding(session, wanted.purpose, enrolment.start_of(wanted.first_day))
    offices = session.scalars(select(Advertiser).where(Advertiser.key.in_(consents)).order_by(Advertiser.id)).all()
    days = {office.id: _days(session, office, wanted) for office in offices}
    askable = [
        each for each in offices if _why_never(session, each, consents.get(each.key), days[each.id], wanted) is None
    ]
    if not askable:
        remedy = "Kies een andere periode, of werf eerst makelaars."
        raise Refused("nobody-to-ask", "Geen enkele makelaar kan in deze periode worden gevraagd.", remedy)
    return _dealt_out(session, wanted, askable, days, actor, now)


def _dealt_out(
    session: Session, wanted: Plan, offices: Sequence[Advertiser], days: dict[int, list[date]], actor: str,
    now: datetime,
) -> RequestRound:  # fmt: skip
    """Store the round, with a request to each office that is drawn from the seed."""
    round_ = RequestRound(
        name=wanted.name, script=wanted.script.key, version=wanted.script.version, ground=wanted.script.ground.value,
        text=list(wanted.script.lines), purpose=wanted.purpose, seed=wanted.seed, first_day=wanted.first_day,
        last_day=wanted.last_day, state=RoundState.PLANNED, planned_by=actor, planned_at=now, domain=wanted.domain,
        live=wanted.live,
    )  # fmt: skip
    testers = (mailing.BY_MAIL,) if wanted.domain else wanted.testers
    in_order = sorted(offices, key=lambda each: chance.rank(wanted.seed, each.key))
    round_.requests = [
        OwnerRequest(
            advertiser_id=office.id, tester=testers[place % len(testers)],
            planned_on=_drawn(days[office.id], wanted.seed, office.key), state=RequestState.PLANNED, tries=0,
        )
        for place, office in enumerate(in_order)
    ]  # fmt: skip
    if wanted.domain:
        for request, office in zip(round_.requests, in_order, strict=True):
            mailing.write(round_, request, office, wanted.domain)
    session.add(round_)
    session.flush()
    return _told(session, round_, actor, now, requests=len(offices), script=round_.script, version=round_.version)


def approve(session: Session, name: str, actor: str, now: datetime) -> RequestRound:
    """planned → approved, by somebody else than the planner."""
    round_ = _in_state(session, name, "goedkeuren", RoundState.PLANNED)
    duties.require_another(actor, round_.planned_by, f"verzoektest '{name}' gepland", "goedkeuren")
    for tester in {each.tester for each in round_.requests}:
        duties.require_another(actor, tester, f"in verzoektest '{name}' kantoren te bellen", "goedkeuren")
    round_.approved_by = actor
    return _move(session, round_, RoundState.APPROVED, actor, now)


def start(
    session: Session, name: str, actor: str, now: datetime, pretends: str | None = "Echt verzenden staat uit."
) -> RequestRound:
    """approved → running. A live round by mail needs ``pretends``, as for a round of letters, to be None."""
    round_ = _in_state(session, name, "starten", RoundState.APPROVED)
    if round_.live and pretends:
        message = f"Verzoektest '{name}' is echt, maar haar brieven zouden niet echt aankomen. {pretends}"
        raise Refused("live-detour", message, "Haal die instelling weg, of plan haar zonder --live.")
    return _move(session, round_, RoundState.RUNNING, actor, now)


def close(session: Session, name: str, actor: str, now: datetime) -> RequestRound:
    """running → closed; what was not asked is cancelled. Raises `Refused` while an answer is not coded."""
    round_ = _in_state(session, name, "sluiten", RoundState.RUNNING)
    waiting = sum(each.state is RequestState.MADE and each.code is None for each in round_.requests)
    if waiting:
        remedy = f"Codeer ze eerst: praktijktest requests queue {name}"
        raise Refused("not-coded", f"Van verzoektest '{name}' wachten {waiting} antwoorden op codering.", remedy)
    mailing.end(round_)
    round_.closed_at = now
    return _move(session, round_, RoundState.CLOSED, actor, now)


def sheet(session: Session, name: str, tester: str, now: datetime) -> list[tuple[OwnerRequest, Advertiser, str | None]]:
    """Return what this tester still has to ask, in order of the day, each with why it may not be asked now."""
    round_ = find(session, name)
    own = [each for each in round_.requests if each.state is RequestState.PLANNED and same(each.tester, tester)]
    offices = {each.id: session.get_one(Advertiser, each.advertiser_id) for each in own}
    return [(each, offices[each.id], _why_not(session, round_, each, now)) for each in own]


def made(session: Session, name: str, key: str, tester: str, note: str, now: datetime) -> OwnerRequest:
    """Write down that the request was made and what was answered. Raises `Refused` when it may not be made now."""
    request = _to_ask(session, name, key, tester, now)
    said = note.strip()
    if not 0 < len(said) <= LONGEST_NOTE:
        message = f"Schrijf in hooguit {LONGEST_NOTE} tekens op wat er is geantwoord."
        raise BadInput(Problem("no-note", message, remedy="Zonder namen: wie er opnam, doet er niet toe."))
    request.state, request.made_at, request.note, request.tries = RequestState.MADE, now, said, request.tries + 1
    ledger.append(session, now, tester, "request.made", f"request:{request.id}")
    return request


def not_reached(session: Session, name: str, key: str, tester: str, now: datetime) -> OwnerRequest:
    """Write down a try at which nobody answered; after `MOST_TRIES` the office counts as not reached."""
    request = _to_ask(session, name, key, tester, now)
    request.tries += 1
    if request.tries >= MOST_TRIES:
        request.state, request.code = RequestState.NOT_REACHED, NOT_REACHED
    ledger.append(session, now, tester, "request.not-reached", f"request:{request.id}", {"tries": request.tries})
    return request


def queue(session: Session, name: str | None, coder: str) -> list[OwnerRequest]:
    """Return the answers that wait for this coder, in an order of the seed; never those the coder asked for.

    Without a name those of all rounds in which the coder may code, mixed, so that nobody can tell which script an
    answer is to. Raises `Refused` "not-blind" for who may not code in the round of that name.
    """
    rows = select(OwnerRequest).where(OwnerRequest.state == RequestState.MADE, OwnerRequest.code.is_(None))
    if name is not None:
        round_ = find(session, name)
        duties.require_blind(session, round_, coder)
        rows = rows.where(OwnerRequest.round_id == round_.id)
    closed = {each.id for each in closed_to(session, coder)}
    waiting = [each for each in session.scalars(rows) if each.round_id not in closed and not _done_with(each, coder)]
    return sorted(waiting, key=lambda each: chance.rank(each.round.seed, f"code:{each.id}"))


def closed_to(session: Session, coder: str) -> list[RequestRound]:
    """Return the request tests with answers to code in which this person may code none."""
    waits = exists().where(
        OwnerRequest.round_id == RequestRound.id, OwnerRequest.state == RequestState.MADE, OwnerRequest.code.is_(None)
    )
    rounds = session.scalars(select(RequestRound).where(waits).order_by(RequestRound.id))
    return [each for each in rounds if duties.not_blind(session, each, coder)]


def code(session: Session, number: int, coder: str, key: str, now: datetime) -> OwnerRequest:
    """Add one coder's code. Two that are equal are final; after two different ones a third person decides.

    Raises `Refused` for who planned or approved the round, asked for this answer, or coded it before.
    """
    request = session.get(OwnerRequest, number, with_for_update=True)
    if request is None or request.state is not RequestState.MADE:
        raise Refused("unknown-request", f"Er is geen antwoord {number} om te coderen.", "Zie requests queue.")
    if load().code(key).key == NOT_REACHED:
        raise Refused("was-reached", f"Bij verzoek {number} is er wel geantwoord.", "Kies wat het antwoord zegt.")
    duties.require_blind(session, request.round, coder)
    if request.code is not None:
        raise Refused("already-coded", f"Verzoek {number} is al gecodeerd als {request.code}.")
    if _done_with(request, coder):
        remedy = "Een ander moet het doen: wie belde of al codeerde, codeert niet (nog eens)."
        raise Refused("coded-twice", f"{coder} kan verzoek {number} niet coderen.", remedy)
    request.codings.append(RequestCoding(coder=coder, code=key, coded_at=now))
    given = [each.code for each in request.codings]
    if len(given) > 2 or (len(given) == 2 and given[0] == given[1]):
        request.code = given[-1]
    ledger.append(session, now, coder, "request.coded", f"request:{number}", {"final": request.code is not None})
    return request


def find(session: Session, name: str) -> RequestRound:
    """Return the request test of that name; raise `Refused` when there is none."""
    found = session.scalars(select(RequestRound).where(RequestRound.name == name)).first()
    if found is None:
        remedy = "Begin met praktijktest requests plan."
        raise Refused("unknown-request-round", f"Er is geen verzoektest '{name}'.", remedy)
    return found


def _check(session: Session, wanted: Plan) -> None:
    if session.scalar(select(exists().where(RequestRound.name == wanted.name))):
        raise Refused("round-exists", f"Er is al een verzoektest '{wanted.name}'.", "Kies een andere naam.")
    if wanted.first_day > wanted.last_day:
        raise BadInput(Problem("period-reversed", "De laatste dag ligt voor de eerste.", remedy="Wissel de dagen om."))
    _check_mail(wanted)
    if (not wanted.domain and not wanted.testers) or len(set(map(str.casefold, wanted.testers))) < len(wanted.testers):
        remedy = "Geef elke tester een keer: --tester NAAM."
        raise BadInput(Problem("bad-testers", "Er is geen tester, of een tester staat er twee keer.", remedy=remedy))


def _check_mail(wanted: Plan) -> None:
    if wanted.domain is None:
        if wanted.live:
            raise BadInput(Problem("live-calls", "Wie belt, belt echt: --live is voor een verzoektest per mail."))
        return
    if not re.fullmatch(DOMAIN, wanted.domain):
        remedy = "Schrijf alleen het domein, bijvoorbeeld woonpost.example."
        raise BadInput(Problem("bad-domain", "Dit is geen domein.", found=wanted.domain, remedy=remedy))
    if wanted.live and f".{wanted.domain}".endswith(tuple(f".{name}" for name in RESERVED)):
        remedy = "Gebruik een eigen domein, of plan de verzoektest zonder --live."
        raise BadInput(Problem("reserved-domain-live", "Dit domein kan geen antwoord krijgen.", remedy=remedy))


def _days(session: Session, office: Advertiser, wanted: Plan) -> list[date]:
    off = enrolment.days_off(session, office.id)
    return [day for day in working_days(wanted.first_day, wanted.last_day) if day not in off]


def _drawn(days: Sequence[date], seed: int, key: str) -> date:
    return days[int(chance.generator(seed, "request day", key).integers(len(days)))]


def _not_askable(
    session: Session,
    wanted: Plan,
    participants: Sequence[Participant],
    known: dict[str, Advertiser],
    days: dict[int, list[date]],
) -> Iterator[Problem]:
    """Everybody on the list who cannot be asked, each with the line that names them."""
    consents = enrolment.holding(session, wanted.purpose, enrolment.start_of(wanted.first_day))
    for each in participants:
        office = known[each.advertiser]
        why = _why_never(session, office, consents.get(each.advertiser), days[office.id], wanted)
        if why:
            yield Problem(*why, line=each.line, found=each.advertiser, remedy="Haal deze regel weg.")


def _why_never(
    session: Session, office: Advertiser, consent: Enrolment | None, days: Sequence[date], wanted: Plan
) -> tuple[str, str] | None:
    if office.kind is not AdvertiserKind.BROKER:
        return "not-a-broker", "Alleen een makelaar kan van een eigenaar een verzoek krijgen."
    if consent is None:
        return "no-consent", "Op de eerste dag is er geen geldige deelname voor dit doel."
    if not _signed_for(consent, wanted.script.ground.value, Channel.SMTP.value if wanted.domain else PHONE):
        return "not-signed-for", "Dit kantoor tekende niet voor zo'n verzoek op deze grond."
    if not days:
        return "no-day", "In de periode is er geen werkdag waarop dit kantoor niet vrij is."
    if _asked_since(session, office.id, consent.valid_from):
        return "asked-before", "Dit kantoor is onder deze deelname al eens gevraagd, en wij vragen een keer."
    return None


def _signed_for(consent: Enrolment, ground: str, channel: str) -> bool:
    scope = enrolment.scope_of(consent)
    return scope is None or scope.has_request(ground, channel)


def _asked_since(session: Session, advertiser_id: int, moment: datetime) -> bool:
    open_or_asked = OwnerRequest.state != RequestState.CANCELLED
    rows = select(OwnerRequest.id).join(RequestRound).where(OwnerRequest.advertiser_id == advertiser_id, open_or_asked)
    return session.scalar(rows.where(RequestRound.planned_at >= moment).limit(1)) is not None


def _to_ask(session: Session, name: str, key: str, tester: str, now: datetime) -> OwnerRequest:
    """The request that this tester may make at this moment, held until the transaction ends."""
    round_, office = find(session, name), lookup.advertiser(session, key)
    limits.lock(session, [office.id])
    rows = select(OwnerRequest).where(OwnerRequest.round_id == round_.id, OwnerRequest.advertiser_id == office.id)
    request = session.scalars(rows.with_for_update()).first()
    if request is None or not same(request.tester, tester):
        remedy = f"Zie praktijktest requests sheet {name} --by {tester}."
        raise Refused("not-yours", f"Verzoektest '{name}' heeft voor {tester} geen verzoek aan '{key}'.", remedy)
    if request.state is RequestState.CANCELLED:
        raise Refused("not-now", f"Aan '{key}' mag niets worden gevraagd: dit verzoek is vervallen.", "Bel niet.")
    if request.state is not RequestState.PLANNED:
        raise Refused("asked-already", f"Aan '{key}' is het verzoek al gedaan, en wij vragen een keer.")
    if why := _why_not(session, round_, request, now):
        raise Refused("not-now", f"Aan '{key}' mag nu niets worden gevraagd: {why}.", "Bel niet.")
    return request


def _why_not(session: Session, round_: RequestRound, request: OwnerRequest, now: datetime) -> str | None:
    """Why this may not be asked now; None when it may."""
    today = now.astimezone(ZONE).date()
    if round_.state is not RoundState.RUNNING:
        return "de verzoektest loopt niet"
    if not round_.first_day <= today <= round_.last_day:
        return "de periode is nog niet begonnen of voorbij"
    consents = enrolment.holding(session, round_.purpose, now)
    consent = consents.get(session.get_one(Advertiser, request.advertiser_id).key)
    if consent is None:
        return "er is nu geen geldige deelname"
    if not _signed_for(consent, round_.ground, PHONE):
        return "hiervoor tekende de aanbieder niet"
    if holds.current(session, request.advertiser_id):
        return "de aanbieder staat op pauze"
    if today in enrolment.days_off(session, request.advertiser_id) or today not in working_days(today, today):
        return "het kantoor is vandaag vrij"
    return _too_much(session, request, now)


def _too_much(session: Session, request: OwnerRequest, now: datetime) -> str | None:
    """Why this office may bear no call now, by the same conditions as a mail: its cap, and the rest between tests."""
    office, row = OwnerRequest.advertiser_id, select(OwnerRequest.id).where(OwnerRequest.id == request.id)
    room = enrolment.valid(office, RequestRound.purpose, limits.NOW, limits.room_for_one(office))
    asked = limits.request_parameters(session, now)
    if session.scalar(row.join(RequestRound).where(room), asked) is None:
        return "het kantoor kreeg alle tests waarvoor het tekende"
    if session.scalar(row.where(limits.request_rested(office)), asked) is None:
        return "er ging pas een andere test naar dit kantoor, of er volgt er zo een"
    return None


def _done_with(request: OwnerRequest, coder: str) -> bool:
    return same(request.tester, coder) or any(same(each.coder, coder) for each in request.codings)


def _in_state(session: Session, name: str, step: str, state: RoundState) -> RequestRound:
    round_ = find(session, name)
    session.refresh(round_, with_for_update=True)
    if round_.state is not state:
        message = f"Verzoektest '{name}' is {round_.state.value}; {step} kan alleen als zij {state.value} is."
        raise Refused("wrong-state", message)
    return round_


def _move(session: Session, round_: RequestRound, to: RoundState, actor: str, now: datetime) -> RequestRound:
    round_.state = to
    return _told(session, round_, actor, now)


def _told(session: Session, round_: RequestRound, actor: str, now: datetime, **data: object) -> RequestRound:
    ledger.append(session, now, actor, f"request-round.{round_.state.value}", f"request-round:{round_.id}", data)
    return round_
