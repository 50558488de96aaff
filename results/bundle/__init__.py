"""The research file of a round: one ZIP with data, protocol and results, that computes its own headline again."""

from results.bundle.making import bundle_of, zipped
from results.bundle.verifying import Verified, verify

__all__ = ["Verified", "bundle_of", "verify", "zipped"]
