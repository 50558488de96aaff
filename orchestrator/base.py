"""What all tables share: the names of their constraints, and how a word, a moment or a document is stored."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Enum, Interval, MetaData
from sqlalchemy.orm import DeclarativeBase

from orchestrator.db import UtcDateTime
from orchestrator.design import Purpose
from orchestrator.intake import AdvertiserKind, Channel
from orchestrator.states import AttemptOutcome, CodedBy, LetterState, MailState, PairState, RoundState
from profiles.factors import FactorLevel
from profiles.pairs import Arm

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def words(kind: type[StrEnum], name: str | None = None) -> Enum:
    """The column type of these words; ``name`` is that of its constraint, where a table has the type twice."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda words: [word.value for word in words],
        name=name or kind.__name__.lower(),
    )


_WORDS: tuple[type[StrEnum], ...] = (
    AdvertiserKind, Arm, AttemptOutcome, Channel, CodedBy, FactorLevel, LetterState, MailState,
    PairState, Purpose, RoundState,
)  # fmt: skip


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        timedelta: Interval(),
        # None is no value, not the JSON word for it.
        dict[str, Any]: JSON(none_as_null=True),
        list[int]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        **{kind: words(kind) for kind in _WORDS},
    }
