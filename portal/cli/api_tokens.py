"""Commands for the tokens of the API. As in `commands`, each imports its room when it runs."""

from typing import Annotated

import typer

from portal.cli.arguments import By

token = typer.Typer(no_args_is_help=True, help="Tokens waarmee programma's de API lezen.")
Name = Annotated[str, typer.Argument(metavar="NAAM", help="Naam van het programma dat het token gebruikt.")]


@token.command()
def make(
    name: Name,
    role: Annotated[str, typer.Option(help="Als wie het leest, bijvoorbeeld municipality.")],
    scope: Annotated[list[str], typer.Option(help="Waarvoor: rounds:read, outcomes:read of ledger:read.")],
    by: By,
    days: Annotated[int, typer.Option(help="Zoveel dagen werkt het.")] = 365,
) -> None:
    """Maak een token. Het wordt één keer getoond; bewaard wordt alleen een vingerafdruk."""
    from portal.commands import api_tokens

    api_tokens.make(name, role, scope, days, by)


@token.command("list")
def show() -> None:
    """Toon de tokens: voor wie, waarvoor, tot wanneer en wanneer voor het laatst gebruikt."""
    from portal.commands import api_tokens

    api_tokens.show()


@token.command()
def revoke(name: Name, by: By) -> None:
    """Trek een token in: het werkt meteen niet meer."""
    from portal.commands import api_tokens

    api_tokens.revoke(name, by)
