"""A report as one HTML page: works without JavaScript, holds no inline style or script."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import disclosure, formats
from results.reports.sections import words
from results.reports.values import Audience, Report, Unpaired
from results.statistics.advertiser import sentence

PAGES = {
    Audience.RESEARCHER: "report_researcher.html",
    Audience.MUNICIPALITY: "report_municipality.html",
    Audience.BROKER: "report_broker.html",
}
UNPAIRED = "report_unpaired.html"
FILTERS = {
    "count": formats.count,
    "number": formats.number,
    "percent": formats.percent,
    "points": formats.points,
    "p_value": formats.p_value,
    "moment": formats.moment,
    "short_moment": formats.short_moment,
    "estimate_rows": words.estimate_rows,
    "test_rows": words.test_rows,
    "absent_rows": words.absent_rows,
    "verdict": sentence,
}


def environment() -> Environment:
    """The templates of the reports, strict: an unknown name fails instead of printing nothing."""
    made = Environment(
        loader=PackageLoader("results"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(span=formats.span, policy=disclosure, words=words)
    return made


_TEMPLATES = environment()


def render(report: Report, *, assets: str, home: str | None = None) -> str:
    """The whole page. ``assets`` is where the style sheets are; ``home`` the list of rounds, when the page has one."""
    template = UNPAIRED if isinstance(report.body, Unpaired) else PAGES[report.audience]
    return page(template, report=report, body=report.body, assets=assets.rstrip("/"), home=home)


def page(template: str, **values: Any) -> str:
    """One of the templates with its values filled in."""
    return _TEMPLATES.get_template(template).render(**values)
