"""Commands for who keeps the installation: is it well, its ledger, its keys. Each imports its room when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.states import ErasureReason
from portal.cli.arguments import Advertiser, By

ledger = typer.Typer(no_args_is_help=True, help="Het logboek: is het gaaf, en tot welke regel.")
keys = typer.Typer(no_args_is_help=True, help="De sleutels van wat versleuteld is: tellen, vervangen, kopiëren.")
retention = typer.Typer(no_args_is_help=True, help="De bewaartermijn: wat er nog is, en vernietigen wat voorbij is.")
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


@keys.command("show")
def show_keys() -> None:
    """Toon hoeveel sleutels elke hoofdsleutel verpakt; geen sleutel zelf."""
    from portal.commands import keys as room

    room.show()


@keys.command("rotate")
def rotate_keys() -> None:
    """Verpak alle sleutels met een nieuwe hoofdsleutel; een afgebroken keer gaat verder waar zij was."""
    from portal.commands import keys as room

    room.rotate()


@keys.command("backup")
def save_keys(
    file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Wordt vervangen als het er al is.")],
) -> None:
    """Schrijf een kopie van de verpakte sleutels, in de plaats van de vorige."""
    from portal.commands import keys as room

    room.save(file)


@keys.command("restore")
def put_keys_back(file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Een kopie van de sleutels.")]) -> None:
    """Zet een kopie van de sleutels terug, waar er geen meer zijn."""
    from portal.commands import keys as room

    room.put_back(file)


@retention.command()
def due() -> None:
    """Toon van elke geëindigde ronde tot wanneer haar antwoorden worden bewaard."""
    from portal.commands import retention as room

    room.due()


@retention.command("run")
def run_retention(by: By) -> None:
    """Vernietig nu waarvan de bewaartermijn voorbij is; de werkprocessen doen dit ook uit zichzelf."""
    from portal.commands import retention as room

    room.run(by)


@retention.command()
def erase(
    advertiser: Advertiser,
    by: By,
    reason: Annotated[ErasureReason, typer.Option(help="Waarom; komt in het logboek.")],
) -> None:
    """Wis een woningaanbieder die niet (meer) meedoet: wat hij schreef, wie tekende, zijn naam en zijn adressen."""
    from portal.commands import retention as room

    room.erase(advertiser, reason, by)
