"""A program at the API: the application whole, tokens of any role and scope, and mail that a provider signed."""

from collections.abc import Iterable
from typing import Any

from app_makers import an_app
from house_makers import PLANNED
from starlette.testclient import TestClient

from orchestrator import api_tokens
from orchestrator.api_tokens import Scope
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from orchestrator.states import Role
from workers.inbox import webhook
from workers.inbox.webhook import Event

SITE = "https://desk.stad.example"
KEY = "whsec_" + "c2xldXRlbCB2YW4gZGUgbWFpbHByb3ZpZGVy"
SETTINGS = Settings(web_url=SITE, inbound_key=KEY)
LETTER = (
    b"From: Makelaardij Alfa <info@alfa.example>\r\nTo: iemand@woonpost.example\r\nSubject: Uw reactie\r\n"
    b"Message-ID: <1@alfa.example>\r\n\r\nU kunt woensdag komen kijken.\r\n"
)


def a_token(
    database: Database, role: Role = Role.ANALYST, scopes: Iterable[str] = Scope, *, name: str = "", days: int = 30
) -> str:
    """Make a token; the ledger hears of it in the time of the tests."""
    with database.writing() as session:
        known = len(api_tokens.everything(session, Clock().now()))
        return api_tokens.make(
            session, name or f"programma {known}", role, scopes, days, "beheerder", PLANNED, Clock().now()
        )


def program(database: Database, token: str | None = None, settings: Settings = SETTINGS, **told: Any) -> TestClient:
    """A program with this token, or with none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    app = an_app(database, settings=settings)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=headers, **told)


def reader(database: Database, role: Role = Role.ANALYST, scopes: Iterable[str] = Scope) -> TestClient:
    return program(database, a_token(database, role, scopes))


def an_event(raw: bytes = LETTER, number: str = "msg_1", seconds: int = 0) -> dict[str, str]:
    """The headers of a mail that is signed so many seconds from now."""
    moment = int(Clock().now().timestamp()) + seconds
    key = SETTINGS.webhook_key
    assert key
    signature = webhook.signed(key, Event(number, moment, "", raw))
    return {
        "Content-Type": "message/rfc822",
        "Webhook-Id": number,
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": signature,
    }
