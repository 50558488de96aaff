"""A mail provider brings mail by a signed request (Standard Webhooks): who signed it, how old it is, and keeping it.

The signature is over the number of the event, its moment and the raw bytes. The number is the identity of the delivery:
an event that comes again, by a retry of the provider or of somebody who listened in, is stored once.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.rounds import answers
from profiles.errors import Refused
from workers.inbox.listener import MOST_BYTES
from workers.inbox.parse import content_key, delivered_to

__all__ = ["MOST_BYTES", "SOURCE", "WINDOW", "Event", "check", "keep", "signed"]

SOURCE = "webhook"
VERSION = "v1,"
WINDOW = timedelta(minutes=5)
"""How far the moment of an event may be from ours, before it or after it."""


@dataclass(frozen=True)
class Event:
    """What a provider brings: ``moment`` in seconds since 1970, ``signatures`` as the header has them."""

    number: str
    moment: int
    signatures: str
    raw: bytes


def signed(key: bytes, event: Event) -> str:
    """Return the signature that this event has under a key."""
    told = f"{event.number}.{event.moment}.".encode() + event.raw
    return VERSION + base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()


def check(key: bytes, event: Event, wall: datetime) -> None:
    """Raise `Refused` "bad-signature" or "old-event" unless one of the signatures is right and the moment is near.

    A provider that changes its key signs with both for a while, so that there may be several.
    """
    right = signed(key, event).encode()
    given = [each.encode() for each in event.signatures.split()]
    # As they are written, for Base64 has more than one way to write the same bytes; and each in constant time: how long
    # it takes tells nothing of which was nearly right.
    if not any(hmac.compare_digest(right, each) for each in given):
        remedy = "Onderteken nummer, moment en bericht met de sleutel van PRAKTIJKTEST_INBOUND_KEY."
        raise Refused("bad-signature", "De handtekening klopt niet.", remedy)
    if abs(wall.timestamp() - event.moment) > WINDOW.total_seconds():
        minutes = int(WINDOW.total_seconds() / 60)
        message = f"Het moment van dit bericht ligt meer dan {minutes} minuten van het onze."
        raise Refused("old-event", message, "Onderteken opnieuw met het moment van nu, en zet de klok gelijk.")


def keep(database: Database, clock: Clock, event: Event) -> None:
    """Keep the raw bytes before anything is parsed; an event that is known is left as it is.

    Raises `Refused` "event-reused" when the number came before with another mail: then this one would be lost.
    """
    content = content_key(event.raw)
    recipients = ",".join(delivered_to(event.raw))
    with database.writing() as session:
        known = answers.delivered(session, SOURCE, event.number)
        if known is None:
            answers.store(session, event.raw, content, SOURCE, event.number, recipients, clock.now())
        elif known != content:
            message = "Onder dit nummer is eerder een ander bericht aangenomen."
            raise Refused("event-reused", message, "Geef elk bericht een eigen nummer.")
