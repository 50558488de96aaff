"""Who may see which number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import Refused
from results import disclosure
from results.disclosure import Cell, Shown, Suppressed
from results.statistics import Counts


def cell(name: str, *pairs: int) -> Cell:
    return Cell(name, {f"{name}-{place}": amount for place, amount in enumerate(pairs)})


def hidden(cells: list[Cell]) -> set[str]:
    return {judged.name for judged in disclosure.municipal_cells(cells) if isinstance(judged, Suppressed)}


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ((2, 2, 2, 2, 1), "minder dan 10 tests"),
        ((5, 5, 5, 5), "minder dan 5 woningaanbieders"),
        ((5, 5, 5, 5, 0), "minder dan 5 woningaanbieders"),
        ((11, 2, 2, 2, 2), "de helft"),
    ],
)
def test_a_cell_is_unsafe_when_it_is_small_or_has_few_advertisers_or_one_that_dominates(
    pairs: tuple[int, ...], why: str
) -> None:
    found = disclosure.unsafe(cell("Noord", *pairs).pairs)
    assert found is not None
    assert why in found


@pytest.mark.parametrize("pairs", [(2, 2, 2, 2, 2), (10, 4, 2, 2, 2)])
def test_a_cell_exactly_on_the_limits_is_shown(pairs: tuple[int, ...]) -> None:
    assert disclosure.unsafe(cell("Noord", *pairs).pairs) is None


def test_one_hidden_cell_takes_the_next_smallest_with_it() -> None:
    cells = [cell("Groot", *[6] * 6), cell("Klein", *[3] * 6), cell("Leeg", 1), cell("Midden", *[4] * 6)]
    assert hidden(cells) == {"Leeg", "Klein"}
    judged = disclosure.municipal_cells(cells)
    assert judged[0] == Shown("Groot")
    assert [part.name for part in judged] == ["Groot", "Klein", "Leeg", "Midden"]
    assert isinstance(judged[1], Suppressed)
    assert isinstance(judged[2], Suppressed)
    assert judged[1].reason == judged[2].reason


def test_two_hidden_cells_that_are_unsafe_together_take_a_third() -> None:
    cells = [cell("A", *[6] * 6), cell("B", *[3] * 6), cell("C", 2), cell("D", 3)]
    assert hidden(cells) == {"B", "C", "D"}


def test_two_hidden_cells_that_are_safe_together_take_nothing_with_them() -> None:
    cells = [cell("A", *[6] * 6), cell("B", *[3] * 3), cell("C", *[3] * 3)]
    assert hidden(cells) == {"B", "C"}


def test_nothing_is_hidden_when_every_cell_is_safe() -> None:
    assert hidden([cell("A", *[6] * 6), cell("B", *[3] * 6)]) == set()


cells_of_a_round = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 8), max_size=8), min_size=1, max_size=7
).map(lambda parts: [Cell(str(place), pairs) for place, pairs in enumerate(parts)])


@given(cells_of_a_round)
def test_the_total_minus_what_is_shown_is_never_an_unsafe_number_unless_all_is_hidden(cells: list[Cell]) -> None:
    away = hidden(cells)
    assert {part.name for part in cells if disclosure.unsafe(part.pairs)} <= away
    if away and len(away) < len(cells):
        rest: dict[str, int] = {}
        for part in cells:
            if part.name in away:
                for advertiser, amount in part.pairs.items():
                    rest[advertiser] = rest.get(advertiser, 0) + amount
        assert len(away) > 1
        assert disclosure.unsafe(rest) is None


def test_a_municipality_sees_released_rounds_and_closed_rehearsals_only() -> None:
    disclosure.municipal_round("released", "live")
    disclosure.municipal_round("closed", "rehearsal")
    for state, mode in (("closed", "live"), ("running", "rehearsal"), ("collecting", "live")):
        with pytest.raises(Refused, match="vrijgegeven"):
            disclosure.municipal_round(state, mode)


def test_a_broker_sees_nothing_before_the_round_is_closed() -> None:
    disclosure.broker_round("closed")
    disclosure.broker_round("released")
    for state in ("running", "paused", "collecting", "aborted"):
        with pytest.raises(Refused, match="gesloten"):
            disclosure.broker_round(state)


def test_a_rehearsal_carries_a_watermark_and_a_live_round_does_not() -> None:
    assert "Oefenronde" in (disclosure.watermark("rehearsal") or "")
    assert disclosure.watermark("live") is None


def test_the_band_needs_ten_brokers_and_shows_quartiles() -> None:
    assert disclosure.broker_band([0.1] * 9) is None
    band = disclosure.broker_band([place / 100 for place in range(11)])
    assert band is not None
    assert (band.low, band.median, band.high, band.brokers) == pytest.approx((0.025, 0.05, 0.075, 11))


@pytest.mark.parametrize(("discordant", "missing"), [(0, 6), (3, 3), (5, 1), (6, 0), (9, 0)])
def test_a_broker_gets_no_verdict_under_six_one_sided_pairs(discordant: int, missing: int) -> None:
    text = disclosure.broker_verdict(Counts(c11=4, c10=discordant, c01=0, c00=1))
    assert (text is None) is (missing == 0)
    assert text is None or text.startswith(f"Te weinig gegevens: nog {missing} eenzijdige test")


def test_pairs_the_other_way_ask_for_more_pairs_before_a_verdict() -> None:
    told = disclosure.broker_verdict(Counts(c11=4, c10=4, c01=1, c00=1))
    assert told == "Te weinig gegevens: nog 3 eenzijdige tests nodig."


def test_the_counts_of_a_single_pair_are_not_shown() -> None:
    assert not disclosure.broker_counts_shown(Counts(c11=0, c10=1, c01=0, c00=0))
    assert disclosure.broker_counts_shown(Counts(c11=1, c10=1, c01=0, c00=0))
