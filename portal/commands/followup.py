"""What follows a round, from the command line: the same steps as the pages of an office and of the desk."""

from datetime import datetime

from rich.console import Console

from orchestrator import followup
from orchestrator.followup_models import AgreedAction, FollowUpKind
from orchestrator.settings import Settings
from orchestrator.states import Role
from portal.commands import house
from portal.web.words import FOLLOWED
from profiles.errors import BadInput, Problem
from results import formats
from results.toolkit.actions import Action, read_actions
from workers.inbox.staff import mask_staff

out = Console(soft_wrap=True, markup=False, highlight=False)


def print_actions() -> None:
    """Print the catalogue of this installation."""
    for each in _catalogue():
        out.print(f"  {each.key:18} {each.part_name}: {each.name}")
        out.print(f"  {'':18} {each.evidence}. {each.source}")


def show(name: str) -> None:
    """Print the actions and the register of a round, by office."""
    with house.reading() as (session, _now):
        offices = [each for each in followup.of_round(session, name) if each.actions or each.entries]
    for office in offices:
        out.print(f"{office.name} ({office.key})")
        for action in office.actions:
            out.print(f"  {action.action:18} voor {formats.day(action.due)}: {_standing(action)}")
        for entry in office.entries:
            out.print(f"  {FOLLOWED[entry.kind]}: {formats.day(entry.day)}")
    if not offices:
        out.print(f"Na ronde '{name}' is nog niets afgesproken.")


def propose(name: str, advertiser: str, action: str, due: datetime, actor: str) -> None:
    """Note what an office chose; raise `BadInput` for an action that the catalogue does not have."""
    found = _known(action)
    with house.writing() as (session, now):
        followup.propose(session, advertiser, name, found.key, found.part, due.date(), actor, now)
    out.print(f"Genoteerd: {advertiser} kiest '{action}', klaar voor {formats.day(due.date())}.")


def agree(name: str, advertiser: str, action: str, actor: str, role: Role) -> None:
    with house.writing() as (session, now):
        followup.agree(session, advertiser, name, action, actor, now, role)
    out.print(f"Afgesproken: {advertiser}, '{action}'.")


def done(name: str, advertiser: str, action: str, day: datetime, note: str, actor: str) -> None:
    """Note that an action is done, without the names of staff."""
    with house.writing() as (session, now):
        followup.finish(session, advertiser, name, action, day.date(), mask_staff(note.strip()), actor, now)
    out.print(f"Genoteerd: {advertiser} heeft '{action}' klaar.")


def withdraw(name: str, advertiser: str, action: str, actor: str) -> None:
    with house.writing() as (session, now):
        followup.withdraw(session, advertiser, name, action, actor, now)
    out.print(f"Genoteerd: {advertiser} trekt '{action}' in.")


def ask_retest(name: str, advertiser: str, actor: str) -> None:
    with house.writing() as (session, now):
        followup.ask_retest(session, advertiser, name, actor, now)
    out.print(f"Genoteerd: {advertiser} vraagt om een hertest.")


def record(name: str, advertiser: str, kind: str, day: datetime, actor: str) -> None:
    """Write a line in the register; raise `BadInput` for a kind that it does not have."""
    if kind not in FOLLOWED:
        message, remedy = "Dit kent het register niet.", f"Kies uit: {', '.join(FOLLOWED)}."
        raise BadInput(Problem("unknown-kind", message, found=kind, remedy=remedy))
    with house.writing() as (session, now):
        followup.record(session, advertiser, name, FollowUpKind(kind), day.date(), actor, now)
    out.print(f"In het register: {advertiser}, {FOLLOWED[kind].lower()}, {formats.day(day.date())}.")


def _standing(action: AgreedAction) -> str:
    if action.withdrawn_at:
        return "ingetrokken"
    if action.done_on:
        return f"klaar op {formats.day(action.done_on)}"
    return f"afgesproken met {action.agreed_by}" if action.agreed_at else "wacht op akkoord"


def _catalogue() -> tuple[Action, ...]:
    return read_actions(Settings.from_env().toolkit_texts)


def _known(action: str) -> Action:
    catalogue = _catalogue()
    found = next((each for each in catalogue if each.key == action), None)
    if found is None:
        message, keys = "Deze actie staat niet in de lijst.", ", ".join(each.key for each in catalogue)
        raise BadInput(Problem("unknown-action", message, found=action, remedy=f"Kies uit: {keys}."))
    return found
