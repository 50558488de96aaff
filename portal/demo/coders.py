"""The demo's coders are scripts, and say so: they read the blinded text, and one of them slips now and then."""

import hashlib
from datetime import datetime

from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import Reply
from orchestrator.rounds import coding, lookup
from results.blind import blind, masked
from results.outcomes import propose
from workers.inbox.reading import invites

CODERS = ("codeur A (script)", "codeur B (script)", "codeur C (script)")
HIDER = "onderzoeker (script)"
SLIPS = "codeur B (script)"
SLIP_SHARE = 0.08


def code_waiting(database: Database, clock: Clock, round_name: str) -> None:
    """Let every scripted coder code what waits for it."""
    for coder in CODERS:
        with database.writing() as session:
            for reply in coding.queue(session, lookup.find(session, round_name).id, coder):
                _hide_leftovers(session, reply, clock.now())
                label = _label(reply, coder)
                coding.code(session, reply, coder, label, clock.now(), invites=invites(label))


def _hide_leftovers(session: Session, reply: Reply, now: datetime) -> None:
    """Do what a researcher would: hide whatever still looks like a name."""
    for phrase in masked(reply).survives:
        coding.mask(session, reply, phrase, HIDER, now)


def _label(reply: Reply, coder: str) -> str:
    if coder == SLIPS and _chance(reply.id) < SLIP_SHARE:
        return "OVERIG"
    return propose(blind(reply), kind=reply.kind).label


def _chance(reply_id: int) -> float:
    return hashlib.sha256(f"slip:{reply_id}".encode()).digest()[0] / 256
