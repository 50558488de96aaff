"""The value itself: canonical text, digest, schema, and the rules that span its parts."""

import json
from pathlib import Path
from typing import Any

import pytest
from design_makers import a_design
from pydantic import ValidationError

from orchestrator.design import (
    Design,
    FeedFields,
    Weekday,
    canonical,
    check,
    digest,
    from_canonical,
    json_schema,
    read_design,
)
from profiles.catalogue import NameSet
from profiles.perception import Validation
from profiles.profile import Gender, Ground

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026" / "round.yaml"


def a_feed(**told: Any) -> dict[str, Any]:
    return {"url": "https://kantoor.example/aanbod", "format": "csv", **told}


def with_feeds(feed_hours: int = 48, **told: Any) -> Design:
    return a_design(sample={"feeds": [a_feed(**told)], "feed_hours": feed_hours})


def a_set(key: str, *, ground: Ground = Ground.ORIGIN, **other: Any) -> NameSet:
    return NameSet(key, f"{key} namen", ground, "Nederlands", "verzonnen", "EUPL-1.2", **other)


SETS = {
    "dutch": a_set("dutch"),
    "moroccan": a_set("moroccan"),
    "tested": a_set("tested", tested=True),
    "dutch_female": a_set("dutch_female", ground=Ground.GENDER, gender=Gender.FEMALE, of="dutch"),
    "dutch_male": a_set("dutch_male", ground=Ground.GENDER, gender=Gender.MALE, of="dutch"),
}


def codes(design: Design) -> list[str]:
    return [problem.code for problem in check(design, SETS)]


def test_a_sound_design_breaks_no_rule() -> None:
    assert check(a_design(), SETS) == ()


def test_the_canonical_text_gives_the_same_design_back() -> None:
    design = a_design(study={"name": "Huren in Curaçao ‘één’"})
    assert from_canonical(canonical(design)) == design
    assert canonical(from_canonical(canonical(design))) == canonical(design)


def test_the_canonical_text_is_sorted_compact_json() -> None:
    text = canonical(a_design())
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_the_digest_of_a_design_stays_what_it_was_when_it_was_approved() -> None:
    assert digest(a_design()) == "399afc11ae62fdc27e393557538195602171f15c842045bcd20d3a2abb54e078"


def test_a_design_that_keeps_no_attachments_is_the_same_whether_it_says_so_or_not() -> None:
    assert digest(a_design(study={"keep_attachments": False})) == digest(a_design())
    keeping = a_design(study={"keep_attachments": True})
    assert digest(keeping) != digest(a_design())
    assert from_canonical(canonical(keeping)).study.keep_attachments


def test_a_design_that_asks_nothing_of_its_names_is_the_same_as_before_it_could_ask() -> None:
    assert digest(a_design(question={"validation": None})) == digest(a_design())
    asking = [a_design(question={"validation": level.value}) for level in Validation]
    assert len({digest(design) for design in (a_design(), *asking)}) == 4
    assert [from_canonical(canonical(design)).validation for design in asking] == list(Validation)


def test_a_live_round_asks_names_that_are_recognised_and_a_rehearsal_asks_nothing() -> None:
    assert a_design().validation is Validation.NONE
    assert a_design(mode="live").validation is Validation.RECOGNISED
    assert a_design(mode="live", question={"validation": "matched"}).validation is Validation.MATCHED


def test_the_digest_of_the_example_is_what_it_was_before_feeds_could_be_declared() -> None:
    assert digest(read_design(EXAMPLE)) == "00810d2c8da2c26bc5561ccf65658f66ca3c174b1b9623fffb1aeb48f2c73e79"


@pytest.mark.parametrize("sample", [{"feeds": []}, {"feeds": [], "feed_hours": 24}])
def test_a_design_without_feeds_says_nothing_of_them(sample: dict[str, Any]) -> None:
    assert digest(a_design(sample=sample)) == digest(a_design())
    assert "feed" not in canonical(a_design(sample=sample))


def test_the_digest_of_a_design_with_feeds_tells_all_that_was_declared_of_them() -> None:
    digests = {
        digest(with_feeds(**told)) for told in ({}, {"format": "json"}, {"advertiser": "alfa"}, {"items": "a.b"})
    }
    digests |= {digest(with_feeds(fields={column: "x"})) for column in FeedFields.model_fields}
    digests.add(digest(with_feeds(feed_hours=24)))
    assert len(digests) == 5 + len(FeedFields.model_fields)
    assert digest(with_feeds()) == "fd6ab82f0fc2bc0c6dcf678b5e815d5684a60e7904ad2a56a738b1235b6f6b5d"
    design = with_feeds(fields={"rent": "huur"}, advertiser="alfa")
    assert from_canonical(canonical(design)) == design


def test_the_digest_does_not_depend_on_how_the_same_is_written() -> None:
    other = a_design(
        schedule={"weekdays": ["fri", "thu", "wed", "tue", "mon", "mon"], "gap_hours": {"max": 30.0, "min": 2.0}}
    )
    assert digest(other) == digest(a_design())


@pytest.mark.parametrize("change", [{"seed": 8}, {"sample": {"pairs": 241}}, {"schedule": {"until": "17:31"}}])
def test_any_change_gives_another_digest(change: dict[str, Any]) -> None:
    assert digest(a_design(**change)) != digest(a_design())


def test_a_design_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        a_design().seed = 8


def test_weekdays_count_as_dates_do() -> None:
    assert [day.number for day in Weekday] == list(range(7))


@pytest.mark.parametrize(
    ("parts", "code", "key"),
    [
        ({"question": {"treatment": "frisian"}}, "unknown-name-set", "question.treatment"),
        ({"question": {"control": "dutch_male"}}, "wrong-ground", "question.control"),
        ({"question": {"treatment": "dutch"}}, "same-name-set", "question.treatment"),
        ({"mode": "live", "letters": {"domain": "gemeente.nl"}}, "unvalidated-names-live", "question.control"),
        ({"question": {"validation": "recognised"}}, "unvalidated-names", "question.control"),
        ({"mode": "live", "question": {"validation": "none"}}, "no-validation-live", "question.validation"),
        (
            {"mode": "live", "question": {"control": "tested", "treatment": "tested"}},
            "reserved-domain-live",
            "letters.domain",
        ),
        *(
            ({"sample": {"feeds": [a_feed(url=url)]}}, "feed-not-https", "sample.feeds[0].url")
            for url in ("http://kantoor.example/aanbod", "ftp://127.0.0.1/aanbod", "http://127.0.0.1.example/")
        ),
        (
            {"mode": "live", "sample": {"feeds": [a_feed(url="http://127.0.0.1/aanbod")]}},
            "feed-not-https",
            "sample.feeds[0].url",
        ),
        *(
            ({"sample": {"feeds": [a_feed(url=url)]}}, "bad-url", "sample.feeds[0].url")
            for url in (
                "https://",
                "https:// kantoor.example/",
                "https://[::1/",
                "https://x.example:99999/",
                "https://é.nl",
            )
        ),
        ({"sample": {"feeds": [a_feed(url="https://u:p@k.example/")]}}, "password-in-url", "sample.feeds[0].url"),
        ({"sample": {"feeds": [a_feed(), a_feed(format="json")]}}, "duplicate-feed", "sample.feeds[1].url"),
        ({"sample": {"feeds": [a_feed(items="huur")]}}, "unexpected-items", "sample.feeds[0].items"),
        (
            {"sample": {"feeds": [a_feed(advertiser="alfa", fields={"advertiser": "kantoor"})]}},
            "two-advertisers",
            "sample.feeds[0].advertiser",
        ),
        ({"schedule": {"last_day": "2026-09-06"}}, "period-reversed", "schedule.last_day"),
        ({"schedule": {"last_day": "2027-10-09"}}, "period-too-long", "schedule.last_day"),
        ({"schedule": {"until": "09:00"}}, "no-working-hours", "schedule.until"),
        (
            {"schedule": {"first_day": "2026-09-12", "last_day": "2026-09-13"}},
            "no-working-hours",
            "schedule.weekdays",
        ),
        (
            {"schedule": {"first_day": "2026-04-06", "last_day": "2026-04-06"}},
            "no-working-hours",
            "schedule.weekdays",
        ),
        ({"schedule": {"gap_hours": {"min": 30, "max": 2}}}, "gap-reversed", "schedule.gap_hours"),
        ({"schedule": {"last_day": "2026-09-07"}}, "gap-longer-than-window", "schedule.gap_hours.max"),
    ],
)
def test_a_broken_rule_is_named_with_its_key(parts: dict[str, Any], code: str, key: str) -> None:
    problem = next(problem for problem in check(a_design(**parts), SETS) if problem.code == code)
    assert problem.message.startswith(f"{key}: ")
    assert problem.found
    assert problem.remedy


def test_in_a_rehearsal_a_feed_may_be_on_this_machine_and_over_https_anywhere() -> None:
    feeds = [
        a_feed(url=url) for url in ("http://127.0.0.1:8480/aanbod", "http://localhost/", "https://kantoor.example/")
    ]
    assert check(a_design(sample={"feeds": feeds}), SETS) == ()


def test_an_unknown_name_set_lists_the_ones_of_this_ground() -> None:
    (problem,) = check(a_design(question={"treatment": "frisian"}), SETS)
    assert problem.remedy == "Kies uit: dutch, moroccan, tested."


def test_gender_is_tested_with_women_and_men_of_one_set() -> None:
    fitting = {"ground": "gender", "control": "dutch_male", "treatment": "dutch_female"}
    assert codes(a_design(question=fitting)) == []


def test_validated_names_may_go_live() -> None:
    sets = {"dutch": a_set("dutch", tested=True), "moroccan": a_set("moroccan", tested=True)}
    design = a_design(mode="live", letters={"domain": "woonpost.nl"})
    assert check(design, sets) == ()


def test_every_broken_rule_is_told_at_once() -> None:
    design = a_design(
        question={"control": "x", "treatment": "y"}, schedule={"until": "08:00", "last_day": "2026-01-01"}
    )
    assert codes(design) == ["unknown-name-set", "unknown-name-set", "period-reversed", "no-working-hours"]


def test_the_schema_says_in_dutch_what_each_key_is_and_allows_no_other() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    groups = [schema, *(part for part in schema["$defs"].values() if part["type"] == "object")]
    for group in groups:
        assert group["additionalProperties"] is False
        optional = {name for name, key in group["properties"].items() if "default" in key}
        assert set(group.get("required", ())) == set(group["properties"]) - optional
        assert all(key["description"].endswith(".") for key in group["properties"].values())
    assert "from" in schema["$defs"]["Schedule"]["properties"]
    may_be_left_out = {name for name, part in schema["$defs"].items() if "default" in json.dumps(part)}
    expected = {
        "Study", "Question", "Letters", "Sample", "DeclaredFeed", "FeedFields", "Schedule", "OutcomeRule",
        "Analysis", "Looks",
    }  # fmt: skip
    assert may_be_left_out == expected
