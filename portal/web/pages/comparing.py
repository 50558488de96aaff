"""An outcome beside rounds that others published, one convention at a time."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from portal.web.pages.releasing import seen
from portal.web.release_source import Releases
from portal.web.rendering import page
from portal.web.words import _
from results import published
from results.published import Convention

NAMES = {
    Convention.ALL: _("Van alle geslaagde tests"),
    Convention.USABLE: _("Van de tests waarin iemand werd uitgenodigd"),
    Convention.RELATIVE: _("Hoeveel kleiner de kans van het testprofiel was"),
    Convention.UNSTATED: _("De bron zegt niet waarover het een aandeel is"),
}
MEANS = {
    Convention.ALL: _(
        "Hoeveel meer tests alleen het controleprofiel een uitnodiging gaven, gedeeld door alle geslaagde tests."
    ),
    Convention.USABLE: _(
        "Hetzelfde verschil, gedeeld door de tests waarin minstens één profiel een uitnodiging kreeg. Dat geeft een "
        "hoger getal dan bij alle tests."
    ),
    Convention.RELATIVE: _(
        "De kans van het testprofiel vergeleken met die van het controleprofiel. Ook dit geeft een hoger getal dan "
        "bij alle tests."
    ),
    Convention.UNSTATED: _(
        "Deze cijfers zijn met niets te vergelijken, ook niet met elkaar. Zij staan hier omdat zij vaak worden genoemd."
    ),
}
HOW = {
    "gelezen": _("in de publicatie gelezen"),
    "pers": _("uit de pers"),
    "afgeleid": _("waarover het een aandeel is, is afgeleid"),
}


def add(app: FastAPI, releases: Releases) -> None:
    @app.get("/uitkomst/{round_name}/{number}/vergelijking", response_class=HTMLResponse)
    def outcome_beside(request: Request, round_name: str, number: int) -> HTMLResponse:
        version = seen(request, releases, round_name, number)
        return page(
            request, "outcome_beside.html", round=round_name, version=version, told=version.document,
            found=published.beside(version.document, published.known()), names=NAMES, means=MEANS, how=HOW,
        )  # fmt: skip
