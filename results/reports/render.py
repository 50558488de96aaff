"""A report as one HTML page: works without JavaScript, holds no inline style or script."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import disclosure, formats
from results.language import DUTCH, current, gettext, note, written_in
from results.reports import phrases
from results.reports.sections import words
from results.reports.values import Audience, Hidden, Report, Unpaired

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
    "verdict": words.verdict,
}


def environment(language: str = DUTCH) -> Environment:
    """The templates of the reports, strict: an unknown name fails instead of printing nothing.

    Words, numbers and moments follow the ``language``; what code says while a page is made follows that of now.
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
    translate = gettext(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
        translate, lambda one, more, number: translate(one if number == 1 else more), newstyle=True
    )
    made.filters.update({name: getattr(written, name) for name in FILTERS} | ROWS | {"note": note})
    made.globals.update(span=written.span, policy=disclosure, words=words, phrases=phrases)
    made.globals.update(say=translate, language=language)
    return made


@cache
def _templates(language: str) -> Environment:
    return environment(language)


def render(report: Report, *, assets: str, home: str | None = None, paper: str | None = None) -> str:
    """The whole page. ``assets`` is where the style sheets are; ``home`` the list of rounds, when the page has one.

    ``paper`` is where the same stands as a PDF.
    """
    values = {"report": report, "body": report.body, "home": home, "paper": paper}
    with written_in(report.language):
        return page(_template(report), **values, assets=assets.rstrip("/"))


def figures(report: Report, *, home: str) -> str:
    """The figures of a report alone, as they stand in its page; for a page that has a frame of its own."""
    with written_in(report.language):
        template = _templates(current()).get_template(_template(report))
        components = _templates(current()).get_template("macros.html").module
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
    """One of the templates with its values filled in, in the language of now."""
    return _templates(current()).get_template(template).render(**values)
