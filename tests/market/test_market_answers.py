import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_makers import NOW, make_market

from market.answers import Occasion, compose, dutch_day, greeting, wordings
from market.chance import Chance
from market.hearing import hear
from market.minds import INVITATIONS, Kind

SPOKEN = sorted(set(Kind) - {Kind.SILENCE, Kind.BOUNCE})


def make_occasion(name="Emre Yıldız", market=None):
    market = market or make_market()
    listing = next(iter(market.world.listings.values()))
    habit = market.habits[listing.advertiser]
    advertiser = market.world.advertisers[listing.advertiser]
    return Occasion(advertiser, listing, habit, habit.staff[0], hear(name), "Reactie op Langestraat 1", NOW)


def test_every_kind_has_several_wordings_and_none_is_missing():
    assert sorted(wordings()) == SPOKEN
    assert all(len(options) >= 3 for options in wordings().values())
    assert all(wording.tone in ("formal", "informal") for options in wordings().values() for wording in options)


@pytest.mark.parametrize("kind", SPOKEN)
def test_every_wording_can_be_filled_in(kind):
    said = {compose(kind, make_occasion(), Chance("wording", n)).body for n in range(60)}
    assert len(said) >= len(wordings()[kind])
    assert not any(re.search(r"[{}]", text) for text in said)


def test_u_and_je_are_never_mixed_in_one_wording():
    for options in wordings().values():
        for wording in options:
            wrong = r"\b(je|jij|jou|jouw|jullie)\b" if wording.tone == "formal" else r"\b(u|uw)\b"
            assert not re.search(wrong, wording.text, re.IGNORECASE), wording.text


def test_an_invitation_says_when_to_come_and_an_open_house_until_when():
    for n in range(40):
        fixed = compose(Kind.INVITATION, make_occasion(), Chance(n)).body
        assert re.search(r"(maan|dins|woens|donder|vrij|zater)dag \d+ \w+ om \d+\.\d\d uur", fixed)
        assert "https://agenda." in compose(Kind.CHOOSE_SLOT, make_occasion(), Chance(n)).body
        assert re.search(r"\d+\.\d\d (tot|en) \d+\.\d\d uur", compose(Kind.OPEN_HOUSE, make_occasion(), Chance(n)).body)


def test_only_invitations_invite():
    for kind in set(SPOKEN) - set(INVITATIONS):
        for wording in wordings()[kind]:
            assert "{tijd}" not in wording.text
            assert "{link}" not in wording.text


@pytest.mark.parametrize(
    ("name", "tone", "expected"),
    [
        (
            "Youssef El Idrissi",
            "formal",
            {"Beste meneer El Idrissi,", "Geachte heer El Idrissi,", "Beste heer El Idrissi,"},
        ),
        ("Eva Bakker", "formal", {"Beste mevrouw Bakker,", "Geachte mevrouw Bakker,"}),
        ("Jeroen van Dijk", "formal", {"Beste meneer Van Dijk,", "Geachte heer Van Dijk,", "Beste heer Van Dijk,"}),
        ("Youssef El Idrissi", "informal", {"Hallo Youssef,", "Beste Youssef,", "Hoi Youssef,", "Dag Youssef,"}),
        ("Xyz Onbekend", "formal", {"Geachte heer/mevrouw Onbekend,", "Beste Xyz Onbekend,"}),
    ],
)
def test_people_are_greeted_by_name(name, tone, expected):
    assert {greeting(hear(name), tone, Chance(n)) for n in range(60)} == expected


def test_machines_greet_everybody_alike():
    first = compose(Kind.RECEIPT, make_occasion("Emre Yıldız"), Chance(1))
    assert first == compose(Kind.RECEIPT, make_occasion("Eva Bakker"), Chance(1))


def test_days_are_written_in_dutch():
    assert dutch_day(date(2026, 9, 16)) == "woensdag 16 september"


@settings(deadline=None)
@given(name=st.text(max_size=40), kind=st.sampled_from(SPOKEN))
def test_any_name_can_be_answered(name, kind):
    assert compose(kind, make_occasion(name, SMALL), Chance(name)).body


SMALL = make_market(2, 1)
