"""Commands on numbers alone: analyse, power. As in `portal.cli.commands`, each imports its room when it runs."""

from pathlib import Path
from typing import Annotated

import typer


def analyse(
    what: Annotated[
        str,
        typer.Argument(metavar="RONDE|BESTAND", help="Een ronde, of eigen uitkomsten (.csv, .sav, .dta, .parquet)."),
    ],
    form: Annotated[str, typer.Option("--format", help="table, json of html.")] = "table",
    level: Annotated[float, typer.Option(help="Betrouwbaarheid van de intervallen van een bestand.")] = 0.95,
    all_methods: Annotated[bool, typer.Option("--all-methods", help="Elk interval en elke toets die kan.")] = False,
    out: Annotated[Path | None, typer.Option(help="Bestand voor de pagina (html) of de JSON.")] = None,
    design: Annotated[str, typer.Option(help="paired, sets (meer profielen per advertentie) of unpaired.")] = "paired",
    pair: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met de test.")] = None,
    arm: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met het profiel.")] = None,
    positive: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met ja of nee (1 of 0).")] = None,
    value: Annotated[
        str | None, typer.Option(metavar="KOLOM", help="In plaats van ja of nee: getal, volgorde of klasse.")
    ] = None,
    advertiser: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met de woningaanbieder.")] = None,
    stratum: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met het stratum.")] = None,
    order: Annotated[str | None, typer.Option(metavar="KOLOM", help="Kolom met 1 (eerste brief) of 2.")] = None,
    control: Annotated[str | None, typer.Option(metavar="NAAM", help="Hoe het controleprofiel heet.")] = None,
) -> None:
    """Bereken schattingen, intervallen en toetsen."""
    from portal.commands import analysing

    columns = {"pair": pair, "arm": arm, "positive": positive, "value": value}
    more = {"advertiser": advertiser, "stratum": stratum, "order": order, "control": control}
    wishes = analysing.wishes_of(design, **columns, **more)
    analysing.run(what, wishes, analysing.Showing(form, level, all_methods, out))


def power(
    p10: Annotated[
        float | None, typer.Option(help="Deel van de tests met alleen het controleprofiel positief.")
    ] = None,
    p01: Annotated[float | None, typer.Option(help="Deel van de tests met alleen het testprofiel positief.")] = None,
    base: Annotated[float | None, typer.Option(help="Kans van het controleprofiel op een positief antwoord.")] = None,
    net: Annotated[float | None, typer.Option(help="Nettoverschil (0.08: 8 punten).")] = None,
    discordance: Annotated[float | None, typer.Option(help="Deel van de tests met een verschil.")] = None,
    prior: Annotated[
        str | None, typer.Option(metavar="SLEUTEL", help="Een eerder onderzoek; fout toont de lijst.")
    ] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Aantal tests dat u van plan bent.")] = None,
    wanted: Annotated[float, typer.Option("--power", help="Gewenst onderscheidend vermogen.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Kans op een onterecht verschil, tweezijdig.")] = 0.05,
    per_advertiser: Annotated[int, typer.Option(min=1, help="Tests per woningaanbieder.")] = 1,
    correlation: Annotated[float, typer.Option(help="Samenhang binnen een woningaanbieder (0 tot 1).")] = 0.0,
    one_advertiser: Annotated[bool, typer.Option("--one-advertiser", help="Plan voor één woningaanbieder.")] = False,
    form: Annotated[str, typer.Option("--format", help="table of json.")] = "table",
    svg: Annotated[Path | None, typer.Option(help="Bestand voor de grafiek.")] = None,
) -> None:
    """Bereken hoeveel tests een ronde nodig heeft, en wat zij kan vinden."""
    from portal.commands import planning

    shares = planning.shares(p10, p01, base, net, discordance, prior)
    wishes = planning.Wishes(pairs, wanted, alpha, per_advertiser, correlation, one_advertiser)
    planning.run(shares, wishes, form, svg)
