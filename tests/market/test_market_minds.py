from collections import Counter
from datetime import timedelta
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from market.bias import Leaning
from market.chance import Chance
from market.minds import INVITATIONS, Kind, decide, patience

BIASED = Leaning(base=0.55, bias=0.3)
HONEST = Leaning(base=0.45, bias=0.0)


def hear(listing, mailbox, leaning=BIASED, *, dutch, seed=1):
    return decide(seed, leaning, advertiser="a", listing=str(listing), mailbox=mailbox, dutch=dutch)


def share(kinds, wanted):
    return sum(kind in wanted for kind in kinds) / len(kinds)


def test_each_chance_of_an_invitation_is_the_declared_one():
    favoured = [hear(n, "bas@x.nl", dutch=True) for n in range(8000)]
    other = [hear(n, "emre@x.nl", dutch=False) for n in range(8000)]
    assert abs(share(favoured, INVITATIONS) - 0.55) < 0.025
    assert abs(share(other, INVITATIONS) - 0.25) < 0.025


def test_two_applicants_of_one_listing_mostly_share_its_mood():
    pairs = [
        (
            hear(n, "bas@x.nl", HONEST, dutch=True) in INVITATIONS,
            hear(n, "emre@x.nl", HONEST, dutch=False) in INVITATIONS,
        )
        for n in range(8000)
    ]
    unequal = share([one != other for one, other in pairs], {True})
    assert abs(unequal - 0.4 * 2 * 0.45 * 0.55) < 0.025


def test_an_unbiased_advertiser_decides_about_the_person_and_not_about_the_name():
    assert all(hear(n, "x@y.nl", HONEST, dutch=True) == hear(n, "x@y.nl", HONEST, dutch=False) for n in range(500))


def test_only_biased_advertisers_refuse_on_a_ground_and_only_some_applicants():
    ground = {Kind.GROUND, Kind.VEILED}
    assert share([hear(n, "e@x.nl", HONEST, dutch=False) for n in range(3000)], ground) == 0
    assert share([hear(n, "b@x.nl", dutch=True) for n in range(3000)], ground) == 0
    refused = [kind for n in range(6000) if (kind := hear(n, "e@x.nl", dutch=False)) not in INVITATIONS]
    assert 0.025 < share(refused, ground) < 0.055


def test_every_kind_of_answer_occurs_and_silence_most():
    refused = Counter(hear(n, "b@x.nl", HONEST, dutch=True) for n in range(8000) if n >= 0)
    for kind in INVITATIONS:
        refused.pop(kind)
    assert refused.most_common(1)[0][0] is Kind.SILENCE
    assert 0.34 < refused[Kind.SILENCE] / refused.total() < 0.42
    assert 0.005 < refused[Kind.AUTHENTICITY] / 8000 < 0.016
    assert len(refused) == 10


def test_people_answer_after_about_seven_hours_and_never_after_six_days():
    waits = [patience(Chance("p", n)) for n in range(4000)]
    assert timedelta(hours=6.3) < median(waits) < timedelta(hours=7.7)
    assert timedelta(0) < min(waits) <= max(waits) <= timedelta(days=6)


@settings(deadline=None)
@given(key=st.text(), name=st.text())
def test_a_draw_depends_on_its_key_and_name_only(key, name):
    first, again = Chance(key), Chance(key)
    again.uniform("something else")
    assert first.uniform(name) == again.uniform(name)
    assert 0 <= first.uniform(name) < 1
