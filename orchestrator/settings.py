"""Configuration: read once from the environment, typed, and loud about what it does not know."""

import os
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from profiles.errors import BadInput, Problem

PREFIX = "PRAKTIJKTEST_"


class Settings(BaseSettings):
    """Everything an installation decides; times in wall seconds.

    Without ``smtp_host`` letters go to the harmless channel (files in ``data/outbox``). Live sending needs two yeses:
    ``live`` here and ``mode: live`` in an approved design.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Path("praktijktest-data")
    database_url: str | None = None
    redis_url: str | None = None
    live: bool = False
    redirect_all_to: str | None = None
    smtp_host: str | None = None
    smtp_port: int = 25
    listen_host: str = "127.0.0.1"
    listen_port: int = 8425
    web_host: str = "127.0.0.1"
    web_port: int = 8400
    lease_seconds: float = 60.0
    grace_seconds: float = 30.0
    wire_timeout_seconds: float = 20.0

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment; raise `BadInput` naming every variable that is unknown or cannot be used."""
        unknown = [name for name in os.environ if name.startswith(PREFIX) and not _known(cls, name)]
        if unknown:
            raise BadInput(_unknown(cls, name) for name in sorted(unknown))
        try:
            return cls()
        except ValidationError as error:
            raise BadInput(_unusable(detail) for detail in error.errors()) from error

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database: the given one, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'praktijktest.db'}"


def _known(cls: type[BaseSettings], name: str) -> bool:
    return name.removeprefix(PREFIX).lower() in cls.model_fields


def _unknown(cls: type[BaseSettings], name: str) -> Problem:
    known = ", ".join(PREFIX + field.upper() for field in cls.model_fields)
    return Problem("unknown-setting", f"De instelling {name} bestaat niet.", remedy=f"Bekende instellingen: {known}.")


def _unusable(detail: object) -> Problem:
    assert isinstance(detail, dict)  # noqa: S101 - pydantic's own error rows
    name = PREFIX + "_".join(str(part) for part in detail["loc"]).upper()
    return Problem("bad-setting", f"De instelling {name} is onbruikbaar: {detail['msg']}.", found=str(detail["input"]))
