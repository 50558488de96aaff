"""After a backup was put back: what went since then becomes sent or uncertain, and the rest may go. See DESIGN §4."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator import ledger, mailbox
from orchestrator.enrolment import ZONE
from orchestrator.intake import Channel
from orchestrator.models import Control, Event
from orchestrator.rounds import copies, restored
from orchestrator.rounds.permission import KINDS, Kind
from orchestrator.rounds.settling import give_up
from orchestrator.states import LetterState
from profiles.errors import Refused

COPY_SECONDS = 900.0
"""A copy is in the ledger mailbox so long after its letter went, at the latest (real seconds)."""

WHY = "na een teruggezette back-up is niet te weten of deze brief al weg is"

_OPEN = (LetterState.PLANNED, LetterState.CLAIMED)


@dataclass(frozen=True)
class Reconciled:
    """How many letters a copy or a reply proved sent, became uncertain for want of proof, and never went.

    ``believed``: there is a ledger mailbox, and it had a copy of every letter that was looked for.
    """

    settled: int
    uncertain: int
    waiting: int
    believed: bool


def reconcile(session: Session, actor: str, now: datetime, source: str | None, patience: timedelta) -> Reconciled:
    """Bring a restored record in agreement with what went out, and open sending again.

    ``source`` is the cursor's name of the ledger mailbox, None without one; ``patience`` how long a copy may take.
    Raises `Refused` when no backup was put back, or while the mailbox was not read to its end ``patience`` later.

    Of a mail letter the copy decides; without a mailbox, without one that can be believed, and for every letter by web
    form, each letter that could have gone before the backup came back becomes uncertain. So does what the backup
    itself says is on the wire.
    """
    control = session.get_one(Control, 1, with_for_update=True)
    if control.restored_at is None:
        raise Refused("not-restored", "Er is geen back-up teruggezet: er valt niets te verzoenen.")
    if source is not None:
        _must_be_read(mailbox.ended_at(session, source), control.restored_at + patience)
    settled = _settled(session) + copies.settle_seen(session, now)
    lost = sum(give_up(session, kind, [kind.state == LetterState.SENDING], now, WHY) for kind in KINDS)
    proven = copies.settle_seen(session, now)
    believed = source is not None and copies.testify(session)
    doubted = sum(_doubt(session, kind, control.restored_at, now, believed=believed) for kind in KINDS)
    waiting = sum(_waiting(session, kind) for kind in KINDS)
    told = Reconciled(settled + proven, lost - proven + doubted, waiting, believed)
    control.restored_at = None
    ledger.append(session, now, actor, "backup.reconciled", "control", asdict(told))
    return told


def _must_be_read(ended: datetime | None, after: datetime) -> None:
    if ended is None or ended < after:
        last = f"voor het laatst {ended.astimezone(ZONE):%d-%m-%Y %H:%M}" if ended else "nog nooit"
        raise Refused(
            "ledger-unread",
            f"De map met kopieën is {last} tot het einde gelezen; na een kwartier staat elke kopie er.",
            f"Laat praktijktest run (of worker inbox) draaien, en herhaal dit na {after.astimezone(ZONE):%H:%M}.",
        )


def _doubt(session: Session, kind: Kind, restored_at: datetime, now: datetime, *, believed: bool) -> int:
    """Give up what may have gone since the backup was made; before its planned moment no letter goes."""
    silent = [kind.channel == Channel.WEBFORM] if believed else []
    return give_up(session, kind, [kind.state.in_(_OPEN), kind.planned_at <= restored_at, *silent], now, WHY)


def _settled(session: Session) -> int:
    """Count what was settled in the transactions since the backup came back."""
    came_back = select(func.max(Event.seq)).where(Event.kind == restored.EVENT).scalar_subquery()
    rows = select(func.count()).select_from(Event).where(Event.kind == "letter.settled", Event.seq > came_back)
    return session.scalar(rows) or 0


def _waiting(session: Session, kind: Kind) -> int:
    return session.scalar(select(func.count()).select_from(kind).where(kind.state.in_(_OPEN))) or 0
