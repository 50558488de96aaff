"""How far each mail folder has been read; see DESIGN §5."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.models import ImapCursor


def last_uid(session: Session, source: str, uidvalidity: int) -> int:
    """Return the last UID that was stored; 0 for a folder that is new, or that its server has numbered anew."""
    cursor = session.scalars(select(ImapCursor).where(ImapCursor.source == source)).first()
    return known(cursor, uidvalidity) if cursor else 0


def ended_at(session: Session, source: str) -> datetime | None:
    """Return when the folder was last read to its end; None when it never was."""
    return session.scalar(select(ImapCursor.ended_at).where(ImapCursor.source == source))


def hold(session: Session, source: str, uidvalidity: int) -> ImapCursor:
    """Return the folder's cursor, held until the transaction ends: two who read one folder take turns in storing."""
    if session.scalar(select(ImapCursor.id).where(ImapCursor.source == source)) is None:
        try:
            with session.begin_nested():
                session.add(ImapCursor(source=source, uidvalidity=uidvalidity, last_uid=0))
        except IntegrityError:
            pass  # another one who reads this folder was first
    return session.scalars(select(ImapCursor).where(ImapCursor.source == source).with_for_update()).one()


def known(cursor: ImapCursor, uidvalidity: int) -> int:
    """Return how far a folder with this numbering was stored."""
    return cursor.last_uid if cursor.uidvalidity == uidvalidity else 0


def advance(cursor: ImapCursor, uidvalidity: int, uid: int) -> None:
    """Move a held cursor on to this UID; back only when the server numbered the folder anew."""
    cursor.last_uid = max(known(cursor, uidvalidity), uid)
    cursor.uidvalidity = uidvalidity
