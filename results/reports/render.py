"""A report as one HTML page: works without JavaScript, holds no inline style or script."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import disclosure, formats
from results.reports import phrases
from results.reports.sections import words
from results.reports.values import Audience, Hidden, Report, Unpaired
from results.statistics.advertiser import sentence

PAGES = {
    Audience.RESEARCHER: "report_researcher.html",
    Audience.MUNICIPALITY: "report_municipality.html",
    Audience.BROKER: "report_broker.html",
}
UNPAIRED = "report_unpaired.html"
FILTERS = ("count", "number", "percent", "points", "p_value", "moment", "short_moment", "day")
HIDDEN = "report_hidden.html"
ROWS = {
    "estimate_rows": words.estimate_rows,
    "test_rows": words.test_rows,
    "absent_rows": words.absent_rows,
    "verdict": sentence,
}


def environment(language: str = formats.LOCALE) -> Environment:
    """The templates of the reports, strict: an unknown name fails instead of printing nothing.

    Numbers and moments follow the ``language``; the words of the reports themselves are Dutch.
    """
    written = formats.Formats(language)
    made = Environment(
        loader=PackageLoader("results"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension brings it
    made.filters.update({name: getattr(written, name) for name in FILTERS} | ROWS)
    made.globals.update(span=written.span, policy=disclosure, words=words, phrases=phrases)
    return made


_TEMPLATES = environment()


def render(report: Report, *, assets: str, home: str | None = None, paper: str | None = None) -> str:
    """The whole page. ``assets`` is where the style sheets are; ``home`` the list of rounds, when the page has one.

    ``paper`` is where the same stands as a PDF.
    """
    values = {"report": report, "body": report.body, "home": home, "paper": paper}
    return page(_template(report), **values, assets=assets.rstrip("/"))


def figures(report: Report, *, home: str) -> str:
    """The figures of a report alone, as they stand in its page; for a page that has a frame of its own."""
    template = _TEMPLATES.get_template(_template(report))
    components = _TEMPLATES.get_template("macros.html").module
    context = template.new_context({"report": report, "body": report.body, "home": home, "ui": components})
    return "".join(template.blocks["figures"](context))


def chart(name: str, **values: Any) -> str:
    """One of the charts as a file of its own."""
    return page(name, **values)


def _template(report: Report) -> str:
    if isinstance(report.body, Hidden):
        return HIDDEN
    return UNPAIRED if isinstance(report.body, Unpaired) else PAGES[report.audience]


def page(template: str, **values: Any) -> str:
    """One of the templates with its values filled in."""
    return _TEMPLATES.get_template(template).render(**values)
