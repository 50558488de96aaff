"""Reading a design from its file: each mistake with its place, what stood there and what to write."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestrator.design import Mode, read_design
from profiles.catalogue import NameSet
from profiles.errors import BadInput, Problem
from profiles.profile import Ground

SETS = {key: NameSet(key, key, Ground.ORIGIN, key, "verzonnen", "EUPL-1.2") for key in ("dutch", "moroccan")}
SOUND = """\
# Een ronde om mee te oefenen
round: proef-2026
version: 1
mode: rehearsal
seed: 7
study:
  name: Proef
  commissioner: Gemeente Proefstad
  legal_basis: no
  ethics_reference: 2026-01-01
  dpia_reference: D-1
  purpose: learning
  retention_months: 6
question:
  ground: origin
  control: dutch
  treatment: moroccan
  sham_share: 0.1
letters:
  level: minimal
  domain: woonpost.example
sample:
  pairs: 240
  per_advertiser: 8
schedule:
  first_day: 2026-09-07
  last_day: 2026-10-09
  weekdays: [mon, tue, wed, thu, fri]
  from: 09:00
  until: "17:30"
  order: random
  gap_hours: {min: 2, max: 30}
  per_advertiser_week: 3
  cooldown_hours: 4
outcome:
  positive: [positive]
  response_days: 10
analysis:
  level: 0.95
"""


def problems_of(folder: Path, content: str | bytes) -> tuple[Problem, ...]:
    path = folder / "round.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadInput) as caught:
        read_design(path, SETS)
    assert {problem.file for problem in caught.value.problems} == {str(path)}
    return caught.value.problems


def read(folder: Path, content: str | bytes) -> object:
    path = folder / "round.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_design(path, SETS)


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1, old
    return SOUND.replace(old, new)


def test_a_sound_file_gives_the_design(tmp_path: Path) -> None:
    (tmp_path / "round.yaml").write_text(SOUND, encoding="utf-8")
    design = read_design(tmp_path / "round.yaml", SETS)
    assert design.mode is Mode.REHEARSAL
    # YAML 1.2: "no" and a date are text where text belongs, and 09:00 is no number.
    assert (design.study.legal_basis, design.study.ethics_reference) == ("no", "2026-01-01")
    assert f"{design.schedule.from_:%H:%M}" == "09:00"


def test_the_catalogue_is_the_default_for_name_sets(tmp_path: Path) -> None:
    (tmp_path / "round.yaml").write_text(SOUND, encoding="utf-8")
    assert read_design(tmp_path / "round.yaml").question.control == "dutch"


def test_a_standard_tag_says_nothing_new_and_is_let_pass(tmp_path: Path) -> None:
    assert read(tmp_path, changed("seed: 7", "seed: !!int 7"))


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"---\n", b"%YAML 1.2\n---\n"])
def test_a_byte_order_mark_or_a_document_start_is_no_problem(tmp_path: Path, before: bytes) -> None:
    assert read(tmp_path, before + SOUND.encode())


def test_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "found", "remedy"),
    [
        ("mode: rehearsal", "modus: rehearsal", "unknown-key", 4, 1, "modus", "Bedoelt u 'mode'?"),
        ("  pairs: 240", "  par: 240", "unknown-key", 23, 3, "par", "Bedoelt u 'pairs'?"),
        ("seed: 7", "seed: 7\npairs: 240", "unknown-key", 6, 1, "pairs", "'pairs' hoort onder 'sample'."),
        ("seed: 7", "seed: 7\nzzz: 1", "unknown-key", 6, 1, "zzz", "Haal de sleutel weg. Hier kunnen staan: round, "),
        ("seed: 7", 'seed: "7"', "wrong-type", 5, 7, 'seed: "7"', "Schrijf bijvoorbeeld: seed: 20260907"),
        ("seed: 7", "seed: 7.5", "wrong-type", 5, 7, "seed: 7.5", "Schrijf bijvoorbeeld: seed: 20260907"),
        ("seed: 7", "seed: true", "wrong-type", 5, 7, "seed: true", "Schrijf bijvoorbeeld: seed: 20260907"),
        ("seed: 7", "seed:  # later", "empty-value", 5, 1, "seed", "Schrijf bijvoorbeeld: seed: 20260907"),
        ("2026-09-07", "7-9-2026", "wrong-type", 26, 14, "first_day: 7-9-2026", "Schrijf bijvoorbeeld: first_day: "),
        ("2026-09-07", "2026-02-30", "wrong-type", 26, 14, "first_day: 2026-02-30", "Schrijf bijvoorbeeld: first_d"),
        ("from: 09:00", "from: 9.00", "wrong-type", 29, 9, "from: 9.00", 'Schrijf bijvoorbeeld: from: "09:00"'),
        ("{min: 2, max: 30}", "2", "wrong-type", 32, 14, "gap_hours: 2", "Schrijf eronder, ingesprongen: min, max."),
        (
            "{min: 2, max: 30}",
            "{min: 2, max: 300}",
            "out-of-range",
            32,
            28,
            "max: 300",
            "Schrijf bijvoorbeeld: max: 30",
        ),
        ("{min: 2, max: 30}", "{min: 2, max: .inf}", "wrong-type", 32, 28, "max: .inf", "Schrijf bijvoorbeeld: max: "),
        ("sham_share: 0.1", "sham_share: 0.6", "out-of-range", 18, 15, "sham_share: 0.6", "Schrijf bijvoorbeeld: sham"),
        ("  name: Proef\n", '  name: " "\n', "out-of-range", 7, 9, 'name: " "', "Schrijf bijvoorbeeld: name: "),
        ("round: proef-2026", "round: Proef!", "bad-value", 2, 8, "round: Proef!", "Schrijf bijvoorbeeld: round: "),
        ("ground: origin", "ground: afkomst", "unknown-ground", 15, 11, "afkomst", "Kies uit: origin, gender, "),
        ("wed, thu", "wo, thu", "unknown-value", 28, 24, "wo", "Kies uit: mon, tue, wed, thu, fri, sat, sun."),
        ("purpose: learning", "purpose: leaning", "unknown-value", 12, 12, "leaning", "Bedoelt u 'learning'? Kies ui"),
        ("treatment: moroccan", "treatment: maroc", "unknown-name-set", 17, 14, "maroc", "Kies uit: dutch, moroccan."),
        ("[mon, tue, wed, thu, fri]", "[]", "no-working-hours", 28, 13, "weekdays: []", "Schrijf bijvoorbeeld: week"),
        ('"17:30"', '"08:30"', "no-working-hours", 30, 10, "08:30", "Schrijf een later tijdstip"),
        ("2026-10-09", "2026-09-06", "period-reversed", 27, 13, "2026-09-06", "Wissel de dagen om."),
        ("2026-10-09", "2026-09-07", "gap-longer-than-window", 32, 28, "30", "Maak de tussentijd korter"),
        ("mode: rehearsal", "mode: live", "unvalidated-names-live", 16, 12, "dutch", "Kies een gevalideerde namen"),
        ("seed: 7", "seed: 7\nseed: 8", "duplicate-key", 6, 1, "seed", "Haal een van de twee weg."),
        ("seed: 7", "seed: !mijn 7", "yaml-tag", 5, 7, "!mijn 7", "Haal !mijn weg."),
        ("seed: 7", "? [seed]\n: 7", "wrong-type", 5, 3, "[seed]", "Schrijf het woord zonder haken."),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(
    tmp_path: Path,
    old: str,
    new: str,
    code: str,
    line: int,
    column: int,
    found: str,
    remedy: str,
) -> None:
    problem = next(each for each in problems_of(tmp_path, changed(old, new)) if each.code == code)
    assert (problem.line, problem.column, problem.found) == (line, column, found)
    assert (problem.remedy or "").startswith(remedy)


@pytest.mark.parametrize(
    ("feed", "code", "key", "remedy"),
    [
        ("{url: https://k.example/, format: xml}", "unknown-value", "[0].format", "Kies uit: csv, json, rss."),
        ("{url: https://k.example/, format: jsn}", "unknown-value", "[0].format", "Bedoelt u 'json'? Kies uit"),
        ("{url: https://k.example/}", "missing-key", "[0].format", 'Schrijf bijvoorbeeld: format: "json"'),
        ("{url: https://k.example/, format: csv, veld: 1}", "unknown-key", "[0].veld", "Bedoelt u 'fields'?"),
        ("{url: https://k.example/, format: csv, fields: {huur: x}}", "unknown-key", "[0].fields.huur", "Haal de sle"),
        ("{url: https://k.example/, format: csv, fields: {rents: x}}", "unknown-key", "[0].fields.rents", "Bedoelt u "),
        ("{url: https://k.example/, format: csv, fields: {rent: }}", "empty-value", "[0].fields.rent", "Schrijf bijv"),
        ("{url: https://k.example/, format: csv, advertiser: }", "empty-value", "[0].advertiser", "Schrijf bijvoorb"),
        ("{url: https://k.example/, format: csv, fields: rent}", "wrong-type", "[0].fields", "Schrijf eronder, ing"),
        ("{url: http://k.example/, format: csv}", "feed-not-https", "[0].url", "Schrijf https://…"),
    ],
)
def test_a_mistake_about_a_feed_is_told_with_its_place_and_remedy(
    tmp_path: Path, feed: str, code: str, key: str, remedy: str
) -> None:
    content = changed("  per_advertiser: 8\n", f"  per_advertiser: 8\n  feeds:\n    - {feed}\n")
    (problem,) = problems_of(tmp_path, content)
    assert (problem.code, problem.line) == (code, 26)
    assert problem.message.startswith(f"sample.feeds{key}: ")
    assert (problem.remedy or "").startswith(remedy)


def test_a_mistake_elsewhere_does_not_hide_what_is_wrong_with_a_feed(tmp_path: Path) -> None:
    feeds = "  feeds:\n    - {url: http://kantoor.example/, format: csv}\n"
    content = changed("  per_advertiser: 8\n", f"  per_advertiser: 8\n{feeds}").replace("seed: 7", "seed: -1")
    assert [problem.code for problem in problems_of(tmp_path, content)] == ["out-of-range", "feed-not-https"]


def test_a_missing_key_is_told_at_its_group(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, changed("  pairs: 240\n", ""))
    assert str(problem).endswith(
        ":22:1: missing-key: sample.pairs: Deze sleutel ontbreekt. Schrijf bijvoorbeeld: pairs: 240"
    )


def test_a_missing_group_is_told_with_its_keys(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, changed("sample:\n  pairs: 240\n  per_advertiser: 8\n", ""))
    assert (problem.code, problem.line) == ("missing-key", 1)
    assert problem.remedy == "Schrijf eronder, ingesprongen: pairs, per_advertiser."


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = (
        SOUND.replace("version: 1", "version: 0")
        .replace("seed: 7", "seed: 7\nseed: 8")
        .replace("control: dutch", "control: duch")
        .replace("  pairs: 240\n", "")
        .replace("2026-10-09", "2026-09-01")
    )
    found = [problem.code for problem in problems_of(tmp_path, content)]
    assert found == ["out-of-range", "duplicate-key", "unknown-name-set", "missing-key", "period-reversed"]


def test_an_unknown_name_set_is_told_beside_another_mistake_in_its_group(tmp_path: Path) -> None:
    content = SOUND.replace("control: dutch", "control: duch").replace("sham_share: 0.1", "sham_share: veel")
    assert [problem.code for problem in problems_of(tmp_path, content)] == ["unknown-name-set", "wrong-type"]


@pytest.mark.parametrize("content", ["", "\n\n", "# niets\n", "---\n", "~"])
def test_an_empty_file_is_named(tmp_path: Path, content: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert (problem.code, problem.line) == ("empty-file", 1)


@pytest.mark.parametrize("content", ["- a\n- b\n", "tekst", "12"])
def test_a_file_without_keys_is_named(tmp_path: Path, content: str) -> None:
    assert [problem.code for problem in problems_of(tmp_path, content)] == ["wrong-type"]


@pytest.mark.parametrize(
    ("content", "line", "column", "remedy"),
    [
        ("round: a\nstudy:\n\tname: b\n", 3, 1, "Spring in met spaties, niet met tabs."),
        ("round: a: b\n", 1, 9, "Zet tekst met een dubbele punt"),
        ('round: "a\n', 2, 1, "Sluit het aanhalingsteken"),
        ("round: [a\n", 2, 1, "Sluit het aanhalingsteken"),
        ("round: a\n---\nround: b\n", 2, 1, "Schrijf één geheel per bestand"),
        ("round: @a\n", 1, 8, "Zet deze tekst tussen aanhalingstekens."),
        ("round: *a\n", 1, 8, "Zet tekst die met * begint"),
        ("round: a\n b\n  c: d\n", 3, 4, "Zet tekst met een dubbele punt"),
        ("round: 'a'b\n", 1, 11, "Spring elke sleutel even ver in"),
        ("round: a\x01b\n", 1, 9, "Haal het teken weg"),
    ],
)
def test_broken_yaml_is_told_with_its_place(tmp_path: Path, content: str, line: int, column: int, remedy: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert (problem.code, problem.line, problem.column) == ("yaml-syntax", line, column)
    assert (problem.remedy or "").startswith(remedy)


def test_a_reference_is_refused_even_to_itself(tmp_path: Path) -> None:
    content = changed("sample:\n  pairs: 240\n  per_advertiser: 8\n", "sample: &x\n  pairs: *x\n  per_advertiser: 8\n")
    (problem,) = problems_of(tmp_path, content)
    assert (problem.code, problem.line) == ("yaml-alias", 23)


def test_a_bomb_of_references_is_refused_without_unfolding_it(tmp_path: Path) -> None:
    layers = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert "yaml-alias" in {problem.code for problem in problems_of(tmp_path, f"a0: &a0 [x]\n{layers}")}


def test_absurd_nesting_is_a_named_error(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "round: " + "[" * 1500)[0].code == "yaml-syntax"


def test_a_number_of_thousands_of_digits_is_a_named_error(tmp_path: Path) -> None:
    assert problems_of(tmp_path, changed("seed: 7", f"seed: {'9' * 5000}"))[0].code == "wrong-type"


@pytest.mark.parametrize(
    ("content", "line", "column", "found"),
    [
        (SOUND.replace("Proefstad", "Curaçao").encode("cp1252"), 8, 30, "byte 0xE7 (in Windows-codering: ç)"),
        (SOUND.encode("utf-16"), 1, 1, "byte 0xFF"),
        (SOUND.encode("utf-16-le"), 1, 2, "byte 0x00"),
    ],
)
def test_another_encoding_is_named_with_the_byte(
    tmp_path: Path, content: bytes, line: int, column: int, found: str
) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert (problem.code, problem.line, problem.column, problem.found) == ("encoding", line, column, found)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="missing-file"):
        read_design(tmp_path / "weg.yaml", SETS)
    with pytest.raises(BadInput, match="unreadable-file"):
        read_design(tmp_path, SETS)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(SOUND)), length=st.integers(0, 40), put=st.text(max_size=12))
@example(cut=SOUND.index("seed"), length=7, put='seed: "\\ud800"')
@example(cut=SOUND.index("seed"), length=7, put="<<: {seed: 7}")
def test_whatever_is_typed_gives_a_design_or_named_problems(tmp_path: Path, cut: int, length: int, put: str) -> None:
    path = tmp_path / "round.yaml"
    path.write_bytes((SOUND[:cut] + put + SOUND[cut + length :]).encode("utf-8", "surrogatepass"))
    try:
        problems: tuple[Problem, ...] = ()
        read_design(path, SETS)
    except BadInput as error:
        problems = error.problems
    assert all(problem.line and problem.column and problem.message for problem in problems)


@pytest.mark.parametrize("word", ["political_opinion", "Politieke gezindheid", "belief"])
def test_a_ground_that_is_not_offered_is_refused_with_the_reason(tmp_path: Path, word: str) -> None:
    (problem,) = problems_of(tmp_path, changed("ground: origin", f"ground: {word}"))
    assert (problem.code, problem.line, problem.column, problem.found) == ("ground-not-offered", 15, 11, word)
    assert "geen grond die u hier kunt testen" in problem.message
