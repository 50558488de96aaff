"""Commands for invitations to take part. As in `commands`, each imports its room when it runs."""

from datetime import datetime
from typing import Annotated

import typer

from portal.cli.arguments import Advertiser, By

invitation = typer.Typer(no_args_is_help=True, help="Uitnodigingen om mee te doen, met twee handtekeningen.")
Number = Annotated[int, typer.Argument(metavar="NUMMER", min=1, help="Het nummer van invitation list.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="jaar-maand-dag")]


@invitation.command()
def make(
    advertiser: Advertiser,
    by: By,
    name: Annotated[str, typer.Option(help="Naam van het kantoor of de verhuurder.")],
    contact: Annotated[str, typer.Option(help="E-mailadres van wie beslist; hierheen gaan ook latere links.")],
    email: Annotated[str, typer.Option(help="E-mailadres waar reacties op advertenties heen gaan.")],
    first: Day,
    last: Day,
    max_pairs: Annotated[int, typer.Option(min=1, help="Hoogstens zoveel tests in de hele periode.")],
    ground: Annotated[list[str], typer.Option(help="Grond, bijvoorbeeld origin; mag vaker.")],
    kind: Annotated[str, typer.Option(help="broker of private_landlord.")] = "broker",
    purpose: Annotated[str, typer.Option(help="learning of monitoring.")] = "learning",
    channel: Annotated[list[str] | None, typer.Option(help="smtp, webform of phone; mag vaker.")] = None,
    listing: Annotated[list[str] | None, typer.Option(help="Alleen deze advertentie; mag vaker.")] = None,
    form_url: Annotated[str, typer.Option(help="Adres van het contactformulier, bij webform.")] = "",
    days_off: Annotated[str, typer.Option(help="Vrije dagen: 2026-10-12..2026-10-16; 2026-12-24")] = "",
    mail: Annotated[bool, typer.Option("--mail", help="Mail de link aan het contactadres.")] = False,
) -> None:
    """Nodig een makelaar of verhuurder uit om mee te doen."""
    from orchestrator.design import AdvertiserKind
    from portal import offers
    from portal.commands import invitations as room

    purpose, kind = offers.word(purpose, "purpose"), offers.word(kind, "kind")
    terms = offers.terms_of(
        purpose, ground, channel or ["smtp"], listing or [], email, form_url, first.date(), last.date(), max_pairs,
        days_off,
    )  # fmt: skip
    room.make(advertiser, name, AdvertiserKind(kind), contact, terms, by, mail=mail)


@invitation.command("list")
def list_invitations() -> None:
    """Toon alle uitnodigingen en hoe het ermee staat."""
    from portal.commands import invitations as room

    room.print_all()


@invitation.command()
def countersign(number: Number, by: By) -> None:
    """Teken een uitnodiging die het kantoor tekende: van nu af doet het mee. Een ander dan wie uitnodigde."""
    from portal.commands import invitations as room

    room.countersign(number, by)


@invitation.command()
def revoke(number: Number, by: By) -> None:
    """Trek een uitnodiging in die nog niet door beide kanten is getekend."""
    from portal.commands import invitations as room

    room.revoke(number, by)
