"""Asking an OpenID provider over HTTP: one small answer in JSON, no redirects, and never for long.

The host of the issuer is a setting of whoever keeps the installation, and may be inside its network, as a mail server
may. Other hosts, which only its discovery document names, are reached through `outbound`: at public addresses alone.
"""

import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from orchestrator.openid import Failure, NotSignedIn
from orchestrator.outbound import GuardedTransport
from orchestrator.web_address import host_of, is_web_address
from profiles.errors import BadInput, Problem

MOST_BYTES = 512 * 1024
MOST_SECONDS = 15.0
"""For a whole answer, in wall seconds: somebody waits for it."""

SILENT_SECONDS = 5.0


class Wire:
    """The way to one provider. ``ca_file`` says whom to believe, where that is not as the system does.

    Raises `BadInput` for a file without certificates.
    """

    def __init__(self, issuer: str, ca_file: Path | None = None) -> None:
        self.issuer = issuer
        try:
            self.trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        except OSError as error:
            message = "In dit bestand staan geen certificaten om het adres van de organisatie mee te vertrouwen."
            raise BadInput(Problem("bad-ca-file", message, str(ca_file), remedy="Geef een bestand in PEM.")) from error

    def may(self, url: object) -> bool:
        """Say whether this is an address to use: over https, or of an issuer that was itself set without."""
        return isinstance(url, str) and is_web_address(url) and (url.startswith("https://") or self._own(url))

    def get(self, url: str) -> dict[str, Any]:
        """Return a document of the provider; raise `NotSignedIn`."""
        status, told = self._ask("GET", url, {}, "")
        if status != httpx.codes.OK:
            raise NotSignedIn(Failure.UNREACHABLE, f"HTTP {status}")
        return told

    def post(self, url: str, headers: Mapping[str, str], body: str) -> tuple[int, dict[str, Any]]:
        """Send a form and return status and answer; raise `NotSignedIn` when there is none."""
        return self._ask("POST", url, headers, body)

    def _own(self, url: str) -> bool:
        return url.partition(":")[0] == self.issuer.partition(":")[0] and host_of(url) == host_of(self.issuer)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: str) -> tuple[int, dict[str, Any]]:
        end = time.monotonic() + MOST_SECONDS
        own = httpx.HTTPTransport(verify=self.trust, trust_env=False) if self._own(url) else None
        told = {"Accept": "application/json", **headers}
        try:
            transport = own or GuardedTransport(self.trust, anywhere=True)
            with (
                httpx.Client(transport=transport, timeout=SILENT_SECONDS, trust_env=False) as client,
                client.stream(method, url, headers=told, content=body) as answer,
            ):
                return answer.status_code, _object(answer, end)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NotSignedIn(Failure.UNREACHABLE, type(error).__name__) from error


def _object(answer: httpx.Response, end: float) -> dict[str, Any]:
    """Read the JSON object of an answer; an answer that is none, of a server in trouble, counts as no answer."""
    raw = bytearray()
    for part in answer.iter_bytes():
        raw += part
        if len(raw) > MOST_BYTES or time.monotonic() > end:
            raise NotSignedIn(Failure.UNREACHABLE, "too much or too slow")
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotSignedIn(Failure.UNREACHABLE, f"HTTP {answer.status_code}, no JSON") from error
    if not isinstance(told, dict):
        raise NotSignedIn(Failure.UNREACHABLE, f"HTTP {answer.status_code}, no object")
    return told
