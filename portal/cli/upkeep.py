"""Commands for who keeps the installation: is it well, and is its ledger whole. Each imports its room when it runs."""

from typing import Annotated

import typer

ledger = typer.Typer(no_args_is_help=True, help="Het logboek: is het gaaf, en tot welke regel.")
Line = Annotated[
    str | None, typer.Option(metavar="REGEL:HASH", help="Een regel die eerder is genoteerd of gepubliceerd.")
]


def doctor() -> None:
    """Onderzoek de installatie: wachtrijen, post, schijf, klok, tabellen, back-up, wijze en logboek."""
    from portal.commands import doctor as room

    room.doctor()


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Welke metingen; zonder namen alle.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="Zo vaak elke meting.")] = 5,
) -> None:
    """Meet deze machine: brieven, planning, post, cijfers, pagina's, rapporten en de start (uit de broncode)."""
    from portal.commands import bench as room

    room.bench(names or [], runs)


@ledger.command()
def verify(head: Line = None) -> None:
    """Controleer of het logboek gaaf is, en of een eerder genoteerde regel er nog in staat."""
    from portal.commands import doctor as room

    room.verify_ledger(head)


@ledger.command()
def head() -> None:
    """Toon de nieuwste regel met haar hash, om buiten de machine te bewaren of te publiceren."""
    from portal.commands import doctor as room

    room.print_head()
