"""Whom to tell of a weakness (RFC 9116), for who found one in this installation and knows nobody there."""

from datetime import timedelta

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from orchestrator.settings import Settings
from portal.web.door import REAL

HERE = "/.well-known/security.txt"
LASTS = timedelta(days=180)
"""So long somebody may go by a copy: the RFC asks for less than a year."""


def add(app: FastAPI, settings: Settings) -> None:
    """Add the file; without an address of the desk there is none, for it may not be without somebody to tell."""

    @app.get(HERE)
    def security_txt() -> PlainTextResponse:
        if settings.desk_sender is None:
            raise HTTPException(404)
        return PlainTextResponse(_lines(settings.desk_sender, settings.site))


def _lines(email: str, site: str) -> str:
    expires = (REAL.now() + LASTS).replace(hour=0, minute=0, second=0, microsecond=0)
    told = {
        "Contact": f"mailto:{email}", "Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": "nl, en", "Canonical": f"{site}{HERE}",
    }  # fmt: skip
    return "".join(f"{name}: {value}\n" for name, value in told.items())
