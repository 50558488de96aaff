"""The words of the record: states of a round, a pair and a letter, and why a pair does not count."""

from enum import StrEnum


class RoundState(StrEnum):
    """draft → planned → approved → running ⇄ paused → collecting → closed → released; any → aborted."""

    DRAFT = "draft"
    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    COLLECTING = "collecting"
    CLOSED = "closed"
    RELEASED = "released"
    ABORTED = "aborted"


ROUND_ENDED = (RoundState.CLOSED, RoundState.RELEASED, RoundState.ABORTED)


class LetterState(StrEnum):
    """planned → claimed → sending → sent; also failed, uncertain, expired, cancelled."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN_LETTER = (LetterState.PLANNED, LetterState.CLAIMED, LetterState.SENDING)
ON_THE_WIRE = (LetterState.SENDING, LetterState.SENT, LetterState.UNCERTAIN)


class PairState(StrEnum):
    """open → usable, or excluded with a reason."""

    OPEN = "open"
    USABLE = "usable"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why a pair does not count in the analysis (Dutch slugs: they are printed)."""

    NOT_SENT = "niet-verzonden"
    UNCERTAIN = "verzending-onzeker"
    UNDELIVERABLE = "onbestelbaar"
    DETECTED = "test-herkend"
    WITHDRAWN = "deelname-ingetrokken"
    CLOSED_EARLY = "voortijdig-gesloten"


class Why(StrEnum):
    """Why a letter does not go."""

    STOPPED = "stopped"
    NOT_STARTED = "not_started"
    PAUSED = "paused"
    HELD = "held"
    FIRST_UNCERTAIN = "first_uncertain"
    PAIR = "pair"
    FIRST = "first"
    CONSENT = "consent"
    SCOPE = "scope"
    UNSIGNED = "unsigned"
    CAP = "cap"
    REST = "rest"
    DAY_OFF = "day_off"
    LATE = "late"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class AttemptOutcome(StrEnum):
    """What is known of one try on the wire."""

    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    NOT_SENT = "not_sent"
    REFUSED = "refused"


class MailState(StrEnum):
    """A stored mail waits to be read, then belongs to an inquiry, waits for a person, or says nothing."""

    STORED = "stored"
    MATCHED = "matched"
    DEFERRED = "deferred"
    IGNORED = "ignored"


class Road(StrEnum):
    """By what else than mail an answer came; a person writes down what was said."""

    PHONE = "phone"
    PORTAL = "portal"


class CodedBy(StrEnum):
    """Who decided a reply's label."""

    RULE = "rule"
    PEOPLE = "people"


# Labels of a reply after which its pair cannot be compared (codes of results/data/reply_labels.toml).
EXCLUDING_LABELS = {"ONBESTELBAAR": Exclusion.UNDELIVERABLE, "ECHTHEIDSVRAAG": Exclusion.DETECTED}


class Role(StrEnum):
    """What a person may do at the desk; a person has one or more."""

    DESIGNER = "designer"
    APPROVER = "approver"
    SENDER = "sender"
    CODER = "coder"
    ANALYST = "analyst"
    MUNICIPALITY = "municipality"
    BROKER = "broker"
    ADMINISTRATOR = "administrator"


DESK_ROLES = frozenset(Role) - {Role.MUNICIPALITY, Role.BROKER}
"""The roles of those who do the research; the others only read what is for them."""

SECOND_FACTOR = DESK_ROLES - {Role.CODER}
"""The roles that are not entered with a link alone: whoever reads somebody's mail would have what the role may do."""


class ErasureReason(StrEnum):
    """Why an office is erased: it asked, it withdrew, or it should never have been in here."""

    ASKED = "verzoek"
    WITHDREW = "ingetrokken"
    MISTAKE = "vergissing"
