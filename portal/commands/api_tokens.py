"""The tokens of the API from the command line."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console

from orchestrator import api_tokens
from orchestrator.api_tokens import KnownToken
from orchestrator.clock import Clock
from orchestrator.enrolment import ZONE
from portal.commands import house

out = Console(soft_wrap=True, markup=False, highlight=False)
REAL = Clock()


def make(name: str, role: str, scopes: Sequence[str], days: int, actor: str) -> None:
    from portal.api import access  # the API takes its time to load

    with house.writing() as (session, now):
        token = api_tokens.make(session, name, role, scopes, days, actor, now, REAL.now())
        access.check(role, scopes)
    out.print(f"Token voor {name}, {days} dagen geldig. Bewaar het nu: het wordt niet nog eens getoond.")
    out.print(token)


def show() -> None:
    with house.reading() as (session, _):
        known = api_tokens.everything(session, REAL.now())
    if not known:
        out.print("Er zijn geen tokens. Maak er een met: praktijktest api-token make NAAM --role ROL --scope BEREIK")
        return
    for each in known:
        used = f"laatst gebruikt {_said(each.used)}" if each.used else "nog niet gebruikt"
        out.print(f"{each.name}: {each.role}, {', '.join(each.scopes)}; {_works(each)}; {used}; door {each.made_by}")


def revoke(name: str, actor: str) -> None:
    with house.writing() as (session, now):
        api_tokens.revoke(session, name, actor, now)
    out.print(f"Het token van {name} is ingetrokken en werkt niet meer.")


def _works(token: KnownToken) -> str:
    if token.revoked:
        return "ingetrokken"
    return f"{'verlopen' if token.ended else 'werkt tot'} {_said(token.expires)}"


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"
