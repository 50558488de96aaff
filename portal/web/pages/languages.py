"""Choosing the language of the pages."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from portal.web.forms import local
from portal.web.language import COOKIE, LANGUAGES
from profiles.errors import Refused

A_YEAR = 365 * 24 * 3600


def add(app: FastAPI) -> None:
    @app.get("/taal/{language}")
    def language(request: Request, language: str, next: str = "/") -> Response:
        if language not in LANGUAGES:
            raise Refused("unknown-language", "Deze taal spreken de pagina's niet.", "Kies Nederlands of English.")
        answer = RedirectResponse(local(next), 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, language, max_age=A_YEAR, httponly=True, samesite="lax", secure=secure)
        return answer
