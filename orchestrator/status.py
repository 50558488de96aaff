"""What works and what does not, for whoever is woken at night: plain sentences, with since when and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, exists, func, select, union_all
from sqlalchemy.orm import Session

from orchestrator import ahead, channel_faults, heartbeats, mailbox, views
from orchestrator.channel_faults import Fault
from orchestrator.clock import Clock
from orchestrator.heartbeats import Beat
from orchestrator.models import (
    Control,
    Decline,
    DeferredReply,
    Event,
    Feed,
    InboundMail,
    Inquiry,
    OwnerRequest,
    Pair,
    RequestLetter,
    RequestRound,
    Round,
)  # fmt: skip
from orchestrator.rounds.permission import Kind
from orchestrator.several import ask, written_out
from orchestrator.states import ROUND_ENDED, LetterState, MailState, RoundState
from orchestrator.views import said
from profiles.sentences import Sentence

QUEUES = {"send": "verzending", "inbox": "ontvangst", "reports": "rondes en feeds"}
"""The queues that must be worked on, and what they do."""

SILENT_SECONDS = 120.0
"""A queue of which nothing was seen for so long, in wall seconds, is not worked on; its ticks are seconds apart."""

STALE_SECONDS = 300.0
"""So long, in wall seconds, a mailbox may go unread, and a stored mail."""

START = (
    "Start praktijktest run; met losse processen: praktijktest worker %(queue)s en praktijktest beat. "
    "Kijk of Redis draait."
)

_PLACES = {
    "smtp": ("De mailserver", "Brieven wachten en vervallen pas na hun laatste moment. Kijk of de server draait en of "
             "de instellingen PRAKTIJKTEST_SMTP_… kloppen; na een wijziging moet het werkproces opnieuw starten."),
    "webform": ("De server van een formulier", "Brieven erheen wachten en vervallen pas na hun laatste moment. Bel de "
                "aanbieder als dit langer duurt dan een dag."),
    "http": ("Een formulier", "Kijk in de browser wat er is veranderd, pas forms.yaml aan, of geef de aanbieder een "
             "pauze: praktijktest hold. Wat onzeker is of geweigerd werd, gaat nooit opnieuw."),
    "imap": ("De mailbox", "Er gaat geen antwoord verloren: het blijft in de mailbox tot zij weer gelezen wordt. Kijk "
             "of de server draait en of PRAKTIJKTEST_IMAP_… klopt; start daarna het werkproces opnieuw, dat meteen "
             "weer inlogt. Een geweigerde login wordt steeds minder vaak herhaald, tot eens per uur."),
    "ledger-mailbox": ("De map met kopieën", "Zolang gaat er niets uit. Zie de regels over de mailbox."),
    "feed": ("Een feed", "Er komen zolang geen nieuwe tests uit deze feed; geplande tests gaan door. Zij wordt elk "
             "kwartier opnieuw gelezen."),
}  # fmt: skip
"""By the first word of a channel: what it is, and what its fault means and asks."""


@dataclass(frozen=True)
class Fact:
    """One sentence on what works or does not: since when, when it last showed itself, and what to do about it."""

    works: bool
    what: str
    said: str
    since: datetime | None = None
    seen: datetime | None = None
    do: str = ""


@dataclass(frozen=True)
class Chapter:
    """Facts that belong together, under a key for machines and a Dutch heading."""

    key: str
    heading: str
    facts: tuple[Fact, ...]


def of_house(session: Session, clock: Clock, mailboxes: Sequence[str]) -> tuple[Chapter, ...]:
    """Tell how this installation is; ``mailboxes`` are the names of the folders it is set to read."""
    chapters = (
        ("verzending", "Verzending", _sending(session, session.get_one(Control, 1))),
        ("storingen", "Storingen", _faults(session)),
        ("werkprocessen", "Werkprocessen", _workers(session, clock)),
        ("post", "Post", _mail(session, clock, mailboxes)),
        ("mensen", "Wacht op een mens", _people(session)),
        ("rondes", "Rondes", _rounds(session, clock.now())),
    )
    return tuple(Chapter(key, heading, tuple(facts)) for key, heading, facts in chapters)


def machinery(session: Session, clock: Clock, mailboxes: Sequence[str]) -> tuple[Fact, ...]:
    """Tell of the workers and the mailboxes alone: what a round that waits may wait for."""
    return (*_workers(session, clock), *_mail(session, clock, mailboxes))


def summary(chapters: Sequence[Chapter]) -> str:
    """Return in one sentence whether anybody has to get up."""
    wrong = [fact.what for chapter in chapters for fact in chapter.facts if not fact.works]
    if not wrong:
        return "Alles werkt."
    words = "Kijk naar 1 punt: %(what)s." if len(wrong) == 1 else "Kijk naar %(number)s punten: %(what)s."
    return Sentence.of(words, number=len(wrong), what=Sentence.joined(list(dict.fromkeys(wrong)), ", "))


def sentence(fact: Fact) -> str:
    """Return a fact as one line for a terminal."""
    moments = [f"sinds {said(fact.since)}"] if fact.since else []
    moments += [f"laatst gezien {said(fact.seen)}"] if fact.seen else []
    told = f"{fact.what}: {fact.said}"
    return " ".join(filter(None, [told, f"({', '.join(moments)})" if moments else "", fact.do]))


def _sending(session: Session, control: Control) -> Iterator[Fact]:
    if control.restored_at is not None:
        do = "Kijk eerst wat er al weg was: praktijktest reconcile --by NAAM."
        yield Fact(False, "Verzending", _shut(session), control.restored_at, do=do)
    elif not control.sending_enabled:
        shut = select(func.max(Event.at)).where(Event.kind == "sending.shut")
        do = "Is de oorzaak weg, zet haar dan weer open: praktijktest reopen --by NAAM."
        yield Fact(False, "Verzending", _shut(session), session.scalar(shut), do=do)
    else:
        yield Fact(True, "Verzending", "Staat open.")


def _shut(session: Session) -> str:
    return views.why_shut(session, how_on=False) or ""


def _faults(session: Session) -> Iterator[Fact]:
    faults = channel_faults.lasting(session)
    for fault in faults:
        what, do = _place(session, fault)
        yield Fact(False, what, _whole(fault.message), fault.since, fault.seen_at, do)
    if not faults:
        yield Fact(True, "Mailserver, mailbox, formulieren en feeds", "Er is geen storing bekend.")


def _whole(words: str) -> str:
    """Return words as a sentence of their own."""
    if isinstance(words, Sentence):
        return words
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def _place(session: Session, fault: Fault) -> tuple[str, str]:
    """Return where a fault is, and what to do about it."""
    kind, _, rest = fault.channel.partition(":")
    what, do = _PLACES["http" if kind == "https" else kind]
    if kind == "feed":
        feed = session.get(Feed, int(rest.partition(":")[0]))
        rest = feed.url if feed else rest
    place = fault.channel if kind in ("http", "https") else rest
    return (Sentence.joined([what, place]) if place else what), do


def _workers(session: Session, clock: Clock) -> Iterator[Fact]:
    last, now = heartbeats.last(session), clock.now()
    for queue, does in QUEUES.items():
        what = Sentence.of("Wachtrij %(queue)s (%(does)s)", queue=queue, does=does)
        yield _worker(what, Sentence.of(START, queue=queue), last.get(queue), now, clock)


def _worker(what: str, do: str, last: Beat | None, now: datetime, clock: Clock) -> Fact:
    if last is None or last.worker == heartbeats.NOBODY:
        return Fact(False, what, "Hier is geen werkproces aan het werk.", last.at if last else None, do=do)
    if now - last.at > clock.real(SILENT_SECONDS):
        words = "Het werkproces %(worker)s doet niets meer."
        return Fact(False, what, Sentence.of(words, worker=last.worker), last.at, do=do)
    return Fact(True, what, Sentence.of("Het werkproces %(worker)s werkt.", worker=last.worker), seen=last.at)


def _mail(session: Session, clock: Clock, mailboxes: Sequence[str]) -> Iterator[Fact]:
    for source in mailboxes:
        yield _mailbox(source, mailbox.ended_at(session, source), clock)
    if not mailboxes:
        yield Fact(True, "Mailbox", "Er is geen mailbox ingesteld; antwoorden komen alleen binnen bij de luisteraar.")
    unread, oldest = ask(session, _unread(), {}).one()
    if not unread:
        yield Fact(True, "Bewaarde berichten", "Alles wat binnenkwam is gelezen.")
        return
    late = clock.now() - oldest > clock.real(STALE_SECONDS)
    words = "Aantal dat nog gelezen moet worden: %(number)s; het oudste staat hieronder als begin."
    yield Fact(
        not late,
        "Bewaarde berichten",
        Sentence.of(words, number=unread),
        oldest,
        do=Sentence.of(START, queue="inbox") if late else "",
    )


@cache
def _unread() -> Select[*tuple[Any, ...]]:
    return select(func.count(), func.min(InboundMail.received_at)).where(InboundMail.state == MailState.STORED)


def _mailbox(source: str, ended: datetime | None, clock: Clock) -> Fact:
    what = Sentence.of("Mailbox %(name)s", name=source.removeprefix("imap:"))
    if ended is None:
        return Fact(False, what, "Nog nooit tot het einde gelezen.", do="Zie de storingen en de wachtrij inbox.")
    if clock.now() - ended > clock.real(STALE_SECONDS):
        return Fact(False, what, "Niet meer tot het einde gelezen.", ended, do="Zie de storingen en de wachtrij inbox.")
    return Fact(True, what, "Tot het einde gelezen.", seen=ended)


def _people(session: Session) -> Iterator[Fact]:
    (waiting, oldest), *lost = ask(session, _for_people(), {}).all()
    if waiting:
        do = "Geef ze hun plaats: praktijktest deferred, en dan praktijktest assign."
        words = Sentence.of("Aantal dat bij geen reactie past: %(number)s.", number=waiting)
        yield Fact(False, "Niet toegewezen berichten", words, oldest, do=do)
    uncertain = [_uncertain(what, *told) for what, told in zip(_LETTERS, lost, strict=True) if told[0]]
    yield from uncertain
    paused = views.held_advertisers(session)
    for held in paused:
        then = "Kijk wat er is gebeurd; dan: praktijktest lift %(advertiser)s --by NAAM."
        lift, what = Sentence.of(then, advertiser=held.advertiser), Sentence.of("Pauze van %(name)s", name=held.name)
        yield Fact(False, what, _whole(held.reason), held.since, do=lift)
    if not (waiting or uncertain or paused):
        yield Fact(True, "Werk voor mensen", "Er wacht niets op een mens.")


_LETTERS: Mapping[str, Kind] = {
    "Onzekere reacties": Inquiry, "Onzekere afmeldingen": Decline, "Onzekere verzoeken": RequestLetter,
}  # fmt: skip

# Written out, so that a database sees that its index has these letters and no others.
_UNCERTAIN = written_out(Inquiry.state, LetterState.UNCERTAIN)
_IN_A_ROUND_THAT_GOES_ON = exists().where(Pair.id == Inquiry.pair_id, Round.id == Pair.round_id,
                                          Round.state.not_in(ROUND_ENDED))  # fmt: skip

_IN_REQUESTS_THAT_GO_ON = exists().where(
    OwnerRequest.id == RequestLetter.request_id, RequestRound.id == OwnerRequest.round_id,
    RequestRound.state.not_in(ROUND_ENDED),
)  # fmt: skip


@cache
def _for_people() -> CompoundSelect[*tuple[Any, ...]]:
    """How many mails wait for a place and since when, and the same of the letters of `_LETTERS`, a row each."""
    mails = select(func.count(), func.min(DeferredReply.deferred_at)).where(DeferredReply.resolved_at.is_(None))
    return union_all(mails, *(_lost(kind) for kind in _LETTERS.values()))


def _lost(kind: Kind) -> Select[*tuple[Any, ...]]:
    """Letters of which nobody knows whether they arrived; of a round that ended nobody needs to know any more."""
    rows = select(func.count(), func.min(kind.planned_at)).select_from(kind)
    rows = rows.join(Inquiry, Inquiry.id == Decline.inquiry_id) if kind is Decline else rows
    goes_on = _IN_REQUESTS_THAT_GO_ON if kind is RequestLetter else _IN_A_ROUND_THAT_GOES_ON
    return rows.where(kind.state == _UNCERTAIN, goes_on)


def _uncertain(what: str, number: int, oldest: datetime) -> Fact:
    do = "Zij gaan nooit opnieuw uit. Een kopie of antwoord maakt ze zeker; vraag anders de mailserver na."
    do = do if _LETTERS[what] is not Decline else "Bel de aanbieder: misschien staat er nog een bezichtiging."
    words = Sentence.of("Aantal waarvan niemand weet of het aankwam: %(number)s.", number=number)
    return Fact(False, what, words, oldest, do=do)


def _rounds(session: Session, now: datetime) -> Iterator[Fact]:
    going = (RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING)
    rounds = session.scalars(select(Round).where(Round.state.in_(going)).order_by(Round.id)).all()
    shut = views.why_shut(session) if rounds else None
    for round_ in rounds:
        span = ahead.waiting_span(session, round_)
        why = views.why_waiting(session, round_, now, span, shut)
        told = [each for each in (why, _next(session, round_, now, span)) if each]
        yield Fact(True, Sentence.of("Ronde %(name)s", name=round_.name), Sentence.joined(told))
    if not rounds:
        yield Fact(True, "Rondes", "Er loopt geen ronde.")


def _next(session: Session, round_: Round, now: datetime, span: ahead.Span | None) -> str:
    for letter in ahead.letters_in(session, round_, now, 1, span):
        words = "De volgende brief: %(pair)s, %(order)s van %(of)s, aan %(advertiser)s, gepland op %(moment)s: %(why)s."
        told = {"pair": letter.pair, "order": letter.order, "of": letter.of, "advertiser": letter.advertiser}
        return Sentence.of(words, **told, moment=said(letter.at), why=letter.why)
    return ""
