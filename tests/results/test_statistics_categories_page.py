"""The page that works out classes, arms, amounts, groups and coders by hand prints what the program computes."""

import re
from pathlib import Path

from categories_page_maker import rows

PAGE = (Path(__file__).parents[2] / "docs" / "statistics-categories.md").read_text("utf-8")
SECTIONS = {row[0] for row in rows()}


def test_the_page_prints_every_number() -> None:
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    assert [line for line in lines if line[0] in SECTIONS] == list(rows())


def test_each_number_worked_out_in_bold_is_one_of_its_section() -> None:
    computed: dict[str, set[str]] = {section: set() for section in SECTIONS}
    for section, *_, value, low, high in rows():
        computed[section] |= {value, low, high}
    seen = 0
    for part in PAGE.split("\n## ")[1:]:
        section = part.split(":")[0]
        bold = set(re.findall(r"\*\*(-?\d+\.\d{4})\*\*", part)) if section in SECTIONS else set()
        assert bold <= computed.get(section, set())
        seen += len(bold)
    assert seen > 30
