"""What an office consented to is fixed: learning is no monitoring, from the plan to what goes out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from house_makers import ROUND, TUESDAY, a_monday, an_advertiser, claim, meddle, plan, refused, run
from sqlalchemy import select, update

from orchestrator import enrolment
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Enrolment
from orchestrator.rounds import lookup, releasing
from profiles.errors import BadInput


def consented(database: Database, purpose: Purpose) -> None:
    meddle(database, update(Enrolment).values(purpose=purpose))


@pytest.mark.parametrize("purpose", [Purpose.LEARNING, Purpose.MONITORING])
def test_a_round_takes_in_nobody_who_consented_to_another_purpose(database: Database, purpose: Purpose) -> None:
    other = next(each for each in Purpose if each is not purpose)
    with pytest.raises(BadInput) as found:
        plan(database, a_monday(study={"purpose": purpose.value}), participants=[an_advertiser(purpose=other)])
    assert "wrong-purpose" in {each.code for each in found.value.problems}


def test_no_letter_goes_to_who_consents_to_another_purpose_by_then(database: Database) -> None:
    run(database)
    consented(database, Purpose.MONITORING)
    assert claim(database, now=TUESDAY - timedelta(days=1)) == []


def test_no_figure_goes_out_of_who_consented_to_another_purpose_alone(database: Database) -> None:
    run(database)
    with database.reading() as session:
        releasing.check_purpose(session, lookup.find(session, ROUND))
    consented(database, Purpose.MONITORING)
    with refused("other-purpose"), database.reading() as session:
        releasing.check_purpose(session, lookup.find(session, ROUND))


def test_the_purpose_of_a_consent_is_fixed_and_another_one_is_another_consent(database: Database) -> None:
    other = an_advertiser(purpose=Purpose.MONITORING)
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser()])
    with pytest.raises(BadInput) as found, database.writing() as session:
        enrolment.enrol(session, [other])
    assert [(each.code, each.found) for each in found.value.problems] == [("purpose-fixed", "monitoring")]
    later = replace(other, consent_from=other.consent_from + timedelta(days=1))
    with database.writing() as session:
        enrolment.enrol(session, [later])
        kept = session.execute(select(Enrolment.purpose).order_by(Enrolment.valid_from)).scalars()
        assert list(kept) == [Purpose.LEARNING, Purpose.MONITORING]
