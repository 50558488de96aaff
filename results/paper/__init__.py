"""Reports on paper: the values of a report told as blocks, and the blocks set as an accessible PDF."""

from results.paper.blocks import Paper
from results.paper.story import paper_of
from results.paper.typeset import typeset

__all__ = ["Paper", "paper_of", "typeset"]
