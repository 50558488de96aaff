"""An owner who asks an office of the market to leave a group out gets one answer, by mail, that no name decides."""

from collections import Counter
from dataclasses import replace

from market_makers import NOW, make_inquiry, make_market
from test_market_desk import MARKET, log, make_desk

from market import owners
from market.office import Market
from market.reading import Inquiry

BODY = (
    "Goedemorgen, ik heb een appartement dat ik wil verhuren.\n"
    "Ik heb liever geen huurders met een Turkse achtergrond. Hoe gaan jullie daarmee om?\n\n"
    "Met vriendelijke groet,\nPeter Vermeer\n"
)


def a_request(number: int = 0, mailbox: str = "peter.vermeer@woonpost.example", market: Market = MARKET) -> Inquiry:
    office = list(market.world.advertisers)[number]
    about = next(each for each in market.world.listings.values() if each.advertiser == office)
    return replace(make_inquiry(about, "Peter Vermeer", mailbox), subject="Vraag", body=BODY)


def answered() -> Inquiry:
    """A request to an office of the market that answers it."""
    for number in range(len(MARKET.world.advertisers)):
        if owners.reply(MARKET, a_request(number), NOW) is not None:
            return a_request(number)
    raise AssertionError("no office answers")


def test_a_request_is_told_from_the_letter_of_a_home_seeker():
    assert owners.asks_to_leave_out(BODY)
    assert not owners.asks_to_leave_out("Is de woning nog te huur? Ik kom graag kijken.")
    assert not owners.asks_to_leave_out("Ik wil mijn huis verhuren. Kunt u mij helpen?")


def test_an_owner_gets_one_answer_and_only_the_first_letter_is_answered(tmp_path):
    desk, outbox = make_desk(tmp_path / "log.jsonl")
    request = answered()
    thanks = replace(request, body="Dank u, dan weet ik genoeg.", message_id="<dank@woonpost.example>")
    for letter in (request, request, thanks):
        desk.receive(letter)
    ((answer, _),) = outbox.mails.values()
    assert (answer.to, answer.listing, answer.invites) == (request.mailbox, "", False)
    assert answer.due > NOW
    assert [line["kind"] for line in log(tmp_path / "log.jsonl")] == ["owner", "repeat", "owner-again"]


def test_the_same_request_gets_the_same_answer_again():
    request = answered()
    assert owners.reply(MARKET, request, NOW) == owners.reply(MARKET, request, NOW)


def test_every_stance_is_taken_about_as_often_as_declared():
    many = 4000
    taken = Counter(owners.stance(1, f"kantoor-{number}", "p@woonpost.example") for number in range(many))
    assert set(taken) == {*owners.shares(), owners.SILENT}
    assert all(abs(taken[key] / many - share) < 0.03 for key, share in owners.shares().items())


def test_every_answer_is_a_mail_to_the_owner_from_the_office():
    market = make_market(40, 1, seed=3)
    mails = [owners.reply(market, a_request(number, market=market), NOW) for number in range(40)]
    found = [each for each in mails if each is not None]
    assert len({each.kind for each in found}) > 3
    assert all(b"In-Reply-To" in each.raw or b"Subject" in each.raw for each in found)
    assert all(each.envelope.rpartition("@")[2] == f"{each.advertiser}.example" for each in found)
