"""Schemathesis asks the running API everything that its specification allows, and much that it does not."""

import re
import time
from collections import Counter
from typing import Any

import pytest
import schemathesis
from api_makers import SETTINGS, a_token
from house_makers import ROUND, only_sqlite
from hypothesis import strategies as st
from release_makers import released
from schemathesis import AuthContext, Case
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

from orchestrator.clock import Clock
from orchestrator.db import Database
from portal.web.app import make_app
from workers.inbox import webhook
from workers.inbox.webhook import Event

pytestmark = only_sqlite
EXAMPLES, LONG_EXAMPLES = 10, 150
MAIL = "message/rfc822"
Asked = Counter[tuple[str, str, int]]

schemathesis.openapi.media_type(MAIL, st.binary(min_size=1))


def as_it_is(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.serializer(MAIL)
def serialized(_context: object, value: object) -> bytes:
    return as_it_is(value)


def sign_mail(schema: BaseSchema) -> None:
    """Let every mail be signed by the provider, those that are wrong in another way too."""

    @schema.auth(refresh_interval=None).apply_to(path="/inbound-mail")
    class Provider:
        def get(self, _case: Case, _context: AuthContext) -> int:
            return int(time.time())

        def set(self, case: Case, moment: int, _context: AuthContext) -> None:
            key = SETTINGS.webhook_key
            assert key
            assert case.meta
            if case.meta.generation.mode.is_positive:
                case.headers["Webhook-Timestamp"] = str(moment)
            told = (case.headers.get("Webhook-Id", ""), case.headers.get("Webhook-Timestamp", ""))
            signature = webhook.signed(key, Event(*told, "", as_it_is(case.body)))
            case.headers["Webhook-Signature"] = signature


def ask_for_what_is_there(schema: BaseSchema) -> None:
    """Let many of the names that could be of a round be that of ours, and of the numbers that of its version."""

    @schema.hook("map_path_parameters")
    def ours(_context: object, drawn: dict[str, Any] | None) -> dict[str, Any] | None:
        if not drawn:
            return drawn
        name, number = drawn.get("roundName"), drawn.get("versionNumber")
        named = isinstance(name, str) and re.fullmatch("[a-z0-9]{3,62}", name)
        numbered = type(number) is int and number > 0
        return {**drawn, **({"roundName": ROUND} if named else {}), **({"versionNumber": 1} if numbered else {})}


def ask_everything(schema: BaseSchema) -> tuple[Asked, list[str]]:
    """Ask everything; return what was asked with how it was answered, and everything that is not as specified."""
    asked: Asked = Counter()
    wrong = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            wrong.append(f"{event.label}: {event.value}")
        if isinstance(event, events.FatalError):
            raise event.exception
        if not isinstance(event, events.ScenarioFinished):
            continue
        for number, checks in event.recorder.checks.items():
            case = event.recorder.cases[number].value
            found = [each.failure_info.failure for each in checks if each.failure_info]
            wrong += [f"{case.operation.label}: {each.title}: {each.message}" for each in found]
            answer = event.recorder.interactions[number].response
            if answer is not None:
                asked[case.operation.label, case.method, answer.status_code] += 1
    return asked, wrong


def test_the_whole_specification_is_asked_and_nothing_is_answered_otherwise(
    database: Database, pytestconfig: pytest.Config
) -> None:
    released(database)
    most = LONG_EXAMPLES if pytestconfig.getoption("long") else EXAMPLES
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {a_token(database)}"},
            "generation": {"max-examples": most, "deterministic": True},
        }
    )
    app = make_app(database, Clock(), settings=SETTINGS)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app, config=config)
    sign_mail(schema)
    ask_for_what_is_there(schema)
    asked, wrong = ask_everything(schema)
    assert wrong == []
    # It went in, too: every question was answered well, and every question was asked wrongly.
    operations = {label for label, _, _ in asked}
    assert len(operations) == 8
    assert {label for label, _, status in asked if status in (200, 202)} == operations
    assert {label for label, _, status in asked if status == 400} == operations - {"GET /ledger-head"}
    assert {label for label, _, status in asked if status == 405} == operations


def test_an_answer_that_is_not_as_specified_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.api.answers.MEDIA", "text/plain")
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {a_token(database)}"},
            "generation": {"max-examples": 1, "deterministic": True},
        }
    )
    app = make_app(database, Clock(), settings=SETTINGS)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app, config=config)
    _, wrong = ask_everything(schema.include(path="/ledger-head"))
    assert any("content" in each.lower() for each in wrong)
