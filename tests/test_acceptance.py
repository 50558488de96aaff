"""The whole house at once: a round through real SMTP, HTTP, Celery and a database, on a market with a known truth."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

SECONDS = "120"
"""So long that also a slow machine has sent everything before the consents end, seventeen weeks after the first day."""

INVITATIONS = {"invitation", "choose_slot", "open_house"}
MAIN = "from portal.cli import main; main()"


def praktijktest(*arguments: str, **environment: str) -> str:
    """Run the command as a user would, and return what it printed."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PRAKTIJKTEST_")}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *arguments],
        capture_output=True,
        text=True,
        timeout=600,  # on a machine that is busy with other work
        env=ours | environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Played:
    """One played demo: what it printed and its folder."""

    printed: str
    folder: Path

    @cached_property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "market-log.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @cached_property
    def pairs(self) -> list[dict[str, str]]:
        with (self.folder / "pairs.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def net(self, method: str) -> tuple[float, float, float]:
        """``method`` as it begins: the clustered interval is CR1 or CR2."""
        row = next(
            row
            for row in self.results["estimates"]
            if (row["name"], row["over"]) == ("net_discrimination", "all") and row["method"].startswith(method)
        )
        return row["low"], row["value"], row["high"]

    def letters(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.log if (line["direction"], line["kind"]) == ("in", kind)]


def _play(folder: Path, bias: str) -> Played:
    printed = praktijktest("demo", "--seed", "1", "--bias", bias, "--seconds", SECONDS, "--out", str(folder))
    return Played(printed, folder)


@pytest.fixture(scope="module")
def biased(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return _play(tmp_path_factory.mktemp("biased") / "demo", "0.15")


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return _play(tmp_path_factory.mktemp("fair") / "demo", "0")


def test_the_interval_covers_the_truth_of_a_biased_market_and_excludes_none(biased: Played) -> None:
    truth = biased.results["market_truth"]["net_discrimination"]
    assert truth == pytest.approx(0.15, abs=0.001)
    for method in ("tango", "cluster_", "newcombe10"):
        low, _, high = biased.net(method)
        assert 0 < low <= truth <= high
    assert next(test["p"] for test in biased.results["tests"] if test["name"] == "mcnemar_midp") < 0.01


def test_a_fair_market_shows_no_difference(fair: Played) -> None:
    assert fair.results["market_truth"]["net_discrimination"] == 0
    low, value, high = fair.net("tango")
    assert low < 0 < high
    assert abs(value) < 0.08
    assert next(test["p"] for test in fair.results["tests"] if test["name"] == "mcnemar_midp") > 0.05
    assert "geen aantoonbaar verschil" in (fair.folder / "rapporten" / "rapport-gemeente.html").read_text("utf-8")


def test_sham_pairs_show_noise_around_zero(biased: Played) -> None:
    sham = [row for row in biased.pairs if row["sham"] == "control" and row["state"] == "usable"]
    assert len(sham) > 10
    only = Counter((row["control_positive"], row["treatment_positive"]) for row in sham)
    # Two equal profiles: the discordant pairs fall either way (two-sided sign test, p > 0.01).
    assert abs(only["1", "0"] - only["0", "1"]) <= 2.6 * (only["1", "0"] + only["0", "1"]) ** 0.5
    assert {row["treatment_name_set"] for row in sham} == {"dutch"}


def test_every_inquiry_went_out_once_and_no_second_half_before_the_first(biased: Played) -> None:
    inquiries = biased.letters("inquiry")
    assert len(inquiries) == 480
    assert biased.letters("repeat") == []
    assert max(Counter((line["listing"], line["mailbox"]) for line in inquiries).values()) == 1
    assert {Counter(line["listing"] for line in inquiries)[row["listing"]] for row in biased.pairs} == {2}
    for row in biased.pairs:
        second = "treatment" if row["first"] == "control" else "control"
        gap = datetime.fromisoformat(row[f"{second}_sent_at"]) - datetime.fromisoformat(row[f"{row['first']}_sent_at"])
        assert gap.total_seconds() >= 2 * 3600


def test_letters_went_by_mail_and_by_form_and_every_answer_found_its_place(biased: Played) -> None:
    channels = Counter(line["channel"] for line in biased.letters("inquiry"))
    assert channels["smtp"] > channels["webform"] > 20
    assert "0 niet toegewezen" in biased.printed or "1 niet toegewezen" in biased.printed


def test_every_viewing_is_given_back_once_and_alike_for_both_arms(biased: Played) -> None:
    held = {(line["listing"], line["mailbox"]) for line in biased.log if line["kind"] in INVITATIONS}
    given_back = Counter((line["listing"], line["mailbox"]) for line in biased.letters("withdrawal"))
    assert set(given_back.values()) == {1}
    # A reply that found no inquiry waits for a person, and so does the viewing in it.
    assert len(held - set(given_back)) <= 1
    assert set(given_back) <= held


def test_nobody_is_paused_but_who_asked_twice_whether_this_is_a_test(biased: Played) -> None:
    asked = Counter(line["advertiser"] for line in biased.log if line["kind"] == "authenticity")
    paused = re.findall(r"^(.+) kreeg een pauze\. (.+?) De onderzoeker", biased.printed, re.MULTILINE)
    assert len(paused) <= sum(number > 1 for number in asked.values())
    assert all(reason.startswith("Reacties waarop werd gevraagd of dit een test is: 2") for _, reason in paused)
    assert praktijktest("holds", PRAKTIJKTEST_DATA=str(biased.folder)) == "Geen aanbieder heeft een pauze.\n"


def test_the_burden_ledger_agrees_with_what_the_market_saw(biased: Played) -> None:
    told = praktijktest("burden", "amersfoort-2026-najaar", PRAKTIJKTEST_DATA=str(biased.folder))
    letters, _, _, viewings, given_back, hours = told.split("samen")[1].split()[:6]
    assert int(letters) == len(biased.letters("inquiry"))
    assert int(given_back) == len(biased.letters("withdrawal")) == int(viewings)
    assert float(hours.replace(",", ".")) >= 1


def test_the_machine_readable_results_keep_their_contract(biased: Played) -> None:
    results = biased.results
    assert set(results["counts"]) == {"c11", "c10", "c01", "c00"}
    assert sum(results["counts"].values()) + sum(results["excluded"].values()) == len(
        [row for row in biased.pairs if not row["sham"]]
    )
    names = {(row["name"], row["over"]) for row in results["estimates"]}
    assert {("net_discrimination", over) for over in ("all", "usable", "relative")} <= names
    assert {"gross_discrimination", "odds_ratio", "rate_ratio"} <= {name for name, _ in names}
    mcnemar = {"mcnemar_exact", "mcnemar_midp", "mcnemar_asymptotic", "mcnemar_corrected"}
    assert mcnemar | {"cluster_cr1", "sign_flip_clustered"} == {row["name"] for row in results["tests"]}
    assert (len(results["design_digest"]), results["seed"]) == (64, 1)


def test_each_audience_gets_its_report_and_no_more_than_it_may_see(biased: Played) -> None:
    reports = biased.folder / "rapporten"
    brokers = list((reports / "makelaars").glob("*.html"))
    assert len(brokers) == len({row["advertiser"] for row in biased.pairs})
    applicants = {line["applicant"] for line in biased.letters("inquiry")}
    offices = {path.stem for path in brokers}
    for path in brokers:
        page = path.read_text(encoding="utf-8")
        assert not [name for name in applicants if name in page]
    municipality = (reports / "rapport-gemeente.html").read_text(encoding="utf-8")
    assert not [key for key in offices if key in municipality]
    assert (reports / "rapport-onderzoeker.html").exists()
    assert (reports / "stijl" / "app.css").exists()


def test_the_round_can_be_analysed_again_and_its_ledger_is_whole(biased: Played) -> None:
    data = str(biased.folder)
    again = json.loads(praktijktest("analyse", "amersfoort-2026-najaar", "--format", "json", PRAKTIJKTEST_DATA=data))
    assert {**again, "market_truth": None} == {**biased.results, "market_truth": None}
    assert "gaaf" in praktijktest("ledger", "verify", PRAKTIJKTEST_DATA=data)
