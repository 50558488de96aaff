"""The mail servers that a city really runs, in place of sink and listener: Postfix hands over, Dovecot keeps."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mailbox_makers import LEDGER, Mailbox, dovecot
from relay_makers import postfix
from sqlalchemy import func, select

from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.design import Calendar, Design, read_design
from orchestrator.forms_file import with_forms
from orchestrator.intake import Channel, read_listings, read_participants
from orchestrator.models import Decline, DeferredReply, Event, InboundMail, Inquiry, LetterCopy, Reply
from orchestrator.rounds import lifecycle, planning
from orchestrator.schema import prepare
from orchestrator.states import LetterState, MailState
from portal.demo import stage
from portal.demo.ports import free_port
from workers import faults
from workers.embedded import Embedded
from workers.runtime import Runtime

PAIRS, SEED, SECONDS, PATIENCE_SECONDS = 10, 4, 10.0, 240.0
TICK_SCALE = 0.05
"""The mailbox is asked every second and a half, for the six weeks of the round pass in ten."""


@dataclass(frozen=True)
class Played:
    """A round that went through the real servers, and what was seen of it on either side."""

    database: Database
    journal: list[dict[str, Any]]
    copies: list[bytes]
    cut_off: list[str]

    def count(self, rows: Any) -> int:
        with self.database.reading() as session:
            return session.scalar(rows) or 0

    def heard(self, *kinds: str) -> Counter[str]:
        """Return how often the market got each letter of these kinds by mail, by Message-ID."""
        came = (line for line in self.journal if line["direction"] == "in" and line["channel"] == "smtp")
        return Counter(line["message_id"] for line in came if line["kind"] in kinds)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("relay")
    with dovecot() as mailbox, pytest.MonkeyPatch.context() as patch:
        with mailbox.opened(LEDGER):
            pass  # the folder is made, as the operator would
        yield _play(folder, mailbox, _cut_off_once(patch))


def _cut_off_once(patch: pytest.MonkeyPatch) -> list[str]:
    """Let the first connection die after the dot, before the relay's answer."""
    cut: list[str] = []

    def at(phase: str) -> None:
        if phase == "after-dot" and not cut:
            cut.append(phase)
            raise ConnectionResetError(phase)

    patch.setattr(faults, "at", at)
    return cut


def _play(folder: Path, mailbox: Mailbox, cut_off: list[str]) -> Played:
    http_port = free_port()
    inputs = stage.copy_example(folder, SEED, PAIRS, http_port)
    database = Database.at(f"sqlite:///{folder / 'praktijktest.db'}")
    prepare(database)
    design = _planned(database, inputs)
    calendar = Calendar(design.schedule)
    begin, end = calendar.first - timedelta(hours=6), calendar.last + timedelta(days=design.outcome.response_days)
    with database.writing() as session:
        clock = set_clock(session, begin, (end - begin).total_seconds() / SECONDS)
    with database.writing() as session:
        lifecycle.start(session, design.round, "onderzoeker", clock.now(), live=False)
    incoming = free_port()
    with (
        stage.market(inputs, folder, clock, SEED, 0.15, http_port, incoming) as market,
        postfix(mailbox, LEDGER, market.smtp_port, incoming) as relay,
        Embedded(Runtime(_settings(mailbox, relay.settings(), folder), database, clock), TICK_SCALE),
    ):
        _until(lambda: _all_is_in(database, folder), lambda: _what_is_in(database, folder))
    with mailbox.opened(LEDGER) as client:
        found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
    return Played(database, _journal(folder), [mail[b"BODY[]"] for mail in found.values()], cut_off)


def _planned(database: Database, inputs: Path) -> Design:
    design = read_design(inputs / "round.yaml")
    enrolled = with_forms(read_participants(inputs / "participants.csv"), inputs / "forms.yaml")
    # On a machine that stands still for twenty seconds the clock goes on for a quarter, past what the file says.
    participants = [replace(each, consent_until=each.consent_until + timedelta(days=3650)) for each in enrolled]
    listings = read_listings(inputs / "listings.csv", participants)
    before = Calendar(design.schedule).first - timedelta(days=3)
    with database.writing() as session:
        planning.plan(session, design, participants, listings, actor="onderzoeker", now=before)
        lifecycle.approve(session, design.round, "toetser", before)
    return design


def _settings(mailbox: Mailbox, relay: dict[str, object], folder: Path) -> Any:
    ours = {"data": folder, "listen_port": free_port(), "grace_seconds": 900.0, "ledger_imap_folder": LEDGER}
    return mailbox.settings(**ours, **relay)


def _all_is_in(database: Database, folder: Path) -> bool:
    """Whether every letter was sent and copied, and every answer that was mailed has been read."""
    seen = _what_is_in(database, folder)
    return seen["sent"] == seen["letters"] and seen["copies"] == seen["mailed"] and seen["read"] == seen["answered"]


def _what_is_in(database: Database, folder: Path) -> dict[str, int]:
    with database.reading() as session:
        letters = [
            letter for kind in (Inquiry, Decline) for letter in session.execute(select(kind.state, kind.channel)).all()
        ]
        copies = session.scalar(select(func.count(LetterCopy.id))) or 0
        read = session.scalar(select(func.count(InboundMail.id)).where(InboundMail.state != MailState.STORED)) or 0
    return {
        "letters": len(letters),
        "sent": sum(letter.state is LetterState.SENT for letter in letters),
        "mailed": sum(letter.channel is Channel.SMTP for letter in letters),
        "copies": copies,
        "answered": sum(line["direction"] == "out" for line in _journal(folder)),
        "read": read,
    }


def _journal(folder: Path) -> list[dict[str, Any]]:
    path = folder / "market-log.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _until(holds: Callable[[], bool], seen: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, f"after {PATIENCE_SECONDS:.0f} s not all is in: {seen()}"
        time.sleep(0.3)


@pytest.mark.long
def test_every_letter_reaches_its_advertiser_once_through_a_real_relay(played: Played) -> None:
    with played.database.reading() as session:
        mailed = set(session.scalars(select(Inquiry.message_id).where(Inquiry.channel == Channel.SMTP)))
    assert mailed
    assert played.heard("inquiry") == dict.fromkeys(mailed, 1)
    assert not played.heard("repeat", "unplaced", "unanswerable")


@pytest.mark.long
def test_a_letter_whose_connection_died_after_the_dot_is_settled_by_the_relays_own_copy(played: Played) -> None:
    assert played.cut_off == ["after-dot"]
    assert played.count(select(func.count(Event.seq)).where(Event.kind == "letter.settled")) == 1
    assert played.count(select(func.count()).where(Inquiry.state == LetterState.UNCERTAIN)) == 0


def test_the_relay_copies_every_letter_of_ours_and_nothing_else_to_the_ledger_folder(played: Played) -> None:
    with played.database.reading() as session:
        ours = set(session.scalars(select(Inquiry.message_id).where(Inquiry.channel == Channel.SMTP)))
        ours |= set(session.scalars(select(Decline.message_id).where(Decline.channel == Channel.SMTP)))
        seen = set(session.scalars(select(LetterCopy.message_id)))
    assert seen == ours
    assert len(played.copies) == len(ours)


def test_every_answer_comes_back_by_the_mailbox_and_finds_its_letter(played: Played) -> None:
    mailed = [line for line in played.journal if line["direction"] == "out" and line["kind"] != "undelivered"]
    assert mailed
    assert played.count(select(func.count(InboundMail.id))) == len(mailed)
    assert played.count(select(func.count(DeferredReply.id))) == 0
    assert played.count(select(func.count(Reply.id))) == len(mailed)


@pytest.mark.long
def test_the_relay_adds_nothing_that_names_this_program(played: Played) -> None:
    heads = b"\n".join(mail.partition(b"\r\n\r\n")[0].lower() for mail in played.copies)
    for word in (b"x-mailer", b"user-agent", b"python", b"celery"):
        assert word not in heads
