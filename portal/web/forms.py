"""Forms as they come in, and forms that must survive a sign-in that expired."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Self

from fastapi import Depends, Request
from starlette.datastructures import FormData

LARGEST_CARRIED = 200_000
"""So many characters of a form are kept while somebody signs in again; far more than anybody types."""


async def read_form(request: Request) -> FormData:
    """The fields of the form that was sent, whatever their names are."""
    return await request.form()


Fields = Annotated[FormData, Depends(read_form)]
"""For a route whose fields are not known by name: ``def save(fields: Fields)``."""


@dataclass(frozen=True)
class Carried:
    """A form that was sent while nobody was signed in: where to, and what was typed. Files are not carried."""

    to: str
    fields: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All of it in one hidden field."""
        return json.dumps({"to": self.to, "fields": self.fields}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `text` gave; None for anything else: it came from a browser."""
        try:
            told: Any = json.loads(text) if len(text) <= 2 * LARGEST_CARRIED else None
            fields = tuple((str(name), str(value)) for name, value in told["fields"])
            to = str(told["to"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return cls(to, fields) if local(to) == to else None


async def carry(request: Request) -> Carried | None:
    """Return the form of a request, or None for one without fields or with more than a person types."""
    fields = tuple((name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str))
    if not fields or sum(len(name) + len(value) for name, value in fields) > LARGEST_CARRIED:
        return None
    return Carried(str(request.url.path), fields)


def local(path: str) -> str:
    r"""Return the path when it leads to a page of ours, else the first: ``//elders`` and ``/\elders`` lead away."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if ours else "/"
