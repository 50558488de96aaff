"""The log of every process: one line or one JSON object a record, with ids and never with what an id stands for.

What goes in a log is read by more people, and kept longer, than the record itself. So a log line tells which inquiry,
round or request it is about, and no address, name, subject line or token. What others put in their errors (a mail
server its recipient, a database the row it refused) is masked on the way out.
"""

import json
import logging
import os
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.settings import LogFormat, Settings

ROOMS: Final = ("profiles", "orchestrator", "results", "workers", "portal")
"""Whose loggers follow the level that is set. Others stay at warnings: in detail they tell what they carry."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered, as its answer names it."""

_EVENT = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)+): ")
_MASKS: Final = (
    # Mail addresses, Message-IDs and reply addresses with their tokens alike.
    (re.compile(r"[^\s<>()\[\]\"',;:=]+@[A-Za-z0-9\[][A-Za-z0-9.\-:\]]*"), "[adres]"),
    # PostgreSQL shows the row that it refuses: Key (name)=(…), Failing row contains (…).
    (re.compile(r"\)=\(.*?\)(?= )"), ")=([waarde])"),
    (re.compile(r"(Failing row contains) \(.*\)"), r"\1 ([waarde])"),
    # What opens a door by itself: a bearer token, and the last part of a link that is one.
    (re.compile(r"(?i)(bearer) \S+"), r"\1 [token]"),
    (re.compile(r"(/(?:link|uitnodiging|namen)/)[^\s/?\"']+"), r"\1[token]"),
)


def about(event: str, **ids: object) -> dict[str, Any]:
    """Return the ``extra`` of a record: what happened, and the ids (or counts) of what it is about."""
    return {"event": event, "ids": ids}


def configure(settings: Settings, process: str) -> None:
    """Let this process log to stderr as the settings say; ``process`` is its name in every record."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if settings.log_format is LogFormat.JSON else Lines(process))
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each.formatter, Lines | JsonLines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for room in ROOMS:
        logging.getLogger(room).setLevel(settings.log_level.upper())


def is_configured() -> bool:
    """Say whether `configure` was called in this process."""
    return any(isinstance(each.formatter, Lines | JsonLines) for each in logging.getLogger().handlers)


def masked(text: str) -> str:
    """Return a text without addresses, tokens in links, and values that a database quoted."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


class Lines(logging.Formatter):
    """For people: moment, level, process, and the sentence; with the request and ids where there are."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={value}" for name, value in _ids(record).items())
        line = f"{_moment(record)} {record.levelname} {self.process}: {record.getMessage()}"
        return masked("\n".join(filter(None, (f"{line} [{told}]" if told else line, self._trace(record)))))

    def _trace(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else ""


class JsonLines(Lines):
    """For programs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        named = _EVENT.match(message)
        told = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "process": self.process,
            "pid": os.getpid(),
            "logger": record.name,
            "event": getattr(record, "event", None) or (named[1] if named else record.name),
            "message": masked(message),
            **_ids(record),
        }
        if trace := self._trace(record):
            told["trace"] = masked(trace)
        return json.dumps(told, ensure_ascii=False, default=str)


def _ids(record: logging.LogRecord) -> dict[str, object]:
    ids: dict[str, object] = dict(getattr(record, "ids", {}))
    number = request_id.get()
    return {**({"request": number} if number else {}), **ids}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
