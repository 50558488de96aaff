"""Reading participants and listings, and checking them against each other and a design."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from design_makers import a_design
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.fitting import check_intake
from orchestrator.intake import (
    AdvertiserKind,
    Channel,
    ListingRow,
    Participant,
    Purpose,
    read_listings,
    read_participants,
)
from profiles.errors import BadInput, Problem

PEOPLE = """\
advertiser,name,kind,email,channel,form_url,consent_from,consent_until,purpose,max_pairs
proefhuis,Proefhuis Makelaars,broker,verhuur@proefhuis.example,smtp,,2026-06-01,2026-12-31,learning,8
formulier-wonen,Formulier Wonen,broker,info@formulier.example,webform,http://127.0.0.1:8480/formulier/formulier-wonen,\
2026-06-01,2026-12-31,learning,
particulier-jansen,"Jansen, H.",private_landlord,h.jansen@thuispost.example,smtp,,2026-06-01,2026-09-30,learning,4
"""
HOMES = """\
listing,advertiser,street,postcode,city,district,rent,rooms,reference,url
ams-1,proefhuis,Proefstraat 12,3811 AB,Amersfoort,Binnenstad,1250,3,PH-1,https://proefhuis.example/ph-1
ams-2,proefhuis,Proefstraat 14,3811ab,Amersfoort,Binnenstad,1300,3,,
ams-3,particulier-jansen,Coöperatiehof 3,3828 CD,Hoogland,Hoogland,1100,2,J-1,
"""


def people(folder: Path, content: str | bytes = PEOPLE) -> tuple[Participant, ...]:
    path = folder / "participants.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_participants(path)


def homes(folder: Path, content: str | bytes = HOMES) -> object:
    path = folder / "listings.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_listings(path, people(folder))


def problems_of(read: Callable[[Path, str | bytes], object], folder: Path, content: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        read(folder, content)
    assert all(problem.file and problem.file.endswith(".csv") for problem in caught.value.problems)
    return caught.value.problems


def changed(whole: str, old: str, new: str) -> str:
    assert whole.count(old) == 1, old
    return whole.replace(old, new)


def test_participants_are_read_with_their_types_and_line(tmp_path: Path) -> None:
    first, second, third = people(tmp_path)
    assert first == Participant(
        advertiser="proefhuis",
        name="Proefhuis Makelaars",
        kind=AdvertiserKind.BROKER,
        email="verhuur@proefhuis.example",
        channel=Channel.SMTP,
        form_url=None,
        consent_from=date(2026, 6, 1),
        consent_until=date(2026, 12, 31),
        purpose=Purpose.LEARNING,
        max_pairs=8,
        line=2,
    )
    assert (second.form_url, second.max_pairs) == ("http://127.0.0.1:8480/formulier/formulier-wonen", None)
    assert (third.name, third.kind, third.line) == ("Jansen, H.", AdvertiserKind.PRIVATE_LANDLORD, 4)


def test_listings_are_read_with_their_types_and_a_tidy_postcode(tmp_path: Path) -> None:
    first, second, third = read_listings_of(tmp_path)
    assert (first.listing, first.rent, first.rooms, first.url) == ("ams-1", 1250, 3, "https://proefhuis.example/ph-1")
    assert (second.postcode, second.reference, second.url) == ("3811 AB", "", "")
    assert (third.street, third.line) == ("Coöperatiehof 3", 4)


def read_listings_of(folder: Path, content: str = HOMES) -> tuple[ListingRow, ...]:
    (folder / "listings.csv").write_text(content, encoding="utf-8")
    return read_listings(folder / "listings.csv", people(folder))


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_spreadsheet_delimiter_mark_and_line_end_gives_the_same(
    tmp_path: Path, delimiter: str, mark: bytes, end: str
) -> None:
    rewritten = PEOPLE.replace('"Jansen, H."', "Jansen#").replace(",", delimiter).replace("Jansen#", '"Jansen, H."')
    assert people(tmp_path, mark + rewritten.replace("\n", end).encode()) == people(tmp_path)


def test_other_columns_column_order_capitals_and_blank_rows_are_no_problem(tmp_path: Path) -> None:
    turned = "\n".join(",".join([*reversed(row.split(",")), "opmerking"]) for row in HOMES.splitlines())
    spoken = changed(turned, "rent", " Rent ") + "\n\n,,,,,,,,,,\n"
    assert [row.rent for row in read_listings_of(tmp_path, spoken)] == [1250, 1300, 1100]


def test_empty_cells_behind_the_last_column_are_no_problem(tmp_path: Path) -> None:
    assert len(people(tmp_path, PEOPLE.replace("learning,8\n", "learning,8,,,\n"))) == 3


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "found"),
    [
        ("proefhuis,Proefhuis", "proef huis,Proefhuis", "bad-key", 2, 1, "proef huis"),
        ("proefhuis,Proefhuis", ",Proefhuis", "missing-value", 2, 1, None),
        ("Proefhuis Makelaars", "", "missing-value", 2, 2, None),
        ("Proefhuis Makelaars", "x" * 201, "too-long", 2, 2, f"{'x' * 79}…"),
        ("Proefhuis Makelaars", '"Proef\nBcc: x"', "control-character", 2, 2, "Proef\nBcc: x"),
        ("Makelaars,broker", "Makelaars,makelaar", "unknown-kind", 2, 3, "makelaar"),
        ("verhuur@proefhuis.example", "verhuur@proefhuis", "bad-email", 2, 4, "verhuur@proefhuis"),
        ("verhuur@proefhuis.example", "a@b.example; c@d.example", "bad-email", 2, 4, "a@b.example; c@d.example"),
        ("verhuur@proefhuis.example", "Proef <a@b.example>", "bad-email", 2, 4, "Proef <a@b.example>"),
        ("verhuur@proefhuis.example", "a..b@c.example", "bad-email", 2, 4, "a..b@c.example"),
        ("verhuur@proefhuis.example", "", "bad-email", 2, 4, None),
        ("proefhuis.example,smtp", "proefhuis.example,mail", "unknown-channel", 2, 5, "mail"),
        ("smtp,,2026-06-01,2026-12-31", "webform,,2026-06-01,2026-12-31", "missing-form-url", 2, 6, None),
        ("smtp,,2026-06-01,2026-12-31", "webform,x.nl,2026-06-01,2026-12-31", "bad-url", 2, 6, "x.nl"),
        (
            "smtp,,2026-06-01,2026-12-31",
            "webform,https://x..nl,2026-06-01,2026-12-31",
            "bad-url",
            2,
            6,
            "https://x..nl",
        ),
        ("smtp,,2026-06-01,2026-12-31", "webform,ftp://x.nl,2026-06-01,2026-12-31", "bad-url", 2, 6, "ftp://x.nl"),
        (
            "smtp,,2026-06-01,2026-12-31",
            "smtp,http://x.nl,2026-06-01,2026-12-31",
            "unexpected-form-url",
            2,
            6,
            "http://x.nl",
        ),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,,2026-12-31", "missing-consent", 2, 7, None),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,2026-06-01,", "missing-consent", 2, 8, None),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,1-6-2026,2026-12-31", "bad-date", 2, 7, "1-6-2026"),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,20260601,2026-12-31", "bad-date", 2, 7, "20260601"),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,2026-02-30,2026-12-31", "bad-date", 2, 7, "2026-02-30"),
        ("smtp,,2026-06-01,2026-12-31", "smtp,,2026-06-01,2026-05-31", "consent-reversed", 2, 8, "2026-05-31"),
        ("learning,8", "leren,8", "unknown-purpose", 2, 9, "leren"),
        ("learning,8", "learning,acht", "bad-number", 2, 10, "acht"),
        ("learning,8", "learning,0", "bad-number", 2, 10, "0"),
        ("learning,8", "learning,8,9", "ragged-row", 2, 11, "11 cellen"),
        ("learning,8", "learning", "ragged-row", 2, 10, "9 cellen"),
        ("particulier-jansen", "Proefhuis", "duplicate-advertiser", 4, 1, "Proefhuis"),
        ("h.jansen@thuispost", "VERHUUR@proefhuis", "duplicate-advertiser", 4, 4, "VERHUUR@proefhuis.example"),
    ],
)
def test_a_mistake_about_a_participant_is_told_with_its_cell(
    tmp_path: Path, old: str, new: str, code: str, line: int, column: int, found: str | None
) -> None:
    (problem,) = problems_of(people, tmp_path, changed(PEOPLE, old, new))
    assert (problem.code, problem.line, problem.column, problem.found) == (code, line, column, found)
    assert problem.remedy


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "found"),
    [
        ("1250", "1.250", "bad-number", 2, 7, "1.250"),
        ("1250", "€ 1250", "bad-number", 2, 7, "€ 1250"),
        ("1250", "-1250", "bad-number", 2, 7, "-1250"),
        ("1250", "١٢٥٠", "bad-number", 2, 7, "١٢٥٠"),
        ("1250", "12", "bad-number", 2, 7, "12"),
        ("1250,3", "1250,0", "bad-number", 2, 8, "0"),
        ("3811 AB", "381 AB", "bad-postcode", 2, 4, "381 AB"),
        ("https://proefhuis.example/ph-1", "proefhuis.example/ph-1", "bad-url", 2, 10, "proefhuis.example/ph-1"),
        ("https://proefhuis.example/ph-1", "http://[x", "bad-url", 2, 10, "http://[x"),
        ("ams-1,proefhuis", "ams-1,proefhuus", "listing-without-participant", 2, 2, "proefhuus"),
        ("ams-2", "AMS-1", "duplicate-listing", 3, 1, "AMS-1"),
        ("Proefstraat 14", "proefstraat  12", "duplicate-listing", 3, 3, "proefstraat  12"),
        ("Coöperatiehof 3", "", "missing-value", 4, 3, None),
    ],
)
def test_a_mistake_about_a_listing_is_told_with_its_cell(
    tmp_path: Path, old: str, new: str, code: str, line: int, column: int, found: str | None
) -> None:
    (problem,) = problems_of(homes, tmp_path, changed(HOMES, old, new))
    assert (problem.code, problem.line, problem.column, problem.found) == (code, line, column, found)
    assert problem.remedy


def test_a_misspelt_advertiser_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (problem,) = problems_of(homes, tmp_path, changed(HOMES, "ams-1,proefhuis", "ams-1,proefhuus"))
    assert (problem.remedy or "").startswith("Bedoelt u 'proefhuis'?")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = PEOPLE.replace("broker", "makelaar").replace("2026-12-31", "31-12-2026").replace("learning,4", "learning")
    found = [(problem.line, problem.code) for problem in problems_of(people, tmp_path, content)]
    assert found == [
        (2, "unknown-kind"),
        (2, "bad-date"),
        (3, "unknown-kind"),
        (3, "bad-date"),
        (4, "ragged-row"),
    ]


def test_a_row_after_a_cell_of_two_lines_is_told_with_its_own_line(tmp_path: Path) -> None:
    content = PEOPLE.replace("Proefhuis Makelaars", '"Proef\nhuis"').replace("learning,4", "learning,veel")
    assert [problem.line for problem in problems_of(people, tmp_path, content)] == [2, 5]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", PEOPLE.splitlines()[0]])
def test_a_file_without_rows_is_named(tmp_path: Path, content: str) -> None:
    assert [problem.code for problem in problems_of(people, tmp_path, content)] == ["empty-file"]


def test_missing_columns_are_named_beside_those_found(tmp_path: Path) -> None:
    content = PEOPLE.replace("max_pairs", "maximum").replace("kind", "soort")
    found = problems_of(people, tmp_path, content)
    assert [problem.message for problem in found] == ["De kolom 'kind' ontbreekt.", "De kolom 'max_pairs' ontbreekt."]
    assert (found[0].code, found[0].line) == ("missing-column", 1)
    assert (found[0].found or "").startswith("advertiser, name, soort, email")


def test_a_column_that_stands_twice_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(people, tmp_path, PEOPLE.replace("max_pairs", "max_pairs,kind"))
    assert (problem.code, problem.column) == ("duplicate-column", 11)


def with_days_off(text: str) -> str:
    lines = PEOPLE.splitlines()
    return "\n".join([f"{lines[0]},days_off", f"{lines[1]},{text}", *(f"{line}," for line in lines[2:])])


def test_days_off_are_single_days_and_spans_and_a_file_without_the_column_says_nothing(tmp_path: Path) -> None:
    first, *_ = people(tmp_path, with_days_off("2026-10-12..2026-10-14; 2026-12-24"))
    assert first.days_off == {date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 14), date(2026, 12, 24)}
    assert {each.days_off for each in people(tmp_path, with_days_off(""))} == {frozenset()}
    assert {each.days_off for each in people(tmp_path)} == {None}


@pytest.mark.parametrize(
    "text", ["12-10-2026", "2026-10-12-2026-10-14", "2026-10-14..2026-10-12", "2026-02-30", "2026-01-01..2027-06-01"]
)
def test_what_are_no_days_off_is_named_with_line_and_column(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(people, tmp_path, with_days_off(text))
    assert (problem.code, problem.line, problem.column, problem.found) == ("bad-days-off", 2, 11, text)


def test_an_open_quote_is_told_at_the_row_it_begins_in(tmp_path: Path) -> None:
    (problem,) = problems_of(people, tmp_path, changed(PEOPLE, '"Jansen, H."', '"Jansen'))
    assert (problem.code, problem.line) == ("bad-quotes", 4)


@pytest.mark.parametrize(
    ("content", "line", "column", "found"),
    [
        (HOMES.encode("cp1252"), 4, 28, "byte 0xF6 (in Windows-codering: ö)"),
        (HOMES.encode("utf-16"), 1, 1, "byte 0xFF"),
        (HOMES.encode("utf-16-le"), 4, 56, "byte 0xF6"),
    ],
)
def test_another_encoding_is_named_with_byte_line_and_what_to_do_in_excel(
    tmp_path: Path, content: bytes, line: int, column: int, found: str
) -> None:
    (problem,) = problems_of(homes, tmp_path, content)
    assert (problem.code, problem.line, problem.found) == ("wrong-encoding", line, found)
    assert problem.column == column
    assert "Excel" in (problem.remedy or "")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="missing-file"):
        read_participants(tmp_path / "weg.csv")


def test_sound_files_fit_the_design(tmp_path: Path) -> None:
    assert check_intake(a_design(), people(tmp_path), read_listings_of(tmp_path)) == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("2026-06-01,2026-09-30", "2026-06-01,2026-09-06", "expired-consent", 8),
        ("2026-06-01,2026-09-30", "2026-10-10,2026-12-31", "expired-consent", 7),
        ("learning,4", "monitoring,4", "wrong-purpose", 9),
    ],
)
def test_consent_that_does_not_cover_the_round_is_told(
    tmp_path: Path, old: str, new: str, code: str, column: int
) -> None:
    found = check_intake(a_design(), people(tmp_path, changed(PEOPLE, old, new)), read_listings_of_sound(tmp_path))
    (problem,) = found
    assert (problem.code, problem.line, problem.column) == (code, 4, column)
    assert (problem.file or "").endswith("participants.csv")


def read_listings_of_sound(folder: Path) -> tuple[ListingRow, ...]:
    other = folder / "sound"
    other.mkdir(exist_ok=True)
    return read_listings_of(other)


@pytest.mark.parametrize("days", [("2026-06-01", "2026-09-07"), ("2026-10-09", "2026-12-31")])
def test_consent_for_one_day_of_the_round_is_enough(tmp_path: Path, days: tuple[str, str]) -> None:
    content = PEOPLE.replace("2026-06-01,2026-12-31", ",".join(days))
    assert check_intake(a_design(), people(tmp_path, content), read_listings_of(tmp_path)) == ()


def test_a_listing_whose_advertiser_left_the_participants_is_told(tmp_path: Path) -> None:
    participants, listings = people(tmp_path), read_listings_of(tmp_path)
    (problem,) = check_intake(a_design(), participants[:2], listings)
    assert (problem.code, problem.line, problem.column) == ("listing-without-participant", 4, 2)
    assert (problem.file or "").endswith("listings.csv")


def test_a_feed_of_somebody_who_does_not_take_part_is_told_with_the_nearest_who_does(tmp_path: Path) -> None:
    feeds = [
        {"url": f"https://{key}.example/aanbod", "format": "csv", **({"advertiser": key} if key else {})}
        for key in ("proefhuis", "proefhuus", "")
    ]
    design = a_design(sample={"feeds": feeds})
    (problem,) = check_intake(design, people(tmp_path), read_listings_of(tmp_path))
    assert (problem.code, problem.found) == ("feed-without-participant", "proefhuus")
    assert (problem.remedy or "").startswith("Bedoelt u 'proefhuis'?")


def test_a_round_in_which_nothing_may_be_tested_is_told(tmp_path: Path) -> None:
    participants, listings = people(tmp_path), read_listings_of(tmp_path)
    assert [problem.code for problem in check_intake(a_design(), participants, [])] == ["nothing-to-test"]
    other = a_design(study={"purpose": "monitoring"})
    assert [problem.code for problem in check_intake(other, participants, listings)] == [
        "wrong-purpose",
        "wrong-purpose",
        "wrong-purpose",
        "nothing-to-test",
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(PEOPLE)), length=st.integers(0, 30), put=st.text(max_size=8))
def test_whatever_is_typed_gives_participants_or_named_problems(
    tmp_path: Path, cut: int, length: int, put: str
) -> None:
    try:
        problems: tuple[Problem, ...] = ()
        people(tmp_path, (PEOPLE[:cut] + put + PEOPLE[cut + length :]).encode("utf-8", "surrogatepass"))
    except BadInput as error:
        problems = error.problems
    assert all(problem.line and problem.message for problem in problems)
