"""The scripts of the request test ask once, openly, and without pressure; the codes are eight."""

from pathlib import Path

import pytest

from profiles.errors import BadInput, Refused
from profiles.owner_requests import FILE, NOT_REACHED, Kind, load


def test_every_script_asks_one_question_and_says_what_it_asks_to_leave_out() -> None:
    for script in load().scripts.values():
        assert [line for line in script.lines if "?" in line] == [script.question]
        assert script.request.endswith(".")


def test_there_are_eight_codes_of_five_kinds_and_one_is_for_who_was_not_reached() -> None:
    codes = load().codes
    assert len(codes) == 8
    assert {code.kind for code in codes.values()} == set(Kind)
    assert [key for key, code in codes.items() if code.kind is Kind.NOT_REACHED] == [NOT_REACHED]


def test_an_unknown_script_or_code_names_those_there_are() -> None:
    with pytest.raises(Refused, match="afkomst"):
        load().newest("leeftijd")
    with pytest.raises(Refused, match="ONTWIJKEND"):
        load().code("MISSCHIEN")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('question = "Hoe gaan jullie daarmee om?"', 'question = "Kan dat? Hoe gaan jullie daarmee om?"'),
        ('question = "Hoe gaan jullie daarmee om?"', 'question = "Ik hoor het graag."'),
        ('closing = "Dank u, dan weet ik genoeg.', 'closing = "Weet u het zeker? Dank u.'),
    ],
)
def test_a_script_that_presses_or_does_not_ask_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "owner_requests.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        load(path)
    assert [each.code for each in bad.value.problems] == ["not-one-question"]
    assert bad.value.problems[0].line is not None
