"""Commands for the own pages of advertisers. As in `commands`, each imports its room when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from portal.cli.arguments import Advertiser, By

broker = typer.Typer(no_args_is_help=True, help="De eigen pagina's van een woningaanbieder.")


@broker.command()
def link(
    advertiser: Advertiser,
    by: By,
    mail: Annotated[
        str | None, typer.Option(help="Mail de link hierheen, ook als de aanbieder er zelf om vraagt.")
    ] = None,
) -> None:
    """Geef een woningaanbieder een link naar de eigen pagina's: zeven dagen geldig, en één keer."""
    from portal.commands import brokers

    brokers.link(advertiser, mail, by)


@broker.command()
def revoke(advertiser: Advertiser, by: By) -> None:
    """Trek de toegang van een woningaanbieder in: links en aangemelde browsers stoppen meteen."""
    from portal.commands import brokers

    brokers.revoke(advertiser, by)


@broker.command()
def data(
    advertiser: Advertiser,
    out: Annotated[Path, typer.Option(help="Hierheen, als zip; een bestand dat er al is, blijft staan.")],
) -> None:
    """Schrijf alles wat over een woningaanbieder wordt bewaard, zoals hij het zelf op zijn pagina's ophaalt."""
    from portal.commands import brokers

    brokers.data(advertiser, out)
