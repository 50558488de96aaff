"""Alembic's entry: one engine, handed in by `orchestrator.schema` or made from the settings."""

from typing import Literal

from alembic import context

from orchestrator.db import UtcDateTime, make_engine
from orchestrator.models import Base
from orchestrator.settings import Settings


def _as_plain_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration must not change when our own column type does.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


engine = context.config.attributes.get("engine") or make_engine(Settings.from_env().database)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_as_plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
