"""What was asked of a provider: kept for one browser, once, for ten minutes, and never without end."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.openid import LASTS, Asked, Failure, Identity, NotSignedIn, Waiting
from orchestrator.openid_wire import Wire

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)


def kept(waiting: Waiting, browser: str = "mijn", wall: datetime = NOW) -> Asked:
    asked = Asked.anew()
    waiting.keep(asked, browser, "/status", wall)
    return asked


def why(waiting: Waiting, state: str, browser: str = "mijn", wall: datetime = NOW) -> str:
    with pytest.raises(NotSignedIn) as caught:
        waiting.take(state, browser, wall)
    assert caught.value.failure is Failure.STALE
    return caught.value.why


def test_a_question_is_given_back_once() -> None:
    waiting = Waiting()
    asked = kept(waiting)
    assert waiting.take(asked.state, "mijn", NOW) == (asked, "/status")
    assert why(waiting, asked.state) == "no such state"


def test_another_browser_gets_nothing_and_takes_nothing_away() -> None:
    waiting = Waiting()
    asked = kept(waiting)
    for browser in ("", "een-ander"):
        assert why(waiting, asked.state, browser) == "another browser"
    assert waiting.take(asked.state, "mijn", NOW)[0] == asked


def test_two_questions_of_one_browser_stand_beside_each_other() -> None:
    waiting = Waiting()
    first, second = kept(waiting), kept(waiting)
    assert [waiting.take(each.state, "mijn", NOW)[0] for each in (second, first)] == [second, first]


def test_a_question_ends_after_its_time() -> None:
    waiting = Waiting()
    late, in_time = kept(waiting), kept(waiting)
    assert waiting.take(in_time.state, "mijn", NOW + LASTS - timedelta(seconds=1))[0] == in_time
    assert why(waiting, late.state, wall=NOW + LASTS) == "too late"


def test_the_oldest_make_room_and_what_has_ended_is_not_kept() -> None:
    waiting = Waiting(most=3)
    asked = [kept(waiting, wall=NOW + timedelta(seconds=number)) for number in range(5)]
    assert [why(waiting, each.state) for each in asked[:2]] == ["no such state"] * 2
    fresh = kept(waiting, wall=NOW + 2 * LASTS)
    assert why(waiting, asked[4].state) == "no such state"
    assert waiting.take(fresh.state, "mijn", NOW + 2 * LASTS)[0] == fresh


def test_no_two_questions_share_anything_and_none_shows_itself_in_a_log() -> None:
    asked = [Asked.anew() for _ in range(50)]
    parts = {part for each in asked for part in (each.state, each.nonce, each.verifier)}
    assert len(parts) == 150
    assert min(map(len, parts)) >= 43
    assert [part for part in parts if part in repr(asked)] == []
    assert "anna" not in repr(Identity("anna@stad.example", factor=False))


@pytest.mark.parametrize(
    ("issuer", "url", "may"),
    [
        ("https://aanmelden.stad.example", "https://aanmelden.stad.example/tokens", True),
        ("https://aanmelden.stad.example", "https://tokens.elders.example/t", True),
        ("https://aanmelden.stad.example", "http://aanmelden.stad.example/tokens", False),
        ("http://127.0.0.1:9400", "http://127.0.0.1:9400/tokens", True),
        ("http://127.0.0.1:9400", "http://127.0.0.1:9401/tokens", False),
        ("http://127.0.0.1:9400", "http://127.0.0.1:9400@elders.example/tokens", False),
        ("http://127.0.0.1:9400", "http://elders.example/tokens", False),
        ("https://aanmelden.stad.example", "ftp://aanmelden.stad.example", False),
        ("https://aanmelden.stad.example", None, False),
    ],
)
def test_an_address_of_the_document_is_used_over_https_or_where_the_issuer_itself_is(
    issuer: str, url: object, may: bool
) -> None:
    assert Wire(issuer).may(url) is may
