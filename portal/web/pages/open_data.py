"""Released outcomes as open data, for anybody and for the harvester of a data portal: no sign-in.

A version is here from its release on. What is not released, and what does not exist, get the same answer.
"""

import json

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from portal.web.open_source import OpenReleases
from portal.web.pages.results import download
from portal.web.rendering import page
from profiles.errors import Refused
from results.releases import catalogue, open_data
from results.releases.catalogue import Published

JSON_LD = "application/ld+json"


def add(app: FastAPI, releases: OpenReleases, site: str) -> None:
    @app.get("/open-data", response_class=HTMLResponse)
    def open_data_list(request: Request) -> HTMLResponse:
        return page(request, "open_data.html", datasets=releases.listed(), names=tuple(open_data.TYPES))

    @app.get("/open-data/catalogus.jsonld")
    def open_data_catalogue() -> Response:
        return _linked(catalogue.catalogue([each.published for each in releases.listed()], site))

    @app.get("/open-data/{round_name}/{number}/dcat.jsonld")
    def open_data_record(round_name: str, number: int) -> Response:
        return _linked(catalogue.record(_found(releases, round_name, number), site))

    @app.get("/open-data/{round_name}/{number}/{name}")
    def open_data_file(round_name: str, number: int, name: str) -> Response:
        published = _found(releases, round_name, number)
        made = open_data.files_of(published.text, published.seal)
        if name not in made:
            raise _none()
        return download(made[name], f"{round_name}-{number}-{name}", open_data.TYPES[name])


def _found(releases: OpenReleases, round_name: str, number: int) -> Published:
    wanted = (round_name, number)
    found = next((each for each in releases.listed() if (each.round, each.number) == wanted), None)
    if found is None:
        raise _none()
    return found.published


def _none() -> Refused:
    return Refused(
        "unknown-open-data",
        "Dit bestand is er niet, of de uitkomst is nog niet vrijgegeven.",
        "Kijk op de pagina Open data welke uitkomsten er zijn.",
    )


def _linked(node: object) -> Response:
    return Response(json.dumps(node, ensure_ascii=False, indent=2), media_type=JSON_LD)
