"""What a user can do wrong: each mistake is a sentence with its place and remedy, code 2, and nothing is stored."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bank_makers import csv_of, records
from cli_makers import DESIGN, LISTINGS, PARTICIPANTS, ROUND, User, a_user


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


@dataclass(frozen=True)
class Slip:
    """A change of the design file, and what is said about it, on the line where ``at`` stands."""

    old: str
    new: str
    code: str
    at: str
    found: str
    remedy: str


SLIPS = {
    "an unknown key": Slip("seed: 20260907 ", "sede: 20260907 ", "unknown-key", "sede", "sede", "Bedoelt u 'seed'?"),
    "a duplicate key": Slip("version: 1", "version: 1\nversion: 2", "duplicate-key", "version: 2", "version", "weg"),
    "a missing key": Slip("  level: 0.95", "  {}", "missing-key", "analysis:", "level", "Schrijf bijvoorbeeld: level:"),
    "a word for a number": Slip("pairs: 240", "pairs: veel", "wrong-type", "pairs: veel", "veel", "240"),
    "a number in quotes": Slip("pairs: 240", 'pairs: "240"', "wrong-type", 'pairs: "', '"240"', "pairs: 240"),
    "a number out of range": Slip("sham_share: 0.1", "sham_share: 2", "out-of-range", "sham_share", "2", "0.1"),
    "an unknown ground": Slip("ground: origin", "ground: religie", "unknown-ground", "ground:", "religie", "Kies uit"),
    "an unknown name set": Slip(
        "treatment: moroccan", "treatment: roman", "unknown-name-set", "treatment: r", "roman", "Kies"
    ),
    "a gap longer than the window": Slip(
        "last_day: 2026-10-09", "last_day: 2026-09-07", "gap-longer-than-window", "max: 30", "30", "korter"
    ),
    "no working hours": Slip(
        'until: "17:30"', 'until: "08:00"', "no-working-hours", "until", "08:00", "later tijdstip"
    ),
    "only holidays and weekends": Slip(
        "first_day: 2026-09-07\n  last_day: 2026-10-09", "first_day: 2026-09-12\n  last_day: 2026-09-13",
        "no-working-hours", "weekdays", "mon, tue", "langere periode",
    ),
    "a period that ends before it begins": Slip(
        "last_day: 2026-10-09", "last_day: 2026-09-01", "period-reversed", "last_day", "2026-09-01", "Wissel"
    ),
    "a live round with names that were never tested": Slip(
        "mode: rehearsal", "mode: live", "unvalidated-names-live", "control: dutch", "dutch", "mode: rehearsal"
    ),
    "a tab": Slip("  pairs: 240", "\tpairs: 240", "yaml-syntax", "\tpairs", "pairs: 240", "Spring in met spaties"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_the_design_is_told_with_its_place_and_remedy(user: User, name: str) -> None:
    slip = SLIPS[name]
    user.does("migrate")
    before = user.record()
    user.edits(DESIGN, slip.old, slip.new)
    done = user.plans()
    assert (done.code, done.out) == (2, "")
    told = next(line for line in done.err.splitlines() if f" {slip.code}: " in line)
    before_it = user.file(DESIGN).read_text(encoding="utf-8").partition(slip.at)[0]
    assert re.match(rf"{DESIGN}:{before_it.count(chr(10)) + 1}:\d+: {slip.code}: ", told)
    assert slip.found in told
    assert slip.remedy in told
    assert user.record() == before


@pytest.mark.long
def test_a_slip_in_the_forms_is_told_with_its_place_and_remedy_and_a_sound_file_is_planned(user: User) -> None:
    user.does("migrate")
    before = user.record()
    url = "http://127.0.0.1:8480/formulier/decorstuk-makelaars"
    sound = (
        f"decorstuk-makelaars:\n  url: {url}\n  fields: {{n: name, e: email, b: message}}\n  success: {{text: dank}}\n"
    )
    user.file("forms.yaml").write_text(sound.replace("b: message", "b: bericht"), encoding="utf-8")
    words = ("plan", DESIGN, "--participants", PARTICIPANTS, "--listings", LISTINGS, "--by", "anna", "--forms")
    done = user.says(*words, "forms.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "forms.yaml:3:34: unknown-value: decorstuk-makelaars.fields.b: Deze waarde kennen we niet."
    )
    assert "Kies uit: name, given_name" in done.err
    assert user.says(*words, "weg.yaml").err.startswith("weg.yaml: no-such-file: ")
    assert user.record() == before
    user.file("forms.yaml").write_text(sound, encoding="utf-8")
    user.does(*words, "forms.yaml")
    assert [line for line in user.record() if '"fields": {"n": "name"' in line]


def test_every_mistake_in_a_design_is_told_at_once(user: User) -> None:
    user.edits(DESIGN, "ground: origin", "ground: religie")
    user.edits(DESIGN, "pairs: 240", "pairs: veel")
    told = [line.split(": ")[1] for line in user.plans().err.splitlines()]
    assert told == ["unknown-ground", "wrong-type"]


@dataclass(frozen=True)
class Cell:
    """A value in one cell of line 2 of a file, and what is said about it."""

    file: str
    column: str
    value: str
    code: str
    remedy: str


CELLS = {
    "a listing without participant": Cell(
        LISTINGS, "advertiser", "vreemd", "listing-without-participant", "Voeg de aanbieder met toestemming toe"
    ),
    "a participant without consent": Cell(PARTICIPANTS, "consent_from", "", "missing-consent", "toestemmingsformulier"),
    "a consent without end": Cell(PARTICIPANTS, "consent_until", "", "missing-consent", "toestemmingsformulier"),
    "an expired consent": Cell(PARTICIPANTS, "consent_until", "2026-08-31", "expired-consent", "Vraag nieuwe"),
    "a consent for something else": Cell(PARTICIPANTS, "purpose", "monitoring", "wrong-purpose", "voor dit doel"),
    "a rent with a decimal comma": Cell(LISTINGS, "rent", "950.50", "bad-number", "alleen cijfers"),
    "a channel nobody knows": Cell(PARTICIPANTS, "channel", "post", "unknown-channel", "Kies uit: smtp, webform"),
    "a date as in a letter": Cell(PARTICIPANTS, "consent_from", "26-05-2026", "bad-date", "jaar-maand-dag"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", CELLS)
def test_a_slip_in_a_cell_is_told_with_line_column_and_remedy(user: User, name: str) -> None:
    slip = CELLS[name]
    user.does("migrate")
    before = user.record()
    column = user.edits_cell(slip.file, 2, slip.column, slip.value)
    done = user.plans()
    assert (done.code, done.out) == (2, "")
    told = next(line for line in done.err.splitlines() if line.startswith(f"{slip.file}:2:{column}: {slip.code}: "))
    assert not slip.value or f"Gevonden: {slip.value}." in told
    assert slip.remedy in told
    assert user.record() == before


def test_a_duplicate_listing_is_told_with_the_line_of_the_first(user: User) -> None:
    lines = user.file(LISTINGS).read_text(encoding="utf-8").splitlines(keepends=True)
    user.file(LISTINGS).write_text("".join([*lines, lines[1]]), encoding="utf-8")
    done = user.plans()
    assert done.code == 2
    assert f"{LISTINGS}:{len(lines) + 1}:1: duplicate-listing: Deze advertentie staat er al, op regel 2." in done.err


FILES: dict[str, tuple[Callable[[str], bytes], str]] = {
    "an empty file": (lambda _: b"", "empty-file"),
    "a heading alone": (lambda text: text.splitlines()[0].encode(), "empty-file"),
    "another encoding": (lambda text: text.replace("o", "ö").encode("cp1252"), "wrong-encoding"),
    "the encoding of an old Excel": (lambda text: text.encode("utf-16"), "wrong-encoding"),
    "another delimiter": (lambda text: text.replace(",", "|").encode(), "missing-column"),
    "a column too few": (lambda text: text.replace("advertiser,", "", 1).encode(), "missing-column"),
    "a quote that is not closed": (lambda text: text.replace("\n", '\n"', 1).encode(), "bad-quotes"),
}  # fmt: skip


@pytest.mark.parametrize("file", [PARTICIPANTS, LISTINGS])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_named(user: User, name: str, file: str) -> None:
    spoil, code = FILES[name]
    user.file(file).write_bytes(spoil(user.file(file).read_text(encoding="utf-8")))
    done = user.plans()
    assert (done.code, done.out) == (2, "")
    assert re.match(rf"{file}(:\d+)*: {code}: ", done.err)
    assert not (user.folder / "data").exists()


@pytest.mark.parametrize(
    ("raw", "code"), [(b"", "empty-file"), (b"# alleen dit\n", "empty-file"), ("naam: Ä".encode("cp1252"), "encoding")]
)
def test_a_design_file_that_cannot_be_read_is_named(user: User, raw: bytes, code: str) -> None:
    user.file(DESIGN).write_bytes(raw)
    done = user.plans()
    assert done.code == 2
    assert done.err.startswith(f"{DESIGN}:1:")
    assert f" {code}: " in done.err


@pytest.mark.parametrize("file", [DESIGN, PARTICIPANTS, LISTINGS])
def test_a_file_that_is_not_there_is_named(user: User, file: str) -> None:
    user.file(file).unlink()
    done = user.plans()
    assert done.code == 2
    assert done.err.startswith(f"{file}: no-such-file: ")


# Steps out of order.


@pytest.mark.long
def test_nobody_approves_their_own_plan_in_capitals_neither(user: User) -> None:
    user.plans(by="anna")
    before = user.record()
    for name in ("anna", "Anna", "ANNA"):
        done = user.says("approve", ROUND, "--by", name)
        assert done.code == 2
        assert done.err.startswith("same-person: ")
    assert user.record() == before


def test_a_round_does_not_start_without_approval(user: User) -> None:
    user.plans()
    before = user.record()
    done = user.says("start", ROUND, "--by", "bert")
    assert done.code == 2
    assert done.err.startswith("not-approved: ")
    assert f"praktijktest approve {ROUND}" in done.err
    assert user.record() == before


@pytest.mark.long
@pytest.mark.parametrize("words", [("pause",), ("resume",), ("close",), ("close", "--reason", "vroeg")])
def test_a_step_that_does_not_fit_the_state_is_refused(user: User, words: tuple[str, ...]) -> None:
    user.plans()
    before = user.record()
    done = user.says(words[0], ROUND, *words[1:])
    assert done.code == 2
    assert done.err.startswith("wrong-state: ")
    assert user.record() == before


@pytest.mark.long
def test_a_running_round_is_not_closed_before_its_time_without_a_reason(user: User) -> None:
    user.starts()
    assert user.says("close", ROUND).code == 2


@pytest.mark.long
@pytest.mark.parametrize("step", ["approve", "start"])
def test_a_design_file_that_changed_since_the_plan_stops_the_next_step(user: User, step: str) -> None:
    user.plans()
    if step == "start":
        user.does("approve", ROUND, "--by", "bert")
    before = user.record()
    user.edits(DESIGN, "sham_share: 0.1", "sham_share: 0.2")
    done = user.says(step, ROUND, "--by", "bert")
    assert done.code == 2
    assert " design-changed: " in done.err
    assert str(user.file(DESIGN)) in done.err
    assert "verhoog version" in done.err
    assert user.record() == before


@pytest.mark.long
def test_a_comment_in_the_design_file_changes_nothing(user: User) -> None:
    user.plans()
    user.edits(DESIGN, "mode: rehearsal", "mode: rehearsal   # nog steeds")
    user.does("approve", ROUND, "--by", "bert")


@pytest.mark.long
def test_a_changed_design_does_not_replace_an_approved_one(user: User) -> None:
    user.plans()
    user.does("approve", ROUND, "--by", "bert")
    before = user.record()
    user.edits(DESIGN, "seed: 20260907", "seed: 1")
    done = user.plans()
    assert done.code == 2
    assert done.err.startswith("design-changed: ")
    assert "version: 2" in done.err
    assert user.record() == before


@pytest.mark.long
def test_an_approved_plan_is_not_made_twice(user: User) -> None:
    user.plans()
    user.does("approve", ROUND, "--by", "bert")
    done = user.plans()
    assert done.code == 2
    assert done.err.startswith("already-planned: ")


@pytest.mark.long
def test_a_new_version_waits_for_the_running_one_to_end(user: User) -> None:
    user.starts()
    user.edits(DESIGN, "version: 1", "version: 2")
    assert user.plans().err.startswith("version-running: ")
    user.does("abort", ROUND, "--reason", "nieuwe versie")
    assert user.plans().code == 0


@pytest.mark.long
def test_a_live_design_needs_the_yes_of_the_installation_too(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.edits(DESIGN, "mode: rehearsal", "mode: live")
    user.edits(DESIGN, "domain: woonpost.example", "domain: woonpost.nl")
    # No name was put to real raters yet: without these made-up records the file never comes this far.
    user.file("proef.csv").write_text(csv_of(*records("dutch", "moroccan")), encoding="utf-8")
    user.does("names", "import", "proef.csv")
    user.does("migrate")
    before = user.record()
    done = user.plans()
    assert done.code == 2
    assert done.err.startswith("live-not-set: ")
    assert "PRAKTIJKTEST_LIVE=yes" in done.err
    assert user.record() == before
    monkeypatch.setenv("PRAKTIJKTEST_LIVE", "yes")
    assert user.plans().code == 0


BY_NAME = (
    ("approve",), ("start",), ("pause",), ("resume",), ("close",), ("abort", "--reason", "x"), ("status",), ("queue",),
    ("analyse",), ("report", "--audience", "researcher"), ("export",),
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("words", BY_NAME, ids=lambda words: words[0])
def test_a_round_nobody_knows_is_told_with_the_rounds_there_are(user: User, words: tuple[str, ...]) -> None:
    user.plans()
    done = user.says(words[0], "verkeerd", *words[1:])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("unknown-round: ")
    assert ROUND in done.err


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("report", ROUND, "--audience", "krant"), "unknown-audience"),
        (("analyse", ROUND, "--format", "xml"), "unknown-format"),
        (("worker", "mail"), "unknown-queue"),
        (("worker", "send"), "no-redis"),
        (("beat",), "no-redis"),
        (("run", "--speed", "10", "--from", "morgen"), "bad-date"),
        (("run", "--from", "2026-09-07"), "from-without-speed"),
    ],
)
def test_an_argument_that_cannot_be_is_named_with_what_can(user: User, words: tuple[str, ...], code: str) -> None:
    user.plans()
    before = user.record()
    done = user.says(*words)
    assert (done.code, done.out) == (2, "")
    assert f"{code}: " in done.err
    assert user.record() == before


@pytest.mark.parametrize(
    "words", [("bestaat-niet",), ("plan",), ("approve",), ("run", "--port", "99999"), ("code", "drie", "OVERIG")]
)
def test_a_command_that_is_misspelt_ends_with_code_2(user: User, words: tuple[str, ...]) -> None:
    assert user.says(*words).code == 2


# The installation.


def test_a_setting_nobody_knows_is_named(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_LIFE", "yes")
    done = user.says("status")
    assert done.code == 2
    assert done.err.startswith("unknown-setting: De instelling PRAKTIJKTEST_LIFE bestaat niet.")


@pytest.mark.long
def test_a_database_of_a_newer_version_is_left_alone(user: User) -> None:
    user.plans()
    with sqlite3.connect(user.folder / "data" / "praktijktest.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_later'")
    before = user.record()
    for words in (("status",), ("approve", ROUND, "--by", "bert"), ("migrate",), ("web",)):
        done = user.says(*words)
        assert done.code == 2
        assert done.err.startswith("newer-database: ")
    assert user.record() == before


def test_a_file_that_is_no_database_is_named_and_left_alone(user: User) -> None:
    file = user.folder / "data" / "praktijktest.db"
    file.parent.mkdir()
    file.write_bytes(b"geen database" * 400)
    done = user.says("status")
    assert done.code == 2
    assert done.err.startswith("database-unusable: ")
    assert "PRAKTIJKTEST_DATA" in done.err
    assert file.read_bytes() == b"geen database" * 400


def test_a_data_folder_that_is_a_file_is_named(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_DATA", str(user.file(DESIGN)))
    done = user.says("status")
    assert done.code == 2
    assert done.err.startswith("database-unusable: ")
    assert str(user.file(DESIGN)) in done.err


def test_an_output_folder_that_cannot_be_written_is_named(user: User) -> None:
    user.plans()
    done = user.says("report", ROUND, "--audience", "researcher", "--out", f"{PARTICIPANTS}/uit")
    assert done.code == 2
    assert done.err.startswith("cannot-write: ")
    assert f"{PARTICIPANTS}/uit" in done.err


def test_a_folder_where_a_file_is_to_be_written_is_named(user: User) -> None:
    done = user.says("power", "--p10", "0.2", "--p01", "0.1", "--svg", str(user.folder))
    assert done.code == 2
    assert done.err.startswith(f"cannot-write: Bestand {user.folder} kan niet worden geschreven (Is a directory).")


@pytest.mark.parametrize("kind", ["mysql://u:geheim@h/db", "sqlite+pysqlcipher://", "praktijktest"])
def test_a_kind_of_database_we_do_not_know_is_named(user: User, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", kind)
    done = user.says("status")
    assert done.code == 2
    assert done.err.startswith("unknown-database: ")
    assert "geheim" not in done.err
