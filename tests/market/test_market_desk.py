import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from market_makers import NOW, make_inquiry, make_market

from market.clock import Clock
from market.desk import Desk
from market.journal import Journal
from market.minds import Kind
from market.office import respond

CLOCK = Clock(NOW, epoch=1000.0, speed=60.0)
MARKET = make_market(10, 4, seed=2)


class Waiting:
    """An outbox that only remembers."""

    def __init__(self):
        self.mails = {}

    def put(self, outgoing, wall):
        self.mails[outgoing.message_id] = (outgoing, wall)

    def cancel(self, listing, mailbox):
        self.mails = {
            key: one for key, one in self.mails.items() if (one[0].listing, one[0].mailbox) != (listing, mailbox)
        }


def make_desk(path=None):
    outbox = Waiting()
    return Desk(MARKET, CLOCK, outbox, Journal(path, lambda: NOW), wall=lambda: 1000.0), outbox


def make_invited():
    """A listing and a letter that gets an invitation and nothing else."""
    for listing in MARKET.world.listings.values():
        inquiry = make_inquiry(listing)
        sent = respond(MARKET, inquiry, listing, NOW)
        if len(sent) == 1 and sent[0].invites:
            return listing, inquiry
    raise AssertionError("nobody is invited")


def make_decline(inquiry, **changes):
    text = "Bedankt, ik heb iets anders gevonden en trek mij terug."
    return replace(inquiry, body=text, message_id="<2@woonpost.example>", **changes)


def log(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_first_letter_is_answered_at_its_own_moment():
    listing, inquiry = make_invited()
    desk, outbox = make_desk()
    desk.receive(inquiry)
    (outgoing, wall) = next(iter(outbox.mails.values()))
    assert outgoing == respond(MARKET, inquiry, listing, NOW)[0]
    assert CLOCK.now(wall) - outgoing.due < timedelta(seconds=1)


def test_the_same_letter_again_is_logged_as_a_repeat_and_changes_nothing(tmp_path):
    _, inquiry = make_invited()
    desk, outbox = make_desk(tmp_path / "log")
    desk.receive(inquiry)
    before = dict(outbox.mails)
    desk.receive(inquiry)
    desk.receive(replace(inquiry, message_id="<anders@woonpost.example>"))
    assert outbox.mails == before
    assert [line["kind"] for line in log(tmp_path / "log")] == ["inquiry", "repeat", "repeat"]


def test_a_withdrawal_gets_no_answer_and_frees_the_viewing(tmp_path):
    listing, inquiry = make_invited()
    desk, outbox = make_desk(tmp_path / "log")
    desk.receive(inquiry)
    (outgoing, _), *_ = outbox.mails.values()
    desk.delivered(outgoing, True)
    assert desk.viewings(listing.key) == 1
    desk.receive(make_decline(inquiry))
    assert desk.viewings(listing.key) == 0
    assert [line["kind"] for line in log(tmp_path / "log")] == ["inquiry", outgoing.kind, "withdrawal"]


def test_a_withdrawal_before_the_answer_stops_the_answer():
    _, inquiry = make_invited()
    desk, outbox = make_desk()
    desk.receive(inquiry)
    desk.receive(make_decline(inquiry))
    assert outbox.mails == {}


def test_a_withdrawal_is_recognised_by_its_thread_when_it_names_nothing(tmp_path):
    _, inquiry = make_invited()
    desk, outbox = make_desk(tmp_path / "log")
    desk.receive(inquiry)
    thread = tuple(outbox.mails)
    other = "anders@woonpost.example"
    desk.receive(make_decline(inquiry, subject="", references=thread, mailbox=other, addresses=frozenset({other})))
    assert log(tmp_path / "log")[-1]["kind"] == "withdrawal"


def test_machine_mail_and_letters_about_nothing_are_logged_and_not_answered(tmp_path):
    _, inquiry = make_invited()
    desk, outbox = make_desk(tmp_path / "log")
    desk.receive(replace(inquiry, automatic=True))
    desk.receive(replace(inquiry, mailbox="", addresses=frozenset()))
    desk.receive(replace(inquiry, subject="Vraag", body="Heeft u iets vrij?"))
    assert outbox.mails == {}
    assert [line["kind"] for line in log(tmp_path / "log")] == ["automatic", "unanswerable", "unplaced"]


def test_an_invitation_that_never_arrived_keeps_no_viewing_free(tmp_path):
    listing, inquiry = make_invited()
    desk, outbox = make_desk(tmp_path / "log")
    desk.receive(inquiry)
    desk.delivered(next(iter(outbox.mails.values()))[0], False)
    assert desk.viewings(listing.key) == 0
    assert log(tmp_path / "log")[-1]["kind"] == "undelivered"


def test_a_log_line_says_who_wrote_what_to_whom_and_when(tmp_path):
    listing, inquiry = make_invited()
    desk, _ = make_desk(tmp_path / "log")
    desk.receive(inquiry)
    assert log(tmp_path / "log") == [
        {
            "at": NOW.isoformat(),
            "direction": "in",
            "channel": "smtp",
            "advertiser": listing.advertiser,
            "listing": listing.key,
            "applicant": "Bas Vermeulen",
            "mailbox": "bas.vermeulen@woonpost.example",
            "to": inquiry.to,
            "message_id": inquiry.message_id,
            "kind": "inquiry",
        }
    ]


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_order_of_arrival_does_not_matter(data):
    letters = [
        make_inquiry(listing, name)
        for listing in list(MARKET.world.listings.values())[:6]
        for name in ("Bas Vermeulen", "Youssef El Idrissi")
    ]
    desk, outbox = make_desk()
    for letter in data.draw(st.permutations(letters)):
        desk.receive(letter)
    expected, reference = make_desk()
    for letter in letters:
        expected.receive(letter)
    assert outbox.mails == reference.mails
    assert Kind.SILENCE not in {outgoing.kind for outgoing, _ in outbox.mails.values()}


def test_the_clock_runs_at_its_speed_and_back():
    assert CLOCK.now(1060.0) == NOW + timedelta(hours=1)
    assert CLOCK.wall(NOW + timedelta(hours=1)) == 1060.0
