"""Who may open what: one table of route names, asked before every page.

Separation of duties is not decided here but where the record changes (`orchestrator.rounds.lifecycle`): a person with
both roles still cannot approve what they planned.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from orchestrator.accounts import Visitor
from orchestrator.states import DESK_ROLES, Role
from portal.web.door import Door
from portal.web.forms import Carried, carry
from profiles.errors import Refused

COOKIE = "praktijktest"

PUBLIC: Final[frozenset[Role]] = frozenset()
"""Needs no sign-in."""

OWN: Final = frozenset({Role.BROKER})
"""The pages of an advertiser about itself: for who came in as that advertiser, and for nobody of the desk."""

ALL: Final = frozenset(Role) - OWN
RESEARCHERS: Final = frozenset({Role.DESIGNER, Role.APPROVER, Role.SENDER, Role.ANALYST})
"""Those who see how a round goes; not the coders, who must not learn what was expected."""

CODERS: Final = frozenset({Role.CODER})

ACCESS: Mapping[str, frozenset[Role]] = {
    "health": PUBLIC,
    # Asks for a token of its own.
    "metrics": PUBLIC,
    "security_txt": PUBLIC,
    "language": PUBLIC,
    "sign_in": PUBLIC,
    "sign_in_ask": PUBLIC,
    "sign_in_link": PUBLIC,
    "sign_in_use": PUBLIC,
    "sign_in_further": PUBLIC,
    "sign_out": PUBLIC,
    "organisation_go": PUBLIC,
    "organisation_back": PUBLIC,
    # For a browser in which a link was used and that still has to show a code; such a one is nobody on other pages.
    "factor": PUBLIC,
    "factor_set_up": PUBLIC,
    "factor_show": PUBLIC,
    "pretest_intro": PUBLIC,
    "pretest_begin": PUBLIC,
    "pretest_resume": PUBLIC,
    "pretest_ask": PUBLIC,
    "pretest_answer": PUBLIC,
    # Who has the link of an invitation is whom it was sent to; the link is the key.
    "invitation_page": PUBLIC,
    "invitation_sign": PUBLIC,
    "invitation_decline": PUBLIC,
    "invitation_copy": PUBLIC,
    "invitation_notice_pdf": PUBLIC,
    "invitation_notice_word": PUBLIC,
    # Only what was released, for anybody: no number here that the outcome itself does not publish.
    "open_data_list": PUBLIC,
    "open_data_catalogue": PUBLIC,
    "open_data_record": PUBLIC,
    "open_data_file": PUBLIC,
    "rounds": ALL,
    "status": DESK_ROLES,
    "monitor": RESEARCHERS,
    "advertisers": RESEARCHERS,
    "control": frozenset({Role.SENDER}),
    "control_do": frozenset({Role.SENDER}),
    "report_researcher": RESEARCHERS,
    "report_researcher_pdf": RESEARCHERS,
    # The municipality reads the frozen document of a version that was signed; this report is made afresh.
    "report_municipality": RESEARCHERS,
    "report_municipality_pdf": RESEARCHERS,
    "results": RESEARCHERS,
    "release": RESEARCHERS,
    "release_bundle": RESEARCHERS,
    "release_draft": frozenset({Role.DESIGNER, Role.ANALYST}),
    "release_sign": frozenset({Role.ANALYST}),
    "release_do": frozenset({Role.APPROVER}),
    "outcomes": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome_version": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome_beside": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome_followup": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome_file": RESEARCHERS | {Role.MUNICIPALITY},
    "outcome_read": frozenset({Role.MUNICIPALITY}),
    # An advertiser reads its own at /mijn, where no address names it.
    "report_broker": RESEARCHERS,
    "report_broker_pdf": RESEARCHERS,
    **dict.fromkeys(
        (
            "mine",
            "mine_data",
            "mine_data_zip",
            "mine_stop",
            "mine_round",
            "mine_round_pdf",
            "mine_proof",
            "mine_note",
            "mine_note_write",
            "mine_toolkit",
            "mine_toolkit_make",
            "mine_toolkit_use",
            "mine_toolkit_end",
            "mine_browsers",
            "mine_browsers_end",
            "mine_browsers_end_others",
            "mine_followup",
            "mine_followup_propose",
            "mine_followup_done",
            "mine_followup_withdraw",
            "mine_followup_retest",
        ),
        OWN,
    ),
    "context": RESEARCHERS,
    "context_decide": frozenset({Role.DESIGNER, Role.ANALYST}),
    "followup": RESEARCHERS,
    "followup_agree": frozenset({Role.DESIGNER, Role.ANALYST}),
    "followup_record": frozenset({Role.DESIGNER, Role.ANALYST}),
    "pairs": RESEARCHERS,
    "pair": RESEARCHERS,
    "pair_enter": RESEARCHERS,
    "coding": RESEARCHERS | CODERS,
    "coding_reply": CODERS,
    "coding_code": CODERS,
    "coding_doubt": CODERS,
    "coding_undo": CODERS,
    "coding_differences": RESEARCHERS | CODERS,
    "coding_decide": CODERS,
    "coding_masks": RESEARCHERS,
    "coding_mask": RESEARCHERS,
    "coding_mask_do": RESEARCHERS,
    "enrolments": RESEARCHERS,
    "enrolment_invite": frozenset({Role.DESIGNER}),
    "enrolment_countersign": frozenset({Role.APPROVER}),
    "enrolment_revoke": frozenset({Role.DESIGNER, Role.APPROVER}),
    "requests": RESEARCHERS,
    "requests_plan": frozenset({Role.DESIGNER}),
    "request_round": RESEARCHERS,
    "request_approve": frozenset({Role.APPROVER}),
    "request_start": frozenset({Role.SENDER}),
    "request_close": frozenset({Role.SENDER}),
    "request_calls": frozenset({Role.SENDER}),
    "request_made": frozenset({Role.SENDER}),
    "request_not_reached": frozenset({Role.SENDER}),
    "request_release": RESEARCHERS,
    "request_release_draft": frozenset({Role.DESIGNER, Role.ANALYST}),
    "request_release_sign": frozenset({Role.ANALYST}),
    "request_release_do": frozenset({Role.APPROVER}),
    "request_outcome": RESEARCHERS | {Role.MUNICIPALITY},
    "request_outcome_version": RESEARCHERS | {Role.MUNICIPALITY},
    "request_outcome_file": RESEARCHERS | {Role.MUNICIPALITY},
    "request_outcome_read": frozenset({Role.MUNICIPALITY}),
    "request_coding": CODERS,
    "request_code": CODERS,
    "toolkit_page": RESEARCHERS | {Role.MUNICIPALITY},
    "toolkit_make": RESEARCHERS | {Role.MUNICIPALITY},
    "results_chart": RESEARCHERS,
    "looks": RESEARCHERS,
    "looks_open": frozenset({Role.DESIGNER, Role.ANALYST}),
    "export": RESEARCHERS,
    "export_zip": RESEARCHERS,
    "export_alone": RESEARCHERS,
    "outlook": RESEARCHERS,
    "round_health": RESEARCHERS,
    "browsers": ALL,
    "browsers_end": ALL,
    "browsers_end_others": ALL,
    "recovery_renew": ALL,
    **dict.fromkeys(
        ("people", "people_add", "people_revoke", "people_end_all", "people_reset_factor"),
        frozenset({Role.ADMINISTRATOR}),
    ),
    **dict.fromkeys(
        (
            "setup_list",
            "setup_create",
            "setup_drop",
            "setup_step",
            "setup_save",
            "setup_yaml",
            "setup_yaml_save",
            "setup_file",
            "setup_files",
            "setup_files_save",
            "setup_plan",
            "setup_plan_do",
            "round_waive",
            "round_amend",
        ),
        frozenset({Role.DESIGNER}),
    ),
    "round_setup": RESEARCHERS | {Role.CODER},
    "round_approve": frozenset({Role.APPROVER}),
    "round_start": frozenset({Role.SENDER}),
    "round_trial": frozenset({Role.DESIGNER, Role.SENDER}),
}


class SignInNeeded(Exception):
    """Nobody is signed in, or a code is still to be shown; ``carried`` is the form that was sent, so that nothing typed
    is lost.
    """

    def __init__(self, carried: Carried | None) -> None:
        super().__init__()
        self.carried = carried


async def guard(request: Request) -> None:
    """Note who is looking, as ``request.state.visitor``; raise `SignInNeeded`, or `Refused` for the wrong role.

    Who still has to show a second factor is nobody here: only ``request.state.waiting``.
    """
    door: Door = request.app.state.door
    name = request.scope["route"].name
    token = request.cookies.get(COOKIE)
    visitor = await run_in_threadpool(door.visitor, token) if token else None
    waits = visitor is not None and visitor.waits
    request.state.waiting = visitor if waits else None
    request.state.visitor = visitor = None if waits else visitor
    if ACCESS[name] is PUBLIC:
        return
    if visitor is None:
        raise SignInNeeded(await carry(request) if request.method == "POST" else None)
    if not may(visitor, name):
        raise Refused("not-allowed", "Deze pagina hoort niet bij uw rol.", "Vraag de beheerder om de rol die u mist.")


def may(visitor: Visitor | None, name: str) -> bool:
    """Say whether somebody may open a page, so that no link leads to a closed door."""
    if ACCESS[name] is PUBLIC or visitor is None:
        return ACCESS[name] is PUBLIC
    return bool(visitor.roles & ACCESS[name]) and (visitor.advertiser is not None) == (ACCESS[name] is OWN)


def acting(request: Request) -> str:
    """Return the name of who is signed in, as the record writes who did something."""
    visitor: Visitor = request.state.visitor
    return visitor.name


def own(request: Request) -> str:
    """Return the key of the advertiser that is signed in; the guard lets nobody else in, and neither does this."""
    visitor: Visitor | None = request.state.visitor
    if visitor is None or visitor.advertiser is None:
        raise Refused("not-allowed", "Deze pagina is voor woningaanbieders.", "Open de link die u van ons kreeg.")
    return visitor.advertiser
