"""Setting up a round: a draft page by page, and the plan that comes of it on a tab of the round."""

from fastapi import FastAPI

from portal.web.pages.setup import draft, files, plan, source_text, start, tab
from portal.web.setup_source import Setup


def add(app: FastAPI, setup: Setup) -> None:
    for room in (start, source_text, files, plan, draft, tab):
        room.add(app, setup)
