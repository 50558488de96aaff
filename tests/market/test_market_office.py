import email
from dataclasses import replace
from datetime import datetime, timedelta
from email.policy import default

import pytest
from market_makers import NOW, make_inquiry, make_market, make_world

from market.habits import AMSTERDAM, Habits, Staff, habits
from market.minds import INVITATIONS, Kind
from market.office import open_market, respond

MARKET = make_market(40, 5, seed=5)
MACHINES = (Kind.RECEIPT, Kind.AWAY, Kind.BOUNCE)


def answers(market=MARKET, at=NOW, name="Emre Yıldız", **changes):
    """Every answer to one letter about each listing."""
    return [
        outgoing
        for listing in market.world.listings.values()
        for outgoing in respond(market, make_inquiry(listing, name, "emre@woonpost.example", **changes), listing, at)
    ]


def read(outgoing):
    return email.message_from_bytes(outgoing.raw, policy=default)


def make_habits(market, **changes):
    """The same market, with these habits for everybody."""
    return replace(market, habits={key: replace(habit, **changes) for key, habit in market.habits.items()})


def test_the_same_letter_gets_the_same_answer_whatever_came_before():
    listings = list(MARKET.world.listings.values())
    forth = {one.key: respond(MARKET, make_inquiry(one), one, NOW) for one in listings}
    back = {one.key: respond(MARKET, make_inquiry(one), one, NOW) for one in reversed(listings)}
    assert forth == back


@pytest.mark.long
def test_every_answer_goes_to_the_reply_address_but_for_a_few_that_go_astray():
    humans = [one for one in answers() + answers(name="Eva Bakker", at=NOW) if one.kind not in MACHINES]
    astray = [one for one in humans if one.to != "emre@woonpost.example"]
    assert len(astray) < 0.05 * len(humans)
    assert all(read(one)["To"].addresses[0].addr_spec == one.to for one in humans)


@pytest.mark.long
def test_what_goes_astray_names_the_listing_and_nothing_to_match_by():
    markets = (make_market(40, 5, seed=seed) for seed in range(4))
    astray = [(market, one) for market in markets for one in answers(market) if one.to.split("@")[0] != "emre"]
    assert astray
    for market, outgoing in astray:
        message = read(outgoing)
        assert message["In-Reply-To"] is message["References"] is None
        assert outgoing.to.endswith("@woonpost.example")
        assert market.world.listings[outgoing.listing].street in message["Subject"]
        assert "emre@" not in str(message)


def test_some_answers_come_from_another_address_which_the_market_reads_too():
    humans = [one for one in answers() if one.kind not in MACHINES]
    others = {one.envelope for one in humans} - {one.email for one in MARKET.world.advertisers.values()}
    assert others
    assert others <= set(MARKET.mailboxes())
    assert all(read(one)["From"].addresses[0].addr_spec == one.envelope for one in humans)


def test_a_web_form_advertiser_reads_its_mail_as_well():
    market = open_market(make_world(4, 1, webforms=2), bias=0.1, seed=1)
    assert set(market.mailboxes().values()) == {f"kantoor-{number}" for number in range(4)}


def test_a_fifth_confirms_receipt_a_tenth_is_away_at_times_and_one_mailbox_bounces():
    ways = habits(make_world(40, 1), 9).values()
    assert sum(one.receipts for one in ways) == 8
    assert sum(one.away_week is not None for one in ways) == 4
    assert sum(one.bounces for one in ways) == 1


def test_a_receipt_is_automatic_and_comes_within_minutes_before_the_answer():
    market = make_habits(MARKET, receipts=True, away_week=None, bounces=False)
    for listing in list(market.world.listings.values())[:20]:
        first, *later = respond(market, make_inquiry(listing), listing, NOW)
        assert first.kind is Kind.RECEIPT
        assert read(first)["Auto-Submitted"] == "auto-replied"
        assert first.due - NOW < timedelta(minutes=7)
        assert all(first.due < one.due for one in later)


def test_an_office_that_is_away_says_so_and_answers_after_its_return():
    monday = datetime(2026, 9, 7, 10, 0, tzinfo=AMSTERDAM)
    market = make_habits(MARKET, receipts=False, bounces=False, away_week=monday.isocalendar().week % 3)
    back = datetime(2026, 9, 10, 9, 0, tzinfo=AMSTERDAM)
    for listing in list(market.world.listings.values())[:20]:
        first, *later = respond(market, make_inquiry(listing), listing, monday)
        assert first.kind is Kind.AWAY
        assert "donderdag" in read(first).get_content()
        assert all(back < one.due <= monday + timedelta(days=6) for one in later)


@pytest.mark.parametrize(("day", "away"), [(7, True), (9, True), (10, False), (13, False), (14, False), (28, True)])
def test_an_office_is_away_in_the_first_half_of_every_third_week(day, away):
    office = Habits(
        (Staff("a", "a@b.example"),), "", away_week=datetime(2026, 9, 7, tzinfo=AMSTERDAM).isocalendar().week % 3
    )
    assert (office.away_until(datetime(2026, 9, day, 12, tzinfo=AMSTERDAM)) is not None) is away


def test_a_full_mailbox_returns_some_letters_to_the_envelope_sender():
    market = make_habits(MARKET, bounces=True)
    returned = [one for one in answers(market, return_path="bounce+7@woonpost.example") if one.kind is Kind.BOUNCE]
    assert 10 < len(returned) < 60
    assert {(one.envelope, one.to) for one in returned} == {("", "bounce+7@woonpost.example")}
    assert all(read(one).get_content_type() == "multipart/report" for one in returned)
    assert [one for one in answers(market, channel="webform") if one.kind is Kind.BOUNCE] == []


@pytest.mark.long
def test_letters_bounce_as_often_whatever_the_name():
    market = make_habits(make_market(40, 5, seed=3), bounces=True)
    assert [one.listing for one in answers(market, name="Eva Bakker") if one.kind is Kind.BOUNCE] == [
        one.listing for one in answers(market, name="Emre Yıldız") if one.kind is Kind.BOUNCE
    ]


def test_an_answer_greets_the_applicant_by_name():
    for outgoing in answers():
        if outgoing.kind not in MACHINES:
            text = read(outgoing).get_body(("plain", "html")).get_content()
            assert "Emre" in text or "Yıldız" in text


def test_invitations_are_known_as_such():
    assert {one.kind for one in answers() if one.invites} == set(INVITATIONS)
