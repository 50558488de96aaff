"""The results of a round: the researcher's report within the desk, its charts as files, and how to cite it.

Until a round is closed its numbers are hidden, and the page says why.
"""

from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from orchestrator.garbage import nothing_collected
from portal.web.kept import Kept
from portal.web.rendering import HOME, language_of, page
from portal.web.source import Source, Standing
from profiles.errors import Refused
from results import citation, context_effect, disclosure
from results.context_effect import Effect
from results.language import written_in
from results.reports import Audience, Report, build
from results.reports.graphics import Graphic, graphics
from results.reports.render import figures

KINDS = {"csv": "text/csv", "svg": "image/svg+xml"}
KEPT = 12


@dataclass(frozen=True)
class Shown:
    """A report with its figures as markup, its charts, its reference in two styles, and what accepted notes change."""

    report: Report
    figures: Markup
    graphics: dict[str, Graphic]
    apa: str
    bibtex: str
    effect: Effect | None


def add(app: FastAPI, source: Source) -> None:
    kept: Kept[Shown] = Kept(KEPT)

    def shown(round_name: str, standing: Standing, language: str) -> Shown:
        key = (standing.fingerprint, standing.accepted, language)
        return kept.get(key, lambda: _made(source, round_name, standing.accepted, language))

    @app.get("/rondes/{round_name}/resultaten", response_class=HTMLResponse)
    def results(request: Request, round_name: str) -> HTMLResponse:
        standing = source.standing(round_name)
        open_ = disclosure.is_closed(standing.state)
        seen = shown(round_name, standing, language_of(request)) if open_ else None
        return page(request, "results.html", round=round_name, standing=standing, shown=seen)

    @app.get("/rondes/{round_name}/resultaten/{chart}.{kind}")
    def results_chart(request: Request, round_name: str, chart: str, kind: str) -> Response:
        standing = source.standing(round_name)
        if not disclosure.is_closed(standing.state):
            raise hidden(round_name)
        made = shown(round_name, standing, language_of(request))
        if chart not in made.graphics or kind not in KINDS:
            raise Refused("unknown-chart", "Deze grafiek bestaat niet.", "Ga terug naar de resultaten.")
        graphic = made.graphics[chart]
        text = graphic.csv() if kind == "csv" else graphic.svg(made.apa)
        return download(text.encode(), f"{round_name}-{chart}.{kind}", KINDS[kind])


def download(content: bytes, name: str, kind: str) -> Response:
    """Answer with a file to keep."""
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def hidden(round_name: str) -> Refused:
    """Return the refusal of numbers of a round that is not closed."""
    message = f"De cijfers van ronde '{round_name}' zijn verborgen tot de ronde is gesloten."
    remedy = "Wacht tot alle antwoorden binnen en gecodeerd zijn, en sluit de ronde: praktijktest close."
    return Refused("round-not-closed", message, remedy)


@nothing_collected()
def _made(source: Source, round_name: str, accepted: frozenset[str], language: str) -> Shown:
    table = source.table(round_name)
    report = build(table, Audience.RESEARCHER, language=language)
    drawn = Markup(figures(report, home=HOME))  # noqa: S704 - made by our own templates, which escape
    effect = context_effect.of(table, accepted) if accepted else None
    with written_in(language):
        apa, bibtex = citation.apa(table.facts), citation.bibtex(table.facts)
    return Shown(report, drawn, graphics(report), apa, bibtex, effect)
