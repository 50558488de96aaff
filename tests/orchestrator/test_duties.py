"""Separation of duties: of every two duties that may not be one person's, who did the first is refused the second by
name, however they spell theirs, and somebody else may do it.
"""

from collections.abc import Callable
from datetime import date

import pytest
from house_makers import (
    DAY,
    DUE,
    PLANNED,
    ROUND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    approve,
    letters,
    meddle,
    plan,
    refused,
    start,
)
from invitation_makers import countersign, invite
from invitation_makers import sign as office_signs
from look_makers import OVER, cells, looked, under_way
from sqlalchemy import select, update

from orchestrator import accounts, second_factor
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.design import Purpose
from orchestrator.models import Inquiry, Invitation, OwnerRequest, Reply, RequestRound, Round
from orchestrator.request_models import RequestState
from orchestrator.rounds import answers, coding, duties, lifecycle, lookup, releasing, requesting
from orchestrator.rounds.answers import Heard
from orchestrator.rounds.releasing import Frozen, Released
from orchestrator.states import LetterState, Road, Role
from profiles.owner_requests import load

WHO, ELSE = "Ida van Dam", "Noor Smit"
AGAIN = " IDA VAN DAM "
REQUESTS = "verzoek-2026"
CLOSED = DUE + 12 * DAY

Step = Callable[[Database, str], None]


# --- A round of letters: each function is a duty, done by who is named; others do the rest ---------------------------


def planned(database: Database, who: str) -> None:
    plan(database, by=who)


def approved(database: Database, who: str) -> None:
    approve(database, who)


def running(database: Database, planner: str = "r.visser", approver: str = "m.dekker", version: int = 1) -> None:
    """A round of one pair whose letters went, with an answer to each for people to code."""
    plan(database, a_monday(version=version), by=planner)
    approve(database, approver)
    start(database)
    meddle(database, update(Inquiry).values(state=LetterState.SENT, sent_at=DUE))
    more(database, *(row.id for row in letters(database)))


def more(database: Database, *inquiries: int) -> None:
    with database.writing() as session:
        for number in inquiries:
            answer(session, number, now=OVER)
            session.flush()


def planned_and_runs(database: Database, who: str) -> None:
    running(database, planner=who)


def approved_and_runs(database: Database, who: str) -> None:
    running(database, approver=who)


def planned_the_version_before(database: Database, who: str) -> None:
    plan(database, by=who)
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "s.bos", PLANNED, "er komt een nieuwe versie")
    running(database, version=2)


def opened_a_look(database: Database, who: str) -> None:
    under_way(database, cells(24, 18, 6, 12))
    looked(database, who)
    more(database, letters(database)[0].id)


def coded_before_the_look(database: Database, who: str) -> None:
    under_way(database, cells(24, 18, 6, 12))
    more(database, letters(database)[0].id)
    for coder in (who, "c.bakker"):
        codes(database, coder)


def opens_the_look(database: Database, who: str) -> None:
    looked(database, who)


def paused(database: Database, who: str) -> None:
    running(database)
    with database.writing() as session:
        lifecycle.pause(session, ROUND, who, OVER, "even")
        lifecycle.resume(session, ROUND, who, OVER)


def planned_another(database: Database, who: str) -> None:
    plan(database, a_monday(round="een-ander"), rows=[a_listing(9)], by=who)
    running(database)


def entered(database: Database, who: str) -> None:
    running(database)
    heard = Heard(Road.PHONE, TUESDAY, "U kunt donderdag komen kijken.", "UITNODIGING")
    with database.writing() as session:
        answers.enter(session, session.get_one(Inquiry, letters(database)[0].id), heard, who, OVER)


def hid_words(database: Database, who: str) -> None:
    running(database)
    with database.writing() as session:
        coding.mask(session, newest(session), "dank", who, OVER)


def gave_a_mail_its_place(database: Database, who: str) -> None:
    running(database)
    with database.writing() as session:
        reply = newest(session)
        mail = lookup.mail(session, reply.mail_id or 0)
        answers.defer(session, mail, "geen-reactie-gevonden", OVER)
        session.flush()
        answers.resolve(session, mail, reply.inquiry, who, OVER)


def coded_it(database: Database, who: str) -> None:
    running(database)
    codes(database, who)


def codes(database: Database, who: str) -> None:
    """Code the newest answer of the round."""
    with database.writing() as session:
        coding.code(session, newest(session), who, "OVERIG", OVER, invites=False)


def doubts(database: Database, who: str) -> None:
    with database.writing() as session:
        coding.doubt(session, newest(session), who, "", OVER)


def reads_the_queue(database: Database, who: str) -> None:
    with database.reading() as session:
        assert newest(session) in coding.queue(session, newest(session).inquiry.pair.round_id, who)


def newest(session: Session) -> Reply:
    return session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()


# --- What goes out of a round, of letters or of requests -------------------------------------------------------------


def closed(database: Database, who: str = "r.visser") -> None:
    """A closed round that ``who`` planned."""
    running(database, planner=who)
    for coder in ("c.bakker", "d.smits"):
        codes_all(database, coder)
    close(database)


def codes_all(database: Database, who: str) -> None:
    with database.writing() as session:
        for reply in coding.queue(session, lookup.find(session, ROUND).id, who):
            coding.code(session, reply, who, "OVERIG", OVER, invites=False)


def close(database: Database) -> None:
    with database.writing() as session:
        lifecycle.close(session, ROUND, "s.bos", CLOSED, "een proef")


def approved_and_closed(database: Database, who: str) -> None:
    closed(database)
    meddle(database, update(Round).values(approved_by=who))


def coded_and_drafted(database: Database, who: str) -> None:
    running(database)
    for coder in (who, "d.smits"):
        codes_all(database, coder)
    close(database)
    drafted(database, "a.an")


def drafted(database: Database, who: str) -> None:
    with database.writing() as session:
        releasing.draft(session, round_of(session), Frozen("{}", "0" * 64, []), None, who, CLOSED, None)


def signed(database: Database, who: str) -> None:
    take(database, who, releasing.sign)


def read(database: Database, who: str) -> None:
    take(database, who, releasing.read)


def released(database: Database, who: str) -> None:
    take(database, who, releasing.release)


def take(database: Database, who: str, step: Callable[..., None]) -> None:
    with database.writing() as session:
        round_ = round_of(session)
        step(session, round_, releasing.versions(session, round_)[-1], who, CLOSED)


def round_of(session: Session) -> Released:
    of_requests = session.scalars(select(RequestRound)).first()
    return of_requests or lookup.find(session, ROUND)


def to_release(begin: Step, *steps: Step, by: Step | None = None) -> Step:
    """Begin so, and take these steps towards a release: ``by`` who is asked for, the others by others."""

    def arranged(database: Database, who: str) -> None:
        begin(database, who if by is begin else "r.visser")
        for step, other in zip(steps, ("a.an", "b.bos", "g.mulder"), strict=False):
            step(database, who if by is step else other)

    return arranged


def with_a_late_answer(arranged: Step) -> Step:
    def later(database: Database, who: str) -> None:
        arranged(database, who)
        more(database, letters(database)[0].id)

    return later


# --- A round of requests, and what is beside the rounds --------------------------------------------------------------


def requests(
    database: Database, planner: str = "r.visser", approver: str | None = "m.dekker", tester: str = "Tess"
) -> None:
    """One office that was asked, and answered, when somebody approved it."""
    days = (date(2026, 9, 7), date(2026, 9, 18))
    wanted = requesting.Plan(REQUESTS, load().newest("afkomst"), (tester,), *days, Purpose.LEARNING, 7)
    with database.writing() as session:
        requesting.plan(session, wanted, [an_advertiser()], planner, PLANNED)
        if approver is None:
            return
        requesting.approve(session, REQUESTS, approver, PLANNED)
        requesting.start(session, REQUESTS, "s.bos", PLANNED)
        asked = session.scalars(select(OwnerRequest)).one()
        asked.state, asked.note, asked.made_at = RequestState.MADE, "Dat doen wij niet.", TUESDAY


def requests_planned(database: Database, who: str) -> None:
    requests(database, planner=who, approver=None)


def requests_to_call(database: Database, who: str) -> None:
    requests(database, tester=who, approver=None)


def requests_approved(database: Database, who: str) -> None:
    with database.writing() as session:
        requesting.approve(session, REQUESTS, who, PLANNED)


def requests_planned_and_run(database: Database, who: str) -> None:
    requests(database, planner=who)


def requests_approved_and_run(database: Database, who: str) -> None:
    requests(database, approver=who)


def requests_called(database: Database, who: str) -> None:
    requests(database, tester=who)


def requests_coded(database: Database, who: str) -> None:
    requests(database)
    codes_the_request(database, who)


def codes_the_request(database: Database, who: str) -> None:
    with database.writing() as session:
        number = session.scalars(select(OwnerRequest.id)).one()
        requesting.code(session, number, who, "WEIGERT_MET_UITLEG", TUESDAY)


def requests_closed(database: Database, who: str) -> None:
    requests(database, planner=who)
    for coder in ("c.bakker", "d.smits"):
        codes_the_request(database, coder)
    with database.writing() as session:
        requesting.close(session, REQUESTS, "s.bos", TUESDAY)


def closes_the_requests(database: Database, who: str) -> None:
    for coder in ("c.bakker", "d.smits"):
        codes_the_request(database, coder)
    with database.writing() as session:
        requesting.close(session, REQUESTS, who, TUESDAY)


def invited(database: Database, who: str) -> None:
    office_signs(database, invite(database, by=who))


def countersigns(database: Database, who: str) -> None:
    with database.reading() as session:
        number = session.scalars(select(Invitation.id)).one()
    countersign(database, number, who)


def is_there(database: Database, who: str) -> None:
    with database.writing() as session:
        accounts.add(session, who, "ida@stad.example", [Role.ADMINISTRATOR], "beheerder", PLANNED)


def resets_the_factor(database: Database, who: str) -> None:
    with database.writing() as session:
        second_factor.reset_of_another(session, WHO, who, PLANNED, Clock().now())


PAIRS: dict[str, tuple[Step, Step, str]] = {
    "who plans a round does not approve it": (planned, approved, "same-person"),
    "who plans a round does not code in it": (planned_and_runs, codes, "not-blind"),
    "who plans a round leaves no answer of it to others": (planned_and_runs, doubts, "not-blind"),
    "who plans a round gets no queue of it": (planned_and_runs, reads_the_queue, "not-blind"),
    "who plans a version does not code in the next": (planned_the_version_before, codes, "not-blind"),
    "who approves a round does not code in it": (approved_and_runs, codes, "not-blind"),
    "who opens a look does not code after it": (opened_a_look, codes, "not-blind"),
    "who codes does not open a look": (coded_before_the_look, opens_the_look, "codes-here"),
    "who writes an answer down does not code it": (entered, codes, "not-blind"),
    "who hides words of an answer does not code it": (hid_words, codes, "not-blind"),
    "who gives a mail its place does not code it": (gave_a_mail_its_place, codes, "not-blind"),
    "who codes an answer does not code it again": (coded_it, codes, "coded-twice"),
    "who drafts an outcome does not sign it": (to_release(closed, drafted, by=drafted), signed, "same-person"),
    "who signs an outcome does not release it": (
        to_release(closed, drafted, signed, read, by=signed), released, "same-person"),
    "who plans a round does not release it": (
        to_release(closed, drafted, signed, read, by=closed), released, "same-person"),
    "who drafts an outcome codes no late answer": (
        with_a_late_answer(to_release(closed, drafted, by=drafted)), codes, "not-blind"),
    "who signs an outcome codes no late answer": (
        with_a_late_answer(to_release(closed, drafted, signed, by=signed)), codes, "not-blind"),
    "who reads an outcome codes no late answer": (
        with_a_late_answer(to_release(closed, drafted, signed, read, by=read)), codes, "not-blind"),
    "who plans a request test does not approve it": (requests_planned, requests_approved, "same-person"),
    "who calls does not approve the request test": (requests_to_call, requests_approved, "same-person"),
    "who plans a request test does not code in it": (requests_planned_and_run, codes_the_request, "not-blind"),
    "who approves a request test does not code in it": (requests_approved_and_run, codes_the_request, "not-blind"),
    "who called does not code the answer": (requests_called, codes_the_request, "coded-twice"),
    "who codes an answer to a request does not do so again": (requests_coded, codes_the_request, "coded-twice"),
    "who drafts the outcome of requests does not sign it": (
        to_release(requests_closed, drafted, by=drafted), signed, "same-person"),
    "who signs the outcome of requests does not release it": (
        to_release(requests_closed, drafted, signed, read, by=signed), released, "same-person"),
    "who plans a request test does not release it": (
        to_release(requests_closed, drafted, signed, read, by=requests_closed), released, "same-person"),
    "who invites an office does not countersign": (invited, countersigns, "same-person"),
    "nobody resets their own second factor": (is_there, resets_the_factor, "same-person"),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_two_duties_of_which_one_person_has_only_one(database: Database, pair: str) -> None:
    first, second, code = PAIRS[pair]
    first(database, WHO)
    with refused(code):
        second(database, AGAIN)
    second(database, ELSE)


MAY: dict[str, tuple[Step, Step]] = {
    "who pauses and resumes a round may code in it": (paused, codes),
    "who approves a round may release it": (
        to_release(approved_and_closed, drafted, signed, read, by=approved_and_closed),
        released,
    ),
    "who drafts an outcome may release it": (to_release(closed, drafted, signed, read, by=drafted), released),
    "who plans a round may draft its outcome": (closed, drafted),
    "who coded may sign the outcome": (coded_and_drafted, signed),
    "who plans a round may code in another": (planned_another, codes),
    "who plans a request test may close it": (requests_planned_and_run, closes_the_requests),
}  # fmt: skip


@pytest.mark.parametrize("pair", MAY)
def test_two_duties_that_one_person_may_have(database: Database, pair: str) -> None:
    first, second = MAY[pair]
    first(database, WHO)
    second(database, WHO)


def test_an_answer_of_a_round_somebody_planned_is_left_out_of_their_queue_of_all_request_tests(
    database: Database,
) -> None:
    requests_planned_and_run(database, WHO)
    with database.reading() as session:
        assert requesting.queue(session, None, AGAIN) == []
        assert [each.name for each in requesting.closed_to(session, AGAIN)] == [REQUESTS]
        assert len(requesting.queue(session, None, ELSE)) == 1
        assert requesting.closed_to(session, ELSE) == []
    with refused("not-blind"), database.reading() as session:
        requesting.queue(session, REQUESTS, AGAIN)


@pytest.mark.parametrize("kept", [planned_and_runs, approved_and_runs])
def test_a_label_given_before_is_not_taken_back_by_who_knows_the_arms_since(database: Database, kept: Step) -> None:
    """The record of who planned is a fact of the round; here it comes to hold for a coder by an amended plan."""
    coded_it(database, WHO)
    column = "planned_by" if kept is planned_and_runs else "approved_by"
    meddle(database, update(Round).values({column: WHO}))
    with refused("not-blind"), database.writing() as session:
        coding.undo(session, newest(session), AGAIN, OVER)


def test_who_may_not_code_in_a_round_does_not_count_as_still_coding_in_it(database: Database) -> None:
    planned_and_runs(database, WHO)
    with database.reading() as session:
        round_ = lookup.find(session, ROUND)
        assert not coding.still_codes(session, round_, WHO)
        assert coding.still_codes(session, round_, ELSE)
        assert duties.not_blind(session, round_, ELSE) is None
