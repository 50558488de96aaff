"""The toolkit of an office: texts that a municipality edits, filled with its choices, and how complete they are."""

from results.toolkit.making import Made, Score, made
from results.toolkit.office import Office, read_office
from results.toolkit.texts import Texts, read_texts

__all__ = ["Made", "Office", "Score", "Texts", "made", "read_office", "read_texts"]
