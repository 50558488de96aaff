"""The page about feeds shows a feed that can be declared, and what is read from it."""

import re
from pathlib import Path

from design_makers import a_design
from ruamel.yaml import YAML

from orchestrator.feed_items import read_items

PAGE = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def test_the_feed_on_the_page_is_one_that_can_be_declared_and_read() -> None:
    design = a_design(**YAML(typ="safe").load(block("yaml")))
    (feed,) = design.sample.feeds
    reading = read_items(block("json").encode(), feed, {"proefballon-wonen"})
    assert reading.problems == ()
    (offer,) = reading.offers
    assert (offer.listing.street, offer.listing.rent, offer.listing.reference) == ("Zandweg 12", 1250, "PW-2611")
