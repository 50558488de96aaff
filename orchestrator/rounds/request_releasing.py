"""What the release of a request test asks beside that of a round (`rounds.releasing`): closed, and within consent."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.models import Enrolment, OwnerRequest, RequestRound
from orchestrator.request_models import RequestState
from orchestrator.rounds import requesting
from orchestrator.states import RoundState
from profiles.errors import Refused


def hold(session: Session, name: str) -> RequestRound:
    """As `ready`, with the request test held until the transaction ends."""
    session.refresh(requesting.find(session, name), with_for_update={"key_share": True})
    return ready(session, name)


def ready(session: Session, name: str) -> RequestRound:
    """Return the request test. Raises `Refused` unless it is closed or released."""
    round_ = requesting.find(session, name)
    if round_.state not in (RoundState.CLOSED, RoundState.RELEASED):
        raise Refused(
            "wrong-state",
            f"Verzoektest '{name}' is {round_.state.value}; vrijgeven kan alleen als zij is gesloten.",
            f"Sluit haar eerst: praktijktest requests close {name}.",
        )
    return round_


def check_purpose(session: Session, round_: RequestRound) -> None:
    """Refuse what offices that answered did not consent to: every one consented to the purpose of the test."""
    consented = select(Enrolment.advertiser_id).where(Enrolment.purpose == round_.purpose)
    asked = (OwnerRequest.round_id == round_.id, OwnerRequest.state == RequestState.MADE)
    without = session.scalars(select(OwnerRequest.id).where(*asked, OwnerRequest.advertiser_id.not_in(consented))).all()
    if without:
        raise Refused(
            "other-purpose",
            f"Van de kantoren van verzoektest '{round_.name}' stemden er {len(without)} niet in met haar doel, "
            f"{round_.purpose.value}.",
            "Zonder die toestemming gaan er geen cijfers naar buiten. Vraag de onderzoeksleider.",
        )
