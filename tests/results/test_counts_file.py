"""A file of one's own: either counts, or one row per inquiry; and everything that can be wrong with it."""

from pathlib import Path

import pytest

from profiles.errors import BadInput, Problem
from results.counts_file import read_counts
from results.own_data import OwnTable, PairTable
from results.statistics import Counts, analyse

WHOLE = "pair,arm,positive,advertiser\n1,control,1,Kantoor A\n1,treatment,0,Kantoor A\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tellingen.csv"


def read(file: Path, text: str | bytes) -> list[OwnTable]:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_counts(file))


def problems(file: Path, text: str | bytes) -> list[Problem]:
    with pytest.raises(BadInput) as caught:
        read(file, text)
    assert all(problem.file == str(file) for problem in caught.value.problems)
    return list(caught.value.problems)


def codes(file: Path, text: str | bytes) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line, problem.column) for problem in problems(file, text)]


def test_a_row_of_counts_is_a_table_named_after_the_file(file: Path) -> None:
    assert read(file, "c11,c10,c01,c00\n464,307,80,1883\n") == [PairTable("tellingen", Counts(464, 307, 80, 1883))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comma_semicolon_tab_byte_order_mark_and_windows_lines_are_all_read(
    file: Path, separator: str, start: bytes, end: str
) -> None:
    lines = [["name", "C10", "c01", "c11", "c00", "opmerking"], ["Noord", "3", "1", "5", "9", "goed"]]
    text = end.join(separator.join(line) for line in lines) + end
    assert read(file, start + text.encode()) == [PairTable("Noord", Counts(5, 3, 1, 9))]


def test_rows_without_a_name_are_told_apart_by_their_line(file: Path) -> None:
    tables = read(file, "c11,c10,c01,c00\n1,2,3,4\n\n5,6,7,8\n")
    assert [table.name for table in tables] == ["tellingen, regel 2", "tellingen, regel 4"]


def test_rows_per_inquiry_become_counts_in_all_and_per_advertiser(file: Path) -> None:
    rows = ["b,treatment,nee,B", "a,control,JA,A", "a,treatment,no,A", "b,control,false,B", "c,treatment,yes,A"]
    table = read(file, "pair,arm,positive,advertiser\n" + "\n".join([*rows, "c,control,true,A"]))[0]
    assert isinstance(table, PairTable)
    assert table.counts == Counts(1, 1, 0, 1)
    assert table.advertisers is not None
    assert table.advertisers.tolist() == [[1, 1, 0, 0], [0, 0, 0, 1]]
    assert analyse(table.counts, advertisers=table.advertisers).estimates[1].method == "cluster_cr2"


def test_without_an_advertiser_column_there_is_nothing_to_cluster_by(file: Path) -> None:
    table = read(file, "pair;arm;positive\n1;control;1\n1;treatment;1\n")[0]
    assert table == PairTable("tellingen", Counts(1, 0, 0, 0))


def test_a_missing_column_is_named_with_the_columns_that_were_found(file: Path) -> None:
    (problem,) = problems(file, "c11,c10,c00\n1,2,3\n")
    assert (problem.code, problem.message, problem.found) == (
        "missing-column",
        "Er ontbreken kolommen: c01.",
        "c11, c10, c00",
    )


def test_an_unrelated_file_is_told_both_shapes(file: Path) -> None:
    (problem,) = problems(file, "naam,leeftijd\nJan,3\n")
    assert "c11, c10, c01 en c00" in str(problem.remedy)
    assert "pair, arm en positive" in str(problem.remedy)


@pytest.mark.parametrize("found", ["-1", "1.5", "2,0", "12.0", "", "x", "1e3", "²", "9" * 5000])
def test_a_count_that_is_not_a_whole_number_is_pointed_at(file: Path, found: str) -> None:
    (problem,) = problems(file, f"c11;c10;c01;c00\n1;2;3;4\n5;{found};7;8\n")
    assert (problem.code, problem.line, problem.column) == ("count-not-whole", 3, 2)
    assert problem.found == (found or "niets")


def test_every_problem_is_reported_and_not_only_the_first(file: Path) -> None:
    text = "c11,c10,c01,c00\n-1,2,x,4\n0,0,0,0\n1,2,3\n"
    assert codes(file, text) == [
        ("count-not-whole", 2, 1),
        ("count-not-whole", 2, 3),
        ("no-pairs", 3, 1),
        ("count-not-whole", 4, 4),
    ]


def test_a_decimal_comma_in_a_comma_file_does_not_shift_the_counts(file: Path) -> None:
    assert codes(file, "c11,c10,c01,c00\n1,5,2,3,4\n") == [("too-many-cells", 2, 5)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1,control,1", ("pair-not-two", 2, 1)),
        ("1,control,1\n1,treatment,0\n1,control,1", ("pair-not-two", 4, 1)),
        ("1,control,1\n1,control,0", ("arm-twice", 3, 2)),
        ("1,control,1\n1,testprofiel,0", ("unknown-arm", 3, 2)),
        ("1,control,misschien\n1,treatment,0", ("unknown-outcome", 2, 3)),
        ("1,control,\n1,treatment,0", ("unknown-outcome", 2, 3)),
        (",control,1\n1,control,1\n1,treatment,0", ("no-pair", 2, 1)),
    ],
)
def test_a_pair_that_is_not_whole_is_pointed_at(
    file: Path, rows: str, expected: tuple[str, int | None, int | None]
) -> None:
    assert codes(file, "pair,arm,positive\n" + rows) == [expected]


def test_a_pair_with_two_advertisers_or_none_is_pointed_at(file: Path) -> None:
    assert codes(file, WHOLE + "2,control,1,Kantoor A\n2,treatment,1,Kantoor B\n") == [("two-advertisers", 5, 4)]
    assert codes(file, WHOLE + "2,control,1,Kantoor A\n2,treatment,1,\n") == [("no-advertiser", 5, 4)]


def test_line_numbers_count_the_lines_inside_a_quoted_cell(file: Path) -> None:
    assert codes(file, 'name,c11,c10,c01,c00\n"twee\nregels",1,2,3,4\nx,1,2,3,?\n') == [("count-not-whole", 4, 5)]


@pytest.mark.parametrize("text", ["", "\n  \n", "\ufeff"])
def test_an_empty_file_is_called_empty(file: Path, text: str) -> None:
    assert [code for code, _, _ in codes(file, text)] == ["empty-file"]


def test_a_header_alone_holds_no_tables(file: Path) -> None:
    assert codes(file, "c11,c10,c01,c00\n") == [("no-rows", 1, None)]


def test_a_column_that_is_there_twice_is_refused(file: Path) -> None:
    assert codes(file, "c11,c10,c01,c00,c10\n1,2,3,4,5\n") == [("double-column", 1, 5)]


def test_another_encoding_is_refused_with_its_line_and_what_to_do(file: Path) -> None:
    (problem,) = problems(file, "name,c11,c10,c01,c00\nA,1,2,3,4\nCoöperatie,1,2,3,4\n".encode("cp1252"))
    assert (problem.code, problem.line, problem.found) == ("not-utf-8", 3, "byte 0xf6")
    assert "CSV UTF-8" in str(problem.remedy)


def test_an_open_quotation_mark_is_refused(file: Path) -> None:
    assert codes(file, 'name,c11,c10,c01,c00\n"A,1,2,3,4\n') == [("not-csv", 2, None)]


def test_a_file_that_is_not_there_is_said_to_be_unreadable(file: Path) -> None:
    with pytest.raises(BadInput, match="cannot-read"):
        read_counts(file)
    with pytest.raises(BadInput, match="cannot-read"):
        read_counts(file.parent)
