"""What the attacks share: telling their tables at the end of a run, and what the record holds, to see that nothing
changed."""

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from orchestrator import ledger
from orchestrator.db import Database
from orchestrator.models import Base

TOLD = pytest.StashKey[dict[str, list[str]]]()


def tell(config: pytest.Config, section: str, *lines: str) -> None:
    """Let the run end with these lines in a section of its summary."""
    config.stash.setdefault(TOLD, {}).setdefault(section, []).extend(lines)


def record(database: Database) -> Mapping[str, object]:
    """The number of rows of every table, and the head of the ledger: what a refused request leaves as it was."""
    with database.reading() as session:
        counted = select(*(select(func.count()).select_from(each).scalar_subquery().label(each.name)
                           for each in Base.metadata.sorted_tables))  # fmt: skip
        return {**session.execute(counted).one()._mapping, "head": ledger.head(session)}  # noqa: SLF001 - SQLAlchemy's own way
