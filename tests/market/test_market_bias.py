from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_makers import make_market, make_world

from market.bias import MAX_BIAS, leanings, net_discrimination, truth
from market.minds import INVITATIONS, decide
from market.world import MarketError


@settings(deadline=None)
@given(
    bias=st.floats(0, MAX_BIAS),
    seed=st.integers(0, 10**6),
    advertisers=st.integers(1, 40),
    each=st.integers(1, 5),
)
def test_the_declared_mean_is_the_asked_bias_and_no_chance_is_negative(bias, seed, advertisers, each):
    world = make_world(advertisers, each)
    declared = leanings(world, bias, seed)
    assert net_discrimination(world, declared) == pytest.approx(bias, abs=1e-5)
    assert all(0 <= one.bias <= one.base <= 0.6 for one in declared.values())
    assert all(one.base >= 0.35 for one in declared.values())


def test_about_forty_percent_of_the_advertisers_carry_all_of_it_in_varying_strength():
    for seed in range(20):
        carried = [one.bias for one in leanings(make_world(30, 3), 0.1, seed).values() if one.bias]
        assert 10 <= len(carried) <= 14
        assert max(carried) > 1.5 * min(carried)


def test_without_bias_both_chances_are_exactly_equal():
    declared = leanings(make_world(), 0.0, 3)
    assert all(one.invites(True) == one.invites(False) for one in declared.values())


@pytest.mark.parametrize("bias", [-0.01, 0.36, 1.0, float("nan")])
def test_a_bias_that_cannot_be_met_is_refused(bias):
    with pytest.raises(MarketError, match=r"--bias .* kan niet"):
        leanings(make_world(), bias, 1)


def test_the_truth_names_every_advertiser_and_how_the_number_is_defined():
    market = make_market(6, 3, bias=0.2)
    declared = truth(market.world, market.leanings, bias=0.2, seed=1)
    assert set(declared) == {"seed", "bias", "net_discrimination", "advertisers", "definition"}
    assert declared["net_discrimination"] == pytest.approx(0.2, abs=1e-5)
    assert [one["listings"] for one in declared["advertisers"].values()] == [3] * 6


@pytest.mark.parametrize("bias", [0.0, 0.15, 0.3])
def test_many_pairs_of_letters_show_the_declared_difference(bias):
    market = make_market(20, 5, bias=bias, seed=11)
    differences = [
        invited(market, listing, f"a{n}", True) - invited(market, listing, f"b{n}", False)
        for listing in market.world.listings.values()
        for n in range(200)
    ]
    n = len(differences)
    mean = sum(differences) / n
    # Letters about one listing share its mood, so the listing and not the letter is the independent unit.
    clusters = [sum(differences[start : start + 200]) / 200 for start in range(0, n, 200)]
    error = sqrt(sum((one - mean) ** 2 for one in clusters)) / len(clusters)
    assert abs(mean - bias) <= max(4 * error, 0.01)


def invited(market, listing, mailbox, dutch):
    kind = decide(
        market.seed,
        market.leanings[listing.advertiser],
        advertiser=listing.advertiser,
        listing=listing.key,
        mailbox=mailbox,
        dutch=dutch,
    )
    return int(kind in INVITATIONS)
