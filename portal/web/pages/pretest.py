"""The public pages of a pretest: one question page per name, without login, cookies or script.

A rater's pages hang under an address of their own, so that leaving, coming back, the back button and a form that is
sent twice all lead to where they were. These pages link to no other.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator import name_bank, pretests
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.pretests import NEITHER, RIGHT, Item, Judgement
from portal.web.rendering import page
from profiles.errors import Refused
from profiles.profile import Ground

ROOT = "/vooronderzoek"
SECONDS_A_NAME = 15
STATUSES = {"pretest-closed": 410, "pretest-busy": 429}
HEADINGS = {404: "Pagina niet gevonden", 410: "Onderzoek gesloten", 429: "Even wachten"}

CLASSES = {"1": "Heel laag", "2": "Laag", "3": "Gemiddeld", "4": "Hoog", "5": "Heel hoog"}
RELIGIOSITIES = {"1": "Niet", "2": "Een beetje", "3": "Tamelijk", "4": "Erg", "5": "Heel erg"}
QUESTIONS = {
    "background": "Aan welke achtergrond denkt u bij deze naam?",
    "class_heard": "Hoe hoog opgeleid is iemand met deze naam, denkt u?",
    "religiosity": "Hoe gelovig is iemand met deze naam, denkt u?",
}
CONTROL = f"Dit is een controlevraag. Kies hier het antwoord ‘{CLASSES[str(RIGHT)]}’."

Answer = Annotated[str, Form()]


def add(app: FastAPI, database: Database, clock: Clock) -> None:
    """Add the pages of all pretests to the application."""
    desk = _Desk(database, clock)

    @app.get(f"{ROOT}/{{key}}", response_class=HTMLResponse)
    def pretest_intro(request: Request, key: str) -> Response:
        return _told(request, lambda: desk.intro(request, key))

    @app.post(f"{ROOT}/{{key}}")
    def pretest_begin(request: Request, key: str) -> Response:
        return _told(request, lambda: desk.begin(key))

    @app.get(f"{ROOT}/{{key}}/{{token}}", response_class=HTMLResponse)
    def pretest_resume(request: Request, key: str, token: str) -> Response:
        return _told(request, lambda: desk.resume(request, key, token))

    @app.get(f"{ROOT}/{{key}}/{{token}}/{{place}}", response_class=HTMLResponse)
    def pretest_ask(request: Request, key: str, token: str, place: str) -> Response:
        return _told(request, lambda: desk.ask(request, key, token, _number(place)))

    @app.post(f"{ROOT}/{{key}}/{{token}}/{{place}}")
    def pretest_answer(
        request: Request, key: str, token: str, place: str, background: Answer = "", class_heard: Answer = "",
        religiosity: Answer = "", control: Answer = "",
    ) -> Response:  # fmt: skip
        given = {"background": background, "class_heard": class_heard, "religiosity": religiosity, "control": control}
        return _told(request, lambda: desk.answer(request, key, token, _number(place), given))


class _Desk:
    """What each page does with the record."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    def intro(self, request: Request, key: str) -> Response:
        with self.database.reading() as session:
            per_rater = pretests.find_open(session, key).per_rater
        return page(
            request, "pretest_intro.html", key=key, names=per_rater, minutes=1 + per_rater * SECONDS_A_NAME // 60
        )

    def begin(self, key: str) -> Response:
        with self.database.writing() as session:
            token = pretests.begin(session, key, self.clock.now())
        return _to(key, token)

    def resume(self, request: Request, key: str, token: str) -> Response:
        with self.database.reading() as session:
            place = pretests.next_place(session, key, token)
        if place is None:
            return page(request, "pretest_done.html")
        return _to(key, token, place)

    def ask(self, request: Request, key: str, token: str, place: int) -> Response:
        with self.database.reading() as session:
            item = pretests.item(session, key, token, place)
        return _to(key, token) if item.settled else _question(request, item, _shown(item.given))

    def answer(self, request: Request, key: str, token: str, place: int, given: Mapping[str, str]) -> Response:
        with self.database.writing() as session:
            item = pretests.item(session, key, token, place)
            fields = _fields(item)
            if not item.settled and (missing := [field for field in fields if given[field] not in fields[field][1]]):
                return _question(request, item, given, missing)
            if item.name is None:
                pretests.attend(session, key, token, int(given["control"] or 0))
            elif not item.settled:
                judgement = Judgement(given["background"], int(given["class_heard"]), int(given["religiosity"]))
                pretests.judge(session, key, token, place, judgement, self.clock.now())
        return _to(key, token)


def _question(request: Request, item: Item, given: Mapping[str, str], missing: list[str] | None = None) -> Response:
    fields = [(field, *told) for field, told in _fields(item).items()]
    status = 422 if missing else 200
    return page(request, "pretest_question.html", status, item=item, fields=fields, given=given, missing=missing or [])


def _fields(item: Item) -> dict[str, tuple[str, Mapping[str, str]]]:
    """What a page asks, by the name of its field: the question, and the answers there are."""
    if item.name is None:
        return {"control": (CONTROL, CLASSES)}
    answers = {"background": backgrounds(), "class_heard": CLASSES, "religiosity": RELIGIOSITIES}
    return {field: (question, answers[field]) for field, question in QUESTIONS.items()}


@cache
def backgrounds() -> Mapping[str, str]:
    """What a rater can think of: the backgrounds of all name sets in order of the alphabet, and none of these."""
    sets = name_bank.load().sets.values()
    known = {each.key: each.background for each in sets if each.ground is Ground.ORIGIN}
    other, unknown = NEITHER
    in_order = dict(sorted(known.items(), key=lambda each: each[1]))
    return {**in_order, other: "Een andere achtergrond", unknown: "Weet ik niet"}


def _shown(given: Judgement | None) -> Mapping[str, str]:
    if given is None:
        return {}
    numbers = {"class_heard": str(given.class_heard), "religiosity": str(given.religiosity)}
    return {"background": given.background, **numbers}


def _number(place: str) -> int:
    if not (place.isascii() and place.isdigit() and len(place) < 4):
        raise Refused("unknown-page", "Deze vraag bestaat niet.", "Controleer het adres.")
    return int(place)


def _to(key: str, token: str, place: int | None = None) -> Response:
    """Send on to a rater's page: this place, or wherever they are."""
    address = f"{ROOT}/{key}/{token}"
    return RedirectResponse(address if place is None else f"{address}/{place}", 303)


def _told(request: Request, made: Callable[[], Response]) -> Response:
    """The page, or one that says why there is none; the pages of a pretest have an error page of their own."""
    try:
        return made()
    except Refused as error:
        status = STATUSES.get(error.problem.code, 404)
        told = {"heading": HEADINGS[status], "message": error.problem.message, "remedy": error.problem.remedy}
        answer = page(request, "pretest_error.html", status, **told)
        if status == 429:
            answer.headers["Retry-After"] = "60"
        return answer
