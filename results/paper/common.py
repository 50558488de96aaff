"""What the reports of more than one audience, or of more than one kind of round, tell alike."""

from collections.abc import Iterator

from results.language import _
from results.paper.blocks import Block, Table, Text
from results.paper.parts import NOTHING, card, cells, intervals, items, small, terms
from results.reports import phrases
from results.reports.values import Hidden, LookRow, LooksTold, Municipality, Researcher

LOOKS = (
    "Tussenstand", "Vastgelegd bij", "Geopend", "Tests", "Beide", "Alleen controle", "Alleen test", "Geen",
    "Verschil in procentpunt", "Grens", "Alfa besteed", "p-waarde", "Besluit", "E-waarde", "Altijd geldige p",
)  # fmt: skip


def what_it_says() -> Iterator[Block]:
    return card(_("Wat dit wel en niet zegt"), items(map(_, phrases.WHAT_IT_SAYS)))


def work(body: Researcher | Hidden) -> Iterator[Block]:
    yield from card(_("Codering van de antwoorden"), terms(body.coding))
    yield from card(_("Belasting voor woningaanbieders"), terms(body.burden))


def groups(body: Researcher | Municipality) -> Iterator[Block]:
    """The treatments of a set and the levels of a factor; only the researcher reads what was tested of them."""
    if body.treatments:
        caption = _("Nettoverschil in uitnodigingen; rechts van nul: nadeel voor dat testprofiel")
        shown = intervals(body.treatments, caption, _("Testprofiel"))
        told = body.treatments_told if isinstance(body, Researcher) else ()
        yield from card(
            _("Elk testprofiel tegen het controleprofiel"), shown, map(Text, told), small(_(phrases.TREATMENTS))
        )
    if body.levels:
        shown = intervals(body.levels, _(phrases.NET), _("Tweede kenmerk"))
        told = body.levels_told if isinstance(body, Researcher) else ()
        yield from card(_("Verschil naar het tweede kenmerk"), shown, map(Text, told), small(_(phrases.LEVELS)))


def looks(of: LooksTold | None) -> Iterator[Block]:
    if of is None:
        return
    rows = tuple(_look(row) for row in of.rows)
    table = Table(
        _("Wat elke tussenstand liet zien, met de tests van dat moment"), tuple(map(_, LOOKS)), rows, (0, 2, 12)
    )
    yield from card(_("Tussenstanden"), Text(of.declared), table, map(small, of.sentences))


def _look(row: LookRow) -> tuple[str, ...]:
    counts = cells(row.counts) if row.counts else (NOTHING,) * 5
    rest = (row.net, row.boundary, row.spent, row.p, row.decision, row.e_value, row.always_p)
    return (row.name, row.planned, row.opened, *counts, *rest)
