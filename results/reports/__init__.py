"""What a round means, told to three audiences: `build` makes the report, `render` makes the page."""

from results.reports.access import refuse_early, refuse_early_of
from results.reports.build import build
from results.reports.render import render
from results.reports.values import Audience, Report

__all__ = ["Audience", "Report", "build", "refuse_early", "refuse_early_of", "render"]
