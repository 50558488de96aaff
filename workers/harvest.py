"""Listing feeds of running rounds: asked, read, and what is new taken in, with no transaction open on the network."""

from datetime import timedelta

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.feed_items import read_items
from orchestrator.feeds import fetch
from orchestrator.rounds import growing
from orchestrator.rounds.growing import Asked
from orchestrator.settings import Settings
from profiles.errors import BadInput, Refused

EVERY = timedelta(minutes=15)
"""A feed is asked at most so often, by the installation's clock, also when the last answer was no good."""

LEAST_SECONDS = 5.0
"""In wall seconds the least time between: an accelerated clock must not make us hammer on a server."""


def read_feed(database: Database, clock: Clock, settings: Settings) -> bool:
    """Read the next feed that it is time to read; return whether there was one.

    A fault is noted for the status page and in the log, and not raised: the feed is asked again when its time has come.
    """
    every = max(EVERY, clock.real(LEAST_SECONDS))
    with database.writing() as session:
        asked = growing.next_feed(session, clock.now(), every)
    if asked is None:
        return False
    try:
        _take_in(database, clock, settings, asked)
    except (BadInput, Refused) as fault:
        problems = fault.problems if isinstance(fault, BadInput) else (fault.problem,)
        first, more = problems[0], len(problems) - 1
        message = f"{first} (en nog {more})" if more else str(first)
        with database.writing() as session:
            growing.note_fault(session, asked.id, message, clock.now())
    return True


def _take_in(database: Database, clock: Clock, settings: Settings, asked: Asked) -> None:
    live = asked.live and settings.live
    patience = settings.wire_timeout_seconds
    found = fetch(asked.declared.url, asked.etag, asked.last_modified, timeout=patience, anywhere=live)
    if found is None:
        with database.writing() as session:
            growing.unchanged(session, asked.id, clock.now())
        return
    reading = read_items(found.raw, asked.declared, asked.advertisers)
    with database.writing() as session:
        growing.grow(session, asked.id, reading, found.etag, found.last_modified, clock.now())
