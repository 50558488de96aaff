"""Which requests may change anything: those of our own pages, and not larger than a form.

The browser says where a form stands, in Sec-Fetch-Site or, over plain http on a network, in Origin. There is no secret
in the form to keep; who sends neither header is no browser with somebody's cookie, and is refused all the same.
"""

from urllib.parse import urlsplit

from starlette.requests import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST = 8_000_000
"""Bytes of one form with its files."""


def why_not(request: Request) -> int | None:
    """Return the status with which to refuse a request, or None for one that may go on."""
    if request.method in SAFE:
        return None
    if not _of_ours(request):
        return 403
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > LARGEST:
        return 413
    return None


def _of_ours(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")
