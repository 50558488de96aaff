"""Every number in the file of published numbers is either something that went in, or comes out of ours.

A number that is added to the file without a line here fails a test, so that none is forgotten. Run with ``-s`` to see
published and ours side by side.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle_maker import INTERVALS

from results.statistics import Analysis, Counts, analyse, benjamini_hochberg, cohens_kappa, holm
from results.statistics.advertiser import evidence_floor, no_one_sided_treatment, one_sided_midp, one_sided_p
from results.statistics.categories import bhapkar, bowker, stuart_maxwell
from results.statistics.looks.anytime import log_mixture
from results.statistics.mcnemar import exact_p
from results.statistics.order import gart
from results.statistics.power import connor_pairs, exact_power
from results.statistics.regression import linear_counts
from results.statistics.strata import odds_homogeneity, odds_homogeneity_exact
from results.statistics.unpaired import (
    Arms,
    difference,
    difference_newcombe,
    difference_wald_cc,
    fisher,
    pearson,
    yates,
)

Path_ = tuple[str | int, ...]
ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
WENT_IN = {
    "cells", "counts", "p", "table", "strata", "peterson_2007", "table_majfirst_minfirst", "pb", "pc", "npairs", "p10",
    "p01", "power", "b", "c", "pairs_majfirst", "pairs",
}  # fmt: skip
NOT_OURS = {
    "clogit_or_black": "needs the gender, education and order of every inquiry, which are not in the file",
    "clogit_or_black_ci90": "as clogit_or_black",
    "clogit_or_minority": "as clogit_or_black",
    "clogit_or_minority_ci90": "as clogit_or_black",
    "n_inquiries": "all arms of the study together: three times its listings",
    "share_listings_diff_response": "over the three arms of a set, of which the file has two",
    "by": "Benjamini-Yekutieli is not offered",
}
VALUES = {
    "rate_majority": ("rate_control", "all"),
    "rate_minority": ("rate_treatment", "all"),
    "mean_response_white": ("rate_control", "all"),
    "net_all_pairs": ("net_discrimination", "all"),
    "gross_adverse": ("gross_discrimination", "all"),
    "gross_favourable": ("gross_favourable", "all"),
    "ndr_excl_neither": ("net_discrimination", "usable"),
    "gdr_excl_neither": ("gross_discrimination", "usable"),
    "relative_disadvantage": ("net_discrimination", "relative"),
    "ratio_maj_min": ("rate_ratio", "all"),
    "cond_or": ("odds_ratio", "discordant"),
    "odds_ratio": ("odds_ratio", "discordant"),
}
TESTS = {
    "p": ("mcnemar_asymptotic", "p"),
    "chi2": ("mcnemar_asymptotic", "statistic"),
    "p_cc": ("mcnemar_corrected", "p"),
    "mcnemar_cc_p": ("mcnemar_corrected", "p"),
    "chi2_cc": ("mcnemar_corrected", "statistic"),
    "exact_p": ("mcnemar_exact", "p"),
    "midp_p": ("mcnemar_midp", "p"),
}


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, float]]:
    """Every number of the file with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from leaves(part, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def went_in(path: Path_) -> bool:
    inside = [key for key in path[1:] if isinstance(key, str)]
    if path[0] == "planning":
        return path[-1] != 2
    if path[0] in ("paired_2x2", "studies") and inside[0] in ("published", "derived"):
        return False
    if path[0] == "brokers_synthetic":
        return path[-1] in ("b", "c", "n")
    return bool(WENT_IN & set(inside))


def not_ours(path: Path_) -> bool:
    return any(key in NOT_OURS for key in path)


def number(found: float | None) -> float:
    assert found is not None
    return found


def analysis_of(entry: Mapping[str, Any]) -> Analysis:
    cells = entry.get("cells") or [
        entry["counts"][key] for key in ("both", "only_majority", "only_minority", "neither")
    ]
    return analyse(Counts(*cells), all_methods=True)


def of_table(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that sources print about one table, by the name it has in the file."""
    found = analysis_of(entry)
    counts = found.counts
    ours: dict[str, Any] = {"n": counts.n, "n_listings": counts.n}
    for key, (name, over, method) in INTERVALS.items():
        estimate = found.estimate(name, over, method)
        ours[key] = [estimate.low, estimate.high]
    ours |= {key: found.estimate(*what).value for key, what in VALUES.items()}
    ours |= {key: getattr(found.test(name), field) for key, (name, field) in TESTS.items()}
    return ours | _signed(found) | _unpaired(counts) | _paired_t(counts)


def _signed(found: Analysis) -> dict[str, Any]:
    statistic = found.test("mcnemar_asymptotic").statistic
    counts = found.counts
    usable = found.estimate("net_discrimination", "usable").value
    evidence = exp(log_mixture(counts.c10, counts.c01, one_sided=True)) if counts.discordant else None
    sign = 1 if counts.c10 >= counts.c01 else -1
    return {
        "z": sign * sqrt(statistic) if statistic is not None else None,
        "ndr_pct": 100 * usable if usable is not None else None,
        "e_value_one_sided_uniform": evidence,
    }


def _unpaired(counts: Counts) -> dict[str, Any]:
    if not counts.answered:
        return {}
    usable = Arms(counts.control, counts.answered, counts.treatment, counts.answered)
    arms = Arms(counts.control, counts.n, counts.treatment, counts.n)
    return {
        "ndr_ci95_pct": [limit and 100 * limit for limit in difference_wald_cc(usable, 0.95)],
        "fisher_unpaired_p": fisher(arms).p,
        "pearson_yates_unpaired": yates(arms).statistic,
    }


def _paired_t(counts: Counts) -> dict[str, Any]:
    if counts.n < 200:
        return {}
    beta = linear_counts(counts).coefficient()
    # The textbook takes treatment minus control.
    mean = {"mean_diff": -beta.value, "sd": beta.error * sqrt(counts.n), "t": -beta.statistic}
    return mean | {"paired_t": beta.statistic, "paired_t_p": beta.p}


def of_paired(section: list[Mapping[str, Any]]) -> list[Any]:
    return [{"published": of_table(entry)} for entry in section]


def of_studies(section: list[Mapping[str, Any]]) -> list[Any]:
    tables = [of_table(entry) for entry in section]
    return [{"published": ours, "derived": ours | {"mcnemar": ours, "ci95": ours}} for ours in tables]


def of_vignette(section: Mapping[str, Any]) -> dict[str, Any]:
    found = analysis_of(section)
    return {
        "n": found.counts.n,
        "net_discrimination_pct": 100 * number(found.estimate("net_discrimination").value),
        "riach_rich_pct": 100 * number(found.estimate("net_discrimination", "usable").value),
        "exclusive_share_pct": 100 * number(found.estimate("exclusive_share", "discordant").value),
        "exact_mcnemar_p": found.test("mcnemar_exact").p,
    }


def of_power(section: list[Mapping[str, Any]]) -> list[Any]:
    one, two = section
    # The source gives shares of discordant pairs that are 0.5 and 0.3 of all pairs.
    found = exact_power(one["pb"], one["pc"], one["npairs"], test="exact")
    return [
        {"published_exact_power": found, "exact_no_truncation": found},
        {"published_n": connor_pairs(two["p10"], two["p01"], two["power"])},
    ]


def of_categories(section: Mapping[str, Any]) -> dict[str, Any]:
    made = {"stuart": stuart_maxwell, "bhapkar": bhapkar, "bowker": bowker}
    found = {key: make(section["peterson_2007"]) for key, make in made.items()}
    return {"published": {key: [test.statistic, test.df, test.p] for key, test in found.items()}}


def of_kappa(section: Mapping[str, Any]) -> dict[str, Any]:
    cells = np.array(section["table"])
    rows, columns = (np.repeat(place.ravel(), cells.ravel()).tolist() for place in np.indices(cells.shape))
    return {"kappa": cohens_kappa(rows, columns)}


def of_multiplicity(section: Mapping[str, Any]) -> dict[str, Any]:
    return {"holm": holm(section["p"]), "bh": benjamini_hochberg(section["p"])}


def of_order(section: Mapping[str, Any]) -> dict[str, Any]:
    (b1, c1), (b2, c2) = section["turkish"]["table_majfirst_minfirst"]
    found = gart(Counts(0, b1, c1, 0), Counts(0, b2, c2, 0))
    told = {
        "gart_group_or": found.group.value,
        "group_se_log": found.error,
        "gart_order_or": found.order.value,
        "order_p": found.test("order_gart").p,
    }
    return {"turkish": told}


def of_evidence(section: Mapping[str, Any]) -> dict[str, Any]:
    return {
        side: {key: exp(log_mixture(5, 0, one_sided=side == "one_sided")) for key in section[side]}
        for side in ("one_sided", "two_sided")
    }


def of_stratum(section: Mapping[str, Any]) -> dict[str, Any]:
    table = [[0, b, c, 0] for b, c in section["turkish_gender_OR"]["strata"]]
    test = odds_homogeneity(table)
    exact = odds_homogeneity_exact(table).p
    return {"turkish_gender_OR": {"homogeneity_chi2": test.statistic, "p": test.p, "fisher": exact}}


def of_unpaired(section: Mapping[str, Any]) -> dict[str, Any]:
    (x1, n1), (x2, n2) = section["w241_race"]["table"]
    arms = Arms(x1, n1, x2, n2)
    told = {"diff": difference(arms), "fisher": fisher(arms).p, "newcombe": difference_newcombe(arms, 0.95)}
    return {"w241_race": told | {"pearson": pearson(arms).statistic, "yates": yates(arms).statistic}}


def of_brokers(section: list[Mapping[str, Any]]) -> list[Any]:
    counts = [Counts(0, each["b"], each["c"], 0) for each in section]
    exact, c10, c01 = [one_sided_p(each) for each in counts], *(_column(section, key) for key in "bc")
    columns = {
        "p_one_sided": exact,
        "midp": [one_sided_midp(each) for each in counts],
        "holm": holm(exact),
        "bh": benjamini_hochberg(exact),
        "posterior_null_pi0_half_beta41": no_one_sided_treatment(c10, c01, pi0=0.5).posterior.tolist(),
    }
    return [{key: values[place] for key, values in columns.items()} for place in range(len(section))]


def _column(section: list[Mapping[str, Any]], key: str) -> list[int]:
    return [each[key] for each in section]


def of_limits(section: Mapping[str, Any]) -> dict[str, Any]:
    def two_sided(m: int) -> int | None:
        enough = [b for b in range(m // 2, m + 1) if exact_p(m - b, m) <= 0.05]
        return min(enough, default=None)

    kinds: dict[str, Callable[[int], int | None]] = {
        "one_sided_05_min_b": evidence_floor,
        "two_sided_05_min_b": two_sided,
    }
    return {key: {m: least(int(m)) for m in section[key]} for key, least in kinds.items()}


def of_planning(section: Mapping[str, Any]) -> dict[str, Any]:
    return {"pairs": [[p10, p01, round(connor_pairs(p10, p01))] for p10, p01, _ in section["pairs"]]}


OURS: dict[str, Callable[[Any], Any]] = {
    "paired_2x2": of_paired,
    "studies": of_studies,
    "callback_vignette": of_vignette,
    "power": of_power,
    "multicategory": of_categories,
    "kappa": of_kappa,
    "multiplicity": of_multiplicity,
    "order_gart": of_order,
    "evalue": of_evidence,
    "stratum": of_stratum,
    "unpaired": of_unpaired,
    "brokers_synthetic": of_brokers,
    "detection_limits": of_limits,
    "planning": of_planning,
}
TEXT = {"cells", "traps"}
SOURCES_ERR = {
    "published_exact_power": 1e-5,  # the source stops its sum at 1e-6 on either side
    "t": 0.006,  # recalled from a textbook, which rounds the error before it divides
}


def printed(path: Path_, value: float) -> Any:
    """Equal up to half a unit of the last printed digit; six digits where a value was computed by somebody else."""
    key = next(str(part) for part in reversed(path) if isinstance(part, str))
    if key in SOURCES_ERR:
        return pytest.approx(value, abs=SOURCES_ERR[key])
    if "derived" in path or key == "mcnemar_cc_p":
        return pytest.approx(value, rel=5.1e-6)
    exponent = Decimal(str(value)).as_tuple().exponent
    assert isinstance(exponent, int)
    places = max(-exponent, 3 if key in INTERVALS else 0)  # a table prints three digits at least: JSON drops zeros
    return pytest.approx(value, rel=1e-12, abs=0.5000001 * 10.0**-places)


def ours_at(found: Any, path: Path_) -> float:
    for key in path:
        found = found[key]
    return number(found)


@pytest.mark.parametrize("section", OURS)
def test_every_published_number_of_a_section_comes_out(section: str) -> None:
    found = OURS[section](ORACLE[section])
    compared = 0
    for path, value in leaves(ORACLE[section], (section,)):
        if went_in(path) or not_ours(path):
            continue
        try:
            ours = ours_at(found, path[1:])
        except (KeyError, IndexError, TypeError) as error:
            pytest.fail(f"{path}: published {value}, and nothing of ours stands beside it ({error!r})")
        print(f"{'.'.join(map(str, path)):<70} {value:>14.8g} {ours:>14.8g}")
        assert ours == printed(path, value), path
        compared += 1
    assert compared


def test_every_section_with_numbers_has_a_check() -> None:
    with_numbers = {section for section, part in ORACLE.items() if any(True for _ in leaves(part))}
    assert with_numbers == set(OURS)
    assert set(ORACLE) - with_numbers == TEXT


def test_a_limit_that_no_number_reaches_is_none_in_ours_too() -> None:
    assert ORACLE["detection_limits"]["two_sided_05_min_b"]["5"] is None
    assert of_limits(ORACLE["detection_limits"])["two_sided_05_min_b"]["5"] is None


def test_what_is_not_ours_is_in_the_file_and_nothing_else_is_left_out() -> None:
    keys = {key for path, _ in leaves(ORACLE) for key in path if isinstance(key, str)}
    assert set(NOT_OURS) <= keys
    left_out = [path for path, _ in leaves(ORACLE) if not_ours(path)]
    assert len(left_out) == 13


def test_a_number_that_is_added_without_a_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ORACLE, "kappa", {**ORACLE["kappa"], "weighted": 0.5})
    with pytest.raises(pytest.fail.Exception, match="weighted"):
        test_every_published_number_of_a_section_comes_out("kappa")
