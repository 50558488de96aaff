"""The name bank and the pretest at the command line: from open pages to a design that asks for recognised names."""

from datetime import timedelta
from pathlib import Path

import pytest
from bank_makers import NAMES, a_record, csv_of, records
from cli_makers import DESIGN, ROUND, User, a_user

from orchestrator import pretests
from orchestrator.db import Database
from orchestrator.perceptions import read_perceptions
from orchestrator.pretests import RIGHT, Judgement


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def judged(user: User, key: str, raters: int) -> None:
    """Let so many people judge every name they get as it is meant."""
    meant = {name.full: name.name_set for name in NAMES.names if NAMES.sets[name.name_set].of is None}
    database = Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}")
    with database.writing() as session:
        now = pretests.find(session, key).opened_at
    for _ in range(raters):
        with database.writing() as session:
            token = pretests.begin(session, key, now)
            now += timedelta(seconds=5)
            while (place := pretests.next_place(session, key, token)) is not None:
                name = pretests.item(session, key, token, place).name
                if name is None:
                    pretests.attend(session, key, token, RIGHT)
                else:
                    pretests.judge(session, key, token, place, Judgement(meant[name], 3, 2), now)
                session.flush()
                session.expire_all()
    database.engine.dispose()


def test_names_show_tells_each_set_and_each_name(user: User) -> None:
    assert "Marokkaans klinkende namen" in user.does("names", "show")
    told = user.does("names", "show", "turkish")
    for part in ("Zeynep Aydın", "1990–1999", "niet getest", "voor demonstratie; niet vooraf getest", "EUPL-1.2"):
        assert part in told
    done = user.says("names", "show", "turks")
    assert (done.code, done.err.partition(":")[0]) == (2, "unknown-name-set")


def test_an_export_is_a_file_to_fill_in_and_to_import(user: User) -> None:
    user.does("names", "export", "leeg.csv")
    text = user.file("leeg.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 1 + 240
    assert "0 uitkomsten gelezen" in user.does("names", "import", "leeg.csv")
    assert "moroccan,Youssef,El Idrissi,,,,,,,male,1990,," in text
    filled = text.replace(
        "moroccan,Youssef,El Idrissi,,,,,,", "moroccan,Youssef,El Idrissi,2026,52,0.9231,2.9,3.4,eigen"
    )
    user.file("vol.csv").write_text(filled, encoding="utf-8")
    assert "1 uitkomsten gelezen; de namenbank heeft er nu 1" in user.does("names", "import", "vol.csv")
    assert "92% (82% tot 97%)" in user.does("names", "show", "moroccan")
    user.does("names", "export", "weer.csv")
    assert read_perceptions(user.file("weer.csv"), NAMES) == read_perceptions(user.file("vol.csv"), NAMES)


def test_an_import_with_a_slip_changes_nothing(user: User) -> None:
    name = NAMES.of("dutch")[0]
    user.file("goed.csv").write_text(csv_of(a_record(name)), encoding="utf-8")
    user.does("names", "import", "goed.csv")
    for old, new, code in ((",60,", ",61,", "other-figures"), (",0.9500,", ",1.5,", "impossible-share")):
        user.file("fout.csv").write_text(csv_of(a_record(name)).replace(old, new), encoding="utf-8")
        done = user.says("names", "import", "fout.csv")
        assert (done.code, f"{code}: " in done.err) == (2, True)
    assert "60" in user.does("names", "show", "dutch")


@pytest.mark.long
def test_a_name_of_a_real_person_is_avoided_and_shown_with_the_reason(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.file("mijden.csv").write_text("first,last,reason\nBas,Vermeulen,wethouder hier\n", encoding="utf-8")
    monkeypatch.setenv("PRAKTIJKTEST_AVOID_NAMES", "mijden.csv")
    assert "vermeden: wethouder hier" in user.does("names", "show", "dutch")
    assert user.plans().code == 0
    assert "Bas Vermeulen" not in "\n".join(user.record()).replace("wethouder hier", "").split('"avoided"')[0]
    monkeypatch.setenv("PRAKTIJKTEST_AVOID_NAMES", "weg.csv")
    assert user.says("names", "show").err.startswith("no-such-file: ")


@pytest.mark.long
def test_a_pretest_goes_from_open_pages_to_a_design_that_asks_recognised_names(user: User) -> None:
    user.edits(DESIGN, "sham_share: 0.1 ", "validation: matched\n  sham_share: 0.1 ")
    assert "unvalidated-names: " in user.plans().err
    told = user.does("pretest", "open", "namen", "--per-rater", "40", "--by", "anna", "--seed", "7")
    assert "80 namen, 40 per beoordelaar" in told
    assert "/vooronderzoek/namen" in told
    judged(user, "namen", 60)
    assert "beoordelaars begonnen" in user.does("pretest", "status", "namen")
    assert user.says("pretest", "result", "namen").err.startswith("pretest-open: ")
    user.does("pretest", "close", "namen", "--by", "anna")
    told = user.does("pretest", "result", "namen", "--out", "uitkomst.csv")
    assert "100% (89% tot 100%)" in told
    assert "80 uitkomsten in uitkomst.csv" in told
    by_hand = user.says("plan", DESIGN, "--participants", "participants.csv", "--listings", "listings.csv",
                        "--perceptions", "uitkomst.csv", "--by", "anna")  # fmt: skip
    assert by_hand.code == 0, by_hand.err
    user.does("names", "import", "uitkomst.csv")
    user.does("approve", ROUND, "--by", "bert")
    user.does("report", ROUND, "--audience", "researcher", "--out", "rapporten")
    report = next((user.folder / "rapporten").glob("*.html")).read_text(encoding="utf-8")
    assert "vooraf getest bij minstens 30 beoordelaars per naam: zeker herkend, en van dezelfde klasse" in report


def test_a_record_for_half_of_the_names_names_the_others_with_their_line(user: User) -> None:
    user.edits(DESIGN, "sham_share: 0.1 ", "validation: recognised\n  sham_share: 0.1 ")
    user.file("half.csv").write_text(csv_of(*records("dutch", "moroccan")[1:]), encoding="utf-8")
    user.does("names", "import", "half.csv")
    (line,) = user.plans().err.splitlines()
    assert "names.toml:" in line
    assert ": no-perception-record: " in line
    assert "Gevonden: Marieke Bakker." in line


@pytest.mark.long
def test_a_plan_says_how_many_listings_no_name_was_left_for(user: User) -> None:
    some = [name for key in ("dutch", "moroccan") for name in NAMES.of(key)]
    lines = (f"{name.first},{name.last},proef" for name in some if int(name.cohort == 1980) or name.gender == "male")
    user.file("mijden.csv").write_text("\n".join(["first,last,reason", *lines, ""]), encoding="utf-8")
    user.monkeypatch.setenv("PRAKTIJKTEST_AVOID_NAMES", str(user.file("mijden.csv")))
    user.edits(DESIGN, "sham_share: 0.1 ", "sham_share: 0.5 ")
    assert "advertenties vallen af (geen-naam)" in user.plans().out


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("open", "x", "--sets", "dutch,klingon"), "unknown-name-set"),
        (("open", "x", "--sets", "dutch_male"), "unknown-name-set"),
        (("open", "X y"), "bad-key"),
        (("open", "x", "--per-rater", "81"), "bad-number"),
        (("status", "weg"), "unknown-pretest"),
        (("close", "weg"), "unknown-pretest"),
        (("result", "weg"), "unknown-pretest"),
    ],
)
def test_what_cannot_be_with_a_pretest_is_named(user: User, words: tuple[str, ...], code: str) -> None:
    done = user.says("pretest", *words)
    assert (done.code, done.err.partition(":")[0]) == (2, code)
