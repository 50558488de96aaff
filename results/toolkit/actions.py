"""The catalogue of actions from which an office chooses after a round: content of a municipality, as the texts are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiles.errors import BadInput, Problem
from results.toolkit.texts import Folder

ACTIONS = "actions.toml"
LONGEST_KEY, LONGEST_PART = 60, 40


@dataclass(frozen=True)
class Action:
    """One action: to which part of the *werkwijze* it belongs, and what is known of its effect, from which source."""

    key: str
    part: str
    part_name: str
    name: str
    evidence: str
    source: str


def read_actions(own: Path | None = None) -> tuple[Action, ...]:
    """Read the catalogue, from the folder of a municipality where that has one. Raises BadInput for what is wrong."""
    folder = Folder(own)
    table = folder.table(ACTIONS)
    try:
        found = tuple(_action(row, table["parts"], table["evidence"]) for row in table["actions"])
    except (KeyError, TypeError, AttributeError) as error:
        message = "Hierin staan parts, evidence, en bij elke actie key, part, name, evidence en source."
        raise BadInput(Problem("wrong-actions", message, folder.name(ACTIONS), found=str(error))) from error
    keys = [each.key for each in found]
    if not keys or len(keys) != len(set(keys)) or any(len(key) > LONGEST_KEY for key in keys):
        message, remedy = "Een sleutel is dubbel of te lang, of er is geen actie.", "Geef elke actie een eigen key."
        raise BadInput(Problem("action-keys", message, folder.name(ACTIONS), remedy=remedy))
    return found


def named(action: str, catalogue: tuple[Action, ...]) -> str:
    """Return what an action is called; the key of one that the catalogue has no longer."""
    return next((each.name for each in catalogue if each.key == action), action)


def _action(row: Mapping[str, Any], parts: Mapping[str, str], evidence: Mapping[str, str]) -> Action:
    part = str(row["part"])[:LONGEST_PART]
    text = {key: str(row[key]) for key in ("key", "name", "source")}
    return Action(part=part, part_name=str(parts[part]), evidence=str(evidence[row["evidence"]]), **text)
