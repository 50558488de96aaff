"""What followed a round, beside its outcome: at how many offices, as the record has it now."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from portal.web.followup_source import FollowupSource
from portal.web.pages.releasing import seen
from portal.web.release_source import Releases
from portal.web.rendering import page
from portal.web.words import FOLLOWED, _
from results import aftermath

LINES = {
    aftermath.AGREED: _("Sprak af wat het in zijn werkwijze verandert"),
    aftermath.DONE: _("Deed alles wat het afsprak"),
    **FOLLOWED,
}


def add(app: FastAPI, releases: Releases, source: FollowupSource) -> None:
    @app.get("/uitkomst/{round_name}/{number}/opvolging", response_class=HTMLResponse)
    def outcome_followup(request: Request, round_name: str, number: int) -> HTMLResponse:
        version = seen(request, releases, round_name, number)
        found = aftermath.told(source.totals(round_name), tuple(FOLLOWED))
        return page(request, "outcome_followup.html", round=round_name, version=version, lines=LINES, found=found)
