"""What the coding desk shows: one masked reply at a time, what two coders differ on, what could not be masked."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator import tallies
from orchestrator.db import Session
from orchestrator.models import Reply, Round
from orchestrator.rounds import coding, duties, lookup
from orchestrator.sealing import Sealing, open_all
from profiles.errors import Refused
from profiles.sentences import Sentence
from results.blind import Masked, masked
from results.outcomes import propose
from results.statistics import cohens_kappa

KEYS = (
    "UITNODIGING",
    "UITNODIGING_KEUZE",
    "BELVERZOEK",
    "DOCUMENTEN_VOORAF",
    "NEUTRALE_VRAGEN",
    "WACHTLIJST",
    "AL_VERHUURD",
    "AFWIJZING_ZONDER_REDEN",
    "OVERIG",
)
"""The labels on the keys 1 to 9. They stay where they are: an order by what the rules propose would be a proposal."""

AT_A_TIME = 50
"""So many replies are opened together: most often the first may be shown, and the rest need not be read."""


@dataclass(frozen=True)
class Piece:
    """A part of a text; ``marked`` are the words that the rules would go by."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Shown:
    """A reply as a coder sees it, with what those wrote who left it to others."""

    number: int
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Desk:
    """What waits for one coder in a round: the reply to code now, and how far they are.

    ``withheld`` counts what waits but cannot be shown, ``last`` is what can be taken back, ``left`` what they left to
    others, ``differences`` what they may decide as a third person.
    """

    round: str
    reply: Shown | None
    done: int
    waiting: int
    withheld: int
    left: int
    differences: int
    last: int | None

    @property
    def total(self) -> int:
        return self.done + self.waiting


@dataclass(frozen=True)
class Work:
    """One line of the list of rounds: how many replies wait for a coder, and how many differences.

    ``barred`` is why this person codes nothing in it, if so.
    """

    round: str
    state: str
    done: int
    waiting: int
    differences: int
    barred: Sentence | None = None


@dataclass(frozen=True)
class Difference:
    """A reply with the labels that two people gave it, in the order they gave them."""

    reply: Shown
    given: tuple[str, str]


@dataclass(frozen=True)
class Agreement:
    """How far the first two coders of the same replies agree; ``kappa`` is None where it cannot be computed."""

    doubles: int
    same: int
    kappa: float | None

    @property
    def share(self) -> float:
        return self.same / self.doubles


@dataclass(frozen=True)
class Withheld:
    """A reply in which a cue may survive: the masked text in pieces, and what survives."""

    number: int
    pieces: tuple[Piece, ...]
    survives: tuple[str, ...]
    hidden: tuple[str, ...]


def works(session: Session, rounds: Iterable[Round], coder: str) -> tuple[Work, ...]:
    """List the rounds in which something waits for somebody, in which they coded, or may not code what waits."""
    found = [_work(session, round_, coder) for round_ in rounds]
    return tuple(work for work in found if work.done or work.waiting or work.differences)


def desk(session: Session, round_name: str, coder: str) -> Desk:
    """Return what a coder sees now. Raises `Refused` for a round that is not there, or in which they may not code."""
    round_ = lookup.find(session, round_name)
    queue = coding.queue(session, round_.id, coder)
    fresh = [reply for reply in queue if not coding.disputed(reply)]
    reply, withheld = _first(session, fresh)
    return Desk(
        round=round_.name,
        reply=reply,
        done=coding.done(session, round_.id, coder),
        waiting=len(fresh),
        withheld=withheld,
        left=coding.left(session, round_.id, coder),
        differences=len(queue) - len(fresh),
        last=coding.undoable(session, round_.id, coder),
    )


def differences(session: Session, round_name: str, coder: str) -> tuple[Difference, ...]:
    """List what two others differ on and this person may decide; what cannot be masked waits.

    Nothing for who may not code in the round: see `barred`.
    """
    round_ = lookup.find(session, round_name)
    if duties.not_blind(session, round_, coder):
        return ()
    queue = coding.queue(session, round_.id, coder)
    seen = _masked(session, [reply for reply in queue if coding.disputed(reply)])
    return tuple(
        Difference(_shown(reply, text), (reply.codings[0].label, reply.codings[1].label))
        for reply, text in seen
        if not text.survives
    )


def barred(session: Session, round_name: str, coder: str) -> Sentence | None:
    """Return why somebody may code nothing in a round, or None."""
    return duties.not_blind(session, lookup.find(session, round_name), coder)


def agreement(session: Session, round_name: str) -> Agreement:
    """Return how far the coders of a round agree so far."""
    given = coding.doubles(session, lookup.find(session, round_name).id)
    same = sum(one == other for one, other in given)
    kappa = cohens_kappa([one for one, _ in given], [other for _, other in given]) if given else None
    return Agreement(len(given), same, kappa)


def withheld(session: Session, round_name: str) -> tuple[Withheld, ...]:
    """List the replies of a round that nobody may code yet, because something may point at the applicant."""
    rows = coding.uncoded(session, lookup.find(session, round_name).id)
    found = _masked(session, rows)
    return tuple(_withheld(reply, text) for reply, text in found if text.survives)


def one_withheld(session: Session, round_name: str, number: int) -> Withheld:
    """Return one reply for a person who hides words in it; also one in which nothing was found."""
    reply = of_round(session, round_name, number)
    return _withheld(reply, masked(reply))


def of_round(session: Session, round_name: str, number: int) -> Reply:
    """Return a reply of this round; raise `Refused` for one of another."""
    reply = lookup.reply(session, number)
    if reply.inquiry.pair.round_id != lookup.find(session, round_name).id:
        raise Refused("unknown-reply", f"Ronde '{round_name}' heeft geen antwoord {number}.")
    return reply


def _work(session: Session, round_: Round, coder: str) -> Work:
    done = coding.done(session, round_.id, coder)
    if why := duties.not_blind(session, round_, coder):
        waiting = tallies.uncoded(session, round_.id)
        return Work(round_.name, round_.state.value, done, waiting, 0, why)
    queue = coding.queue(session, round_.id, coder)
    fresh = sum(not coding.disputed(reply) for reply in queue)
    return Work(round_.name, round_.state.value, done, fresh, len(queue) - fresh)


def _masked(session: Session, replies: Sequence[Reply]) -> Iterator[tuple[Reply, Masked]]:
    """Mask these replies one by one, with what they hold opened so many at a time."""
    for at in range(0, len(replies), AT_A_TIME):
        some = replies[at : at + AT_A_TIME]
        rows: list[Sealing] = [*some]
        for reply in some:
            rows += [*reply.masks, *reply.doubts]
        open_all(session, rows)
        yield from ((reply, masked(reply)) for reply in some)


def _first(session: Session, replies: Sequence[Reply]) -> tuple[Shown | None, int]:
    """The first reply that may be shown, and how many before it may not."""
    for before, (reply, text) in enumerate(_masked(session, replies)):
        if not text.survives:
            return _shown(reply, text), before
    return None, len(replies)


def _shown(reply: Reply, text: Masked) -> Shown:
    phrase = propose(text.text, kind=reply.kind).phrase
    notes = tuple(doubt.note for doubt in reply.doubts if doubt.note)
    return Shown(reply.id, _pieces(text.text, [phrase]), notes)


def _withheld(reply: Reply, text: Masked) -> Withheld:
    hidden = tuple(each.phrase for each in reply.masks if each.phrase)
    return Withheld(reply.id, _pieces(text.text, text.survives), text.survives, hidden)


def _pieces(text: str, phrases: Iterable[str]) -> tuple[Piece, ...]:
    """Cut a text at these phrases; the rules read it with other spaces and line ends than it has."""
    wanted = [r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.strip()]
    if not wanted:
        return (Piece(text, marked=False),)
    cut = re.split(f"({'|'.join(wanted)})", text)
    return tuple(Piece(part, marked=at % 2 == 1) for at, part in enumerate(cut) if part)
