"""How an answer is given: in JSON, with a mark (ETag) by which a program that has it already is spared the rest."""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from portal.api.shapes import PageQuery, Shape

MEDIA = "application/json"
ACCEPTED = frozenset({"*/*", "application/*", MEDIA})


def give(request: Request, shape: Shape, link: str | None = None) -> Response:
    """Answer with this object, or with 304 when the program has it already."""
    text = shape.model_dump_json(by_alias=True)
    return given(request, text, hashlib.sha256(text.encode()).hexdigest(), link)


def given(request: Request, text: str, digest: str, link: str | None = None) -> Response:
    """Answer with this text as it is; ``digest`` tells it from every other."""
    if not accepts(request.headers.get("accept", "")):
        raise HTTPException(406)
    headers = {"ETag": f'"{digest}"', **({"Link": link} if link else {})}
    if has(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=MEDIA)


def accepts(header: str) -> bool:
    """Say whether JSON is among what a header Accept asks for; no header asks for anything."""
    asked = [part.split(";") for part in header.split(",") if part.strip()]
    return not asked or any(kind.strip().lower() in ACCEPTED and not _never(rest) for kind, *rest in asked)


def has(header: str, mark: str) -> bool:
    """Say whether a header If-None-Match names this mark. Weak and strong are the same here (RFC 9110, 13.1.2)."""
    marks = [each.strip().removeprefix("W/") for each in header.split(",")]
    return mark in marks or "*" in marks


def part(items: Sequence[Any], query: PageQuery) -> dict[str, Any]:
    """Return the fields of one page of a list."""
    first = (query.page - 1) * query.page_size
    shown = list(items[first : first + query.page_size])
    return {"items": shown, "page": query.page, "page_size": query.page_size, "total": len(items)}


def links(total: int, query: PageQuery) -> str:
    """Return the header Link of a page: the first, the last and those beside it (RFC 8288)."""
    last = max(1, -(-total // query.page_size))
    pages = {"first": 1, "prev": query.page - 1, "next": query.page + 1, "last": last}
    asked = query.model_dump(mode="json", by_alias=True)
    return ", ".join(
        f'<?{urlencode({**asked, "page": page}, doseq=True)}>; rel="{name}"'
        for name, page in pages.items()
        if name in ("first", "last") or 1 <= page <= last
    )


def _never(parameters: Sequence[str]) -> bool:
    """Whether a kind is told with a weight of nothing."""
    return any(each.replace(" ", "").lower() in ("q=0", "q=0.0", "q=0.00", "q=0.000") for each in parameters)
