"""What the pages show of the request test: a round and how far it is; never an answer, or whose it was."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.models import RequestRound
from orchestrator.request_models import RequestState
from orchestrator.rounds import requesting
from orchestrator.states import RoundState


@dataclass(frozen=True)
class RequestRoundSeen:
    """One round: its script as it was approved, and how many requests are in which state.

    ``states`` has every state of a request, ``uncoded`` the answers that still wait for a coder, ``testers`` how many
    offices each tester has.
    """

    name: str
    ground: str
    script: str
    version: int
    text: tuple[str, ...]
    state: RoundState
    first_day: date
    last_day: date
    planned_by: str
    approved_by: str | None
    states: dict[str, int]
    uncoded: int
    testers: dict[str, int]

    @property
    def planned(self) -> int:
        return sum(self.states.values())

    @property
    def over(self) -> bool:
        """Whether the outcome may be seen."""
        return self.state in (RoundState.CLOSED, RoundState.RELEASED)


def rounds(session: Session) -> tuple[RequestRoundSeen, ...]:
    """List all rounds, the newest first."""
    return tuple(map(_seen, session.scalars(select(RequestRound).order_by(RequestRound.id.desc()))))


def one(session: Session, name: str) -> RequestRoundSeen:
    """Return a round by its name; raise `Refused` when there is none."""
    return _seen(requesting.find(session, name))


def _seen(round_: RequestRound) -> RequestRoundSeen:
    states = Counter(each.state.value for each in round_.requests)
    return RequestRoundSeen(
        name=round_.name,
        ground=round_.ground,
        script=round_.script,
        version=round_.version,
        text=tuple(round_.text),
        state=round_.state,
        first_day=round_.first_day,
        last_day=round_.last_day,
        planned_by=round_.planned_by,
        approved_by=round_.approved_by,
        states={state.value: states[state.value] for state in RequestState},
        uncoded=sum(each.state is RequestState.MADE and each.code is None for each in round_.requests),
        testers=dict(Counter(each.tester for each in round_.requests)),
    )
