"""Whether a round goes as it should: each check with what it means, and what to do when it is not well."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from orchestrator import burden
from portal.web.kept import Kept
from portal.web.rendering import page
from portal.web.source import Health, Source
from profiles.pairs import Arm
from results import wellbeing
from results.balance import Line
from results.wellbeing import Check

KEPT = 12


def add(app: FastAPI, source: Source) -> None:
    kept: Kept[Health] = Kept(KEPT)
    # The plan stays while letters go, and takes long to weigh: it is kept by itself.
    balances: Kept[tuple[tuple[Arm, ...], Sequence[Line]]] = Kept(KEPT)

    @app.get("/rondes/{round_name}/gezondheid", response_class=HTMLResponse)
    def round_health(request: Request, round_name: str) -> HTMLResponse:
        seen = kept.get(source.fingerprint(round_name), lambda: source.health(round_name))
        arms, lines = balances.get(source.plan(round_name), lambda: source.balance(round_name))
        total, machinery = burden.together(seen.burden), source.machinery()
        return page(
            request, "health.html", round=round_name, checks=_checks(seen, lines), burden=total, machinery=machinery,
            closed=seen.closed, arms=arms, kinds=wellbeing.KINDS,
        )  # fmt: skip


def _checks(seen: Health, lines: Sequence[Line]) -> Sequence[Check]:
    return (
        wellbeing.balanced(lines),
        wellbeing.lost(seen.losses),
        wellbeing.kept_apart(seen.gaps),
        wellbeing.single(*seen.twice),
        wellbeing.on_time(seen.ahead),
        wellbeing.saved(),
    )
