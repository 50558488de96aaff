"""How long answers are kept: which terms there are, and destroying what is past its own."""

from rich.console import Console

from orchestrator import erasure, retention
from orchestrator.clock import Clock
from orchestrator.states import ErasureReason
from portal.commands import house

out = Console(soft_wrap=True, markup=False, highlight=False)


def due() -> None:
    """Print until when the answers of each ended round are kept."""
    with house.reading() as (session, now):
        terms = retention.terms(session)
    for term in terms:
        past = " — de termijn is voorbij" if term.until <= now else ""
        out.print(f"{term.round}: {term.records} stukken, bewaard tot {term.until:%d-%m-%Y}{past}")
    if not terms:
        out.print("Er is niets dat nog vernietigd moet worden.")


def run(actor: str) -> None:
    """Destroy what is past its term, as the workers do by themselves."""
    with house.writing() as (session, now):
        done = retention.run(session, actor, now)
    for name, count in done.items():
        what = "post die bij geen ronde hoort" if name == retention.HOUSE else name
        out.print(f"{what}: {count} sleutels vernietigd; het logboek heeft het bewijs.")
    if not done:
        out.print("Er is niets waarvan de bewaartermijn voorbij is.")


def erase(key: str, reason: ErasureReason, actor: str) -> None:
    """Erase an office that does not take part: what it said, who signed for it, its name and its addresses."""
    with house.writing() as (session, now):
        count = erasure.erase(session, key, reason, actor, now, Clock().now())
    if count is None:
        out.print(f"{key} was al gewist.")
    else:
        out.print(f"{key} is gewist: {count} sleutels vernietigd; het logboek heeft het bewijs.")
