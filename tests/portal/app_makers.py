"""The web application of a test: one for all its browsers, as an installation has one; making it takes a while."""

import os
from datetime import datetime

from fastapi import FastAPI

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from portal.web.app import make_app

_made: dict[tuple[object, ...], FastAPI] = {}


def an_app(database: Database, now: datetime | None = None, settings: Settings | None = None) -> FastAPI:
    """Return the application of this test; its clock began at ``now`` when it was first asked for, else it is real."""
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]  # without whether it is set up or called
    if not any(key[0] == test for key in _made):
        _made.clear()
    key = (test, database, now, settings)
    if key not in _made:
        clock = Clock(now, Clock().now().timestamp(), 1.0) if now else Clock()
        _made[key] = make_app(database, clock, settings=settings or Settings())
    return _made[key]
