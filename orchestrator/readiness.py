"""What must be in order before a round that truly sends is approved: shown as a list, and asked again at the approval.

A rehearsal needs less of it: what does not apply there says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from orchestrator import enrolment, ledger, mail_trips
from orchestrator.design import Design, Mode, from_canonical
from orchestrator.intake import Channel
from orchestrator.models import Advertiser, Enrolment, Event, Inquiry, Listing, Pair, Person, Round
from orchestrator.rounds import likeness, lookup
from orchestrator.states import Role, RoundState
from profiles.errors import BadInput, Problem, Refused
from profiles.sentences import Sentence

WANTED = 0.8
"""The power that a round should reach, or about which somebody says why it need not."""

WAIVED = "round.power-waived"
PLACEHOLDERS = ("voorbeeld", "example", "todo", "nog te", "n.v.t", "nvt", "xxx")
"""How a reference begins that is none."""

HEADINGS = {
    "consent": "Geldige deelname",
    "power": "Onderscheidend vermogen",
    "mailbox": "Post heen en terug",
    "forms": "Formulieren",
    "references": "Ethische toetsing en DPIA",
    "retention": "Bewaartermijn",
    "contact": "Contact bij nood",
    "parity": "Gelijke brieven",
    "approval": "Tweede persoon",
}
TEXTS = {
    "consent": "Van alle %(letters)s reacties ligt het moment binnen een geldige deelname.",
    "no-consent": "Voor %(without)s van de %(letters)s reacties is er op dat moment geen geldige deelname.",
    "no-consent-do": "Vraag toestemming voor die dagen, haal de aanbieder weg, of verleg de planning. Plan opnieuw.",
    "power": "De kans om het verwachte verschil te vinden is %(power)s; gewenst is %(wanted)s.",
    "power-do": "Plan meer tests, of leg uit waarom minder genoeg is.",
    "power-waived": "%(told)s %(who)s vindt dat genoeg: %(reason)s",
    "power-unknown": "Het onderscheidend vermogen is voor deze opzet niet te berekenen.",
    "power-unknown-do": "Oefen de opzet (praktijktest rehearse) en leg uit waarom het aantal tests genoeg is.",
    "parity": "De brieven van beide profielen verschillen alleen in het signaal.",
    "mailbox": "Een bericht van deze installatie naar zichzelf kwam terug.",
    "mailbox-out": "Het bericht aan de eigen mailbox is verzonden en nog niet terug.",
    "mailbox-fault": "Het bericht aan de eigen mailbox is niet aangenomen: %(fault)s",
    "mailbox-none": "Er is nog geen bericht naar de eigen mailbox gestuurd.",
    "mailbox-do": "Stuur een bericht naar de eigen mailbox, en wacht tot het terug is.",
    "mailbox-rehearsal": "Niet nodig: de ronde oefent, en de gesimuleerde markt antwoordt op deze machine.",
    "forms": "Geen reactie gaat naar een formulier zonder https.",
    "forms-plain": "%(number)s reacties gaan naar een formulier zonder https, zoals %(address)s; zij gaan niet uit.",
    "forms-do": "Vraag de aanbieder om een adres met https, of laat hem per e-mail meedoen. Plan opnieuw.",
    "references": "Toetsing: %(ethics)s. DPIA: %(dpia)s.",
    "references-do": "Vul study.ethics_reference en study.dpia_reference in met de echte kenmerken. Plan opnieuw.",
    "retention": "Antwoorden worden %(months)s maanden na sluiting bewaard.",
    "contact": "%(contact)s",
    "no-contact": "Er staat niet wie een aanbieder bij nood bereikt.",
    "contact-do": "Vul study.emergency_contact in. Plan opnieuw.",
    "approved": "Goedgekeurd door %(who)s.",
    "not-approved": "%(who)s plande de ronde; nog niemand keurde haar goed.",
    "approval-do": "Laat een ander met de rol goedkeurder de ronde goedkeuren. Mensen die dat kunnen: %(number)s.",
    "no-approver": "%(who)s plande de ronde, en niemand anders heeft de rol goedkeurder.",
    "no-approver-do": "Laat de beheerder iemand de rol goedkeurder geven.",
    "rehearsal": "In een oefenronde hoeft dit niet. %(told)s",
}
"""Every sentence of the list; the values are filled in again where a page is in another language."""


@dataclass(frozen=True)
class Power:
    """The chance that a round finds the difference it was planned for; None where that cannot be computed."""

    value: float | None


@dataclass(frozen=True)
class Item:
    """One thing to have in order. Where it does not ``apply`` it holds nothing up, whether it is ``ok`` or not."""

    key: str
    ok: bool
    applies: bool
    why: str
    remedy: str = ""

    @property
    def blocks(self) -> bool:
        return self.applies and not self.ok

    @property
    def heading(self) -> str:
        return HEADINGS[self.key]


def checklist(session: Session, round_: Round, power: Power, parity: Item | None = None) -> tuple[Item, ...]:
    """Return everything to have in order, the second person last; ``parity`` is what `parity_of` gave before."""
    design = from_canonical(round_.design)
    asked = _asked(session, round_, design, power)
    return (*asked, parity or parity_of(session, round_), _approval(session, round_))


def require(session: Session, round_: Round, power: Power | None) -> None:
    """Raise `Refused` naming what is not in order; nothing is asked of a rehearsal. Parity is asked for by itself."""
    design = from_canonical(round_.design)
    if design.mode is not Mode.LIVE:
        return
    open_ = [each for each in _asked(session, round_, design, power or Power(None)) if each.blocks]
    if open_:
        told = "\n".join(f"- {each.heading}: {each.why} {each.remedy}" for each in open_)
        message = f"Ronde '{round_.name}' is nog niet klaar om echt te verzenden:\n{told}\n"
        raise Refused("not-ready", message, "Breng dit in orde, en keur daarna goed.")


def waive(session: Session, name: str, actor: str, now: datetime, reason: str) -> None:
    """Say of a planned round why the power it has is enough; holds for this plan and no other."""
    round_ = lookup.find(session, name)
    if round_.state is not RoundState.PLANNED:
        raise Refused("wrong-state", f"Ronde '{name}' is {round_.state.value}; dit kan alleen als zij gepland is.")
    if not reason.strip():
        raise BadInput(Problem("no-reason", "Zonder reden kan dit niet.", remedy="Schrijf waarom dit genoeg is."))
    told = {"digest": round_.digest, "reason": reason.strip()}
    ledger.append(session, now, actor, WAIVED, f"round:{round_.id}", told)


def _asked(session: Session, round_: Round, design: Design, power: Power) -> Iterator[Item]:
    live = design.mode is Mode.LIVE
    yield _consent(session, round_, design)
    for each in (
        _power(session, round_, power), _mailbox(session, design), _forms(session, round_), _references(design),
        _retention(design), _contact(design),
    ):  # fmt: skip
        yield each if live else _in_rehearsal(each)


def _in_rehearsal(item: Item) -> Item:
    if item.ok:
        return Item(item.key, True, False, item.why)
    if item.key == "mailbox":
        return Item(item.key, False, False, _say("mailbox-rehearsal"))
    return Item(item.key, False, False, _say("rehearsal", told=item.why))


def _consent(session: Session, round_: Round, design: Design) -> Item:
    rows = select(func.count()).select_from(Inquiry).join(Pair).join(Listing).where(Pair.round_id == round_.id)
    letters = session.scalar(rows) or 0
    purpose = literal(design.study.purpose, Enrolment.purpose.type)
    holds = enrolment.valid(Listing.advertiser_id, purpose, Inquiry.planned_at)
    without = session.scalar(rows.where(~holds)) or 0
    if without:
        why = _say("no-consent", without=without, letters=letters)
        return Item("consent", False, True, why, TEXTS["no-consent-do"])
    return Item("consent", True, True, _say("consent", letters=letters))


def _power(session: Session, round_: Round, power: Power) -> Item:
    if power.value is None:
        told, remedy = _say("power-unknown"), TEXTS["power-unknown-do"]
    else:
        told, remedy = _say("power", power=f"{power.value:.0%}", wanted=f"{WANTED:.0%}"), TEXTS["power-do"]
        if power.value >= WANTED:
            return Item("power", True, True, told)
    waiver = _waiver(session, round_)
    if waiver is None:
        return Item("power", False, True, told, remedy)
    return Item("power", True, True, _say("power-waived", told=told, who=waiver.actor, reason=waiver.data["reason"]))


def _waiver(session: Session, round_: Round) -> Event | None:
    """The newest waiver of this very plan: the number of a plan that was replaced may come back."""
    rows = select(Event).where(Event.kind == WAIVED, Event.subject == f"round:{round_.id}").order_by(Event.seq.desc())
    return next((each for each in session.scalars(rows) if each.data["digest"] == round_.digest), None)


def parity_of(session: Session, round_: Round) -> Item:
    """Return whether the letters of the arms differ in their signal alone: all are held against each other."""
    if round_.state is not RoundState.PLANNED:
        return Item("parity", round_.approved_at is not None, True, _say("parity"))
    try:
        likeness.require(session, round_)
    except Refused as refused:
        return Item("parity", False, True, refused.problem.message, refused.problem.remedy or "")
    return Item("parity", True, True, _say("parity"))


def _mailbox(session: Session, design: Design) -> Item:
    trip = mail_trips.newest(session, design.letters.domain)
    if trip is not None and trip.back_at is not None:
        return Item("mailbox", True, True, _say("mailbox"))
    if trip is None:
        why = _say("mailbox-none")
    else:
        why = _say("mailbox-fault", fault=trip.fault) if trip.fault else _say("mailbox-out")
    return Item("mailbox", False, True, why, TEXTS["mailbox-do"])


def _forms(session: Session, round_: Round) -> Item:
    """In a live round the channel posts to no form that is not reached by https."""
    plain = (Inquiry.channel == Channel.WEBFORM, Advertiser.form_url.startswith("http:"))
    rows = select(func.count(), func.min(Advertiser.form_url)).select_from(Inquiry).join(Pair).join(Listing)
    here = Pair.round_id == round_.id, Inquiry.address_index == Advertiser.form_index
    number, address = session.execute(rows.join(Advertiser).where(*here, *plain)).one()
    if number:
        return Item("forms", False, True, _say("forms-plain", number=number, address=address), TEXTS["forms-do"])
    return Item("forms", True, True, _say("forms"))


def _references(design: Design) -> Item:
    study = design.study
    references = (study.ethics_reference, study.dpia_reference)
    why = _say("references", ethics=references[0], dpia=references[1])
    if any(each.casefold().startswith(PLACEHOLDERS) for each in references):
        return Item("references", False, True, why, TEXTS["references-do"])
    return Item("references", True, True, why)


def _retention(design: Design) -> Item:
    """Always set: no design goes without."""
    return Item("retention", True, True, _say("retention", months=design.study.retention_months))


def _contact(design: Design) -> Item:
    if contact := design.study.emergency_contact:
        return Item("contact", True, True, _say("contact", contact=contact))
    return Item("contact", False, True, _say("no-contact"), TEXTS["contact-do"])


def _approval(session: Session, round_: Round) -> Item:
    if round_.approved_by:
        return Item("approval", True, True, _say("approved", who=round_.approved_by))
    people = session.scalars(select(Person).where(Person.revoked_at.is_(None)))
    able = [each for each in people if Role.APPROVER in each.roles and each.key != round_.planned_by.casefold()]
    if not able:
        return Item("approval", False, True, _say("no-approver", who=round_.planned_by), TEXTS["no-approver-do"])
    why = _say("not-approved", who=round_.planned_by)
    return Item("approval", False, True, why, _say("approval-do", number=len(able)))


def _say(key: str, **values: object) -> Sentence:
    return Sentence.of(TEXTS[key], **values)
