"""A mailbox, a listener and the processes that read them, to be killed; and what must hold of all mail in the end."""

import os
import signal
import smtplib
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from celery import Celery
from house_makers import a_monday, an_advertiser, listings, plan
from mailbox_makers import PASSWORD, USER, Mailbox
from post import BURDEN, MARK, OFFICE, Post, Writer
from processes import Nursery, Process
from servers import Postgres, Redis, until
from sqlalchemy import func, select, update

from orchestrator import channel_faults, ledger
from orchestrator.control import set_clock
from orchestrator.db import Database, Session
from orchestrator.master_keys import Keys
from orchestrator.models import DeferredReply, Delivery, ImapCursor, InboundMail, Inquiry, Reply
from orchestrator.schema import prepare
from orchestrator.states import LetterState, MailState
from portal.demo.ports import free_port

PAIRS = 30
SENT, NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC), datetime(2026, 9, 8, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 60.0
AT_DOOR = ("taken", "kept")
TICKS = ("poll_mailbox", "read_mail")


@dataclass(frozen=True)
class Verdict:
    """The marks of the mails that break each rule; sound when there are none.

    * lost: stored nowhere, or in the folder and in no delivery of its last numbering, or accepted at the door and not
      delivered;
    * double: stored more than once;
    * misplaced: not a reply of each inquiry it answers, once, and of no other, or not in the state it must be in;
    * other: what is wrong with the folder, the ledger or the attachments.
    """

    lost: tuple[bytes, ...]
    double: tuple[bytes, ...]
    misplaced: tuple[bytes, ...]
    other: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not any((self.lost, self.double, self.misplaced, self.other))


@dataclass
class Reader:
    """A process that reads the inbox: alone in its room (a numbered Redis database), with a door of its own."""

    process: Process
    room: str
    port: int


class Intake:
    """Praktijktest's inbox: `praktijktest worker inbox` on PostgreSQL, Redis and Dovecot, and the post for it."""

    def __init__(
        self, folder: Path, nursery: Nursery, postgres: Postgres, broker: Redis, mailbox: Mailbox, mails: int, seed: int
    ) -> None:
        self.folder, self.nursery, self.postgres, self.broker, self.mailbox = folder, nursery, postgres, broker, mailbox
        self.name = f"praktijktest_inbox_{os.getpid()}"
        self.url = postgres.create(self.name)
        self.database = Database.at(self.url, Keys.beside(folder))
        prepare(self.database)
        writer = Writer(self._letters(), seed)
        self.post = [writer.write(number) for number in range(mails)]
        self.celery = Celery("pusher", broker=broker.url, set_as_current=False)
        self.readers: list[Process] = []
        self.at_door: list[tuple[Post, tuple[str, ...]]] = []
        self.given: list[tuple[Post, tuple[str, ...]]] = []
        self.brought = self.in_box = self.changes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in self.readers:
            reader.signal(signal.SIGKILL)
        until(lambda: not any(reader.alive for reader in self.readers), 10, "killed processes")
        self.celery.close()
        self.database.engine.dispose()
        self.postgres.drop(self.name)

    def _letters(self) -> Sequence[Inquiry]:
        """A round of which every letter was sent a day ago."""
        office = an_advertiser(email=OFFICE)
        plan(self.database, a_monday(), participants=[office], rows=listings(PAIRS))
        with self.database.writing() as session:
            session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=SENT))
            set_clock(session, NOW, 1.0)
        with self.database.reading() as session:
            return session.scalars(select(Inquiry).order_by(Inquiry.id)).all()

    # --- The post -------------------------------------------------------------------------------------------------

    def deliver(self, number: int) -> None:
        """Bring the next mails: straight into the folder, as its server would, or to the queue for the door."""
        for post in self.post[self.brought : self.brought + number]:
            for raw in post.box:
                self.in_box += 1
                self.mailbox.drop(raw, self.in_box)
            self.at_door += [(post, recipients) for recipients in post.door]
        self.brought += number

    def knock(self, reader: Reader) -> None:
        """Hand over what waits for the door; what was not accepted stays, as with any mail server."""
        if not self.at_door:
            return
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", reader.port, timeout=10) as line:
            while self.at_door:
                post, recipients = self.at_door[0]
                line.sendmail(OFFICE, list(recipients), post.raw.replace(b"\n", b"\r\n"))
                self.given.append(self.at_door.pop(0))

    def renumber(self) -> None:
        self.mailbox.rebuild()
        self.changes += 1

    # --- The readers ----------------------------------------------------------------------------------------------

    def reader(self, room: int, phase: str | None = None) -> Reader:
        port, url = free_port(), self.broker.room(room)
        dying = {"PRAKTIJKTEST_FAULT_AT": phase, "PRAKTIJKTEST_FAULT_TESTS": "1"} if phase else {}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PRAKTIJKTEST_DATA": str(self.folder),
            "PRAKTIJKTEST_DATABASE_URL": self.url,
            "PRAKTIJKTEST_REDIS_URL": url,
            "PRAKTIJKTEST_LISTEN_PORT": str(port),
            "PRAKTIJKTEST_IMAP_HOST": "127.0.0.1",
            "PRAKTIJKTEST_IMAP_PORT": str(self.mailbox.port),
            "PRAKTIJKTEST_IMAP_SECURITY": "none",
            "PRAKTIJKTEST_IMAP_USER": USER,
            "PRAKTIJKTEST_IMAP_PASSWORD": PASSWORD,
            **dying,
        }
        pid = self.nursery.bear(["worker", "inbox"], environment, self.folder / "processes.log")
        self.readers.append(Process(pid, "reader", phase))
        return Reader(self.readers[-1], url, port)

    def tick(self, reader: Reader) -> None:
        """Say: look in the mailbox and in the database; unless that was said and not heard yet."""
        with redis.Redis.from_url(reader.room) as waiting:
            if waiting.llen("inbox"):
                return
        with self.celery.connection_for_write(reader.room) as connection:
            for task in TICKS:
                self.celery.send_task(f"workers.tasks.{task}", connection=connection, queue="inbox")

    def work(self, *readers: Reader) -> None:
        """Let these readers do what there is to do now."""
        for reader in readers:
            self.tick(reader)
            # What waits for the door waits for those who are to die there.
            if reader.process.phase in (None, *AT_DOOR):
                self.knock(reader)
        time.sleep(0.05)

    def die(self, reader: Reader) -> None:
        """Let a reader meet the step it is to die at."""

        phase = reader.process.phase

        def dead() -> bool:
            if phase in AT_DOOR and not self.at_door:
                self.at_door.append(self.given[-1])  # as a sender does that missed our answer
            self.work(reader)
            return not reader.process.alive

        until(dead, PATIENCE_SECONDS, f"a reader to die at {phase} ({self.folder})")

    def rest(self, *readers: Reader, seconds: float) -> float:
        """Let these readers work until all post was taken in and read; return how long that took."""

        def rested() -> bool:
            self.work(*readers)
            return not self.at_door and self._all_read()

        return until(rested, seconds, f"all post to be read ({self.folder})")

    def _all_read(self) -> bool:
        with self.database.reading() as session:
            stored = session.scalar(select(func.count()).where(InboundMail.state == MailState.STORED))
            # Its numbers begin at 1 and none is ever left out, for nothing is deleted.
            return not stored and session.scalar(select(ImapCursor.last_uid)) == self.in_box

    def _taken(self, session: Session) -> list[int]:
        """The mail of every delivery from the folder as it is numbered now."""
        validity = session.scalar(select(ImapCursor.uidvalidity))
        here = Delivery.source.like("imap:%"), Delivery.source_key.like(f"{validity}:%")
        return list(session.scalars(select(Delivery.mail_id).where(*here)))

    # --- What must hold -------------------------------------------------------------------------------------------

    @property
    def deliveries(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count(Delivery.id))) or 0

    def verdict(self) -> Verdict:
        with self.database.reading() as session:
            mails = {mail.id: mail for mail in session.scalars(select(InboundMail))}
            marks = {number: MARK.search(mail.raw)[0] for number, mail in mails.items()}  # type: ignore[index]
            from_box = Counter(marks[number] for number in self._taken(session))
            by_door = select(Delivery.mail_id).where(Delivery.source == "smtp")
            from_door = Counter(marks[number] for number in session.scalars(by_door))
            replies = Counter((marks[reply.mail_id or 0], reply.inquiry_id) for reply in session.scalars(select(Reply)))
            waiting = Counter(marks[number] for number in session.scalars(select(DeferredReply.mail_id)))
            stored = Counter(marks.values())
            states = {marks[number]: mail.state for number, mail in mails.items()}
            roads = {post.mark: (len(post.box), len(post.door)) for post in self.post}
            lost = [mark for mark, due in roads.items() if not stored[mark] or (from_box[mark], from_door[mark]) != due]
            right = Counter((post.mark, inquiry) for post in self.post for inquiry in post.answers)
            misplaced = {mark for mark, _ in (replies - right) + (right - replies)}
            misplaced |= {post.mark for post in self.post if states.get(post.mark) is not post.state}
            deferred = Counter(post.mark for post in self.post if post.state is MailState.DEFERRED)
            misplaced |= {*(waiting - deferred), *(deferred - waiting)}
            other = [*ledger.faults(session), *(fault.message for fault in channel_faults.lasting(session))]
            other += [f"bericht {mail.id} heeft zijn bijlage nog" for mail in mails.values() if BURDEN[:50] in mail.raw]
        other += self.mailbox.touched(self.in_box)
        double = [mark for mark, times in stored.items() if times > 1]
        return Verdict(tuple(lost), tuple(double), tuple(sorted(misplaced)), tuple(other))
