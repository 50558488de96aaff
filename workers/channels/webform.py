"""A participant's contact form, over HTTP."""

from urllib.parse import urlsplit

import httpx

from orchestrator.rounds.sending import Envelope
from orchestrator.settings import LOOPBACK
from workers.channels.transport import TransportError, check_lease

THANKS = "bedankt"
"""A form that took the message says so on the page that follows."""


class Webform:
    """A connection of its own for every letter, no redirects followed; ``timeout`` in seconds per step.

    Unless ``anywhere``, only forms on this machine are posted to: a rehearsal reaches nobody.
    """

    def __init__(self, timeout: float, *, anywhere: bool = False) -> None:
        self.anywhere = anywhere
        # A kept connection may be closed just as the form is posted, and then nobody knows whether it arrived.
        no_keeping = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(timeout=timeout, limits=no_keeping, follow_redirects=False, trust_env=False)

    def send(self, envelope: Envelope) -> str:
        """Post once; return the status of the answer. What happened after the post went out is never known for sure."""
        if not self.anywhere and urlsplit(envelope.recipient).hostname not in LOOPBACK:
            raise TransportError("oefenronde: dit formulier ligt buiten deze machine", "connect", permanent=True)
        fields = {
            "naam": envelope.sender_name,
            "email": envelope.sender_address,
            "advertentie": envelope.reference,
            "bericht": envelope.body,
        }
        headers = {"Idempotency-Key": envelope.message_id.strip("<>")}
        check_lease(envelope)
        try:
            answer = self.client.post(envelope.recipient, data=fields, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise TransportError(f"{type(error).__name__}: {error}", "connect") from error
        except httpx.HTTPError as error:
            raise TransportError(f"{type(error).__name__}: {error}", "post", body_left=True) from error
        return _accepted(answer)


def _accepted(answer: httpx.Response) -> str:
    told = f"HTTP {answer.status_code}"
    if answer.is_success and THANKS in answer.text.casefold():
        return told
    if answer.is_client_error:
        raise TransportError(f"{told}: het formulier weigerde het bericht", "answer", permanent=True)
    raise TransportError(f"{told}: het formulier bevestigde het bericht niet", "answer", body_left=True)
