"""A whole round on a simulated market, in less than a minute."""

from portal.demo.play import Wishes, run

__all__ = ["Wishes", "run"]
