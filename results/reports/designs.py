"""What a report says, in sentences, of a design beyond the plain pair: of a second factor, and of a set."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np

from profiles.errors import BadInput
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results import formats, tables
from results.language import _, note
from results.reports import figures
from results.statistics.arms import cochran_q, compare_arms, tally_sets
from results.statistics.bias.probit import heteroskedastic_probit
from results.statistics.strata import net_homogeneity
from results.tables import PairRow


def of_factor(rows: Sequence[PairRow], factor: Factor | None, level: float) -> tuple[str, ...]:
    """Whether the difference changes with the factor, and with a factor income also Neumark's correction."""
    counted = figures.usable(rows)
    if factor is None or not counted:
        return ()
    told = [_homogeneity(counted)]
    if factor is Factor.INCOME:
        told.append(_neumark(counted, level))
    return tuple(told)


def of_set(rows: Sequence[PairRow], labels: Mapping[Arm, str]) -> tuple[str, ...]:
    """Whether all arms of a set are invited equally often, and which treatments differ from the control."""
    counted = figures.usable(rows)
    if not counted:
        return ()
    told = ((row.pair, arm, row.arms[arm].positive is True) for row in counted for arm in labels)
    sets = tally_sets(told, list(labels))
    q = cochran_q(sets)
    against = [each for each in compare_arms(sets) if each.control == Arm.CONTROL]
    pairwise = "; ".join(f"{labels[Arm(each.treatment)]} {formats.p_value(each.p_adjusted)}" for each in against)
    return (
        _("Worden alle profielen even vaak uitgenodigd? Cochrans Q: %(p_value)s.", p_value=formats.p_value(q.p)),
        _(
            "Elk testprofiel tegen het controleprofiel (McNemar mid-p, na Holm over alle paren): %(pairwise)s.",
            pairwise=pairwise,
        ),
    )


def _homogeneity(counted: Sequence[PairRow]) -> str:
    groups = figures.by(counted, lambda row: row.level or "")
    question = _("Is het verschil op beide niveaus even groot?")
    try:
        found = net_homogeneity([astuple(tables.counts(rows)) for rows in groups.values()])
    except BadInput as error:
        return _(
            "%(question)s Niet te toetsen. %(message)s", question=question, message=note(error.problems[0].message)
        )
    return _(
        "%(question)s Toets op gelijke verschillen: %(p_value)s.", question=question, p_value=formats.p_value(found.p)
    )


def _neumark(counted: Sequence[PairRow], level: float) -> str:
    """The part of the difference that is left when both groups are given an equal unseen spread."""
    advertisers = {key: number for number, key in enumerate(dict.fromkeys(row.advertiser for row in counted))}
    letters = [(row, arm) for row in counted for arm in (Arm.CONTROL, Arm.TREATMENT)]
    question = _("Gecorrigeerd voor ongelijke spreiding (Neumark 2012, met het inkomen als verschuiver):")
    try:
        found = heteroskedastic_probit(
            np.array([row.arms[arm].positive is True for row, arm in letters], int),
            np.array([arm is Arm.TREATMENT for _row, arm in letters], int),
            np.array([[row.level is FactorLevel.AMPLE] for row, _arm in letters], int),
            np.array([advertisers[row.advertiser] for row, _arm in letters]),
            level,
        )
    except BadInput as error:
        return _(
            "%(question)s niet te schatten. %(message)s", question=question, message=note(error.problems[0].message)
        )
    by_level = found.effects.average[1]
    away = (None if each is None else -each for each in (by_level.value, by_level.high, by_level.low))
    value, low, high = away
    return _(
        "%(question)s nadeel voor het testprofiel %(points)s (%(span)s); toets op gelijke spreiding %(p_value)s.",
        question=question,
        points=formats.points(value),
        span=formats.span(low, high),
        p_value=formats.p_value(found.wald.p),
    )
