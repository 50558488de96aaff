"""Releasing the outcome of a round: who may take which step, what is frozen, and what a change of the round does."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from house_makers import DAY, ROUND, events, meddle, only_sqlite, refused, round_state
from look_makers import LOOKS, OVER, a_looking_design, cells, looked, under_way
from release_makers import CLOSED, RELEASED, closed, draft, read, release, released, sign, versions
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from orchestrator.db import Database, Session
from orchestrator.models import Control, Enrolment, Pair, Release, ReleaseReport, Reply, Round
from orchestrator.rounds import lifecycle
from orchestrator.states import RoundState
from results import suppression, tables
from results.language import LANGUAGES
from results.releases import binding, document, frozen_report, steps
from results.releases.binding import Bound
from results.reports import figures
from results.seal import canonical, digest
from results.tables import RoundTable


def told(database: Database, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(versions(database)[number - 1].document)
    return found


def basis(database: Database) -> dict[str, Any]:
    """What the only version was counted from."""
    with database.reading() as session:
        return session.scalars(select(Release.basis)).one()


def recode(session: Session, most: int) -> None:
    """Let so many invitations turn out to be refusals, spread over the offices."""
    replies = session.scalars(select(Reply.id).where(Reply.label == "UITNODIGING").order_by(Reply.id).limit(most)).all()
    session.execute(update(Reply).where(Reply.id.in_(replies)).values(label="AL_VERHUURD"))


def test_a_round_is_released_in_four_steps_with_an_event_each(database: Database) -> None:
    released(database)
    assert round_state(database) is RoundState.RELEASED
    kinds = [each.kind for each in events(database)][-4:]
    assert kinds == ["release.drafted", "release.signed", "release.read", "round.released"]
    (version,) = versions(database)
    assert (version.state, version.digest) == ("released", digest(version.document))
    assert (version.drafted_by, version.signed_by, version.read_by, version.released_by) == (
        "anna", "bert", "gemma", "carla",
    )  # fmt: skip


@only_sqlite
def test_the_document_holds_the_counts_and_their_estimate_with_its_convention(database: Database) -> None:
    closed(database)
    draft(database)
    result = told(database)["result"]
    assert result["counts"] == {"c11": 24, "c10": 18, "c01": 6, "c00": 12}
    assert result["net"]["value"] == 0.2
    assert {"low", "high", "n", "method", "convention", "level"} <= result["net"].keys()
    assert canonical(told(database)) == versions(database)[0].document


@only_sqlite
def test_the_document_names_no_advertiser_and_no_seed(database: Database) -> None:
    closed(database)
    draft(database)
    text = versions(database)[0].document
    assert "kantoor" not in text
    assert "seed" not in text


@only_sqlite
def test_a_round_that_still_runs_is_not_released(database: Database) -> None:
    closed(database)
    with database.writing() as session:
        lifecycle.lookup.find(session, ROUND).state = RoundState.RUNNING
    with refused("wrong-state"):
        draft(database)


@pytest.mark.long
@only_sqlite
def test_no_step_is_skipped_or_taken_twice(database: Database) -> None:
    closed(database)
    draft(database)
    for step in (read, release):
        with refused("wrong-state"):
            step(database)
    sign(database)
    for step in (sign, release):
        with refused("wrong-state"):
            step(database)
    read(database)
    release(database)
    with refused("wrong-state"):
        release(database)


@pytest.mark.long
@only_sqlite
def test_who_drafts_does_not_sign_and_who_signs_or_planned_does_not_release(database: Database) -> None:
    closed(database)
    draft(database, by="anna")
    with refused("same-person"):
        sign(database, by=" ANNA ")
    sign(database, by="r.visser")
    read(database)
    with refused("same-person"):
        release(database, by="r.visser")
    release(database, by="anna")


@pytest.mark.long
@only_sqlite
def test_who_planned_the_round_does_not_release_what_another_signed(database: Database) -> None:
    closed(database)
    draft(database)
    sign(database)
    read(database)
    with refused("same-person"):
        release(database, by="r.visser")


@pytest.mark.long
@only_sqlite
def test_the_database_itself_refuses_a_signature_of_who_drafted(database: Database) -> None:
    closed(database)
    draft(database, by="anna")
    with pytest.raises(IntegrityError):
        meddle(database, update(Release).values(signed_by="anna"))


@pytest.mark.long
@only_sqlite
def test_a_remark_of_the_municipality_is_kept_and_one_that_is_too_long_refused(database: Database) -> None:
    closed(database)
    draft(database)
    sign(database)
    with refused("bad-opmerking"):
        read(database, remark="x" * 1001)
    read(database, remark="  Graag  een toelichting. ")
    assert versions(database)[0].remark == "Graag een toelichting."


@pytest.mark.long
@only_sqlite
def test_a_round_that_changed_after_signing_is_not_released_and_says_what_changed(database: Database) -> None:
    closed(database)
    draft(database)
    sign(database)
    read(database)
    meddle(database, lambda session: recode(session, 1))
    with refused("release-changed"):
        release(database)
    with database.reading() as session:
        found = steps.changed(session, ROUND, 1)
    assert len(found.tests) == 1
    assert "result" in found.chapters
    assert "1 test telt nu anders (P-0001)." in steps.sentence(found)
    assert round_state(database) is RoundState.CLOSED
    assert versions(database)[0].state == "read"


@only_sqlite
def test_a_draft_of_a_round_that_changed_is_not_signed(database: Database) -> None:
    closed(database)
    draft(database)
    meddle(database, update(Pair).where(Pair.code == "P-0001").values(state="excluded", reason="test-herkend"))
    with refused("release-changed"):
        sign(database)


@pytest.mark.long
@only_sqlite
def test_a_further_version_needs_a_reason_and_lets_an_unreleased_one_lapse(database: Database) -> None:
    closed(database)
    draft(database)
    for reason in (None, "  ", "x" * 1001):
        with refused("bad-reden"):
            draft(database, reason=reason)
    assert draft(database, reason="Een code was fout.") == 2
    assert [each.state for each in versions(database)] == ["lapsed", "draft"]
    assert told(database, 2)["reason"] == "Een code was fout."


@pytest.mark.long
def test_a_correction_is_a_new_version_and_the_earlier_one_stays_as_it_was(database: Database) -> None:
    released(database)
    first = versions(database)[0].document
    meddle(database, lambda session: recode(session, 30))
    draft(database, reason="Dertig antwoorden waren verkeerd gecodeerd.")
    sign(database, number=2)
    read(database, number=2)
    release(database, number=2)
    states = [(each.number, each.state) for each in versions(database)]
    assert states == [(1, "replaced"), (2, "released")]
    assert versions(database)[0].document == first
    assert events(database)[-1].kind == "release.released"
    assert told(database, 2)["result"]["shown"]


@pytest.mark.long
@only_sqlite
def test_a_correction_of_one_test_shows_no_figures_that_would_tell_it_apart(database: Database) -> None:
    released(database)
    meddle(database, lambda session: recode(session, 1))
    draft(database, reason="Een code was fout.")
    assert told(database, 2)["result"] == {"shown": False, "reason": "too-little-changed"}
    assert not any(table["shown"] or table["parts"] for table in told(database, 2)["tables"])


@pytest.mark.long
@only_sqlite
def test_a_version_that_nobody_signed_binds_no_later_one(database: Database) -> None:
    closed(database)
    draft(database)
    meddle(database, lambda session: recode(session, 1))
    draft(database, reason="Een code was fout.")
    assert told(database, 2)["result"]["shown"]


@only_sqlite
def test_tests_without_consent_for_the_purpose_are_not_published(database: Database) -> None:
    closed(database)
    meddle(database, update(Enrolment).where(Enrolment.advertiser_id == 3).values(purpose="monitoring"))
    with refused("other-purpose"):
        draft(database)


@pytest.mark.long
@only_sqlite
def test_the_same_round_gives_the_same_document_byte_for_byte(database: Database) -> None:
    closed(database)
    draft(database, now=RELEASED)
    draft(database, reason="Nog eens.", now=RELEASED + DAY)
    one, other = ({**told(database, number), "version": 0, "reason": None} for number in (1, 2))
    assert canonical(one) == canonical(other)


@pytest.mark.long
@only_sqlite
def test_what_a_document_hides_is_what_the_policy_hid(database: Database) -> None:
    closed(database)
    meddle(database, update(Pair).where(Pair.code < "P-0003").values(state="excluded", reason="test-herkend"))
    draft(database)
    with database.reading() as session:
        before = steps._before(session.scalars(select(Release)).one())  # noqa: SLF001 - what the next version reads
    tables = {each.name: each.hidden for each in suppression.published(before.units)}
    assert {name: before.hidden[name] for name in tables} == tables
    assert told(database)["excluded"] == {"tests": None, "reasons": []}


# --- large rounds: what takes long is made before the transaction -------------------------------------------------


class Parts:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made, self.meanwhile = 0, list[Callable[[], object]]()
        make = binding.bound

        def bound(table: RoundTable, protocol: str) -> Bound:
            self.made += 1
            if self.meanwhile:
                self.meanwhile.pop()()
            return make(table, protocol)

        patch.setattr(binding, "bound", bound)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    """What is done while the parts beside the document are made, and how often they are."""
    return Parts(monkeypatch)


def test_others_write_while_a_draft_is_made(database: Database, parts: Parts) -> None:
    closed(database)
    parts.meanwhile.append(lambda: meddle(database, update(Control).values(reason="Onderhoud.")))
    draft(database)
    assert parts.made == 1
    with database.reading() as session:
        assert session.get_one(Control, 1).reason == "Onderhoud."


def test_a_draft_is_made_of_what_the_round_became_meanwhile(database: Database, parts: Parts) -> None:
    closed(database)
    parts.meanwhile.append(lambda: meddle(database, lambda session: recode(session, 12)))
    draft(database)
    assert parts.made == 2
    draft(database, reason="Nog eens.")
    first, second = (told(database, number) for number in (1, 2))
    assert first["result"] == second["result"]
    sign(database, number=2)


def test_of_two_who_make_a_draft_at_once_the_second_makes_the_next_version(database: Database, parts: Parts) -> None:
    closed(database)
    parts.meanwhile.append(lambda: draft(database, by="els"))
    with refused("bad-reden"):  # a further version needs one
        draft(database)
    parts.meanwhile.append(lambda: draft(database, by="els", reason="Eerder."))
    assert draft(database, reason="Later.") == 3
    assert [each.state for each in versions(database)] == ["lapsed", "lapsed", "draft"]


def test_parts_of_which_nothing_changed_are_not_made_again_to_be_signed(database: Database, parts: Parts) -> None:
    closed(database)
    draft(database)
    sign(database)
    read(database)
    release(database)
    assert parts.made == 1


def test_what_changes_while_a_step_is_prepared_stops_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(database)
    draft(database)
    make, meanwhile = document.make, [lambda: meddle(database, lambda session: recode(session, 12))]

    def slow(*told: Any) -> document.Document:
        made = make(*told)
        if meanwhile:
            meanwhile.pop()()
        return made

    monkeypatch.setattr(document, "make", slow)
    with refused("release-changed"):
        sign(database)
    assert versions(database)[0].state == "draft"


@only_sqlite
def test_a_kept_report_that_somebody_edited_stops_the_signing(database: Database) -> None:
    closed(database)
    draft(database)
    meddle(database, update(ReleaseReport).where(ReleaseReport.id == 1).values(content="{}"))
    with database.reading() as session:
        assert steps.changed(session, ROUND, 1).chapters == ("reports",)
    with refused("release-changed"):
        sign(database)


@only_sqlite
def test_a_design_that_somebody_edited_in_the_record_stops_the_signing(database: Database) -> None:
    closed(database)
    draft(database)
    with database.reading() as session:
        design = tables.protocol(session, ROUND)
    meddle(database, update(Round).values(design=design.replace('reference":"', 'reference":"anders ')))
    with database.reading() as session:
        assert "research" in steps.changed(session, ROUND, 1).chapters
    with refused("release-changed"):
        sign(database)


@only_sqlite
def test_a_version_of_before_there_was_a_digest_of_its_rows_is_made_again_to_be_signed(
    database: Database, parts: Parts
) -> None:
    closed(database)
    draft(database)
    meddle(database, update(Release).values(basis={"units": basis(database)["units"]}))
    sign(database)
    assert parts.made == 2


def test_the_same_rows_have_the_same_digest_in_another_process(database: Database) -> None:
    closed(database)
    draft(database)
    code = (
        "import sys; from orchestrator.db import Database; from results import tables\n"
        "from results.releases import steps\n"
        "database = Database.at(sys.argv[1]);\n"
        "with database.reading() as session:\n"
        "    told = [get(session, sys.argv[2]) for get in (tables.protocol, tables.load)]\n"
        "print(steps.Basis(1, (), *told).digest)"
    )
    url = database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", code, url, ROUND], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == basis(database)["made_of"]


@only_sqlite
@pytest.mark.parametrize("looks", [None, LOOKS], ids=["without looks", "with a look"])
def test_what_the_reports_of_all_advertisers_say_of_the_round_is_made_once_for_each_language(
    database: Database, monkeypatch: pytest.MonkeyPatch, looks: dict[str, Any] | None
) -> None:
    """Made for each it would grow with the square: of 2,000 advertisers it takes minutes."""
    under_way(database, cells(24, 18, 6, 12), a_looking_design(looks))
    if looks:
        looked(database)
    with database.writing() as session:
        lifecycle.collect(session, ROUND, "r.visser", OVER)
        lifecycle.close(session, ROUND, "r.visser", CLOSED)
    with database.reading() as session:
        table = tables.load(session, ROUND)
    asked, judge = list[int](), figures.advertisers
    monkeypatch.setattr(figures, "advertisers", lambda counts: asked.append(len(counts)) or judge(counts))
    assert len(frozen_report.freeze(table)) == 10
    assert asked == [10] * len(LANGUAGES)
