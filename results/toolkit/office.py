"""What an office tells of itself and of how it chooses, from its YAML file."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from orchestrator.design.deviations import Shape, strict
from orchestrator.design.kinds import Text
from orchestrator.design.model import Part
from orchestrator.design.yaml_file import YamlFile
from orchestrator.forms import WebAddress
from profiles.errors import BadInput

START = "Begin met name: en de naam van het kantoor; docs/toolkit.md heeft een heel voorbeeld."


class Order(StrEnum):
    """How the office chooses among those who meet its criteria; the sentences stand in ``choices.toml``."""

    RECEIVED = "received"
    LOT = "lot"
    REGISTERED = "registered"
    POINTS = "points"


class Criterion(StrEnum):
    INCOME = "income"
    HOUSEHOLD = "household"
    DOCUMENTS = "documents"
    START = "start"
    STATEMENT = "statement"
    PRIORITY = "priority"


class Office(Part):
    """One office. What may be left out leaves a gap in the texts that says what belongs there."""

    name: Text
    municipality: Text
    date: date
    responsible: Text | None = None
    complaints: Text | None = None
    procedure_url: WebAddress | None = None
    order: Order
    invited: Annotated[int, Field(ge=1, le=500)]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    answer_days: Annotated[int, Field(ge=1, le=30)]
    signatures: Annotated[int, Field(ge=1, le=100)] = 8
    logo: Text | None = None


def read_office(path: Path) -> Office:
    """Read an office's file; raises BadInput with every problem, each with its line and what to write."""
    file = YamlFile.read(path, START)
    try:
        office = strict(Office, file.data)
    except ValidationError as error:
        raise BadInput([*file.problems, *Shape(Office).deviations(file, error)]) from error
    if file.problems:
        raise BadInput(file.problems)
    return office
