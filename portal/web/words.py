"""Words of the pages that stand in code rather than in a template."""

from orchestrator.states import Role


def _(text: str) -> str:
    """Mark a sentence as one that has a translation; it is translated where a page shows it."""
    return text


ROLES = {
    Role.DESIGNER: _("ontwerper"),
    Role.APPROVER: _("goedkeurder"),
    Role.SENDER: _("verzender"),
    Role.CODER: _("codeur"),
    Role.ANALYST: _("analist"),
    Role.MUNICIPALITY: _("lezer van de gemeente"),
    Role.BROKER: _("makelaar"),
    Role.ADMINISTRATOR: _("beheerder"),
}
