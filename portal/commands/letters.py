"""The letters of a round, for the person who approves them."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from orchestrator import planned
from orchestrator.design import from_canonical
from orchestrator.rounds import likeness, lookup, recreating
from portal.commands import house
from profiles import letters, parity
from profiles.errors import Refused
from profiles.pairs import BOTH, Arm
from profiles.parity import LetterPair, Written
from results import balance as drawn
from results import formats

out = Console(soft_wrap=True)
HEADS = {
    Arm.CONTROL: "controleprofiel",
    Arm.TREATMENT: "testprofiel",
    Arm.TREATMENT_2: "tweede testprofiel",
    Arm.TREATMENT_3: "derde testprofiel",
}
SHORT = {Arm.CONTROL: "controle", Arm.TREATMENT: "test", Arm.TREATMENT_2: "test 2", Arm.TREATMENT_3: "test 3"}


def preview(name: str, code: str | None, most: int) -> None:
    """Print the two letters of each pair side by side."""
    with house.reading() as (session, _):
        pairs = likeness.letter_pairs(session, lookup.find(session, name))
    chosen = [pair for pair in pairs if code in (None, pair.code)][:most]
    if not chosen:
        raise Refused("unknown-pair", f"Ronde '{name}' heeft geen test {code}.", "Zie pairs.csv of status.")
    for pair in chosen:
        Console(width=max(out.width, 100)).print(_side_by_side(pair))
    out.print(f"{len(chosen)} van {len(pairs)} tests getoond.")


def check(name: str) -> None:
    """Print how far each marker follows the arm; raise `Refused` when the arms differ in more than the signal."""
    with house.reading() as (session, _):
        round_ = lookup.find(session, name)
        pairs = likeness.letter_pairs(session, round_)
        level = from_canonical(round_.design).letters.level
        _print_leanings(parity.leanings(pairs, level))
        likeness.require(session, round_)
    out.print(f"{len(pairs)} tests op niveau {level.value}: de brieven verschillen alleen in het signaal.")


def balance(name: str) -> None:
    """Print the balance table of a planned round, and whether it is what a fair draw gives."""
    with house.reading() as (session, _):
        pairs = planned.of_round(session, name).pairs
    lines = drawn.table(pairs)
    headings = (*(SHORT[arm] for arm in drawn.arms_of(pairs)), "p", "p na Holm")
    numbers = (Column(heading, justify="right") for heading in headings)
    shown = Table(Column("wat", no_wrap=True), "deel", *numbers, box=SIMPLE_HEAD)
    for line in lines:
        chances = (formats.number(chance, 3) for chance in (line.p, line.adjusted))
        shown.add_row(line.what, line.part, *map(str, line.split), *chances)
    out.print(shown)
    out.print(drawn.verdict(lines))
    with_order = any(len(pair.letters) > 1 for pair in pairs)
    for used in drawn.names(pairs):
        each = formats.many(used.most, "brief", "brieven")
        between = each if used.fewest == used.most else f"{used.fewest} tot {each}"
        uneven = f"; eerste en latere brieven van een naam schelen er hooguit {used.most_uneven}" if with_order else ""
        out.print(f"{used.names} namen van het {HEADS[used.arm]}: elk {between}{uneven}.")


def recreate(name: str, code: str | None) -> None:
    """Write the letters of a round again and print how many came out as they were; raise `Refused` when one did not."""
    with house.reading() as (session, _):
        round_ = lookup.find(session, name)
        again = recreating.of_round(session, round_)
        digest = round_.digest
    if code is not None and code not in again:
        raise Refused("unknown-pair", f"Ronde '{name}' heeft geen test {code}.", "Zie pairs.csv of status.")
    for arm, composed in again[code].items() if code else ():
        out.print(f"{HEADS[arm]}: {letters.signed(composed.profile)} <{composed.reply_address}>", highlight=False)
        out.print(Text(f"{composed.letter.subject}\n\n{composed.letter.body}"))
    written = sum(len(letters_) for letters_ in again.values())
    out.print(f"{written} brieven opnieuw geschreven, byte voor byte gelijk (opzet {digest[:12]}).")


def _side_by_side(pair: LetterPair) -> Table:
    sham = ", schijntest" if pair.sham else ""
    table = Table(title=f"{pair.code}  {pair.dwelling.street}{sham}", box=SIMPLE_HEAD, expand=True)
    for arm in BOTH:
        written = pair.letters[arm]
        table.add_column(f"{HEADS[arm]}: {letters.signed(written.profile)} (versie {written.variant})", ratio=1)
    table.add_row(*(Text(pair.letters[arm].letter.subject, style="bold") for arm in BOTH))
    table.add_row(*(_signal_in_bold(pair.letters[arm]) for arm in BOTH))
    return table


def _signal_in_bold(written: Written) -> Text:
    """The body, with what shows the signal in bold."""
    body, profile = Text(written.letter.body), written.profile
    shown = [profile.sentence, letters.signed(profile), profile.partner.first if profile.partner else ""]
    body.highlight_words([text for text in shown if text], style="bold")
    return body


def _print_leanings(leanings: tuple[parity.Leaning, ...]) -> None:
    table = Table(Column("kenmerk", no_wrap=True), "controle", "test", "z", title="Kenmerken van de brieven",
                  box=SIMPLE_HEAD)  # fmt: skip
    for leaning in leanings:
        table.add_row(leaning.marker, f"{leaning.control:.2f}", f"{leaning.treatment:.2f}", f"{leaning.z:z.2f}")
    out.print(table)
    out.print(
        f"z is de scheefheid over {leanings[0].n} tests; boven {parity.MOST_LEANING:.0f} is het geen toeval meer."
    )
