"""What a researcher takes home of a closed round: one research file, its checksums, and two files alone."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from portal.web.access import acting
from portal.web.kept import Kept
from portal.web.pages.results import download, hidden
from portal.web.rendering import page
from portal.web.source import Source
from profiles.errors import Refused
from results import bundle, disclosure, files
from results.bundle.archive import CHECKSUMS
from results.bundle.making import finished, unsealed

KEPT = 2
PAIRS = "pairs.csv"
ALONE = {"results.json": "application/json", PAIRS: "text/csv", CHECKSUMS: "text/plain"}


def add(app: FastAPI, source: Source) -> None:
    kept: Kept[Mapping[str, bytes]] = Kept(KEPT)

    def contents(round_name: str) -> Mapping[str, bytes]:
        if not disclosure.is_closed(source.state(round_name)):
            raise hidden(round_name)
        return kept.get(source.fingerprint(round_name), lambda: _made(source, round_name))

    def whole(round_name: str) -> Mapping[str, bytes]:
        files = {path: content for path, content in contents(round_name).items() if path != PAIRS}
        return finished(files, source.proof(round_name, files))

    @app.get("/rondes/{round_name}/export", response_class=HTMLResponse)
    def export(request: Request, round_name: str) -> HTMLResponse:
        closed = disclosure.is_closed(source.state(round_name))
        return page(request, "export.html", round=round_name, closed=closed)

    @app.get("/rondes/{round_name}/export/bestand.zip")
    def export_zip(request: Request, round_name: str) -> Response:
        made = bundle.zipped(whole(round_name))
        source.take(round_name, acting(request))
        return download(made, f"{round_name}.zip", "application/zip")

    @app.get("/rondes/{round_name}/export/{name}")
    def export_alone(request: Request, round_name: str, name: str) -> Response:
        if name not in ALONE:
            raise Refused("unknown-file", "Dit bestand bestaat niet.", "Ga terug naar de export van de ronde.")
        made = (whole if name == CHECKSUMS else contents)(round_name)
        if name == PAIRS:
            source.take(round_name, acting(request))
        return download(made[name], f"{round_name}-{name}", ALONE[name])


def _made(source: Source, round_name: str) -> Mapping[str, bytes]:
    """The files of the research file, and the table of pairs as it is also given alone."""
    table = source.table(round_name)
    return {**unsealed(table, source.protocol(round_name)), PAIRS: files.pairs_csv(table).encode()}
