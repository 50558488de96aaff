"""What the figures of a diagnosis come to, in one or two Dutch sentences that say no more than the figures."""

from results import formats
from results.diagnosis.figures import POWER, Diagnosis


def advice(found: Diagnosis, bias: float) -> str:
    """Say how likely this design finds ``bias`` (proportion), what it finds at all, and what it says wrongly."""
    tests = formats.many(found.pairs, "test", "tests")
    wrong = (
        f"zonder verschil meldt het onderzoek er toch een in {formats.percent(found.size.shown.value, 1)} van de rondes"
    )
    if not bias:
        return f"Met {tests} is het interval ongeveer {formats.points(found.width.median)} breed; {wrong}."
    chance = formats.number(found.power.shown.value, 2)
    first = f"Met {tests} is een verschil van {formats.points(bias)} met kans {chance} aan te tonen; {wrong}."
    return f"{first} {_reach(found)}"


def _reach(found: Diagnosis) -> str:
    usual = formats.number(POWER, 2)
    if found.smallest is None:
        return f"Geen enkel verschil is met kans {usual} aan te tonen: er zijn meer tests of woningaanbieders nodig."
    if found.power.shown.value < POWER:
        reach = f"pas een verschil van ongeveer {formats.points(found.smallest)}"
        return f"Dat is minder dan de gebruikelijke {usual}; met die kans vindt deze opzet {reach}."
    return f"Met kans {usual} vindt deze opzet een verschil vanaf ongeveer {formats.points(found.smallest)}."
