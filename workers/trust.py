"""Which certificates a mail connection believes; names of hosts are always checked."""

import ssl
from pathlib import Path

from orchestrator.settings import PREFIX
from profiles.errors import Refused


def trust(file: Path | None, setting: str) -> ssl.SSLContext:
    """Return what checks certificates and host names: against this file alone, or against the system's authorities.

    Raises `Refused`, naming the setting, when the file holds no certificates.
    """
    try:
        return ssl.create_default_context(cafile=file)
    except (ssl.SSLError, OSError) as error:
        message = f"In {file} ({PREFIX}{setting}) staan geen bruikbare certificaten."
        raise Refused("bad-ca-file", message, "Geef een bestand met certificaten in PEM-vorm.") from error
