"""Which audience may read about a round in which state."""

from orchestrator.db import Session
from orchestrator.design import from_canonical
from orchestrator.rounds import lookup
from results import disclosure
from results.reports.values import Audience


def refuse_early(audience: Audience, state: str, mode: str) -> None:
    """Raise `Refused` when this audience may not read about a round in this state.

    A researcher always may: of a round that goes on the report tells no figures by arm.
    """
    if audience is Audience.MUNICIPALITY:
        disclosure.municipal_round(state, mode)
    if audience is Audience.BROKER:
        disclosure.broker_round(state)


def refuse_early_of(session: Session, round_name: str, audience: Audience) -> None:
    """As `refuse_early`, of a round by name, before all of it is read: of a large one that takes seconds."""
    round_ = lookup.find(session, round_name)
    refuse_early(audience, round_.state, from_canonical(round_.design).mode)
