"""A round of one's own on the command line, from plan to export, and the commands that are no step of a round."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_makers import DESIGN, LISTINGS, PARTICIPANTS, ROUND, User, a_user
from feed_makers import Page, serving

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from results.outcomes import labels
from workers.harvest import read_feed

STEPS = {
    ("approve", ROUND, "--by", "bert"): "goedgekeurd door bert. Nu: praktijktest start",
    ("start", ROUND, "--by", "anna"): "praktijktest run",
    ("pause", ROUND, "--by", "anna", "--reason", "storing"): "gepauzeerd",
    ("resume", ROUND, "--by", "anna"): "loopt weer",
    ("close", ROUND, "--by", "anna", "--reason", "oefening voorbij"): "Nu: praktijktest analyse",
}


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def test_a_round_is_planned_approved_started_paused_resumed_and_closed_on_either_database(
    user: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    planned = user.plans()
    assert planned.code == 0
    assert "Nu moet een ander dan anna haar goedkeuren" in planned.out
    for words, said in STEPS.items():
        assert said in user.does(*words)
    assert "gaaf" in user.does("ledger", "verify")
    assert "Gesloten. Reden: oefening voorbij." in user.does("status", ROUND)


@pytest.mark.long
def test_status_says_where_a_round_stands_what_it_waits_for_and_what_goes_next(user: User) -> None:
    assert "Begin met: praktijktest plan" in user.does("status")
    user.plans()
    assert "Wacht op goedkeuring door een tweede persoon." in user.does("status", ROUND)
    user.does("approve", ROUND, "--by", "bert")
    user.does("start", ROUND)
    shown = user.does("status", ROUND)
    assert f"{ROUND}: loopt" in shown
    assert "P-0001  1 van 2" in shown
    assert "control" not in shown


@pytest.mark.long
def test_the_list_of_rounds_never_cuts_a_name_short(user: User) -> None:
    user.plans()
    shown = user.does("status")
    assert ROUND in shown
    assert "gepland" in shown


@pytest.mark.long
def test_a_plan_that_nobody_approved_can_be_made_again_from_other_files(user: User) -> None:
    user.plans()
    user.edits("round.yaml", "seed: 20260907", "seed: 8")
    user.file(LISTINGS).write_text(
        "".join(user.file(LISTINGS).read_text(encoding="utf-8").splitlines(keepends=True)[:4]), encoding="utf-8"
    )
    assert "3 tests" in user.plans().out
    assert "3 tests" not in user.does("status")
    assert user.does("status").count(ROUND) == 1


def test_semicolons_tabs_and_a_byte_order_mark_are_read_like_commas(user: User) -> None:
    for name, delimiter in ((PARTICIPANTS, ";"), (LISTINGS, "\t")):
        text = user.file(name).read_text(encoding="utf-8").replace(",", delimiter)
        user.file(name).write_text(text, encoding="utf-8-sig")
    assert user.plans().code == 0


@pytest.mark.long
def test_a_withdrawn_advertiser_gets_no_more_letters(user: User) -> None:
    user.starts()
    key = user.file(PARTICIPANTS).read_text(encoding="utf-8").splitlines()[1].partition(",")[0]
    assert "reacties gaan niet meer uit" in user.does("withdraw", key, "--by", "anna")
    assert user.says("withdraw", "niemand").code == 2


@pytest.mark.long
def test_letters_are_shown_compared_and_written_again(user: User) -> None:
    user.plans()
    shown = user.does("letters", "preview", ROUND, "--pair", "P-0002")
    assert "controleprofiel" in shown
    assert "1 van" in shown
    assert "verschillen alleen in het signaal" in user.does("letters", "check", ROUND)
    again = user.does("letters", "recreate", ROUND, "--pair", "P-0002")
    assert "byte voor byte gelijk" in again
    assert "@woonpost.example>" in again
    assert user.says("letters", "recreate", ROUND, "--pair", "P-9999").code == 2


@pytest.mark.long
def test_a_round_of_couples_is_planned_shown_and_approved(user: User) -> None:
    user.edits(DESIGN, "  ground: origin ", "  ground: sexual_orientation ")
    user.edits(DESIGN, "  treatment: moroccan ", "  treatment: dutch ")
    assert user.plans().code == 0
    assert " en " in user.does("letters", "preview", ROUND, "--most", "1")
    user.does("approve", ROUND, "--by", "bert")
    assert "byte voor byte gelijk" in user.does("letters", "recreate", ROUND)


@pytest.mark.parametrize(
    ("ground", "code"),
    [("belief", "ground-not-offered"), ("disability", "signal-not-chosen"), ("age", "more-than-the")],
)
def test_a_ground_that_cannot_be_tested_like_this_is_refused(user: User, ground: str, code: str) -> None:
    user.edits(DESIGN, "  ground: origin ", f"  ground: {ground} ")
    done = user.plans()
    assert done.code == 2
    assert code in done.err
    assert f"{DESIGN}:" in done.err


@pytest.mark.long
def test_the_emergency_stop_shuts_all_sending_until_it_is_opened_again(user: User) -> None:
    user.starts()
    assert "Alle verzending staat uit" in user.does("stop", "--by", "anna", "--reason", "klacht")
    assert "Alle verzending staat uit: klacht." in user.does("status", ROUND)
    assert "open" in user.does("reopen", "--by", "bert")
    assert "klacht" not in user.does("status", ROUND)


@pytest.mark.long
def test_an_aborted_round_stays_aborted(user: User) -> None:
    user.starts()
    user.does("abort", ROUND, "--by", "anna", "--reason", "verkeerde periode")
    assert "Afgebroken. Reden: verkeerde periode." in user.does("status", ROUND)
    assert user.says("resume", ROUND).code == 2


@pytest.mark.long
def test_reports_are_pages_with_their_own_styles_for_every_audience(user: User) -> None:
    user.starts()
    user.does("close", ROUND, "--reason", "oefening")
    for audience in ("researcher", "municipality", "broker"):
        said = user.does("report", ROUND, "--audience", audience, "--out", "uit")
        written = [Path(line.partition(": ")[2]) for line in said.splitlines()]
        assert written
        for path in written:
            page = path.read_text(encoding="utf-8")
            assert page.lstrip().lower().startswith("<!doctype html>")
            assert (path.parent / page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]).is_file()


@pytest.mark.long
def test_one_brokers_report_is_that_brokers_only(user: User) -> None:
    user.starts()
    nobody = ("report", ROUND, "--audience", "broker", "--advertiser", "niemand", "--out", "uit")
    assert user.says(*nobody).err.startswith("round-not-closed: ")
    user.does("close", ROUND, "--reason", "oefening")
    before, done = user.record(), user.says(*nobody)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("unknown-advertiser: ")
    assert user.record() == before
    keys = [row["advertiser"] for row in csv.DictReader(user.file(PARTICIPANTS).open(encoding="utf-8"))]
    user.does("report", ROUND, "--audience", "broker", "--advertiser", keys[0], "--out", "uit")
    assert [path.name for path in (user.folder / "uit" / "makelaars").iterdir()] == [f"{keys[0]}.html"]


@pytest.mark.long
def test_a_round_without_results_is_refused_and_leaves_no_files(user: User) -> None:
    user.starts()
    for words in (("analyse", ROUND), ("analyse", ROUND, "--format", "json"), ("export", ROUND, "--out", "uit")):
        done = user.says(*words)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("numbers-hidden: ")
    user.does("close", ROUND, "--reason", "oefening")
    for words in (("analyse", ROUND), ("analyse", ROUND, "--format", "json"), ("export", ROUND, "--out", "uit")):
        assert user.says(*words).err.startswith("no-usable-pairs: ")
    assert not (user.folder / "uit").exists()


@pytest.mark.long
def test_an_empty_coding_queue_says_how_to_code(user: User) -> None:
    user.starts()
    assert "praktijktest code NUMMER LABEL --by cora" in user.does("queue", ROUND, "--by", "cora")


@pytest.mark.long
def test_a_code_needs_a_known_label_and_a_reply_that_is_there(user: User) -> None:
    user.starts()
    unknown = user.says("code", "1", "MISSCHIEN", "--by", "cora")
    assert unknown.code == 2
    assert all(label in unknown.err for label in labels())
    assert user.says("code", "1", "UITNODIGING", "--by", "cora").err.startswith("unknown-reply: ")


def test_the_schema_is_whole_and_every_reference_in_it_leads_somewhere(user: User) -> None:
    schema = json.loads(user.does("schema"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    groups = [schema, *schema["$defs"].values()]
    kinds = {"object", "array", "string", "integer", "number", "boolean"}
    for group in groups:
        assert group["type"] in kinds
        assert set(group.get("required", ())) <= set(group.get("properties", ()))
        assert "properties" not in group or group["additionalProperties"] is False
        for value in group.get("properties", {}).values():
            assert value.keys() & {"type", "$ref", "enum", "const"}
            assert value.get("type", "object") in kinds
            assert value["description"]
    assert _references(schema) <= {f"#/$defs/{name}" for name in schema["$defs"]}


def _references(node: object) -> set[str]:
    if isinstance(node, list):
        return {found for each in node for found in _references(each)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["$ref"])} if "$ref" in node else set()
    return own | {found for each in node.values() for found in _references(each)}


@pytest.mark.long
def test_migrate_makes_the_database_and_may_be_repeated(user: User) -> None:
    user.does("migrate")
    before = user.record()
    user.does("migrate")
    assert user.record() == before
    assert any("alembic_version" in line for line in before)


@pytest.mark.long
def test_status_tells_what_each_feed_held_and_brought_and_what_is_wrong_with_it(user: User, database: Database) -> None:
    user.monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    heading, *homes = user.file(LISTINGS).read_text(encoding="utf-8").splitlines()
    stranger = "nieuw-1,niemand,Feedstraat 1,3812 AB,Amersfoort,Vathorst,1100,2,,"
    with serving() as server:
        feeds = "".join(f"\n    - {{url: {server.root}/{name}, format: csv}}" for name in ("goed", "weg"))
        user.edits("round.yaml", "sample:\n", f"sample:\n  feeds:{feeds}\n")
        user.starts()
        assert user.does("status", ROUND).count("nog niet gelezen") == 2
        server.pages["/goed"] = Page("\n".join([heading, *homes[:5], stranger]).encode())
        server.pages["/weg"] = Page(b"<html>Onderhoud</html>")
        for _ in range(2):
            assert read_feed(database, Clock(datetime(2026, 9, 8, 10, 0, tzinfo=UTC), 0.0, 0.0), Settings())
    shown = user.does("status", ROUND)
    assert "Storing sinds 08-09-2026 12:00: " in shown
    assert f"{server.root}/weg: feed-html: " in shown
    told = "gelezen 08-09-2026 12:00: 6 advertenties, waarvan 1 van aanbieders die niet meedoen en 0 onbruikbaar"
    assert f"Feed {server.root}/goed\n  {told}; 0 nieuwe tests tot nu toe\n" in shown
    assert shown.count("nog niet gelezen") == 1
