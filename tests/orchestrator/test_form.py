"""A design as the fields of a form: whatever the design, the form gives it back, and so does its file."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from design_makers import a_design, plain
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.design import Design, canonical
from orchestrator.design.changes import changes, lines
from orchestrator.design.form import Kind, fields, groups, repeats_among, repeats_in, shown, typed_over
from orchestrator.design.model import (
    Approach,
    FeedFormat,
    Order,
    Purpose,
    Stratum,
    Weekday,
)
from orchestrator.design.reading import file_of
from orchestrator.design.yaml_text import rewritten
from profiles.factors import Factor
from profiles.letters import Level
from profiles.perception import Validation
from profiles.profile import Ground, Language

# What a person can type on one line; a browser makes spaces of anything else.
WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() and text.isprintable()
)
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True)


def shares(least: float, most: float) -> st.SearchStrategy[float]:
    # As people write them: the YAML library puts 1e-124, in which nobody counts hours or shares, otherwise than Python.
    return st.floats(least, most, allow_nan=False).map(lambda drawn: round(drawn, 4))


def maybe(**told: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=told)


FEEDS = st.lists(
    st.builds(
        lambda told, more: told | more,
        st.fixed_dictionaries({"url": WORDS, "format": st.sampled_from(list(FeedFormat))}),
        maybe(advertiser=KEYS, items=WORDS, fields=maybe(street=WORDS, rent=WORDS, accessible=WORDS)),
    ),
    max_size=3,
)
INCOMES = st.fixed_dictionaries({"min": shares(1, 10), "max": shares(1, 10)})
DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 1))


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Any design that its shape allows, whether or not its rules do."""
    first = draw(DAYS)
    parts: dict[str, Any] = {
        "seed": draw(st.integers(0, 2**53 - 1)),
        "study": {
            "name": draw(WORDS), "legal_basis": draw(WORDS), "purpose": draw(st.sampled_from(list(Purpose))),
            **draw(maybe(keep_attachments=st.booleans(), emergency_contact=WORDS)),
        },
        "question": {
            "ground": draw(st.sampled_from(list(Ground))), "sham_share": draw(shares(0, 0.5)),
            **draw(maybe(
                signal=KEYS, also=st.lists(KEYS, max_size=2), sham_treatment_share=shares(0, 0.5),
                approach=st.sampled_from(list(Approach)), factor=st.sampled_from(list(Factor)),
                validation=st.sampled_from(list(Validation)),
            )),
        },
        "letters": {
            "level": draw(st.sampled_from(list(Level))),
            **draw(maybe(
                language=st.sampled_from(list(Language)), income=INCOMES, tight_income=INCOMES,
                phones=st.just(["033 469 51 11", "06 12345678"]),
                addresses=st.just(["Stadhuisplein 1, 3811 LM Amersfoort"]),
            )),
        },
        "sample": {
            "pairs": draw(st.integers(1, 100_000)),
            **draw(maybe(
                stratum=st.sampled_from(list(Stratum)), feeds=FEEDS, feed_hours=st.integers(1, 336), prior=KEYS,
                quotas=st.dictionaries(WORDS.map(str.strip), st.integers(1, 99), max_size=3),
            )),
        },
        "schedule": {
            "first_day": str(first), "last_day": str(first + timedelta(days=draw(st.integers(0, 99)))),
            "weekdays": draw(st.lists(st.sampled_from(list(Weekday)), min_size=1, unique=True)),
            "from": f"{draw(st.times()):%H:%M}", "order": draw(st.sampled_from(list(Order))),
            "gap_hours": {"min": draw(shares(0.5, 96)), "max": draw(shares(0.5, 96))},
            "cooldown_hours": draw(shares(0, 336)), **draw(maybe(per_advertiser_day=st.integers(0, 100))),
        },
        "outcome": {"positive": draw(st.sampled_from([["positive"], ["positive", "conditional"]]))},
        "analysis": {"level": draw(shares(0.8, 0.999))},
    }  # fmt: skip
    return Design.model_validate(plain(**parts))


def data_of(design: Design) -> dict[str, Any]:
    told: dict[str, Any] = design.model_dump(mode="json", by_alias=True)
    return told


def through_a_form(data: dict[str, Any], onto: dict[str, Any]) -> dict[str, Any]:
    asked = fields(repeats_in(data))
    sent = {field.name: [text.replace("\n", "\r\n") for text in shown(field, data)] for field in asked}
    return typed_over(onto, fields(repeats_among(list(sent))), sent)


@pytest.mark.long
@given(designs())
@settings(max_examples=150)
def test_any_design_comes_back_from_an_empty_form_and_from_its_file_as_the_same_design(design: Design) -> None:
    again = through_a_form(data_of(design), {})
    text = rewritten("", again)
    assert canonical(Design.model_validate(file_of(text, "").data)) == canonical(design)
    assert through_a_form(again, again) == again
    assert rewritten(text, again) == text


@pytest.mark.long
@given(designs(), designs())
@settings(max_examples=40)
def test_a_file_that_becomes_another_design_reads_as_that_one(before: Design, after: Design) -> None:
    text = rewritten("# eerst\n" + rewritten("", through_a_form(data_of(before), {})), data_of(after))
    assert file_of(text, "").data == data_of(after)


def test_every_field_says_what_it_is_and_gives_an_example_of_it() -> None:
    for field in fields({"sample.feeds": 1}):
        assert field.told, field.name
        assert field.example, field.name
        assert bool(field.choices) == (field.kind in (Kind.CHOICE, Kind.MANY)), field.name
    assert all(group.told for group in groups().values())


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("sample.pairs", "240", 240),
        ("sample.pairs", "veel", "veel"),
        ("question.sham_share", "0,25", 0.25),
        ("question.sham_share", "1e-3", 0.001),
        ("schedule.gap_hours.min", "2", 2),
        ("study.name", "  2026 ", "2026"),
        ("question.also", "turkish\r\n\r\n surinamese ", ["turkish", "surinamese"]),
        ("sample.quotas", "Noord: West: 3\nzonder", {"Noord: West": 3, "zonder": ""}),
        ("sample.stratum", "", None),
    ],
)
def test_what_is_typed_becomes_what_a_file_would_say(name: str, typed: str, stored: object) -> None:
    field = next(each for each in fields({}) if each.name == name)
    got: Any = typed_over({}, [field], {name: [typed]})
    for step in field.path:
        got = got.get(step) if isinstance(got, dict) else None
    assert got == stored


def test_a_feed_that_is_emptied_is_gone_and_the_others_keep_their_order() -> None:
    data = plain(sample={"feeds": [{"url": f"https://{name}.example", "format": "csv"} for name in "abc"]})
    asked = fields({"sample.feeds": 3})
    sent = {field.name: list(shown(field, data)) for field in asked}
    sent |= {name: [""] for name in sent if name.startswith("sample.feeds[1]")}
    assert [feed["url"] for feed in typed_over(data, asked, sent)["sample"]["feeds"]] == [
        "https://a.example",
        "https://c.example",
    ]


def test_a_change_of_one_value_leaves_the_rest_of_the_file_as_somebody_wrote_it() -> None:
    text = "# kop\nround: proef   # naam\noutcome:\n  positive: [positive]  # telt\n  response_days: 10\n"
    data = file_of(text, "").data
    data["outcome"]["response_days"] = 14
    assert rewritten(text, data) == text.replace("10", "14")


def test_the_difference_of_two_designs_is_told_by_key() -> None:
    before = a_design()
    sample, schedule = {"pairs": 100, "stratum": "district"}, {"gap_hours": {"min": 3, "max": 30}}
    after = a_design(version=2, sample=sample, schedule=schedule)
    told = {(each.key, each.before, each.after) for each in changes(before, after)}
    assert told == {
        ("version", "1", "2"),
        ("sample.pairs", "240", "100"),
        ("sample.stratum", None, '"district"'),
        ("schedule.gap_hours.min", "2.0", "3.0"),
    }
    assert "sample.pairs: 240" in lines(before)
    assert changes(before, before) == ()


def test_a_time_of_day_is_typed_as_it_is_read() -> None:
    field = next(each for each in fields({}) if each.name == "schedule.from")
    assert shown(field, data_of(a_design())) == (f"{time(9):%H:%M}",)
