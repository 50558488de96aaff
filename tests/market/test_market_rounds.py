"""Many rounds from a file of letters: the same answers as the mail market, and the declared ways of a market."""

import csv
import json
from pathlib import Path

import pytest
from market_makers import NOW, make_inquiry, make_listing, make_market, make_world, write_world

from market.bias import leanings, net_discrimination
from market.minds import INVITATIONS, Kind
from market.office import open_market, respond
from market.rounds import COLUMNS, Letter, answer, main, play
from market.temper import Temper
from market.world import MarketError

MACHINES = {Kind.RECEIPT, Kind.AWAY}
NAMES = ("Bas Vermeulen", "Mohamed El Idrissi")


@pytest.mark.parametrize("seed", range(5))
def test_each_letter_gets_the_answer_and_the_moment_that_the_mail_market_gives(seed: int) -> None:
    market = make_market(20, 6, seed=seed)
    for listing in market.world.listings.values():
        for name, dutch in zip(NAMES, (True, False), strict=True):
            inquiry = make_inquiry(listing, name)
            mails = [mail for mail in respond(market, inquiry, listing, NOW) if mail.kind not in MACHINES]
            kind, hours = answer(market, Letter(listing, dutch, inquiry.mailbox, NOW))
            assert [kind] == ([mail.kind for mail in mails] or [Kind.SILENCE])
            if kind not in (Kind.SILENCE, Kind.BOUNCE):
                assert hours == pytest.approx((mails[0].due - NOW).total_seconds() / 3600, abs=0.001)


def rates(temper: Temper, bias: float) -> tuple[float, float, float, float]:
    """Over many markets: how often each name is invited, how often only one of the two, and doubts among the rest."""
    world = make_world(20, 5)
    letters = [
        Letter(listing, dutch, f"{dutch}-{listing.key}@woonpost.example", NOW)
        for listing in world.listings.values()
        for dutch in (True, False)
    ]
    kinds = [list(Kind)[kind] for each in play(world, letters, range(100), bias, temper) for kind in each["kinds"]]
    dutch, other = ([kind in INVITATIONS for kind in kinds[side::2]] for side in (0, 1))
    differ = sum(one != two for one, two in zip(dutch, other, strict=True))
    rest = [kind for kind in kinds if kind not in INVITATIONS and kind is not Kind.BOUNCE]
    many = len(dutch)
    return sum(dutch) / many, sum(other) / many, differ / many, rest.count(Kind.AUTHENTICITY) / len(rest)


def test_a_market_has_the_base_rate_discordance_and_doubts_that_were_declared() -> None:
    """One mood for all and no bias: nobody is treated differently; none shared: as two independent draws differ."""
    control, treatment, differ, doubts = rates(Temper(base=(0.5, 0.5), shared=1.0, doubts=0.2), 0.0)
    assert control == pytest.approx(0.5, abs=0.02)
    assert (treatment, doubts) == pytest.approx((control, 0.2), abs=0.02)
    assert differ < 0.01  # one mailbox of twenty sends back 15% of its letters: 0.05 * 2 * 0.15 * 0.5 = 0.0075
    _, treatment, differ, doubts = rates(Temper(base=(0.5, 0.5), shared=0.0, doubts=0.0), 0.2)
    assert treatment == pytest.approx(0.3, abs=0.02)
    assert differ == pytest.approx(0.5, abs=0.03)  # p(1 - q) + q(1 - p), with p a half it is a half whatever q
    assert doubts == 0


def test_the_bias_is_carried_by_the_declared_part_of_the_advertisers() -> None:
    world = make_world(20, 5)
    for share, carriers in ((1.0, 20), (0.5, 10)):
        declared = leanings(world, 0.1, 3, Temper(carriers=share))
        assert sum(one.bias > 0 for one in declared.values()) == carriers
        assert net_discrimination(world, declared) == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize(
    ("ways", "told"),
    [
        ({"base": (0.6, 0.3)}, "--base 0.6 0.3"),
        ({"base": (0.0, 0.3)}, "--base 0 0.3"),
        ({"shared": 1.1}, "--shared 1.1"),
        ({"carriers": -0.1}, "--carriers -0.1"),
        ({"doubts": 0.95}, "--doubts 0.95"),
    ],
)
def test_a_market_that_cannot_be_is_refused(ways: dict[str, float], told: str) -> None:
    with pytest.raises(MarketError, match=told):
        Temper(**ways)  # type: ignore[arg-type]


def test_a_bias_above_the_lowest_base_rate_is_refused() -> None:
    with pytest.raises(MarketError, match=r"--bias 0.3 kan niet"):
        open_market(make_world(), bias=0.3, seed=1, temper=Temper(base=(0.2, 0.4)))


def command(folder: Path, *rows: tuple[str, ...], rounds: int = 3) -> tuple[int, list[dict[str, object]]]:
    people, homes = write_world(make_world(3, 2), folder)
    with (folder / "letters.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    files = ("--participants", people, "--listings", homes, "--letters", folder / "letters.csv")
    words = [*files, "--rounds", rounds, "--seed", 7, "--out", folder / "answers.jsonl"]
    code = main([str(word) for word in words])
    out = folder / "answers.jsonl"
    return code, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


HOME = make_listing("kantoor-0", 0).key


def test_the_command_writes_one_line_a_round_and_the_same_ones_again(tmp_path: Path) -> None:
    rows = [(HOME, name, f"{place}@woonpost.example", "2026-09-07T09:00:00+02:00") for place, name in enumerate(NAMES)]
    code, lines = command(tmp_path, *rows)
    assert code == 0
    assert lines[0]["dutch"] == [True, False]
    assert [line["seed"] for line in lines[1:]] == [7, 8, 9]
    assert command(tmp_path, *rows)[1] == lines


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "geen enkele brief"),
        (
            [("nergens", "Bas Vermeulen", "a@b.example", "2026-09-07T09:00:00+02:00")],
            "letters.csv:2: advertentie 'nergens'",
        ),
        ([(HOME, "Bas Vermeulen", "a@b.example", "morgen")], "letters.csv:2: 'morgen' is geen tijd"),
        ([(HOME, "Bas Vermeulen", "a@b.example", "2026-09-07T09:00:00")], "heeft geen tijdzone"),
    ],
)
def test_letters_that_cannot_be_answered_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[tuple[str, ...]], told: str
) -> None:
    assert command(tmp_path, *rows) == (2, [])
    assert told in capsys.readouterr().err
