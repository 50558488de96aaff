"""What each of the three audiences reads."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import report_makers as make

from orchestrator.assignment import RefusalReason
from orchestrator.states import Exclusion, LetterState, RoundState
from profiles import grounds
from profiles.errors import BadInput, Refused
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from profiles.profile import Ground
from results import context_effect
from results.reports import Audience, Report, build, render, wording
from results.reports.values import Broker, Direction, Municipality, Researcher, Unpaired
from results.statistics import Estimate, Verdict

TEXT = re.compile(r"<[^>]+>")


def page(report: Report) -> str:
    return render(report, assets="/static")


def words(report: Report) -> str:
    return re.sub(r"\s+", " ", TEXT.sub(" ", page(report)))


def researcher(table: make.RoundTable) -> Report:
    return build(table, Audience.RESEARCHER)


def all_reports() -> Iterator[Report]:
    table = make.full_round(state="released")
    yield build(table, Audience.RESEARCHER)
    yield build(table, Audience.MUNICIPALITY)
    yield build(table, Audience.BROKER, advertiser="adv-03")


def test_a_shown_difference_is_one_plain_sentence_with_its_margin() -> None:
    finding = researcher(make.table(make.pairs(90, 50, 10, 60, advertisers=210))).finding
    assert finding.direction is Direction.TREATMENT_WORSE
    assert finding.sentence == (
        "Bij 19 van de 100 advertenties kreeg alleen de kandidaat met een Nederlands klinkende naam "
        "een uitnodiging, méér dan andersom."
    )
    assert finding.margin == "De onzekerheidsmarge loopt van 12 tot 26."


def test_a_difference_the_other_way_round_names_the_other_group() -> None:
    finding = researcher(make.table(make.pairs(90, 10, 50, 60, advertisers=210))).finding
    assert finding.direction is Direction.CONTROL_WORSE
    assert "Marokkaans klinkende naam" in finding.sentence
    assert finding.margin == "De onzekerheidsmarge loopt van 12 tot 26."


def test_no_difference_is_said_together_with_what_the_round_could_have_found() -> None:
    finding = researcher(make.table(make.pairs(90, 22, 20, 78, advertisers=210))).finding
    assert finding.direction is Direction.NOT_SHOWN
    assert "geen aantoonbaar verschil gevonden" in finding.sentence
    assert "nul ligt daarin" in finding.margin
    assert re.search(r"Een verschil van \d+,\d\sprocentpunt of meer", finding.limits)


def test_a_tiny_round_says_that_it_could_not_have_found_anything() -> None:
    finding = researcher(make.table(make.pairs(1, 1, 0, 1))).finding
    assert finding.direction is Direction.NOT_SHOWN
    assert "te klein" in finding.limits


def test_a_round_without_usable_pairs_still_has_a_report() -> None:
    report = researcher(make.table([make.excluded("niet-verzonden", 1)]))
    assert report.finding.direction is Direction.NO_DATA
    assert "Er valt nog niets te vergelijken" in words(report)


def test_the_margin_never_rounds_a_shown_difference_to_zero() -> None:
    shown = Estimate("net_discrimination", "all", 0.005, 0.0019, 0.0081, 0.95, 10000, "tango", "alle geslaagde tests")
    finding = wording.finding(shown, make.facts(), None)
    assert finding.direction is Direction.TREATMENT_WORSE
    assert finding.sentence.startswith("Bij 0,5 van de 100")
    assert "van 0,2 tot 0,8" in finding.margin


def test_the_wider_of_two_intervals_is_the_one_that_counts() -> None:
    clumped = [make.pair("c10" if place < 12 else "c11", place, advertiser=place // 12) for place in range(48)]
    body = researcher(make.table(clumped)).body
    assert isinstance(body, Researcher)
    shown = body.districts.rows[-1].estimate
    assert shown is not None
    assert shown.method == "cluster_cr2"
    assert body.districts.rows[-1].total


def test_counts_stand_before_estimates_and_each_estimate_names_its_denominator() -> None:
    report = researcher(make.full_round())
    body, text = report.body, page(report)
    assert isinstance(body, Researcher)
    net = [(row.estimate.over, row.value) for row in body.estimates if row.name == "Nettoverschil"]
    assert [over for over, _ in net] == ["all", "all", "usable", "relative"]
    assert len({value for _, value in net}) == 3
    assert text.index("Wat er per test gebeurde") < text.index("Verschil per wijk") < text.index('id="schattingen"')
    assert all(row.estimate.convention in text for row in body.estimates)


def test_sham_pairs_are_left_out_of_the_counts_and_told_apart() -> None:
    body = researcher(make.full_round()).body
    assert isinstance(body, Researcher)
    assert body.cells.counts.n == 212 + 2 + 3
    assert "Bij 5 schijntests" in body.sham
    assert "2 keer maar één van beide" in body.sham
    assert "(40%)" in body.sham


def test_every_reason_a_pair_or_listing_fell_out_is_told_in_dutch() -> None:
    body = researcher(make.full_round()).body
    assert isinstance(body, Researcher)
    assert [(row.label, row.count) for row in body.exclusions] == [
        ("Niet (helemaal) verzonden", 2),
        ("Woningaanbieder herkende de test", 1),
    ]
    assert set(wording.EXCLUSIONS) == {reason.value for reason in Exclusion}
    assert set(wording.REFUSALS) == {reason.value for reason in RefusalReason}
    assert set(wording.ROUND_STATES) == {state.value for state in RoundState}
    assert set(wording.LETTER_STATES) == {state.value for state in LetterState}


def test_a_reason_nobody_translated_is_shown_and_not_dropped() -> None:
    assert wording.told(wording.EXCLUSIONS, "brand-in-serverruimte") == "Brand in serverruimte"


def test_both_orders_add_up_to_all_pairs() -> None:
    body = researcher(make.full_round()).body
    assert isinstance(body, Researcher)
    assert sum(row.counts.n for row in body.orders) == body.cells.counts.n
    assert [row.name for row in body.orders] == ["Controleprofiel reageerde eerst", "Testprofiel reageerde eerst"]


def test_one_advertiser_gets_no_verdict_under_six_one_sided_pairs() -> None:
    rows = [*make.pairs(80, 12, 12, 40), *(make.pair("c10", 600 + place, 77) for place in range(9))]
    body = researcher(make.table(rows)).body
    assert isinstance(body, Researcher)
    verdicts = {row.result.advertiser: row.result.verdict for row in body.advertisers}
    assert verdicts["adv-77"] is Verdict.PATTERN
    assert set(verdicts.values()) == {Verdict.PATTERN, Verdict.TOO_LITTLE}
    assert [row.name for row in body.advertisers] == sorted(row.name for row in body.advertisers)


def test_a_round_that_was_aborted_says_that_its_figures_are_not_whole() -> None:
    rows = make.pairs(20, 6, 4, 10)
    assert researcher(make.table(rows, state="closed")).interim is None
    assert "afgebroken" in (researcher(make.table(rows, state="aborted")).interim or "")


def test_the_known_answer_of_a_simulated_market_stands_beside_the_measured_one() -> None:
    report = build(make.full_round(mode="rehearsal"), Audience.RESEARCHER, market_truth=0.12)
    assert report.truth is not None
    assert "12,0\u00a0procentpunt" in report.truth
    assert "binnen de gemeten" in report.truth


def test_a_rehearsal_is_marked_above_every_figure_for_every_audience() -> None:
    table = make.full_round(mode="rehearsal")
    for report in (
        build(table, Audience.RESEARCHER),
        build(table, Audience.MUNICIPALITY),
        build(table, Audience.BROKER, advertiser="adv-03"),
    ):
        text = page(report)
        assert text.index("Oefenronde.") < text.index("pt-finding") < text.index('<svg class="pt-st')


def test_a_report_carries_protocol_approval_and_the_state_of_its_names() -> None:
    text = words(researcher(make.full_round()))
    for part in (
        "9f2c1e7ab04d",
        "20260907",
        "m.dekker",
        "demonstratienamen, niet vooraf getest",
        "0,87",
        "ETH-2026-014",
    ):
        assert part in text


# --- municipality ---


def test_a_municipality_waits_for_the_release_of_a_live_round() -> None:
    with pytest.raises(Refused, match="vrijgegeven"):
        build(make.full_round(state="closed", mode="live"), Audience.MUNICIPALITY)
    assert build(make.full_round(state="released"), Audience.MUNICIPALITY).watermark is None
    assert build(make.full_round(state="closed", mode="rehearsal"), Audience.MUNICIPALITY).watermark


def test_a_municipality_sees_an_x_with_its_reason_for_a_small_district_and_the_next_smallest() -> None:
    report = build(make.full_round(state="released"), Audience.MUNICIPALITY)
    assert isinstance(report.body, Municipality)
    assert report.body.districts is not None
    hidden = {row.name: row.hidden for row in report.body.districts.rows if row.hidden}
    assert set(hidden) == {"Hoogland", "Liendert"}
    assert all(row.estimate is None and row.pairs is None for row in report.body.districts.rows if row.hidden)
    assert "x (te klein om te tonen, of nodig om een klein vakje te verbergen)" in words(report)


def test_a_round_of_too_few_advertisers_shows_a_municipality_no_figures_at_all() -> None:
    report = build(make.table(make.pairs(10, 5, 3, 6, advertisers=4), state="released"), Audience.MUNICIPALITY)
    assert report.finding.direction is Direction.HIDDEN
    assert isinstance(report.body, Municipality)
    assert (report.body.cells, report.body.districts, report.body.tiles) == (None, None, ())
    assert "minder dan 5 woningaanbieders" in words(report)
    assert "procentpunt" not in words(report)


def test_a_municipality_never_reads_the_name_of_an_advertiser_or_the_seed() -> None:
    table = make.full_round(state="released")
    text = words(build(table, Audience.MUNICIPALITY))
    assert not any(row.advertiser_name in text or row.advertiser in text for row in table.rows)
    assert "20260907" not in text
    assert "Wat dit wel en niet zegt" in text


# --- broker ---


def broker(table: make.RoundTable, advertiser: str = "adv-03") -> Report:
    return build(table, Audience.BROKER, advertiser=advertiser)


def test_a_broker_reads_its_own_counts_beside_an_anonymous_band() -> None:
    report = broker(make.full_round())
    assert isinstance(report.body, Broker)
    assert report.body.cells is not None
    assert report.body.band is not None
    assert report.body.band.brokers == 24
    text = words(report)
    assert report.title == "Uw terugkoppeling, Makelaardij D03"
    for part in (
        "Dit kan toeval zijn",
        "Te weinig gegevens: nog",
        "Drie stappen die werken",
        "Vertrouwelijk",
        "betwisten",
    ):
        assert part in text


def test_a_broker_never_reads_who_wrote_which_letter_or_when_or_about_others() -> None:
    table = make.full_round()
    text = words(broker(table))
    own = [row for row in table.rows if row.advertiser == "adv-03"]
    for row in own:
        assert not any(secret in text for secret in (row.pair, row.listing, row.control.name, row.treatment.name))
    assert not any(row.advertiser_name in text for row in table.rows if row.advertiser != "adv-03")
    assert "10:17" not in text
    assert "8 september" not in text


def test_the_seed_stays_with_the_researcher_because_it_would_draw_the_letters_again() -> None:
    assert "20260907" not in page(broker(make.full_round()))
    assert "20260907" in page(researcher(make.full_round()))


def test_a_broker_with_one_test_gets_no_figures() -> None:
    report = broker(make.table([*make.pairs(30, 5, 5, 20), make.pair("c10", 700, 60)]), "adv-60")
    assert isinstance(report.body, Broker)
    assert (report.body.cells, report.body.estimate, report.body.strip) == (None, None, None)
    assert "Eén test is een signaal, geen bevinding" in words(report)
    assert "pt-stack" not in page(report)


def test_a_broker_whose_tests_all_fell_out_is_told_so() -> None:
    rows = [*make.pairs(30, 5, 5, 20), make.pair("c10", 700, 60, state="excluded", reason="test-herkend")]
    assert broker(make.table(rows), "adv-60").finding.direction is Direction.NO_DATA


def test_fewer_than_ten_brokers_make_no_band() -> None:
    body = broker(make.table(make.pairs(30, 10, 10, 31, advertisers=9))).body
    assert isinstance(body, Broker)
    assert body.band is None
    assert body.strip is not None
    assert body.strip.band is None


def test_a_private_landlord_is_not_compared_with_brokers() -> None:
    body = broker(make.full_round(), "prv-01").body
    assert isinstance(body, Broker)
    assert body.band is None


def test_a_pattern_beyond_chance_is_said_without_a_cause() -> None:
    rows = [*make.pairs(80, 12, 12, 40), *(make.pair("c10", 600 + place, 77) for place in range(12))]
    finding = broker(make.table(rows), "adv-77").finding
    assert finding.direction is Direction.TREATMENT_WORSE
    assert "zeggen niet waardoor het komt" in finding.limits


def test_a_broker_waits_until_the_round_is_closed() -> None:
    with pytest.raises(Refused, match="gesloten"):
        broker(make.full_round(state="collecting"))


@pytest.mark.parametrize("advertiser", [None, "adv-99"])
def test_an_unknown_advertiser_is_bad_input(advertiser: str | None) -> None:
    with pytest.raises(BadInput, match="unknown-advertiser"):
        build(make.full_round(), Audience.BROKER, advertiser=advertiser)


# --- every page ---


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("report", list(all_reports()), ids=lambda report: report.audience)
def test_a_page_has_no_inline_style_or_script_and_loads_nothing_from_elsewhere(report: Report) -> None:
    parser = _Strict()
    parser.feed(page(report))
    assert parser.tags[0] == ("html", {"lang": "nl", "class": "utrecht-root voorbeeld-theme praktijktest-theme"})
    for tag, attributes in parser.tags:
        assert tag not in {"script", "style"}
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        address = attributes.get("href") or attributes.get("src") or ""
        assert address.startswith(("/static/", "#")) or not address
    ids = [attributes["id"] for _, attributes in parser.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("report", list(all_reports()), ids=lambda report: report.audience)
def test_no_page_names_a_culprit_or_shows_a_hyphen_for_a_minus(report: Report) -> None:
    text = words(report).lower()
    assert "dader" not in text
    assert not re.search(r"[(\s]-\d", text)
    assert "none" not in text
    assert "is een signaal, geen bevinding" in text


def test_what_comes_from_a_design_file_is_text_and_never_markup() -> None:
    text = page(researcher(make.full_round(study="<script>alert(1)</script> & meer")))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


SIGNALS = [(ground.value, key) for ground, told in grounds.load().grounds.items() for key in told.signals]


@pytest.mark.parametrize(("ground", "signal"), SIGNALS)
def test_every_report_says_which_ground_in_which_law_and_what_may_be_claimed(ground: str, signal: str) -> None:
    facts = make.facts(ground=ground, signal=signal, state="released")
    report = build(replace(make.full_round(state="released"), facts=facts), Audience.MUNICIPALITY)
    told, described = words(report), grounds.load().grounds[Ground(ground)]
    assert described.claim in told
    assert described.basis in told
    assert described.equal in told
    side = described.signals[signal].treatment.label or "een Marokkaans klinkende naam"
    assert f"de kandidaat met {side}" in told
    assert ("beleidsgrond" in told) == described.policy


def test_a_second_factor_is_shown_by_level_and_said_in_words() -> None:
    levels = (FactorLevel.AMPLE, FactorLevel.TIGHT)
    rows = [replace(row, level=levels[place % 2]) for place, row in enumerate(make.pairs(60, 40, 10, 90))]
    for audience in (Audience.RESEARCHER, Audience.MUNICIPALITY):
        report = build(make.table(rows, factor=Factor.INCOME, state="released"), audience)
        assert isinstance(report.body, Researcher | Municipality)
        assert report.body.levels is not None
        names = [row.name for row in report.body.levels.rows]
        assert names == ["Beide met een krap inkomen", "Beide met een ruim inkomen", "Alle tests"]
        assert "Tweede kenmerk" in {term.term for term in report.meaning}
        assert "Verschil naar het tweede kenmerk" in page(report)
        tested = "Is het verschil op beide niveaus even groot? Toets op gelijke verschillen: p" in words(report)
        assert tested is (audience is Audience.RESEARCHER)


def test_each_treatment_of_a_set_is_held_against_the_control() -> None:
    rows = [replace(row, arms={**row.arms, Arm.TREATMENT_2: row.control}) for row in make.pairs(60, 40, 10, 90)]
    for audience in (Audience.RESEARCHER, Audience.MUNICIPALITY):
        report = build(make.table(rows, further_sets=("Turks klinkende namen",), state="released"), audience)
        assert isinstance(report.body, Researcher | Municipality)
        assert report.body.treatments is not None
        shown = {row.name: row.estimate.value for row in report.body.treatments.rows if row.estimate}
        assert shown == {"Marokkaans klinkende namen": pytest.approx(0.15), "Turks klinkende namen": 0}
        assert "Elk testprofiel tegen het controleprofiel" in page(report)
        tested = "Worden alle profielen even vaak uitgenodigd? Cochrans Q: p" in words(report)
        assert tested is (audience is Audience.RESEARCHER)


def alone(positive: int, negative: int, arm: Arm, since: int) -> list[make.PairRow]:
    """Rows of an unpaired round: so many listings that invited this arm, and that did not."""
    rows = [make.pair("c11" if place < positive else "c00", since + place, (since + place) % 24)
            for place in range(positive + negative)]  # fmt: skip
    return [replace(row, first=arm, arms={arm: row.arms[arm]}, gap_hours=None) for row in rows]


def unpaired_table(**changes: object) -> make.RoundTable:
    rows = [*alone(70, 50, Arm.CONTROL, 0), *alone(40, 80, Arm.TREATMENT, 200)]
    return make.table(rows, approach="unpaired", state="released", **changes)


def test_a_note_in_an_unpaired_round_takes_no_pair_out_of_it() -> None:
    table = unpaired_table()
    assert context_effect.of(table, {table.rows[0].pair}) is None


def test_an_unpaired_round_compares_two_groups_of_listings_in_plain_words() -> None:
    report = researcher(unpaired_table())
    assert isinstance(report.body, Unpaired)
    assert report.finding.sentence == (
        "Op elke 100 advertenties kreeg de kandidaat met een Nederlands klinkende naam 25 uitnodigingen meer "
        "dan de kandidaat met een Marokkaans klinkende naam op 100 andere."
    )
    assert [(group.invited, group.n, group.rate) for group in report.body.groups] == [
        (70, 120, "58%"),
        (40, 120, "33%"),
    ]
    methods = [row.estimate.method for row in report.body.compared[0].estimates if "net" in row.estimate.name]
    assert methods[0] == "newcombe"
    assert any(method.startswith("cluster") for method in methods)
    assert "Fisher, exact" in words(report)


def test_the_municipality_reads_the_groups_of_an_unpaired_round_and_no_tests() -> None:
    report = build(unpaired_table(), Audience.MUNICIPALITY)
    assert isinstance(report.body, Unpaired)
    assert len(report.body.groups) == 2
    assert report.body.compared == report.body.coding == report.body.refusals == ()
    assert "58%" in words(report)


def test_a_small_unpaired_round_is_not_shown_to_the_municipality() -> None:
    few = [*alone(2, 1, Arm.CONTROL, 0), *alone(1, 2, Arm.TREATMENT, 10)]
    report = build(make.table(few, approach="unpaired", state="released"), Audience.MUNICIPALITY)
    assert report.finding.direction is Direction.HIDDEN
    assert "De cijfers van deze ronde tonen wij niet" in words(report)


def test_no_advertiser_is_judged_by_an_unpaired_round() -> None:
    report = build(unpaired_table(), Audience.BROKER, advertiser="adv-03")
    assert "Uit deze ronde volgt niets over één woningaanbieder" in words(report)


def test_an_unpaired_round_without_answers_says_so() -> None:
    assert researcher(make.table([], approach="unpaired")).finding.direction is Direction.NO_DATA


def test_a_factor_income_comes_with_neumarks_correction_or_with_why_it_cannot() -> None:
    levels = (FactorLevel.AMPLE, FactorLevel.TIGHT)
    cells = [*make.pairs(90, 60, 20, 30), *make.pairs(20, 50, 10, 120)]
    rows = [replace(row, level=levels[place // 200], pair=f"P-{place}") for place, row in enumerate(cells)]
    told = researcher(make.table(rows, factor=Factor.INCOME)).body
    assert isinstance(told, Researcher)
    assert "nadeel voor het testprofiel" in told.levels_told[1]
    alike = [replace(row, level=FactorLevel.AMPLE) for row in make.pairs(6, 3, 1, 4)]
    cannot = researcher(make.table(alike, factor=Factor.INCOME)).body
    assert isinstance(cannot, Researcher)
    assert "niet te schatten" in cannot.levels_told[1]
    assert "Niet te toetsen" in cannot.levels_told[0]
