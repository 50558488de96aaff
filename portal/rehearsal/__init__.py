"""A declared design, tried out before the field: many rounds without mail, and one through real mail."""

from portal.rehearsal.play import Mail, Rehearsal, Wishes, rehearse

__all__ = ["Mail", "Rehearsal", "Wishes", "rehearse"]
