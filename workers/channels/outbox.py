"""The harmless channel: a letter becomes a file that a person can open, and goes nowhere."""

import os
from pathlib import Path

from orchestrator.rounds.sending import Envelope
from workers.channels.message import compose
from workers.channels.transport import Gate, TransportError


class Outbox:
    """Writes every letter as ``<message-id>.eml`` into one folder; a letter that is there already is refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, envelope: Envelope, gate: Gate) -> str:
        message = compose(envelope)
        gate()
        path = self.folder / f"{envelope.message_id.strip('<>').partition('@')[0]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise TransportError(str(error), "connect", permanent=isinstance(error, FileExistsError)) from error
        with os.fdopen(file, "wb") as stream:
            stream.write(message)
        return f"bewaard als {path.name}; niet verzonden"
