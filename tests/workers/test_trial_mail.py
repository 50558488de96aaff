"""A mail to ourselves: out by the road of letters, in by the road of answers, and noted when it is read."""

from datetime import UTC, datetime

import pytest
from house_makers import ROUND, only_sqlite, plan, refused
from sqlalchemy import select

from orchestrator import mail_trips
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import DeferredReply, InboundMail, MailTrip
from orchestrator.settings import Settings
from orchestrator.states import MailState
from portal.demo.ports import free_port
from workers.channels import trial_mail
from workers.channels.transport import TransportError
from workers.inbox import reading
from workers.inbox.listener import Listener

NOW = datetime(2026, 9, 4, 12, 0, tzinfo=UTC)


def begun(database: Database) -> MailTrip:
    with database.writing() as session:
        return mail_trips.begin(session, ROUND, "Sanne", NOW, "3f")


@only_sqlite
def test_a_mail_to_ourselves_is_back_when_it_was_read_and_waits_for_nobody(database: Database) -> None:
    plan(database)
    trip = begun(database)
    assert mail_trips.address(trip) == "proef.3f@woonpost.example"
    here = Listener(database, Clock.scaled(NOW, 1.0), "127.0.0.1", free_port())
    here.start()
    try:
        settings = Settings(smtp_host="127.0.0.1", smtp_port=here.port)
        trial_mail.send(settings, mail_trips.address(trip), trip.message_id)
    finally:
        here.stop()
    assert reading.read_stored(database, NOW) == 1
    with database.reading() as session:
        assert mail_trips.newest(session, "woonpost.example").back_at == NOW  # type: ignore[union-attr]
        assert session.scalars(select(InboundMail.state)).all() == [MailState.IGNORED]
        assert session.scalars(select(DeferredReply)).all() == []


@only_sqlite
def test_a_mail_that_is_not_accepted_or_cannot_leave_says_so(database: Database) -> None:
    plan(database)
    trip = begun(database)
    closed = Settings(smtp_host="127.0.0.1", smtp_port=free_port())
    with pytest.raises(TransportError):
        trial_mail.send(closed, mail_trips.address(trip), trip.message_id)
    for settings in (Settings(), Settings(smtp_host="127.0.0.1", dry_run=True)):
        with refused("no-mail-server"):
            trial_mail.require_mail(settings)
