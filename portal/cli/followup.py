"""Commands for what follows a round. As in `commands`, each imports its room when it runs."""

from datetime import datetime
from typing import Annotated

import typer

from orchestrator.states import Role
from portal.cli.arguments import Advertiser, By, Round

followup = typer.Typer(no_args_is_help=True, help="Wat er na een ronde gebeurt: acties, gesprekken, hertests.")
Action = Annotated[str, typer.Argument(metavar="ACTIE", help="Sleutel van de actie; zie followup actions.")]
OnDay = Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Op welke dag.")]


@followup.command()
def actions() -> None:
    """Toon de acties waaruit een kantoor kan kiezen, met wat van hun effect bekend is."""
    from portal.commands import followup as room

    room.print_actions()


@followup.command()
def show(name: Round) -> None:
    """Toon wat kantoren na een ronde kozen, en het register."""
    from portal.commands import followup as room

    room.show(name)


@followup.command()
def propose(
    name: Round,
    advertiser: Advertiser,
    action: Action,
    by: By,
    due: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Voor welke dag het klaar is.")],
) -> None:
    """Noteer dat een kantoor een actie kiest."""
    from portal.commands import followup as room

    room.propose(name, advertiser, action, due, by)


@followup.command()
def agree(
    name: Round,
    advertiser: Advertiser,
    action: Action,
    by: By,
    role: Annotated[Role, typer.Option(help="In welke rol: analyst of designer.")] = Role.ANALYST,
) -> None:
    """Ga akkoord met een actie die een kantoor koos."""
    from portal.commands import followup as room

    room.agree(name, advertiser, action, by, role)


@followup.command()
def done(
    name: Round,
    advertiser: Advertiser,
    action: Action,
    day: OnDay,
    by: By,
    note: Annotated[str, typer.Option(help="Wat het kantoor deed, zonder namen.")] = "",
) -> None:
    """Noteer dat een kantoor een afgesproken actie klaar heeft."""
    from portal.commands import followup as room

    room.done(name, advertiser, action, day, note, by)


@followup.command()
def withdraw(name: Round, advertiser: Advertiser, action: Action, by: By) -> None:
    """Noteer dat een kantoor een actie intrekt."""
    from portal.commands import followup as room

    room.withdraw(name, advertiser, action, by)


@followup.command("ask-retest")
def ask_retest(name: Round, advertiser: Advertiser, by: By) -> None:
    """Noteer dat een kantoor om een hertest vraagt."""
    from portal.commands import followup as room

    room.ask_retest(name, advertiser, by)


@followup.command()
def record(
    name: Round,
    advertiser: Advertiser,
    kind: Annotated[str, typer.Argument(metavar="WAT", help="Bijvoorbeeld talk-held of training-offered.")],
    day: OnDay,
    by: By,
) -> None:
    """Schrijf een gesprek, training of geplande hertest in het register."""
    from portal.commands import followup as room

    room.record(name, advertiser, kind, day, by)
